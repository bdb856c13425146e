//! Sellers, and what they are owed.

use warp::http::Method;

use super::for_caller;
use super::row::{Access, AnswerSpec, Body, Handler, Key, PENDING, QuotaClass, Reads, Route, schema};
use crate::handlers::{sellers, settlements};
use crate::problem::Family;

/// Statuses of the problems that a command to a seller may meet: nothing may be known of it.
const COMMAND: &[u16] = &[400, 403, 404, 408, 409, 411, 413, 415, 422];

/// A list as a table, for those who ask for one.
const TABLE: Option<&str> = Some("text/csv");

pub(super) const PUT_SELLER: Route = Route {
    method: Method::PUT,
    template: "/v1/sellers/{seller}",
    name: "put_seller",
    summary: "Settle a seller so from a day on: commission, tax, pay-out",
    access: Access::Operator,
    key: Key::Optional,
    body: Body::SellerPolicy,
    answers: &[schema::<sellers::PolicySet>(200, "Carried out"), PENDING],
    problems: COMMAND,
    family: Family::Settlement,
    reads: Reads::Nothing,
    quota: QuotaClass::Orders,
    handler: for_caller!(sellers::put),
};

pub(super) const CLOSE_DAY: Route = Route {
    method: Method::POST,
    template: "/v1/sellers/{seller}/days/{day}/close",
    name: "close_day",
    summary: "Close a seller's day before its time: its statement never changes after that",
    access: Access::Operator,
    key: Key::Required,
    body: Body::Empty,
    answers: &[schema::<sellers::DayClosed>(200, "Carried out"), PENDING],
    problems: COMMAND,
    family: Family::Settlement,
    reads: Reads::Nothing,
    quota: QuotaClass::Orders,
    handler: for_caller!(sellers::close),
};

pub(super) const GET_SETTLEMENTS: Route = list(
    "/v1/settlements",
    "get_settlements",
    "What sellers are owed, by day: the figures of open days, the statements of closed ones",
    &[AnswerSpec { also_as: TABLE, ..schema::<settlements::Days>(200, "A page of days, by seller and day") }],
    for_caller!(settlements::days),
);

pub(super) const GET_SETTLEMENT_LINES: Route = list(
    "/v1/settlements/lines",
    "get_settlement_lines",
    "The lines of those days, each with the order's line and the record of the log that it came from",
    &[AnswerSpec { also_as: TABLE, ..schema::<settlements::Lines>(200, "A page of lines, by seller, day and number") }],
    for_caller!(settlements::lines),
);

const fn list(
    template: &'static str,
    name: &'static str,
    summary: &'static str,
    answers: &'static [AnswerSpec],
    handler: Handler,
) -> Route {
    Route {
        method: Method::GET,
        template,
        name,
        summary,
        access: Access::SellerOrOperator,
        key: Key::Unread,
        body: Body::None,
        answers,
        problems: &[400, 403],
        family: Family::None,
        reads: Reads::Page,
        quota: QuotaClass::Orders,
        handler,
    }
}
