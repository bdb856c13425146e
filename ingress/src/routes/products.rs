//! Products and their stock.

use warp::http::Method;

use super::for_caller;
use super::row::{Access, Body, Key, PENDING, QuotaClass, Reads, Route, schema};
use crate::handlers::products;
use crate::problem::Family;

/// Statuses of the problems that a command to a product may meet: it may not be there.
const COMMAND: &[u16] = &[400, 403, 404, 408, 409, 411, 413, 415, 422];

pub(super) const GET_PRODUCT: Route = Route {
    method: Method::GET,
    template: "/v1/products/{sku}",
    name: "get_product",
    summary: "A product: what it is, what it costs now, how many can be had",
    access: Access::Caller,
    key: Key::Unread,
    body: Body::None,
    answers: &[schema::<products::ProductShown>(200, "The product")],
    problems: &[400, 404],
    family: Family::None,
    reads: Reads::Nothing,
    quota: QuotaClass::Orders,
    handler: for_caller!(products::get),
};

pub(super) const PUT_PRODUCT: Route = Route {
    method: Method::PUT,
    template: "/v1/products/{sku}",
    name: "put_product",
    summary: "Define a product, or change its terms",
    access: Access::Operator,
    key: Key::Optional,
    body: Body::ProductTerms,
    answers: &[schema::<products::Defined>(200, "Carried out"), PENDING],
    problems: COMMAND,
    family: Family::Stock,
    reads: Reads::Nothing,
    quota: QuotaClass::Orders,
    handler: for_caller!(products::put),
};

pub(super) const POST_STOCK: Route = Route {
    method: Method::POST,
    template: "/v1/products/{sku}/stock",
    name: "post_stock",
    summary: "Units have arrived, or are gone",
    access: Access::Operator,
    key: Key::Required,
    body: Body::StockChange,
    answers: &[schema::<products::Stocked>(200, "Carried out"), PENDING],
    problems: COMMAND,
    family: Family::Stock,
    reads: Reads::Nothing,
    quota: QuotaClass::Orders,
    handler: for_caller!(products::stock),
};
