//! `GET /v1/requests/{request}`: what became of an accepted request. Another shopper's is not found.

use events::ids::{CampaignId, CouponId, OrderId, RequestId, SellerId, Sku};
use events::request::Outcome;
use events::time::Timestamp;
use projections::{RequestRow, RequestStatus, Subject};
use schemars::JsonSchema;
use serde::Serialize;
use warp::http::StatusCode;

use super::{Answer, json};
use crate::auth::Caller;
use crate::handlers::Request;
use crate::problem::{Code, Problem};
use crate::replies::Peek;

/// What became of a request.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Shown {
    /// The request.
    request: RequestId,
    /// Whether it has been decided, and how.
    status: Status,
    /// The code of why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The campaign it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<CampaignId>,
    /// The product it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<Sku>,
    /// The order it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderId>,
    /// The seller it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    seller: Option<SellerId>,
    /// The coupon it was granted or is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    coupon: Option<CouponId>,
    /// When it was decided, milliseconds since 1970; missing in the first moments.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
}

/// Whether a request has been decided, and how.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// In the log, not decided yet.
    Pending,
    /// A coupon was granted.
    Granted,
    /// Refused: see the reason.
    Refused,
    /// Carried out.
    Applied,
}

/// Answers from this process's memory, else from the projections.
///
/// # Errors
/// `INVALID_ID`, `NOT_FOUND`, `UNAVAILABLE` when nothing can be read.
pub(crate) async fn get(caller: Caller, request: Request) -> Answer {
    let Request { state, call: _, path: [segment, _], .. } = request;
    let request = RequestId::new(&segment).map_err(|error| Problem::new(Code::InvalidId).detail(error.to_string()))?;
    let not_found = || Problem::new(Code::NotFound);
    if let Some(known) = state.pending.peek(request) {
        return if known.owner == caller.id {
            json(StatusCode::OK, &of_memory(request, known))
        } else {
            Err(not_found())
        };
    }
    let row = state.reads.request(request, &state.metrics).await?.ok_or_else(not_found)?;
    if is_callers(&row, &caller) { json(StatusCode::OK, &of_row(row)) } else { Err(not_found()) }
}

/// A shopper's own. An operator's commands belong to all operators, since no fact names the operator; so do all that are about an
/// order, whose facts do not say either whether the shopper or an operator asked.
fn is_callers(row: &RequestRow, caller: &Caller) -> bool {
    let is_for_operators = row.shopper.is_none() || matches!(row.subject, Subject::Order(_));
    row.shopper.as_ref() == Some(&caller.id) || (is_for_operators && caller.is_operator())
}

fn of_memory(request: RequestId, known: Peek) -> Shown {
    let (status, reason, coupon) = match known.outcome {
        None => (Status::Pending, None, None),
        Some(Outcome::Granted { coupon, .. }) => (Status::Granted, None, Some(coupon)),
        Some(
            Outcome::Applied { .. }
            | Outcome::ProductApplied { .. }
            | Outcome::OrderApplied { .. }
            | Outcome::PolicyApplied { .. }
            | Outcome::DayClosed { .. }
            | Outcome::OfferApplied { .. },
        ) => (Status::Applied, None, None),
        Some(Outcome::Refused { reason }) => (Status::Refused, Some(reason.code()), None),
        Some(Outcome::ProductRefused { reason }) => (Status::Refused, Some(reason.code()), None),
        Some(Outcome::OrderRefused { reason, .. }) => (Status::Refused, Some(reason.code()), None),
        Some(Outcome::SettlementRefused { reason }) => (Status::Refused, Some(reason.code()), None),
        Some(Outcome::OfferRefused { reason }) => (Status::Refused, Some(reason.code()), None),
    };
    let reason = reason.map(ToOwned::to_owned);
    Shown { status, reason, coupon, decided_at: None, ..Shown::about(request, known.subject) }
}

fn of_row(row: RequestRow) -> Shown {
    let status = match row.status {
        RequestStatus::Granted => Status::Granted,
        RequestStatus::Refused => Status::Refused,
        RequestStatus::Applied => Status::Applied,
    };
    Shown {
        status,
        reason: row.reason.map(Into::into),
        coupon: row.coupon,
        decided_at: Some(row.decided_at),
        ..Shown::about(row.request, row.subject)
    }
}

impl Shown {
    fn about(request: RequestId, subject: Subject) -> Self {
        let mut shown = Self {
            request,
            status: Status::Pending,
            reason: None,
            campaign: None,
            sku: None,
            order: None,
            seller: None,
            coupon: None,
            decided_at: None,
        };
        match subject {
            Subject::Campaign(campaign) => shown.campaign = Some(campaign),
            Subject::Product(sku) => shown.sku = Some(sku),
            Subject::Order(order) => shown.order = Some(order),
            Subject::Seller(seller) => shown.seller = Some(seller),
        }
        shown
    }
}
