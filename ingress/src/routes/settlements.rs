//! Routes of sellers and of what they are owed.

use warp::filters::BoxedFilter;
use warp::reply::Response;
use warp::{Filter, path};

use super::{Body, RouteId, Way, answer, call};
use crate::handlers::{sellers, settlements};

pub(super) fn routes(way: &Way) -> BoxedFilter<(Response,)> {
    let put = path!("v1" / "sellers" / String)
        .and(warp::put())
        .and(way.with_body(RouteId::PutSeller, Body::SellerPolicy))
        .and(way.state())
        .then(async |seller, (call, body), state| answer(sellers::put(seller, call, body, state).await))
        .boxed();
    let close = path!("v1" / "sellers" / String / "days" / String / "close")
        .and(warp::post())
        .and(way.with_body(RouteId::CloseDay, Body::Empty))
        .and(way.state())
        .then(async |seller, day, (call, body), state| answer(sellers::close((seller, day), call, body, state).await))
        .boxed();
    let days = path!("v1" / "settlements")
        .and(warp::get())
        .and(warp::query())
        .and(call(RouteId::GetSettlements))
        .and(way.state())
        .then(async |query, call, state| answer(settlements::days(query, call, state).await))
        .boxed();
    let lines = path!("v1" / "settlements" / "lines")
        .and(warp::get())
        .and(warp::query())
        .and(call(RouteId::GetSettlementLines))
        .and(way.state())
        .then(async |query, call, state| answer(settlements::lines(query, call, state).await))
        .boxed();
    put.or(close).unify().or(days).unify().or(lines).unify().boxed()
}
