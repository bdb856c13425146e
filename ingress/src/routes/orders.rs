//! Routes of orders, and of the payment provider's webhooks.

use warp::filters::BoxedFilter;
use warp::reply::Response;
use warp::{Filter, path};

use super::{Body, RouteId, Way, answer, call};
use crate::handlers::orders::{self, Turn};
use crate::handlers::webhooks;

pub(super) fn routes(way: &Way) -> BoxedFilter<(Response,)> {
    let place = path!("v1" / "orders")
        .and(warp::post())
        .and(way.with_body(RouteId::PostOrder, Body::Placement))
        .and(way.state())
        .then(async |(call, body), state| answer(orders::place(call, body, state).await))
        .boxed();
    let get = path!("v1" / "orders" / String)
        .and(warp::get())
        .and(call(RouteId::GetOrder))
        .and(way.state())
        .then(async |order, call, state| answer(orders::get(order, call, state).await))
        .boxed();
    let events = path!("v1" / "orders" / String / "events")
        .and(warp::get())
        .and(call(RouteId::GetOrderEvents))
        .and(way.state())
        .then(async |order, call, state| answer(orders::events(order, call, state).await))
        .boxed();
    let pay = path!("v1" / "orders" / String / "payment")
        .and(warp::post())
        .and(way.with_body(RouteId::PostPayment, Body::Payment))
        .and(way.state())
        .then(async |order, (call, body), state| answer(orders::pay(order, call, body, state).await))
        .boxed();
    let cancel = path!("v1" / "orders" / String / "cancel")
        .and(warp::post())
        .and(way.with_body(RouteId::CancelOrder, Body::Cancellation))
        .and(way.state())
        .then(async |order, (call, body), state| answer(orders::cancel(order, call, body, state).await))
        .boxed();
    let confirm = path!("v1" / "orders" / String / "confirm")
        .and(warp::post())
        .and(way.with_body(RouteId::ConfirmPurchase, Body::Empty))
        .and(way.state())
        .then(async |order, (call, body), state| answer(orders::confirm(order, call, body, state).await))
        .boxed();
    let refund = path!("v1" / "orders" / String / "refund")
        .and(warp::post())
        .and(way.with_body(RouteId::RefundOrder, Body::Refund))
        .and(way.state())
        .then(async |order, (call, body), state| answer(orders::refund(order, call, body, state).await))
        .boxed();
    place
        .or(pay)
        .unify()
        .or(get)
        .unify()
        .or(events)
        .unify()
        .or(cancel)
        .unify()
        .or(turn(way, Turn::Ship, RouteId::ShipOrder))
        .unify()
        .or(turn(way, Turn::Deliver, RouteId::DeliverOrder))
        .unify()
        .or(confirm)
        .unify()
        .or(refund)
        .unify()
        .or(toss(way))
        .unify()
        .boxed()
}

fn turn(way: &Way, turn: Turn, route: RouteId) -> BoxedFilter<(Response,)> {
    warp::path("v1")
        .and(warp::path("orders"))
        .and(warp::path::param::<String>())
        .and(warp::path(turn.name()))
        .and(warp::path::end())
        .and(warp::post())
        .and(way.with_body(route, Body::Empty))
        .and(way.state())
        .then(
            move |order, (call, body), state| async move { answer(orders::turn(turn, order, call, body, state).await) },
        )
        .boxed()
}

fn toss(way: &Way) -> BoxedFilter<(Response,)> {
    // A request without a query is one with an empty query.
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    path!("v1" / "webhooks" / "toss")
        .and(warp::post())
        .and(query)
        .and(way.with_body(RouteId::PostTossWebhook, Body::Webhook))
        .and(way.state())
        .then(async |query, (call, body), state| answer(webhooks::toss(query, call, body, state).await))
        .boxed()
}
