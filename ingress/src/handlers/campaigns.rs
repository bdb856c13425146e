//! `/v1/campaigns/{campaign}`: operators define, pause, resume and end; everybody with a token reads.

use std::time::Duration;

use events::coupons::{CampaignStatus, CampaignTerms, CouponCommand, StockCount};
use events::ids::{CampaignId, RequestId};
use events::request::{Fingerprint, Outcome};
use events::time::Timestamp;
use projections::Subject;
use schemars::JsonSchema;
use serde::Serialize;
use warp::http::StatusCode;

use super::claims::refused;
use super::{Answer, campaign_of, definitions, json, pending, with_preference};
use crate::admission::{Admission, Decision};
use crate::auth::Caller;
use crate::campaign_cache::Phase;
use crate::handlers::Request;
use crate::problem::{Code, Problem};
use crate::request::{Call, body, idempotency, prefer};
use crate::state::{State, now};

/// How long an operator's answer waits for the cache of this process to show the change.
const CACHE_DEADLINE: Duration = Duration::from_secs(1);

/// An operator's command was carried out.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Changed {
    /// The campaign.
    campaign: CampaignId,
    /// Its version after the command.
    version: u64,
}

/// A campaign as this process shows it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Shown {
    /// The campaign.
    campaign: CampaignId,
    /// Its version at the last change that shows here; refusals count as versions and do not show.
    version: u64,
    /// What an operator has made of it.
    status: CampaignStatus,
    /// Where it stands now, by this process's clock.
    phase: Phase,
    /// Where its coupons are.
    stock: StockCount,
    /// Its terms; missing when they are older than the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<CampaignTerms>,
    /// When it last changed, milliseconds since 1970.
    updated_at: Timestamp,
}

/// `PUT`: define a campaign, or change its terms.
///
/// # Errors
/// Whatever is wrong with the terms; the processor's refusals among them.
pub(crate) async fn put(caller: Caller, request: Request) -> Answer {
    let Request { state, call, body, path: [segment, _], key, .. } = request;
    let campaign = campaign_of(&segment)?;
    let key = key.as_deref();
    let terms: CampaignTerms = body::parse_json(&call, body)?;
    terms.check().map_err(|error| Problem::new(Code::InvalidField).pointer(error.field).detail(error.rule))?;
    let canonical = serde_json::to_vec(&terms).map_err(|_| Problem::new(Code::Internal))?;
    let subject = Subject::Campaign(campaign.clone());
    let route = format!("PUT /v1/campaigns/{campaign}");
    let (request, fingerprint) = definitions::request(&state, &caller, &route, key, &canonical, &subject)?;
    let command = CouponCommand::DefineCampaign { request, campaign, terms };
    apply(&state, &call, Admission { request, subject, command, fingerprint, owner: caller.id }).await
}

/// `POST …/pause`: nobody is granted until the campaign is resumed.
///
/// # Errors
/// As for [`put`].
pub(crate) async fn pause(caller: Caller, request: Request) -> Answer {
    change(caller, request, "pause", |request, campaign| CouponCommand::PauseCampaign { request, campaign }).await
}

/// `POST …/resume`: grants go on.
///
/// # Errors
/// As for [`put`].
pub(crate) async fn resume(caller: Caller, request: Request) -> Answer {
    change(caller, request, "resume", |request, campaign| CouponCommand::ResumeCampaign { request, campaign }).await
}

/// `POST …/end`: nobody is granted any more.
///
/// # Errors
/// As for [`put`].
pub(crate) async fn end(caller: Caller, request: Request) -> Answer {
    change(caller, request, "end", |request, campaign| CouponCommand::EndCampaign { request, campaign }).await
}

async fn change(
    caller: Caller,
    request: Request,
    word: &str,
    command: impl FnOnce(RequestId, CampaignId) -> CouponCommand,
) -> Answer {
    let Request { state, call, body, key, path: [segment, _], .. } = request;
    let campaign = campaign_of(&segment)?;
    body::expect_empty(&call, body)?;
    let request = key.map_or_else(idempotency::unrepeatable, |key| {
        RequestId::of(caller.id.as_str(), &format!("POST /v1/campaigns/{campaign}/{word}"), &key)
    });
    let subject = Subject::Campaign(campaign.clone());
    let command = command(request, campaign);
    let fingerprint = Fingerprint::of(word.as_bytes());
    apply(&state, &call, Admission { request, subject, command, fingerprint, owner: caller.id }).await
}

/// `GET`: the campaign as the cache of campaigns has it.
///
/// # Errors
/// `NOT_FOUND`, `UNAVAILABLE` while the cache of campaigns is not current.
pub(crate) async fn get(_caller: Caller, request: Request) -> Answer {
    let Request { state, call: _, path: [segment, _], .. } = request;
    let campaign = campaign_of(&segment)?;
    let listing = match state.campaigns.listing(&campaign) {
        Some(listing) => listing,
        None if state.campaigns.is_current() => return Err(Problem::new(Code::NotFound)),
        None => return Err(Problem::new(Code::Unavailable)),
    };
    let shown = Shown {
        version: listing.version,
        status: listing.status,
        phase: listing.phase(now()),
        stock: listing.stock,
        updated_at: listing.updated_at,
        terms: listing.terms,
        campaign,
    };
    json(StatusCode::OK, &shown)
}

/// Admits an operator's command and waits until this process shows what became of it.
async fn apply(state: &State, call: &Call, admission: Admission<CouponCommand>) -> Answer {
    let preference = prefer::wait_preference(call, &state.config.waiting);
    let request = admission.request;
    let outcome = match state.admit(call, admission, &preference).await? {
        Decision::Pending => return Ok(with_preference(pending(request, None)?, preference)),
        Decision::Decided(outcome) | Decision::Repeated(outcome) => outcome,
    };
    let response = match outcome {
        Outcome::Applied { campaign, version } => {
            // Whoever learns that a campaign is open finds it open here. Only a wait: the change is made.
            drop(tokio::time::timeout(CACHE_DEADLINE, state.campaigns.shows(&campaign, version)).await);
            json(StatusCode::OK, &Changed { campaign, version })?
        }
        Outcome::Refused { reason } => return Err(refused(request, reason)),
        other => {
            tracing::error!(%request, outcome = other.kind(), "a command to a campaign was answered as if it were another");
            return Err(Problem::new(Code::Internal).request(request));
        }
    };
    Ok(with_preference(response, preference))
}
