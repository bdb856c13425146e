//! Reads a body: bounded in size and in time. A body that does not say how long it is was refused before
//! ([`crate::service`]), so an endless one cannot begin.

use std::pin::pin;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use serde::de::DeserializeOwned;
use warp::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};

use super::{Call, json};
use crate::problem::{Code, Problem};

/// The whole body, at most `most` bytes, within `deadline`.
///
/// # Errors
/// Too large, too slow, or broken off.
pub(crate) async fn read<S, B, E>(call: &Call, stream: S, most: usize, deadline: Duration) -> Result<Bytes, Problem>
where
    S: Stream<Item = Result<B, E>>,
    B: Buf,
{
    let announced = match call.headers.get(CONTENT_LENGTH) {
        None => return Ok(Bytes::new()),
        Some(length) => length.to_str().ok().and_then(|length| length.parse::<u64>().ok()),
    };
    match announced {
        Some(0) => return Ok(Bytes::new()),
        Some(length) if length <= most as u64 => {}
        Some(_) => return Err(Problem::new(Code::BodyTooLarge).detail(format!("at most {most} bytes are read"))),
        None => return Err(Problem::new(Code::BadRequest).detail("Content-Length is not a number").closing()),
    }
    tokio::time::timeout(deadline, collect(stream, most)).await.unwrap_or_else(|_| Err(Problem::new(Code::BodyTimeout)))
}

async fn collect<S, B, E>(stream: S, most: usize) -> Result<Bytes, Problem>
where
    S: Stream<Item = Result<B, E>>,
    B: Buf,
{
    let mut stream = pin!(stream);
    let mut body = BytesMut::new();
    while let Some(part) = stream.next().await {
        let Ok(mut part) = part else {
            return Err(Problem::new(Code::BadRequest).detail("the body broke off").closing());
        };
        if body.len().saturating_add(part.remaining()) > most {
            return Err(Problem::new(Code::BodyTooLarge));
        }
        while part.has_remaining() {
            let chunk = part.chunk();
            let length = chunk.len();
            body.extend_from_slice(chunk);
            part.advance(length);
        }
    }
    Ok(body.freeze())
}

/// What a body says that has to say something.
///
/// # Errors
/// Whatever was wrong with reading it; `UNSUPPORTED_MEDIA_TYPE`, and as for [`json::parse`].
pub(crate) fn parse_json<T: DeserializeOwned>(call: &Call, body: Result<Bytes, Problem>) -> Result<T, Problem> {
    let body = body?;
    must_be_json(call)?;
    json::parse(&body)
}

/// Reads a body that has nothing to say: none at all, or `{}`.
///
/// # Errors
/// As for [`said`].
pub(crate) fn expect_empty(call: &Call, body: Result<Bytes, Problem>) -> Result<(), Problem> {
    let body = body?;
    if !body.is_empty() {
        must_be_json(call)?;
    }
    json::parse_nothing(&body)
}

/// Refuses a body that is not plain JSON by its own account.
///
/// # Errors
/// `UNSUPPORTED_MEDIA_TYPE`.
pub(crate) fn must_be_json(call: &Call) -> Result<(), Problem> {
    let unsupported = || Problem::new(Code::UnsupportedMediaType);
    if call.headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(unsupported());
    }
    let media_type = call.only(&CONTENT_TYPE).ok_or_else(unsupported)?;
    let mut parts = media_type.split(';');
    let essence = parts.next().unwrap_or_default().trim();
    let charset_is_utf8 = parts.all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !name.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    if essence.eq_ignore_ascii_case("application/json") && charset_is_utf8 { Ok(()) } else { Err(unsupported()) }
}
