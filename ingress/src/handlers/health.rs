//! `/livez`, `/readyz`, `/metrics`: for whoever runs ingress. No token, no rate limit.

use std::collections::BTreeMap;

use prometheus::{Encoder, TextEncoder};
use schemars::JsonSchema;
use serde::Serialize;
use streams::service::Condition;
use warp::http::header::{CONTENT_TYPE, HeaderValue};
use warp::http::{Response as HttpResponse, StatusCode};
use warp::reply::Response;

use super::{Answer, json};
use crate::handlers::Request;
use crate::problem::{Code, Problem};
use crate::state::State;

/// How the process is doing, part by part.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Report {
    /// Whether all is well enough.
    ok: bool,
    /// Each part: `ready`, or what is the matter.
    parts: BTreeMap<String, String>,
}

/// Whether the process is worth keeping.
///
/// # Errors
/// None in practice.
pub(crate) async fn live(request: Request) -> Answer {
    let Request { state, .. } = request;
    report(&state, state.health.is_live())
}

/// Whether the process can take traffic.
///
/// # Errors
/// None in practice.
pub(crate) async fn ready(request: Request) -> Answer {
    let Request { state, .. } = request;
    report(&state, state.health.is_ready())
}

fn report(state: &State, ok: bool) -> Answer {
    let describe = |condition| match condition {
        Condition::Ready => "ready".to_owned(),
        Condition::Starting(what) => format!("starting: {what}"),
        Condition::Degraded(what) => format!("degraded: {what}"),
        Condition::Failed(what) => format!("failed: {what}"),
    };
    let parts = state.health.parts().into_iter().map(|(part, condition)| (part, describe(condition))).collect();
    json(if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &Report { ok, parts })
}

/// Prometheus' text format.
///
/// # Errors
/// `INTERNAL` when a metric cannot be written.
pub(crate) async fn metrics(request: Request) -> Answer {
    let Request { state, .. } = request;
    let mut text = Vec::new();
    TextEncoder::new().encode(&state.registry.gather(), &mut text).map_err(|error| {
        tracing::error!(%error, "the metrics cannot be written");
        Problem::new(Code::Internal)
    })?;
    let mut response: Response = HttpResponse::new(text.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; version=0.0.4"));
    Ok(response)
}
