//! Names for a request: W3C Trace Context's `traceparent` and `X-Request-Id`. What a client sends is believed only in shape;
//! without it both are made up here, from one random number.

use warp::http::{HeaderMap, HeaderName};

use super::call::only;

pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The client's `traceparent`, or a new one.
pub(super) fn traceparent(headers: &HeaderMap) -> String {
    match only(headers, &TRACEPARENT) {
        Some(given) if is_traceparent(given) => given.to_owned(),
        _ => {
            // Neither half may be zero; 00 says that nobody has decided to record the trace.
            let (trace, span) = (fastrand::u128(1..), fastrand::u64(1..));
            let (mut trace_digits, mut span_digits) = ([0; 32], [0; 16]);
            let trace = hex(&trace.to_be_bytes(), &mut trace_digits);
            let span = hex(&span.to_be_bytes(), &mut span_digits);
            ["00-", trace, "-", span, "-00"].concat()
        }
    }
}

/// The client's request id, or the trace's.
pub(super) fn request_id(headers: &HeaderMap, traceparent: &str) -> String {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    match only(headers, &X_REQUEST_ID) {
        Some(given) if (1..=64).contains(&given.len()) && given.bytes().all(legal) => given.to_owned(),
        _ => traceparent.get(3..35).unwrap_or_default().to_owned(),
    }
}

/// Lower-case digits. Done for every request, where the standard library's formatting would be felt.
fn hex<'a>(bytes: &[u8], digits: &'a mut [u8]) -> &'a str {
    if hex::encode_to_slice(bytes, digits).is_err() { "" } else { std::str::from_utf8(digits).unwrap_or_default() }
}

fn is_traceparent(text: &str) -> bool {
    let is_hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_zero = |part: &str| part.bytes().all(|byte| byte == b'0');
    let mut parts = text.split('-');
    let (Some(version), Some(trace), Some(span), Some(flags), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    version == "00" && is_hex(trace, 32) && !is_zero(trace) && is_hex(span, 16) && !is_zero(span) && is_hex(flags, 2)
}
