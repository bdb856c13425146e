//! One file per resource. A handler takes what the routes read for it and answers; it fails only with a [`Problem`].

pub(crate) mod campaigns;
pub(crate) mod claims;
pub(crate) mod coupons;
mod definitions;
pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod offers;
pub(crate) mod orders;
pub(crate) mod prices;
pub(crate) mod products;
pub(crate) mod requests;
pub(crate) mod sellers;
pub(crate) mod settlements;
pub(crate) mod webhooks;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use events::ids::{CampaignId, OrderId, RequestId};
use events::request::Outcome;
use schemars::JsonSchema;
use serde::Serialize;
use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, VARY};
use warp::http::{HeaderName, Response as HttpResponse, StatusCode};
use warp::reply::Response;
use web::path::Parameters;

use crate::admission::{Admission, Decision, Inbound};
use crate::problem::{Code, Problem};
use crate::request::Call;
use crate::request::prefer::{self, PREFERENCE_APPLIED, WaitPreference};
use crate::state::State;

/// What a handler answers.
pub(crate) type Answer = Result<Response, Problem>;

/// The answer to come.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A request on its way to its handler.
pub(crate) struct Request {
    pub(crate) state: Arc<State>,
    pub(crate) call: Arc<Call>,
    /// The parameters of the path, in the order of the template.
    pub(crate) path: Parameters,
    /// The query as it came.
    pub(crate) query: String,
    /// The body. What is wrong with it is said after everything else.
    pub(crate) body: Result<Bytes, Problem>,
    /// The `Idempotency-Key`, if the route reads one; where one is required, there is one.
    pub(crate) key: Option<String>,
}

const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The key of a route that requires one.
///
/// # Errors
/// `IDEMPOTENCY_KEY_MISSING`.
pub(crate) fn required(key: Option<&str>) -> Result<&str, Problem> {
    key.ok_or_else(|| Problem::new(Code::KeyMissing))
}

/// How long to wait before what was not found is looked for again: projections trail the log by that little, and whoever has just
/// been told of a thing may ask for it at once.
const LOOK_AGAIN: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(100), Duration::from_millis(200), Duration::from_millis(400)];

/// A JSON answer about one caller's affairs: nobody may keep it.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let bytes = serde_json::to_vec(body).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(Code::Internal)
    })?;
    let mut response: Response = HttpResponse::new(bytes.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A request that is in the log and not decided yet.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Pending {
    /// The request; `/v1/requests/{request}` tells what becomes of it.
    request: RequestId,
    /// Always `pending`.
    status: &'static str,
    /// The order, if the request is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderId>,
}

/// 202: in the log, on every in-sync replica.
pub(crate) fn pending(request: RequestId, order: Option<OrderId>) -> Answer {
    let mut response = json(StatusCode::ACCEPTED, &Pending { request, status: "pending", order })?;
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/requests/{request}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// Says which preference was applied, and that the answer depended on it.
pub(crate) fn with_preference(mut response: Response, preference: WaitPreference) -> Response {
    response.headers_mut().insert(VARY, HeaderValue::from_static("prefer"));
    if let Some(applied) = preference.applied {
        response.headers_mut().insert(PREFERENCE_APPLIED, applied);
    }
    response
}

/// The answer to a request that was decided before.
pub(crate) fn replayed(mut response: Response) -> Response {
    response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    response
}

/// Admits a command and answers what became of it: `decided` says what a decision is to the client.
///
/// # Errors
/// As for [`State::admit`], and whatever `decided` refuses with.
pub(crate) async fn apply<M: Inbound>(
    state: &State,
    call: &Call,
    admission: Admission<M>,
    order: Option<OrderId>,
    decided: impl Fn(RequestId, Outcome) -> Answer,
) -> Answer {
    let preference = prefer::wait_preference(call, &state.config.waiting);
    let request = admission.request;
    let response = match state.admit(call, admission, &preference).await? {
        Decision::Pending => pending(request, order)?,
        Decision::Decided(outcome) => decided(request, outcome)?,
        Decision::Repeated(outcome) => replayed(decided(request, outcome)?),
    };
    Ok(with_preference(response, preference))
}

/// What there is to read, as soon as it is there.
///
/// # Errors
/// `NOT_FOUND` when it is still not there after three quarters of a second; whatever the read answers.
pub(crate) async fn read_when_there<T, R: Future<Output = Result<Option<T>, Problem>>>(
    read: impl Fn() -> R,
) -> Result<T, Problem> {
    for pause in LOOK_AGAIN {
        if let Some(found) = read().await? {
            return Ok(found);
        }
        tokio::time::sleep(pause).await;
    }
    read().await?.ok_or_else(|| Problem::new(Code::NotFound))
}

/// The campaign that a path names.
///
/// # Errors
/// `INVALID_ID`.
pub(crate) fn campaign_of(segment: &str) -> Result<CampaignId, Problem> {
    CampaignId::new(segment).map_err(|error| Problem::new(Code::InvalidId).detail(error.to_string()))
}
