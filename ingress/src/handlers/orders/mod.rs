//! `/v1/orders`: shoppers place, pay, cancel and confirm; operators ship, deliver and refund; both watch. Ingress reads what is
//! asked and puts it into the log: what it may be, the processor decides, also whose order it is.

mod commands;
mod lines;
mod place;
mod read;
mod watch;

pub(crate) use commands::{Cancellation, Payment, RefundAsked, cancel, confirm, deliver, pay, refund, ship};
pub(crate) use place::{Placed, Placement, place};
pub(crate) use read::{OrderShown, get};
pub(crate) use watch::events;

use events::ids::{OrderId, RequestId};
use events::money::Money;
use events::orders::{OrderAmounts, OrderCommand, OrderState};
use events::payments::RefundAccount;
use events::request::Outcome;
use events::time::Timestamp;
use projections::Subject;
use schemars::JsonSchema;
use serde::Serialize;
use warp::http::StatusCode;
use warp::reply::Response;

use super::{Answer, json};
use crate::admission::Admission;
use crate::auth::Caller;
use crate::problem::{Code, Problem};
use crate::request::Call;
use crate::state::State;

/// A command to an order was carried out.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Applied {
    /// The request.
    request: RequestId,
    /// The order.
    order: OrderId,
    /// Where it is after the command.
    state: OrderState,
    /// What it amounts to after the command.
    amounts: OrderAmounts,
    /// Its version after the command.
    version: u64,
}

/// An order after a command, as the processor replied it.
struct After {
    order: OrderId,
    version: u64,
    state: OrderState,
    amounts: OrderAmounts,
    deadline: Option<Timestamp>,
}

/// The order that a path names. Orders are named by this system alone, so a name of any other form is none.
///
/// # Errors
/// `INVALID_ID`.
pub(crate) fn order_of(segment: &str) -> Result<OrderId, Problem> {
    named_here(segment)
        .ok_or_else(|| Problem::new(Code::InvalidId).detail("an order is 'ord_' and 32 lower-case hexadecimal digits"))
}

/// The order of this name, if the name has the form of those that requests are given.
pub(crate) fn named_here(name: &str) -> Option<OrderId> {
    let digits = name.strip_prefix("ord_")?;
    let legal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() == 32 && digits.bytes().all(legal) { OrderId::new(name).ok() } else { None }
}

/// Admits a command and answers what became of it.
async fn apply(
    state: &State,
    call: &Call,
    caller: Caller,
    request: RequestId,
    command: OrderCommand,
    carried_out: impl Fn(RequestId, After) -> Answer,
) -> Answer {
    let order = command.order().clone();
    let fingerprint = command.fingerprint();
    let subject = Subject::Order(order.clone());
    let admission = Admission { request, subject, command, fingerprint, owner: caller.id };
    super::apply(state, call, admission, Some(order), |request, outcome| decided(request, outcome, &carried_out)).await
}

fn decided(
    request: RequestId,
    outcome: Outcome,
    carried_out: impl Fn(RequestId, After) -> Answer,
) -> Result<Response, Problem> {
    match outcome {
        Outcome::OrderApplied { order, version, state, amounts, deadline } => {
            carried_out(request, After { order, version, state, amounts, deadline })
        }
        Outcome::OrderRefused { reason, .. } => Err(Problem::from(reason).request(request).admitted()),
        other => {
            tracing::error!(%request, outcome = other.kind(), "a command to an order was answered as if it were another");
            Err(Problem::new(Code::Internal).request(request))
        }
    }
}

fn applied(request: RequestId, after: After) -> Answer {
    let After { order, version, state, amounts, deadline: _ } = after;
    json(StatusCode::OK, &Applied { request, order, state, amounts, version })
}

fn invalid(pointer: &'static str, rule: &'static str) -> Problem {
    Problem::new(Code::InvalidField).pointer(pointer).detail(rule)
}

fn plausible(amount: Money, pointer: &'static str) -> Result<Money, Problem> {
    if amount.is_plausible() { Ok(amount) } else { Err(invalid(pointer, "must be 0 to 1000000000000")) }
}

fn readable(account: Option<RefundAccount>) -> Result<Option<RefundAccount>, Problem> {
    match account {
        Some(account) if !account.is_plausible() => Err(invalid(
            "/account",
            "bank must have 1 to 3 digits, account_number 1 to 20 digits, holder 1 to 60 characters",
        )),
        readable => Ok(readable),
    }
}
