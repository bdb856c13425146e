//! One file per resource. A handler takes what the routes read for it and answers; it fails only with a [`Problem`].

pub(crate) mod campaigns;
pub(crate) mod claims;
pub(crate) mod coupons;
pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod requests;

use events::ids::{CampaignId, RequestId};
use schemars::JsonSchema;
use serde::Serialize;
use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, VARY};
use warp::http::{Response as HttpResponse, StatusCode};
use warp::reply::Response;

use crate::problem::{Code, Problem};
use crate::request::prefer::{PREFERENCE_APPLIED, Patience};

/// What a handler answers.
pub(crate) type Answer = Result<Response, Problem>;

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
}

/// 202: in the log, on every in-sync replica.
pub(crate) fn pending(request: RequestId) -> Answer {
    let mut response = json(StatusCode::ACCEPTED, &Pending { request, status: "pending" })?;
    if let Ok(location) = HeaderValue::from_str(&format!("/v1/requests/{request}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// Says which preference was applied, and that the answer depended on it.
pub(crate) fn with_preference(mut response: Response, patience: Patience) -> Response {
    response.headers_mut().insert(VARY, HeaderValue::from_static("prefer"));
    if let Some(applied) = patience.applied {
        response.headers_mut().insert(PREFERENCE_APPLIED, applied);
    }
    response
}

/// The campaign that a path names.
///
/// # Errors
/// `INVALID_ID`.
pub(crate) fn campaign_of(segment: &str) -> Result<CampaignId, Problem> {
    CampaignId::new(segment).map_err(|error| Problem::new(Code::InvalidId).detail(error.to_string()))
}
