//! Campaigns, claims, coupons, and what became of any request.

use warp::http::Method;

use super::{Access, AnswerSpec, Body, COMMAND, Key, PENDING, Route, RouteId, schema};
use crate::handlers::{campaigns, claims, coupons, requests};
use crate::problem::Family;

const CHANGED: &[AnswerSpec] = &[schema::<campaigns::Changed>(200, "Carried out"), PENDING];

pub(super) const POST_CLAIM: Route = Route {
    id: RouteId::PostClaim,
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
};

pub(super) const GET_REQUEST: Route = Route {
    id: RouteId::GetRequest,
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
};

pub(super) const GET_CAMPAIGN: Route = Route {
    id: RouteId::GetCampaign,
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
};

pub(super) const PUT_CAMPAIGN: Route = Route {
    id: RouteId::PutCampaign,
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
};

pub(super) const PAUSE_CAMPAIGN: Route =
    command(RouteId::PauseCampaign, "/v1/campaigns/{campaign}/pause", "pause_campaign", "Stop granting until resumed");
pub(super) const RESUME_CAMPAIGN: Route =
    command(RouteId::ResumeCampaign, "/v1/campaigns/{campaign}/resume", "resume_campaign", "Grant again");
pub(super) const END_CAMPAIGN: Route =
    command(RouteId::EndCampaign, "/v1/campaigns/{campaign}/end", "end_campaign", "Close a campaign for good");

pub(super) const GET_MY_COUPONS: Route = Route {
    id: RouteId::GetMyCoupons,
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
};

const fn command(id: RouteId, template: &'static str, name: &'static str, summary: &'static str) -> Route {
    Route {
        id,
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
    }
}
