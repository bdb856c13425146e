//! Prices, and what others ask.

use events::prices::BestPrice;
use warp::http::Method;

use super::row::{Access, AnswerSpec, Body, Handler, Key, PENDING, QuotaClass, Reads, Route, nothing, schema};
use super::{for_anybody, for_caller};
use crate::handlers::{offers, prices};
use crate::problem::Family;

const APPLIED: &[AnswerSpec] = &[schema::<offers::OfferApplied>(200, "Carried out"), PENDING];

pub(super) const GET_PRICE: Route = Route {
    method: Method::GET,
    template: "/v1/products/{sku}/price",
    name: "get_price",
    summary: "The lowest price of a product that is known, ours or another shop's, and until when it may be shown",
    access: Access::Anybody,
    key: Key::Unread,
    body: Body::None,
    answers: &[
        schema::<BestPrice>(200, "The price; ETag and Cache-Control say how long it may be kept"),
        nothing(304, "The If-None-Match is of this price"),
    ],
    problems: &[400, 404, 429, 503],
    family: Family::None,
    reads: Reads::Condition,
    quota: QuotaClass::Orders,
    handler: for_anybody!(prices::get),
};

pub(super) const PUT_OFFER: Route =
    command(Method::PUT, "put_offer", "Another shop asks so much for a product", Body::Offer, for_caller!(offers::put));

pub(super) const DELETE_OFFER: Route = command(
    Method::DELETE,
    "delete_offer",
    "Another shop offers a product no longer",
    Body::Empty,
    for_caller!(offers::delete),
);

const fn command(method: Method, name: &'static str, summary: &'static str, body: Body, handler: Handler) -> Route {
    Route {
        method,
        template: "/v1/products/{sku}/offers/{source}",
        name,
        summary,
        access: Access::Operator,
        key: Key::Optional,
        body,
        answers: APPLIED,
        problems: &[400, 403, 404, 408, 409, 411, 413, 415, 422],
        family: Family::Prices,
        reads: Reads::Nothing,
        quota: QuotaClass::Orders,
        handler,
    }
}
