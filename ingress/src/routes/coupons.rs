//! Routes of campaigns, claims, coupons and requests. Claims come first: they are the crowd.

use warp::filters::BoxedFilter;
use warp::reply::Response;
use warp::{Filter, path};

use super::{Body, RouteId, Way, answer, call};
use crate::handlers::campaigns::{self, Turn};
use crate::handlers::{claims, coupons, requests};

pub(super) fn routes(way: &Way) -> BoxedFilter<(Response,)> {
    let claim = path!("v1" / "campaigns" / String / "claims")
        .and(warp::post())
        .and(way.with_body(RouteId::PostClaim, Body::Empty))
        .and(way.state())
        .then(async |campaign, (call, body), state| answer(claims::post(campaign, call, body, state).await))
        .boxed();
    let get_request = path!("v1" / "requests" / String)
        .and(warp::get())
        .and(call(RouteId::GetRequest))
        .and(way.state())
        .then(async |request, call, state| answer(requests::get(request, call, state).await))
        .boxed();
    let get_campaign = path!("v1" / "campaigns" / String)
        .and(warp::get())
        .and(call(RouteId::GetCampaign))
        .and(way.state())
        .then(async |campaign, call, state| answer(campaigns::get(campaign, call, state).await))
        .boxed();
    let put_campaign = path!("v1" / "campaigns" / String)
        .and(warp::put())
        .and(way.with_body(RouteId::PutCampaign, Body::CampaignTerms))
        .and(way.state())
        .then(async |campaign, (call, body), state| answer(campaigns::put(campaign, call, body, state).await))
        .boxed();
    let my_coupons = path!("v1" / "me" / "coupons")
        .and(warp::get())
        .and(call(RouteId::GetMyCoupons))
        .and(way.state())
        .then(async |call, state| answer(coupons::get(call, state).await))
        .boxed();
    claim
        .or(get_request)
        .unify()
        .or(get_campaign)
        .unify()
        .or(put_campaign)
        .unify()
        .or(turn(way, Turn::Pause, RouteId::PauseCampaign))
        .unify()
        .or(turn(way, Turn::Resume, RouteId::ResumeCampaign))
        .unify()
        .or(turn(way, Turn::End, RouteId::EndCampaign))
        .unify()
        .or(my_coupons)
        .unify()
        .boxed()
}

fn turn(way: &Way, turn: Turn, route: RouteId) -> BoxedFilter<(Response,)> {
    warp::path("v1")
        .and(warp::path("campaigns"))
        .and(warp::path::param::<String>())
        .and(warp::path(turn.name()))
        .and(warp::path::end())
        .and(warp::post())
        .and(way.with_body(route, Body::Empty))
        .and(way.state())
        .then(move |campaign, (call, body), state| async move {
            answer(campaigns::turn(turn, campaign, call, body, state).await)
        })
        .boxed()
}
