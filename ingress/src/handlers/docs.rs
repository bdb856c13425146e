//! `/openapi.json` and `/docs`: the interface, described. Written once, at start, from the table of routes.

use std::sync::LazyLock;

use bytes::Bytes;
use warp::http::Response as HttpResponse;
use warp::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use warp::reply::Response;

use super::{Answer, Request};
use crate::openapi;

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(openapi::document().to_string()));
static PAGE: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(openapi::page(&openapi::document())));

/// The OpenAPI document.
///
/// # Errors
/// None.
pub(crate) async fn document(_: Request) -> Answer {
    Ok(asset(DOCUMENT.clone(), "application/json"))
}

/// The same as a page to read: no script, nothing from elsewhere.
///
/// # Errors
/// None.
pub(crate) async fn page(_: Request) -> Answer {
    let mut response = asset(PAGE.clone(), "text/html; charset=utf-8");
    let policy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    Ok(response)
}

/// The page's style.
///
/// # Errors
/// None.
pub(crate) async fn style(_: Request) -> Answer {
    Ok(asset(Bytes::from_static(openapi::STYLE.as_bytes()), "text/css; charset=utf-8"))
}

fn asset(bytes: Bytes, media_type: &'static str) -> Response {
    let mut response: Response = HttpResponse::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=300"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
