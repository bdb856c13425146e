//! `POST /v1/orders/{order}/…`: what becomes of an order that was placed.

use std::sync::Arc;

use bytes::Bytes;
use events::ids::{OrderId, PaymentKey, RequestId};
use events::money::Money;
use events::orders::{Goods, OrderCommand, RefundCause, Units};
use events::payments::RefundAccount;
use schemars::JsonSchema;
use serde::Deserialize;

use super::lines::some_or_all;
use super::{applied, apply, invalid, order_of, plausible, readable};
use crate::auth::{Caller, Role};
use crate::handlers::Answer;
use crate::limits::Purse;
use crate::problem::Problem;
use crate::request::{Call, body, idempotency};
use crate::state::State;

/// A payment that the shopper has authenticated with the provider.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payment {
    /// The payment, as the provider named it.
    payment_key: PaymentKey,
    /// For how much, minor units: exactly what the order costs, or nothing is charged.
    amount: Money,
}

/// What a shopper cancels before the shipment.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancellation {
    /// Which units; missing: all that are left.
    #[serde(default)]
    lines: Option<Vec<Units>>,
    /// Where to send money that came by transfer to a virtual account.
    #[serde(default)]
    account: Option<RefundAccount>,
}

/// What an operator gives back.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundAsked {
    /// Which units; missing: all that are left.
    #[serde(default)]
    lines: Option<Vec<Units>>,
    /// Why: `changed_mind`, `undeliverable`, `faulty` or `misuse`.
    cause: RefundCause,
    /// What becomes of the goods.
    goods: Goods,
    /// Where to send money that came by transfer to a virtual account.
    #[serde(default)]
    account: Option<RefundAccount>,
}

/// What an operator says has happened to the goods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Turn {
    Ship,
    Deliver,
}

impl Turn {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ship => "ship",
            Self::Deliver => "deliver",
        }
    }
}

/// `POST …/payment`: charge a payment.
///
/// # Errors
/// Whatever is wrong with it; the processor's and the provider's refusals among them.
pub(crate) async fn pay(segment: String, call: Arc<Call>, body: Result<Bytes, Problem>, state: Arc<State>) -> Answer {
    let caller = state.authorise(&call, Role::Shopper, Purse::Orders)?;
    let (order, request) = asked(&segment, &call, &caller, "payment")?;
    let Payment { payment_key, amount } = body::said(&call, body)?;
    let amount = plausible(amount, "/amount")?;
    let command = OrderCommand::Pay { request, order, shopper: caller.id.clone(), payment_key, amount };
    apply(&state, &call, caller, request, command, applied).await
}

/// `POST …/cancel`: cancel some units or all of them.
///
/// # Errors
/// As for [`pay`].
pub(crate) async fn cancel(
    segment: String,
    call: Arc<Call>,
    body: Result<Bytes, Problem>,
    state: Arc<State>,
) -> Answer {
    let caller = state.authorise(&call, Role::Shopper, Purse::Orders)?;
    let (order, request) = asked(&segment, &call, &caller, "cancel")?;
    let Cancellation { lines, account } = match body {
        Ok(body) if body.is_empty() => Cancellation::default(),
        body => body::said(&call, body)?,
    };
    let (lines, account) = (some_or_all(lines)?, readable(account)?);
    let command = OrderCommand::Cancel { request, order, shopper: caller.id.clone(), lines, account };
    apply(&state, &call, caller, request, command, applied).await
}

/// `POST …/ship`, `…/deliver`.
///
/// # Errors
/// As for [`pay`].
pub(crate) async fn turn(
    turn: Turn,
    segment: String,
    call: Arc<Call>,
    body: Result<Bytes, Problem>,
    state: Arc<State>,
) -> Answer {
    let caller = state.authorise(&call, Role::Operator, Purse::Orders)?;
    let (order, request) = asked(&segment, &call, &caller, turn.name())?;
    body::said_nothing(&call, body)?;
    let command = match turn {
        Turn::Ship => OrderCommand::Ship { request, order },
        Turn::Deliver => OrderCommand::Deliver { request, order },
    };
    apply(&state, &call, caller, request, command, applied).await
}

/// `POST …/confirm`: the shopper confirms the purchase, or an operator does.
///
/// # Errors
/// As for [`pay`].
pub(crate) async fn confirm(
    segment: String,
    call: Arc<Call>,
    body: Result<Bytes, Problem>,
    state: Arc<State>,
) -> Answer {
    let caller = state.authorise_any(&call, Purse::Orders)?;
    let shopper = if caller.is_operator() {
        None
    } else {
        caller.must_be(Role::Shopper)?;
        Some(caller.id.clone())
    };
    let (order, request) = asked(&segment, &call, &caller, "confirm")?;
    body::said_nothing(&call, body)?;
    let command = OrderCommand::ConfirmPurchase { request, order, shopper };
    apply(&state, &call, caller, request, command, applied).await
}

/// `POST …/refund`: an operator gives money back.
///
/// # Errors
/// As for [`pay`].
pub(crate) async fn refund(
    segment: String,
    call: Arc<Call>,
    body: Result<Bytes, Problem>,
    state: Arc<State>,
) -> Answer {
    let caller = state.authorise(&call, Role::Operator, Purse::Orders)?;
    let (order, request) = asked(&segment, &call, &caller, "refund")?;
    let RefundAsked { lines, cause, goods, account } = body::said(&call, body)?;
    if !RefundCause::OF_OPERATORS.contains(&cause) {
        return Err(invalid("/cause", "must be changed_mind, undeliverable, faulty or misuse"));
    }
    let (lines, account) = (some_or_all(lines)?, readable(account)?);
    let command = OrderCommand::Refund { request, order, lines, cause, goods, account };
    apply(&state, &call, caller, request, command, applied).await
}

/// The order that the path names, and the request that the key makes of it.
fn asked(segment: &str, call: &Call, caller: &Caller, word: &str) -> Result<(OrderId, RequestId), Problem> {
    let order = order_of(segment)?;
    let key = idempotency::required_key(call)?;
    let request = RequestId::of(caller.id.as_str(), &format!("POST /v1/orders/{order}/{word}"), key);
    Ok((order, request))
}
