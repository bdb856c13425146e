//! `GET /v1/products/{sku}/price`: the lowest price that is known, from memory. It is the same for everybody, so it needs no token and
//! may be kept by caches: shortly, and never beyond the instant at which it ends.

use std::sync::Arc;
use std::time::Duration;

use events::ids::Sku;
use events::time::Timestamp;
use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use warp::http::{Response as HttpResponse, StatusCode};
use warp::reply::Response;

use super::{Answer, products::sku_of};
use crate::handlers::Request;
use crate::prices::{Quote, Tag};
use crate::problem::{Code, Problem};
use crate::request::Call;
use crate::state::{State, now};

/// How long to wait for the price that follows one that has just ended: the processor states it at that very instant.
const AWAIT_NEXT: [Duration; 4] =
    [Duration::from_millis(25), Duration::from_millis(50), Duration::from_millis(100), Duration::from_millis(200)];

/// Answers from memory.
///
/// # Errors
/// `RATE_LIMITED`, `INVALID_ID`, `NOT_FOUND`; `UNAVAILABLE` while the table is not read, or while a price that has ended is not
/// followed by another.
pub(crate) async fn get(request: Request) -> Answer {
    let Request { state, call, path: [segment, _], .. } = request;
    state.limits.admit_anyone(&call, &state.metrics)?;
    let sku = sku_of(&segment)?;
    let tag = current(&state, &sku).await?;
    Ok(answer(&call, &tag, now(), state.config.prices.longest_cache_seconds))
}

async fn current(state: &State, sku: &Sku) -> Result<Arc<Tag>, Problem> {
    if let Some(source) = &state.price_source {
        let best = source.price(sku).await.ok_or_else(|| Problem::new(Code::NotFound))?;
        return Tag::of(&best).map(Arc::new).map_err(|_| Problem::new(Code::Internal));
    }
    let mut pauses = AWAIT_NEXT.iter();
    loop {
        match state.prices.quote(sku, now()) {
            Quote::Tag(tag) => return Ok(tag),
            Quote::Unknown => return Err(Problem::new(Code::NotFound)),
            Quote::NotRead => return Err(Problem::new(Code::Unavailable)),
            Quote::Awaited => match pauses.next() {
                Some(pause) => tokio::time::sleep(*pause).await,
                None => return Err(Problem::new(Code::Unavailable)),
            },
        }
    }
}

fn answer(call: &Call, tag: &Tag, now: Timestamp, longest_cache_seconds: u32) -> Response {
    let mut response: Response;
    if is_known(call, &tag.etag) {
        response = Response::default();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response = HttpResponse::new(tag.body.clone().into());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let headers = response.headers_mut();
    headers.insert(ETAG, tag.etag.clone());
    headers.insert(CACHE_CONTROL, cache_control(tag.valid_until, now, longest_cache_seconds));
    response
}

/// Whole seconds that end before the price does.
fn cache_control(valid_until: Option<Timestamp>, now: Timestamp, longest_seconds: u32) -> HeaderValue {
    let left = valid_until.map(|until| until.as_millis().saturating_sub(now.as_millis()) / 1_000);
    match left.map_or(i64::from(longest_seconds), |left| left.clamp(0, longest_seconds.into())) {
        0 => HeaderValue::from_static("public, max-age=0, must-revalidate"),
        1 => HeaderValue::from_static("public, max-age=1, must-revalidate"),
        seconds => HeaderValue::from_str(&format!("public, max-age={seconds}, must-revalidate"))
            .unwrap_or(HeaderValue::from_static("no-store")),
    }
}

/// Whether the client has this version already (RFC 9110, 13.1.2).
fn is_known(call: &Call, etag: &HeaderValue) -> bool {
    let values = call.headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut known = values.flat_map(|value| value.split(',')).map(str::trim);
    known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known).as_bytes() == etag.as_bytes())
}
