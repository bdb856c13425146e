//! The one way from a request to its answer: finds the row, asks who is calling, calls the handler, counts the answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use hyper::{HeaderMap, Request, Response};
use web::path::{self, Found, Parameters};
use web::token::TokenError;

use super::caller::Caller;
use super::handlers;
use super::problem::Problem;
use super::routes::{Access, Route, TABLE};
use super::state::State;
use super::stream::Body;

/// Nothing is loaded from elsewhere, and the page is shown in no other.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// The header that names a request.
const REQUEST_ID: &str = "x-request-id";

/// Answers requests.
pub(super) struct Service {
    state: Arc<State>,
}

/// What a handler is given.
pub(super) struct Call {
    pub(super) state: Arc<State>,
    pub(super) path: Parameters,
    /// What follows the question mark.
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    /// Who asks; none where anybody may.
    pub(super) caller: Option<Caller>,
}

/// An answer, or what is wrong and a sentence about this very case.
pub(super) type Answer = Result<Response<Body>, (Problem, Option<String>)>;

impl Service {
    pub(super) fn new(state: Arc<State>) -> Self {
        Self { state }
    }

    async fn respond<B>(&self, request: Request<B>) -> Response<Body>
    where
        B: hyper::body::Body,
    {
        let began = Instant::now();
        let id = format!("{:016x}", fastrand::u64(..));
        let rows = TABLE.iter().map(|route| (route.method, route.template));
        let method = if request.method() == hyper::Method::HEAD { "GET" } else { request.method().as_str() };
        let found = path::find(rows, method, request.uri().path());
        let place = if let Found::Route(place, _) = &found { *place } else { TABLE.len() };
        let answer = std::panic::AssertUnwindSafe(self.answer(request, found)).catch_unwind().await;
        let answer = answer.unwrap_or_else(|_| {
            tracing::error!(request_id = id, "a handler has panicked");
            Err((Problem::Internal, None))
        });
        let mut response = answer.unwrap_or_else(|(problem, detail)| {
            let response = problem.write(&id, detail.as_deref()).map(Body::Whole);
            with_allow(problem, response)
        });
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID, id);
        }
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        self.state.metrics.answered(place, response.status().as_u16(), began.elapsed());
        response
    }

    async fn answer<B: hyper::body::Body>(&self, request: Request<B>, found: Found) -> Answer {
        let (route, path) = match found {
            Found::Route(place, parameters) => match TABLE.get(place) {
                Some(route) => (route, parameters),
                None => return Err((Problem::Internal, None)),
            },
            Found::OtherMethod => return Err((Problem::MethodNotAllowed, None)),
            Found::Nothing => return Err((Problem::NotFound, None)),
        };
        // No route reads a body; one that is announced would have to be read to be got rid of.
        if !request.body().is_end_stream() {
            return Err((Problem::BodyTooLarge, None));
        }
        let (parts, _) = request.into_parts();
        let caller = self.authorise(route, &parts.headers)?;
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let call = Call { state: Arc::clone(&self.state), path, query, headers: parts.headers, caller };
        handlers::answer(route.handler, call).await
    }

    fn authorise(&self, route: &Route, headers: &HeaderMap) -> Result<Option<Caller>, (Problem, Option<String>)> {
        let (caller, roles) = match route.access {
            Access::Anybody => return Ok(None),
            Access::Roles(roles) => (Caller::of(headers, &self.state.verifier, &self.state.sessions), roles),
            Access::Token(roles) => (Caller::of_token(headers, &self.state.verifier), roles),
        };
        let caller = caller.map_err(|error| match error {
            TokenError::Missing => (Problem::TokenMissing, None),
            TokenError::Invalid => (Problem::TokenInvalid, None),
        })?;
        if caller.has(roles) { Ok(Some(caller)) } else { Err((Problem::Forbidden, None)) }
    }
}

fn with_allow(problem: Problem, mut response: Response<Body>) -> Response<Body> {
    if problem == Problem::MethodNotAllowed {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST, DELETE"));
    }
    response
}

impl web::server::Service for Service {
    type Body = Body;

    async fn answer(&self, request: Request<Incoming>, _peer: IpAddr) -> Response<Body> {
        self.respond(request).await
    }
}

#[cfg(test)]
impl Service {
    /// Answers a request without a connection; the whole body is read.
    pub(super) async fn answered(
        &self,
        request: Request<http_body_util::Full<bytes::Bytes>>,
    ) -> (Response<()>, bytes::Bytes) {
        use http_body_util::BodyExt as _;

        let (parts, body) = self.respond(request).await.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        (Response::from_parts(parts, ()), body)
    }

    /// Answers a request without a connection.
    pub(super) async fn response(&self, request: Request<http_body_util::Full<bytes::Bytes>>) -> Response<Body> {
        self.respond(request).await
    }
}
