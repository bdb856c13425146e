//! `/v1/sellers/{seller}`: operators say how a seller is settled, and close a day before its time.

use events::calendar::Day;
use events::ids::{RequestId, SellerId};
use events::money::Money;
use events::request::Outcome;
use events::settlement::{DayTotals, SellerPolicy, SettlementCommand};
use projections::Subject;
use schemars::JsonSchema;
use serde::Serialize;
use warp::http::StatusCode;

use super::{Answer, apply, definitions, json};
use crate::admission::Admission;
use crate::auth::Caller;
use crate::handlers::Request;
use crate::handlers::required;
use crate::problem::{Code, Problem};
use crate::request::body;

/// A seller's policy was set.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PolicySet {
    /// The seller.
    seller: SellerId,
    /// The seller's version after the command.
    version: u64,
    /// Counts the seller's policies, from 1.
    number: u32,
    /// The first day that the policy applies to, until the day of the next one.
    from: Day,
}

/// A seller's day was closed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct DayClosed {
    /// The seller.
    seller: SellerId,
    /// The day.
    day: Day,
    /// The seller's version after the command.
    version: u64,
    /// What the day amounts to; it never changes.
    totals: DayTotals,
    /// What is paid out for it, minor units.
    payable: Money,
}

/// `PUT`: settle a seller so from a day on.
///
/// # Errors
/// Whatever is wrong with the policy; the processor's refusals among them.
pub(crate) async fn put(caller: Caller, request: Request) -> Answer {
    let Request { state, call, body, path: [segment, _], key, .. } = request;
    let seller = seller_of(&segment)?;
    let key = key.as_deref();
    let policy: SellerPolicy = body::parse_json(&call, body)?;
    policy.check().map_err(|error| Problem::new(Code::InvalidField).pointer(error.field).detail(error.rule))?;
    let canonical = serde_json::to_vec(&policy).map_err(|_| Problem::new(Code::Internal))?;
    let subject = Subject::Seller(seller.clone());
    let route = format!("PUT /v1/sellers/{seller}");
    let (request, fingerprint) = definitions::request(&state, &caller, &route, key, &canonical, &subject)?;
    let command = SettlementCommand::SetPolicy { request, seller, policy };
    apply(&state, &call, Admission { request, subject, command, fingerprint, owner: caller.id }, None, decided).await
}

/// `POST …/days/{day}/close`: stamp a day before its time.
///
/// # Errors
/// As for [`put`].
pub(crate) async fn close(caller: Caller, request: Request) -> Answer {
    let Request { state, call, body, path: [segment, day], key, .. } = request;
    let seller = seller_of(&segment)?;
    let day: Day = day
        .parse()
        .map_err(|error: events::calendar::DayError| Problem::new(Code::InvalidId).detail(error.to_string()))?;
    let key = required(key.as_deref())?;
    body::expect_empty(&call, body)?;
    let request = RequestId::of(caller.id.as_str(), &format!("POST /v1/sellers/{seller}/days/{day}/close"), key);
    let subject = Subject::Seller(seller.clone());
    let command = SettlementCommand::CloseDay { request, seller, day };
    let fingerprint = command.fingerprint();
    apply(&state, &call, Admission { request, subject, command, fingerprint, owner: caller.id }, None, decided).await
}

/// What a decision is to the client.
fn decided(request: RequestId, outcome: Outcome) -> Answer {
    match outcome {
        Outcome::PolicyApplied { seller, version, number, from } => {
            json(StatusCode::OK, &PolicySet { seller, version, number, from })
        }
        Outcome::DayClosed { seller, version, day, totals, payable } => {
            json(StatusCode::OK, &DayClosed { seller, day, version, totals, payable })
        }
        Outcome::SettlementRefused { reason } => {
            Err(Problem::new(Code::Settlement(reason)).request(request).admitted())
        }
        other => {
            tracing::error!(%request, outcome = other.kind(), "a command to a seller was answered as if it were another");
            Err(Problem::new(Code::Internal).request(request))
        }
    }
}

fn seller_of(segment: &str) -> Result<SellerId, Problem> {
    SellerId::new(segment).map_err(|error| Problem::new(Code::InvalidId).detail(error.to_string()))
}
