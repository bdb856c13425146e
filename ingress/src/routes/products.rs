//! Routes of products.

use warp::filters::BoxedFilter;
use warp::reply::Response;
use warp::{Filter, path};

use super::{Body, RouteId, Way, answer, call};
use crate::handlers::products;

pub(super) fn routes(way: &Way) -> BoxedFilter<(Response,)> {
    let get = path!("v1" / "products" / String)
        .and(warp::get())
        .and(call(RouteId::GetProduct))
        .and(way.state())
        .then(async |sku, call, state| answer(products::get(sku, call, state).await))
        .boxed();
    let put = path!("v1" / "products" / String)
        .and(warp::put())
        .and(way.with_body(RouteId::PutProduct, Body::ProductTerms))
        .and(way.state())
        .then(async |sku, (call, body), state| answer(products::put(sku, call, body, state).await))
        .boxed();
    let stock = path!("v1" / "products" / String / "stock")
        .and(warp::post())
        .and(way.with_body(RouteId::PostStock, Body::StockChange))
        .and(way.state())
        .then(async |sku, (call, body), state| answer(products::stock(sku, call, body, state).await))
        .boxed();
    get.or(put).unify().or(stock).unify().boxed()
}
