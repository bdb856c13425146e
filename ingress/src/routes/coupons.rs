//! Campaigns, claims, coupons, and what became of any request.

use warp::http::Method;

use super::for_caller;
use super::row::{Access, AnswerSpec, Body, COMMAND, Handler, Key, PENDING, QuotaClass, Reads, Route, schema};
use crate::handlers::{campaigns, claims, coupons, requests};
use crate::problem::Family;

const CHANGED: &[AnswerSpec] = &[schema::<campaigns::Changed>(200, "Carried out"), PENDING];

pub(super) const POST_CLAIM: Route = Route {
    method: Method::POST,
    template: "/v1/campaigns/{campaign}/claims",
    name: "post_claim",
    summary: "Claim a coupon",
    access: Access::Shopper,
    key: Key::Required,
    body: Body::Empty,
    answers: &[schema::<claims::Granted>(201, "Granted"), PENDING],
    problems: COMMAND,
    family: Family::Coupons,
    reads: Reads::Nothing,
    quota: QuotaClass::Coupons,
    handler: for_caller!(claims::post),
};

pub(super) const GET_REQUEST: Route = Route {
    method: Method::GET,
    template: "/v1/requests/{request}",
    name: "get_request",
    summary: "What became of a request",
    access: Access::Caller,
    key: Key::Unread,
    body: Body::None,
    answers: &[schema::<requests::Shown>(200, "Your request")],
    problems: &[400, 404],
    family: Family::None,
    reads: Reads::Nothing,
    quota: QuotaClass::Coupons,
    handler: for_caller!(requests::get),
};

pub(super) const GET_CAMPAIGN: Route = Route {
    method: Method::GET,
    template: "/v1/campaigns/{campaign}",
    name: "get_campaign",
    summary: "A campaign: terms, phase, stock",
    access: Access::Caller,
    key: Key::Unread,
    body: Body::None,
    answers: &[schema::<campaigns::Shown>(200, "The campaign")],
    problems: &[400, 404],
    family: Family::None,
    reads: Reads::Nothing,
    quota: QuotaClass::Coupons,
    handler: for_caller!(campaigns::get),
};

pub(super) const PUT_CAMPAIGN: Route = Route {
    method: Method::PUT,
    template: "/v1/campaigns/{campaign}",
    name: "put_campaign",
    summary: "Define a campaign, or change its terms",
    access: Access::Operator,
    key: Key::Optional,
    body: Body::CampaignTerms,
    answers: CHANGED,
    problems: COMMAND,
    family: Family::Coupons,
    reads: Reads::Nothing,
    quota: QuotaClass::Coupons,
    handler: for_caller!(campaigns::put),
};

pub(super) const PAUSE_CAMPAIGN: Route = command(
    "/v1/campaigns/{campaign}/pause",
    "pause_campaign",
    "Stop granting until resumed",
    for_caller!(campaigns::pause),
);
pub(super) const RESUME_CAMPAIGN: Route =
    command("/v1/campaigns/{campaign}/resume", "resume_campaign", "Grant again", for_caller!(campaigns::resume));
pub(super) const END_CAMPAIGN: Route =
    command("/v1/campaigns/{campaign}/end", "end_campaign", "Close a campaign for good", for_caller!(campaigns::end));

pub(super) const GET_MY_COUPONS: Route = Route {
    method: Method::GET,
    template: "/v1/me/coupons",
    name: "get_my_coupons",
    summary: "The caller's coupons",
    access: Access::Shopper,
    key: Key::Unread,
    body: Body::None,
    answers: &[schema::<coupons::Wallet>(200, "Your coupons")],
    problems: &[403],
    family: Family::None,
    reads: Reads::Nothing,
    quota: QuotaClass::Coupons,
    handler: for_caller!(coupons::get),
};

const fn command(template: &'static str, name: &'static str, summary: &'static str, handler: Handler) -> Route {
    Route {
        method: Method::POST,
        template,
        name,
        summary,
        access: Access::Operator,
        key: Key::Optional,
        body: Body::Empty,
        answers: CHANGED,
        problems: COMMAND,
        family: Family::Coupons,
        reads: Reads::Nothing,
        quota: QuotaClass::Coupons,
        handler,
    }
}
