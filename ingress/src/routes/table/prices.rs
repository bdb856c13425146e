//! Prices, and what others ask.

use events::prices::BestPrice;
use warp::http::Method;

use super::{Access, AnswerSpec, Body, Key, PENDING, Route, RouteId, nothing, schema};
use crate::handlers::offers;
use crate::problem::Family;

const APPLIED: &[AnswerSpec] = &[schema::<offers::OfferApplied>(200, "Carried out"), PENDING];

pub(super) const GET_PRICE: Route = Route {
    id: RouteId::GetPrice,
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
};

pub(super) const PUT_OFFER: Route =
    command(RouteId::PutOffer, Method::PUT, "put_offer", "Another shop asks so much for a product", Body::Offer);

pub(super) const DELETE_OFFER: Route = command(
    RouteId::DeleteOffer,
    Method::DELETE,
    "delete_offer",
    "Another shop offers a product no longer",
    Body::Empty,
);

const fn command(id: RouteId, method: Method, name: &'static str, summary: &'static str, body: Body) -> Route {
    Route {
        id,
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
    }
}
