//! `POST /v1/campaigns/{campaign}/claims`: a shopper wants a coupon. The hot path of a sale.

use events::coupons::{CouponCommand, Refusal};
use events::ids::{CampaignId, CouponId, RequestId};
use events::request::{Fingerprint, Outcome};
use events::time::Timestamp;
use projections::Subject;
use schemars::JsonSchema;
use serde::Serialize;
use warp::http::StatusCode;
use warp::reply::Response;

use super::{Answer, campaign_of, json, pending, replayed, with_preference};
use crate::admission::{Admission, Decision, conflict};
use crate::auth::Caller;
use crate::handlers::Request;
use crate::handlers::required;
use crate::problem::{Code, Problem};
use crate::request::{Call, body, prefer};
use crate::state::{State, now};

/// A coupon was granted.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Granted {
    /// The request.
    request: RequestId,
    /// Always `granted`.
    status: &'static str,
    /// The campaign.
    campaign: CampaignId,
    /// The coupon.
    coupon: CouponId,
    /// When it expires unless used, milliseconds since 1970.
    expires_at: Timestamp,
}

/// Handles a claim.
///
/// # Errors
/// Whatever is wrong with it; the processor's refusals among them.
pub(crate) async fn post(caller: Caller, request: Request) -> Answer {
    let Request { state, call, body, path: [segment, _], key, .. } = request;
    let campaign = campaign_of(&segment)?;
    let key = required(key.as_deref())?;
    body::expect_empty(&call, body)?;
    let preference = prefer::wait_preference(&call, &state.config.waiting);
    let request = RequestId::of(caller.id.as_str(), &format!("POST /v1/campaigns/{campaign}/claims"), key);
    // A claim says nothing but whose and for what, and both are in the request's id.
    let fingerprint = Fingerprint::of(b"claim");
    let decision = decide(&state, &call, caller, campaign, request, fingerprint, &preference).await?;
    let response = match decision {
        Decision::Pending => pending(request, None)?,
        Decision::Decided(outcome) => decided(request, outcome)?,
        Decision::Repeated(outcome) => replayed(decided(request, outcome)?),
    };
    Ok(with_preference(response, preference))
}

/// From memory if memory knows for certain, else from the log.
async fn decide(
    state: &State,
    call: &Call,
    caller: Caller,
    campaign: CampaignId,
    request: RequestId,
    fingerprint: Fingerprint,
    preference: &prefer::WaitPreference,
) -> Result<Decision, Problem> {
    match state.pending.peek(request) {
        Some(known) if known.fingerprint != fingerprint => return Err(conflict(request)),
        Some(known) => {
            if let Some(outcome) = known.outcome {
                return Ok(Decision::Repeated(outcome));
            }
            // Under way: it may be granted yet, whatever the cache of campaigns shows.
        }
        None => {
            if let Some(reason) = state.campaigns.refusal(&campaign, &request, now()) {
                state.metrics.refused(reason.code());
                return Err(Problem::new(Code::Refused(reason)).request(request).not_admitted());
            }
        }
    }
    let (owner, subject) = (caller.id.clone(), Subject::Campaign(campaign.clone()));
    let command =
        CouponCommand::Claim { request, fingerprint, campaign, shopper: caller.id, segments: caller.segments };
    state.admit(call, Admission { request, subject, command, fingerprint, owner }, preference).await
}

fn decided(request: RequestId, outcome: Outcome) -> Result<Response, Problem> {
    match outcome {
        Outcome::Granted { coupon, campaign, expires_at, .. } => {
            json(StatusCode::CREATED, &Granted { request, status: "granted", campaign, coupon, expires_at })
        }
        Outcome::Refused { reason } => Err(refused(request, reason)),
        other => {
            tracing::error!(%request, outcome = other.kind(), "a claim was answered as if it were another request");
            Err(Problem::new(Code::Internal).request(request))
        }
    }
}

/// The processor's refusal.
pub(super) fn refused(request: RequestId, reason: Refusal) -> Problem {
    Problem::new(Code::Refused(reason)).request(request).admitted()
}
