//! What the stub answers over HTTP.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::CONTENT_TYPE;
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::rules::Refusal;

/// An answer.
pub(crate) type HttpResponse = Response<Full<Bytes>>;

/// Any JSON.
pub(crate) fn ok(value: &Value) -> HttpResponse {
    with(StatusCode::OK, value.to_string())
}

/// A no, in the provider's form.
pub(crate) fn refused(refusal: &Refusal) -> HttpResponse {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    with(status, json!({"code": refusal.code, "message": refusal.code}).to_string())
}

/// A no by its code.
pub(crate) fn no(code: &str) -> HttpResponse {
    refused(&Refusal::new(code))
}

/// What a broken proxy says.
pub(crate) fn garbage() -> HttpResponse {
    with(StatusCode::OK, "<html><body>upstream said something".to_owned())
}

fn with(status: StatusCode, body: String) -> HttpResponse {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    response
}
