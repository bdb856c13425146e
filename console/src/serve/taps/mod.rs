//! Taps over HTTP: what is asked is checked, whoever asks has a place and the right, and one thread reads for each.
//!
//! `question`, `accept`, `token` and `frames` are pure; `places` is what all share; `pieces` brings bytes from the thread to the connection;
//! `run` is the thread.

mod accept;
mod config;
mod frames;
mod metrics;
mod pieces;
mod places;
mod question;
mod run;
mod token;

use std::sync::Arc;
use std::time::Duration;

use events::audit::{AuditRecord, AuditStep};
use events::time::Timestamp;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use streams::clock::now_ms;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use web::server::Endless;

pub use config::TapsConfig;
pub(super) use pieces::{Cut, StopOnDrop, Streamed};
pub(super) use places::Taps;
pub(super) use question::{PARAMETERS, given_reason, reason};

use super::caller::Caller;
use super::parameters::Refused;
use super::problem::Problem;
use super::service::{Answer, Call};
use super::stream::Body;
use crate::tap::audit;
use accept::Shape;
use pieces::channel;
use question::Question;
use run::Job;
use token::{Spent, Tokens};

/// The media types of a tap.
pub(super) fn media_types() -> impl Iterator<Item = &'static str> {
    Shape::ALL.iter().map(|shape| shape.media_type())
}

/// Counts what a request for a tap or a story is refused for.
pub(super) fn counted(call: &Call, answer: Answer) -> Answer {
    if let Err((problem, _)) = &answer {
        call.state.taps.metrics.refused(*problem);
    }
    answer
}

/// Answers a request for a tap.
pub(super) async fn open(call: &Call) -> Answer {
    let (state, taps) = (&call.state, &call.state.taps);
    let caller = call.caller.as_ref().ok_or((Problem::Internal, None))?;
    let [topics, _] = &call.path;
    let question = Question::read(topics, &call.query, &call.headers, &state.manifest)?;
    let place = taps.enter(&caller.name).map_err(|problem| (problem, None))?;
    if let Some(why) = question.forbidden(caller) {
        return Err(forbid(taps, caller, question.told, question.reason.unwrap_or_default(), why).await);
    }
    let reason = question.reason()?.unwrap_or_default().to_owned();
    let Question { typed, shape, after, told, .. } = question;
    let words =
        typed.words(shape.format(), Timestamp::from_millis(now_ms())).map_err(|error| question::refused(&error))?;
    let zone = typed.zone().map_err(|error| question::refused(&error))?;
    let tokens = Arc::new(Tokens::new(Arc::clone(&taps.signer), &typed));
    let (spent, spans) = match after {
        None => (Spent::default(), None),
        Some(token) => {
            let resume = tokens.read(&token).ok_or((Problem::ResumeTokenInvalid, None))?;
            if resume.is_whole && shape == Shape::Events {
                // That ends the attempts of a browser to go on.
                return Ok(done());
            }
            (resume.spent, Some(resume.spans))
        }
    };
    let within = Duration::from_secs(taps.config.slow_reader_seconds);
    let stop = StopOnDrop(Arc::clone(&place.stop));
    let (pieces, streamed) = channel(within, taps.metrics.bytes.clone(), stop);
    let record = audit::begun(caller.name.clone(), told, reason, !words.is_unmasked);
    let (state, caller, running) = (Arc::clone(state), caller.name.clone(), taps.running());
    let job = Job { state, words, zone, shape, caller, record, tokens, spent, spans, place, running, pieces };
    let (begin, begun) = oneshot::channel();
    let runtime = Handle::current();
    let thread = std::thread::Builder::new().name("tap".to_owned()).spawn(move || job.run(begin, &runtime));
    if let Err(error) = thread {
        tracing::error!(%error, "no thread for a tap");
        return Err((Problem::Internal, None));
    }
    begun.await.map_err(|_| (Problem::Internal, None))??;
    let mut response = Response::new(Body::Tap(streamed));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type(shape)));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(Endless);
    Ok(response)
}

const fn content_type(shape: Shape) -> &'static str {
    match shape {
        Shape::Csv => "text/csv; charset=utf-8",
        other => other.media_type(),
    }
}

/// There is nothing more.
fn done() -> Response<Body> {
    let mut response = Response::new(Body::Whole(Full::default()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Writes down that somebody was refused, and refuses.
pub(super) async fn forbid(
    taps: &Taps,
    caller: &Caller,
    words: Vec<String>,
    reason: String,
    why: &'static str,
) -> Refused {
    // A reason that is too long is no reason, but says who tries what.
    let reason = reason.chars().take(200).collect();
    let record = AuditRecord { step: AuditStep::Refused, ..audit::begun(caller.name.clone(), words, reason, true) };
    if let Err(error) = taps.audit(&record).await {
        tracing::error!(%error, "a refusal is not written to the audit topic");
    }
    (Problem::Forbidden, Some(why.to_owned()))
}
