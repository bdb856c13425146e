//! `GET /v1/orders/{order}/events`: what happens to an order, as it happens.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt, unfold};
use warp::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue};
use warp::http::{HeaderName, StatusCode};
use warp::reply::{Reply, Response};

use super::order_of;
use super::read::of_caller;
use crate::auth::Caller;
use crate::handlers::Answer;
use crate::handlers::Request;
use crate::order_streams::{OrderStream, Viewer};
use crate::problem::{Code, Problem};
use crate::request::Call;
use web::server::Endless;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Answers with a stream, or with 204 when nothing will follow what the reader has: an `EventSource` then stays away.
///
/// # Errors
/// `INVALID_ID`, `BAD_REQUEST` for a `Last-Event-ID` that is none, `NOT_FOUND`, `RATE_LIMITED` and `OVERLOADED` for streams too many,
/// `UNAVAILABLE` when nothing can be read.
pub(crate) async fn events(caller: Caller, request: Request) -> Answer {
    let Request { state, call, path: [segment, _], .. } = request;
    let order = order_of(&segment)?;
    let last = last_event_id(&call)?;
    let subscription = state.order_streams.subscriptions().take(&caller.id)?;
    let row = of_caller(&state, &order, &caller).await?.row;
    let shopper = (!caller.is_operator()).then_some(caller.id);
    let is_at_end = row.state.is_terminal() && row.awaited == 0;
    let viewer = Viewer { order, shopper, last, known: row.version, is_at_end };
    let timeline = OrderStream::begin(state, viewer, subscription).await?;
    if timeline.has_nothing_to_tell() {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        return Ok(response);
    }
    Ok(streamed(timeline))
}

fn last_event_id(call: &Call) -> Result<u64, Problem> {
    if !call.headers.contains_key(LAST_EVENT_ID) {
        return Ok(0);
    }
    let digits = call.only(&LAST_EVENT_ID).map(str::trim);
    digits
        .and_then(|digits| digits.parse::<u32>().ok())
        .map(u64::from)
        .ok_or_else(|| Problem::new(Code::BadRequest).detail("Last-Event-ID is not a number that this stream has told"))
}

fn streamed(timeline: OrderStream) -> Response {
    let pieces = unfold(timeline, async |mut timeline: OrderStream| {
        let piece = timeline.next().await?;
        Some((Ok::<_, Infallible>(piece), timeline))
    });
    let mut response = warp::reply::stream(Alone(Mutex::new(pieces.fuse().boxed()))).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather answers before they pass them on would make a stream useless.
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    // Its deadlines are a stream's, so the connection serves nothing else after it.
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response.extensions_mut().insert(Endless);
    response
}

/// A stream that only one task ever looks at: the library wants it shareable, and behind a lock that nobody waits for it is.
struct Alone(Mutex<BoxStream<'static, Result<Bytes, Infallible>>>);

impl Stream for Alone {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let stream = self.get_mut().0.get_mut().unwrap_or_else(PoisonError::into_inner);
        stream.poll_next_unpin(context)
    }
}
