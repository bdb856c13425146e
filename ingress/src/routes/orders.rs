//! Orders, and what the payment provider says of them.

use warp::http::Method;

use super::row::{Access, AnswerSpec, Body, Handler, Key, PENDING, QuotaClass, Reads, Route, nothing, schema};
use super::{for_anybody, for_caller};
use crate::handlers::{orders, webhooks};
use crate::order_streams::StreamedEvent;
use crate::problem::Family;

const APPLIED: &[AnswerSpec] = &[schema::<orders::Applied>(200, "Carried out"), PENDING];

/// Statuses of the problems that a command to an order may meet.
const COMMAND: &[u16] = &[400, 403, 404, 408, 409, 411, 413, 415, 422];

/// Those, where the payment provider may have refused to charge.
const PAYMENT: &[u16] = &[400, 402, 403, 404, 408, 409, 411, 413, 415, 422];

/// Those, where the payment provider may have refused to give money back.
const REFUND: &[u16] = &[400, 403, 404, 408, 409, 411, 413, 415, 422, 502];

pub(super) const POST_ORDER: Route = Route {
    method: Method::POST,
    template: "/v1/orders",
    name: "post_order",
    summary: "Order products, with a coupon or without: all of it is held, or nothing",
    access: Access::Shopper,
    key: Key::Required,
    body: Body::Placement,
    answers: &[schema::<orders::Placed>(201, "Everything is held; Location says where the order is"), PENDING],
    problems: &[400, 403, 408, 409, 411, 413, 415, 422],
    family: Family::Orders,
    reads: Reads::Nothing,
    quota: QuotaClass::Orders,
    handler: for_caller!(orders::place),
};

pub(super) const GET_ORDER: Route = Route {
    method: Method::GET,
    template: "/v1/orders/{order}",
    name: "get_order",
    summary: "An order: where it is, its lines, what it amounts to",
    access: Access::Caller,
    key: Key::Unread,
    body: Body::None,
    answers: &[schema::<orders::OrderShown>(200, "Your order")],
    problems: &[400, 404],
    family: Family::None,
    reads: Reads::Nothing,
    quota: QuotaClass::Orders,
    handler: for_caller!(orders::get),
};

pub(super) const GET_ORDER_EVENTS: Route = Route {
    method: Method::GET,
    template: "/v1/orders/{order}/events",
    name: "get_order_events",
    summary: "What happens to an order, as it happens: server-sent events, until the order is at its end",
    access: Access::Caller,
    key: Key::Unread,
    body: Body::None,
    answers: &[
        AnswerSpec {
            media_type: "text/event-stream",
            ..schema::<StreamedEvent>(200, "Each event's id is its number, its type is the fact's, its data is this")
        },
        nothing(204, "Nothing follows the Last-Event-ID: the order is at its end"),
    ],
    problems: &[400, 404],
    family: Family::None,
    reads: Reads::LastEvent,
    quota: QuotaClass::Orders,
    handler: for_caller!(orders::events),
};

pub(super) const POST_PAYMENT: Route = command(
    "/v1/orders/{order}/payment",
    "post_payment",
    "Charge a payment that the shopper has authenticated",
    Access::Shopper,
    Body::Payment,
    PAYMENT,
    for_caller!(orders::pay),
);

pub(super) const CANCEL_ORDER: Route = command(
    "/v1/orders/{order}/cancel",
    "cancel_order",
    "Cancel some units or all of them, before the shipment",
    Access::Shopper,
    Body::Cancellation,
    REFUND,
    for_caller!(orders::cancel),
);

pub(super) const SHIP_ORDER: Route = command(
    "/v1/orders/{order}/ship",
    "ship_order",
    "The goods are on their way",
    Access::Operator,
    Body::Empty,
    COMMAND,
    for_caller!(orders::ship),
);

pub(super) const DELIVER_ORDER: Route = command(
    "/v1/orders/{order}/deliver",
    "deliver_order",
    "The goods are with the shopper",
    Access::Operator,
    Body::Empty,
    COMMAND,
    for_caller!(orders::deliver),
);

pub(super) const CONFIRM_PURCHASE: Route = command(
    "/v1/orders/{order}/confirm",
    "confirm_purchase",
    "Confirm the purchase",
    Access::Either,
    Body::Empty,
    COMMAND,
    for_caller!(orders::confirm),
);

pub(super) const REFUND_ORDER: Route = command(
    "/v1/orders/{order}/refund",
    "refund_order",
    "Give money back for some units or all of them",
    Access::Operator,
    Body::Refund,
    REFUND,
    for_caller!(orders::refund),
);

pub(super) const POST_TOSS_WEBHOOK: Route = Route {
    method: Method::POST,
    template: "/v1/webhooks/toss",
    name: "post_toss_webhook",
    summary: "The payment provider says that something has happened",
    access: Access::Provider,
    key: Key::Unread,
    body: Body::Webhook,
    answers: &[schema::<webhooks::Stored>(200, "Stored, or nothing to store: not to be sent again")],
    problems: &[400, 403, 408, 411, 413, 415],
    family: Family::Webhooks,
    reads: Reads::Token,
    quota: QuotaClass::Orders,
    handler: for_anybody!(webhooks::toss),
};

const fn command(
    template: &'static str,
    name: &'static str,
    summary: &'static str,
    access: Access,
    body: Body,
    problems: &'static [u16],
    handler: Handler,
) -> Route {
    Route {
        method: Method::POST,
        template,
        name,
        summary,
        access,
        key: Key::Required,
        body,
        answers: APPLIED,
        problems,
        family: Family::Orders,
        reads: Reads::Nothing,
        quota: QuotaClass::Orders,
        handler,
    }
}
