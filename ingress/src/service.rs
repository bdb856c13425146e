//! Ingress: every request passes it on the way in and every answer on the way out. In: ids, headers, what HTTP allows but we do
//! not. Out: problems are written, ids and limits go into the head, the answer is counted. Routing is warp's.

use std::convert::Infallible;
use std::error::Error;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::FutureExt;
use hyper::body::Body;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use warp::filters::BoxedFilter;
use warp::http::header::{ALLOW, HOST, HeaderValue, TRANSFER_ENCODING};
use warp::http::{Method, Request, Uri};
use warp::reply::Response;

use crate::limits::{RATE_LIMIT, RATE_LIMIT_POLICY};
use crate::problem::{Code, Problem};
use crate::request::trace::X_REQUEST_ID;
use crate::request::{Call, Peer};
use crate::routes::{allowed, routes};
use crate::state::State;

/// Answers requests.
pub(crate) struct Service {
    state: Arc<State>,
    routes: BoxedFilter<(Response,)>,
}

impl Service {
    pub(crate) fn new(state: Arc<State>) -> Self {
        let routes = routes(&state);
        Self { state, routes }
    }

    /// Answers one request.
    pub(crate) async fn answer<B>(&self, request: Request<B>, peer: Peer) -> Response
    where
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (mut parts, body) = request.into_parts();
        let call = Arc::new(Call::new(std::mem::take(&mut parts.headers), peer));
        self.state.metrics.in_flight.inc();
        let in_flight = InFlight(&self.state);
        let mut response = match check(&call, &parts.uri) {
            Err(problem) => problem.into_response(),
            Ok(()) => {
                if parts.method == Method::HEAD {
                    // The library sends a head without its body.
                    parts.method = Method::GET;
                }
                parts.extensions.insert(Arc::clone(&call));
                let path = parts.uri.path_and_query().cloned();
                let routes = TowerToHyperService::new(warp::service(self.routes.clone()));
                let answer = AssertUnwindSafe(routes.call(Request::from_parts(parts, body))).catch_unwind().await;
                let mut response = match answer {
                    Ok(Ok::<_, Infallible>(response)) => response,
                    Err(_) => {
                        tracing::error!(request_id = call.id, "a handler has panicked");
                        Problem::new(Code::Internal).into_response()
                    }
                };
                if is_of(&response, Code::MethodNotAllowed)
                    && let Ok(methods) = HeaderValue::from_str(&allowed(path.as_ref().map_or("", |path| path.path())))
                {
                    response.headers_mut().insert(ALLOW, methods);
                }
                response
            }
        };
        drop(in_flight);
        response = self.finish(&call, response);
        let status = response.status().as_u16();
        self.state.metrics.http.answered(call.route.load(Ordering::Relaxed), status, call.started.elapsed());
        response
    }

    fn finish(&self, call: &Call, response: Response) -> Response {
        let mut response = match response.extensions().get::<Problem>() {
            None => response,
            Some(problem) => {
                let mut written = problem.write(&call.id);
                if let Some(methods) = response.headers().get(ALLOW) {
                    written.headers_mut().insert(ALLOW, methods.clone());
                }
                if problem.code().facts().0.is_server_error() {
                    tracing::debug!(request_id = call.id, code = problem.code().facts().1, "a request has failed");
                }
                written
            }
        };
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&call.id) {
            headers.insert(X_REQUEST_ID, id);
        }
        if let Some(quota) = call.quota.get() {
            headers.insert(RATE_LIMIT_POLICY, self.state.limits.policy(*quota));
            if let Some(quota) = quota.header() {
                headers.insert(RATE_LIMIT, quota);
            }
        }
        response
    }
}

/// Counts down when the request is done with, also when its client has gone away.
struct InFlight<'a>(&'a State);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.metrics.in_flight.dec();
    }
}

/// What HTTP allows but we do not. A body without a length could never end, and a length beside a transfer coding is how requests
/// are smuggled past a proxy; either way the connection is over.
fn check(call: &Call, target: &Uri) -> Result<(), Problem> {
    if target.path_and_query().is_none() {
        return Err(Problem::new(Code::BadRequest).detail("no tunnels here").closing());
    }
    if call.headers.contains_key(TRANSFER_ENCODING) {
        return Err(Problem::new(Code::LengthRequired));
    }
    if call.headers.get_all(HOST).iter().nth(1).is_some() {
        return Err(Problem::new(Code::BadRequest).detail("more than one Host").closing());
    }
    Ok(())
}

fn is_of(response: &Response, code: Code) -> bool {
    response.extensions().get::<Problem>().is_some_and(|problem| problem.code() == code)
}

impl web::server::Service for Service {
    type Body = <Response as web::server::HasBody>::Body;

    async fn answer(&self, request: Request<hyper::body::Incoming>, peer: IpAddr) -> Response {
        Self::answer(self, request, Peer(peer)).await
    }
}
