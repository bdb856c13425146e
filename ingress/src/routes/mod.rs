//! Every route, each one row, and the one way from a request to its handler.

mod coupons;
mod orders;
mod prices;
mod products;
mod row;
mod settlements;
mod system;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Buf;
use futures_util::Stream;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::filters::path::FullPath;
use warp::http::Method;
use warp::reply::Response;
use web::path::{self, Found};

pub(crate) use row::{Access, Body, Handler, Key, Reads, Route};

use crate::handlers::{Answer, Request};
use crate::problem::{Code, Problem};
use crate::request::{Call, body};
use crate::state::State;

/// Every route. Look-ups of prices and claims come first: they are the most.
pub(crate) static TABLE: [Route; 34] = [
    prices::GET_PRICE,
    coupons::POST_CLAIM,
    coupons::GET_REQUEST,
    coupons::GET_CAMPAIGN,
    coupons::PUT_CAMPAIGN,
    coupons::PAUSE_CAMPAIGN,
    coupons::RESUME_CAMPAIGN,
    coupons::END_CAMPAIGN,
    coupons::GET_MY_COUPONS,
    products::GET_PRODUCT,
    products::PUT_PRODUCT,
    products::POST_STOCK,
    orders::POST_ORDER,
    orders::GET_ORDER,
    orders::GET_ORDER_EVENTS,
    orders::POST_PAYMENT,
    orders::CANCEL_ORDER,
    orders::SHIP_ORDER,
    orders::DELIVER_ORDER,
    orders::CONFIRM_PURCHASE,
    orders::REFUND_ORDER,
    orders::POST_TOSS_WEBHOOK,
    prices::PUT_OFFER,
    prices::DELETE_OFFER,
    settlements::PUT_SELLER,
    settlements::CLOSE_DAY,
    settlements::GET_SETTLEMENTS,
    settlements::GET_SETTLEMENT_LINES,
    system::LIVEZ,
    system::READYZ,
    system::METRICS,
    system::OPENAPI,
    system::DOCS,
    system::DOCS_STYLE,
];

/// A handler that needs no caller, as a row names it.
macro_rules! for_anybody {
    ($handler:path) => {
        $crate::routes::Handler::ForAnybody(|request| Box::pin($handler(request)))
    };
}
use for_anybody;

/// A handler that needs a caller, as a row names it.
macro_rules! for_caller {
    ($handler:path) => {
        $crate::routes::Handler::ForCaller(|caller, request| Box::pin($handler(caller, request)))
    };
}
use for_caller;

/// The service: one filter that finds the row and calls its handler.
pub(crate) fn routes(state: &Arc<State>) -> BoxedFilter<(Response,)> {
    let state = Arc::clone(state);
    // A request without a query is one with an empty query.
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::ext::get::<Arc<Call>>()
        .and(warp::method())
        .and(warp::path::full())
        .and(query)
        .and(warp::body::stream())
        .then(move |call, method, path: FullPath, query, stream| {
            let state = Arc::clone(&state);
            async move { answer(state, call, &method, &path, query, stream).await.unwrap_or_else(Problem::into_response) }
        })
        .boxed()
}

async fn answer<S, B, E>(
    state: Arc<State>,
    call: Arc<Call>,
    method: &Method,
    path: &FullPath,
    query: String,
    stream: S,
) -> Answer
where
    S: Stream<Item = Result<B, E>>,
    B: Buf,
{
    let rows = TABLE.iter().map(|route| (route.method.as_str(), route.template));
    let (place, path) = match path::find(rows, method.as_str(), path.as_str()) {
        Found::Route(place, parameters) => (place, parameters),
        Found::OtherMethod => return Err(Problem::new(Code::MethodNotAllowed)),
        Found::Nothing => return Err(Problem::new(Code::NotFound)),
    };
    let Some(route) = TABLE.get(place) else { return Err(Problem::new(Code::Internal)) };
    call.route.store(place, Ordering::Relaxed);
    let deadline = Duration::from_millis(state.config.server.body_timeout_ms);
    let body = match route.body {
        Body::None => Ok(bytes::Bytes::new()),
        kind => body::read(&call, stream, kind.most(), deadline).await,
    };
    match route.handler {
        Handler::ForAnybody(handler) => handler(Request { state, call, path, query, body, key: None }).await,
        Handler::ForCaller(handler) => {
            let caller = route.authorise(&state, &call)?;
            let key = route.key_of(&call)?;
            handler(caller, Request { state, call, path, query, body, key }).await
        }
    }
}

/// The methods that a path allows, for `Allow`.
pub(crate) fn allowed(path: &str) -> String {
    let mut methods: Vec<&str> = Vec::new();
    for route in TABLE.iter().filter(|route| path::matches(route.template, path)) {
        methods.push(route.method.as_str());
        if route.method == Method::GET {
            methods.push("HEAD");
        }
    }
    methods.join(", ")
}
