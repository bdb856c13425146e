//! Routes of prices and of what others ask.

use warp::filters::BoxedFilter;
use warp::reply::Response;
use warp::{Filter, path};

use super::{Body, RouteId, Way, answer, call};
use crate::handlers::{offers, prices};

pub(super) fn routes(way: &Way) -> BoxedFilter<(Response,)> {
    let price = path!("v1" / "products" / String / "price")
        .and(warp::get())
        .and(call(RouteId::GetPrice))
        .and(way.state())
        .then(async |sku, call, state| answer(prices::get(sku, call, state).await))
        .boxed();
    let put = path!("v1" / "products" / String / "offers" / String)
        .and(warp::put())
        .and(way.with_body(RouteId::PutOffer, Body::Offer))
        .and(way.state())
        .then(async |sku, source, (call, body), state| answer(offers::put((sku, source), call, body, state).await))
        .boxed();
    let delete = path!("v1" / "products" / String / "offers" / String)
        .and(warp::delete())
        .and(way.with_body(RouteId::DeleteOffer, Body::Empty))
        .and(way.state())
        .then(async |sku, source, (call, body), state| answer(offers::delete((sku, source), call, body, state).await))
        .boxed();
    price.or(put).unify().or(delete).unify().boxed()
}
