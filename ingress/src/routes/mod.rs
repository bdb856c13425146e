//! Every route: the filters that find its handler (here) and the table that describes it ([`table`]). A test asks every row of the
//! table and every path between the rows, so that neither can say what the other does not.

mod table;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use warp::filters::BoxedFilter;
use warp::reject::{MethodNotAllowed, Rejection};
use warp::reply::Response;
use warp::{Filter, path};

pub(crate) use table::{Access, Body, Route, RouteId, TABLE, allowed, terms_schema};

use crate::handlers::campaigns::{self, Turn};
use crate::handlers::{Answer, claims, coupons, docs, health, requests};
use crate::problem::{Code, Problem};
use crate::request::{Call, body};
use crate::state::State;

/// Largest body of a claim or of an operator's word, bytes.
const SMALL_BODY: usize = 1_024;

/// Largest body of a campaign's terms, bytes.
const TERMS_BODY: usize = 16 * 1_024;

/// The routes. Each is boxed, the busiest comes first, handlers answer for themselves, and what no route takes is answered by the
/// one `recover`.
pub(crate) fn routes(state: &Arc<State>) -> BoxedFilter<(Response,)> {
    let shared = {
        let state = Arc::clone(state);
        warp::any().map(move || Arc::clone(&state)).boxed()
    };
    let deadline = Duration::from_millis(state.config.server.body_timeout_ms);

    let claim = path!("v1" / "campaigns" / String / "claims")
        .and(warp::post())
        .and(with_body(RouteId::PostClaim, SMALL_BODY, deadline))
        .and(shared.clone())
        .then(async |campaign, (call, body), state| answer(claims::post(campaign, call, body, state).await))
        .boxed();
    let get_request = path!("v1" / "requests" / String)
        .and(warp::get())
        .and(call(RouteId::GetRequest))
        .and(shared.clone())
        .then(async |request, call, state| answer(requests::get(request, call, state).await))
        .boxed();
    let get_campaign = path!("v1" / "campaigns" / String)
        .and(warp::get())
        .and(call(RouteId::GetCampaign))
        .and(shared.clone())
        .then(async |campaign, call, state| answer(campaigns::get(campaign, call, state).await))
        .boxed();
    let put_campaign = path!("v1" / "campaigns" / String)
        .and(warp::put())
        .and(with_body(RouteId::PutCampaign, TERMS_BODY, deadline))
        .and(shared.clone())
        .then(async |campaign, (call, body), state| answer(campaigns::put(campaign, call, body, state).await))
        .boxed();
    let pause = turn("pause", Turn::Pause, RouteId::PauseCampaign, deadline, &shared);
    let resume = turn("resume", Turn::Resume, RouteId::ResumeCampaign, deadline, &shared);
    let end = turn("end", Turn::End, RouteId::EndCampaign, deadline, &shared);
    let my_coupons = path!("v1" / "me" / "coupons")
        .and(warp::get())
        .and(call(RouteId::GetMyCoupons))
        .and(shared.clone())
        .then(async |call, state| answer(coupons::get(call, state).await))
        .boxed();
    let about = about(&shared);

    claim
        .or(get_request)
        .unify()
        .or(get_campaign)
        .unify()
        .or(put_campaign)
        .unify()
        .or(pause)
        .unify()
        .or(resume)
        .unify()
        .or(end)
        .unify()
        .or(my_coupons)
        .unify()
        .or(about)
        .unify()
        .recover(async |rejection: Rejection| Ok::<_, Infallible>(rejected(&rejection)))
        .unify()
        .boxed()
}

/// Routes about the door itself.
fn about(shared: &BoxedFilter<(Arc<State>,)>) -> BoxedFilter<(Response,)> {
    let livez = path!("livez")
        .and(warp::get())
        .and(call(RouteId::Livez))
        .and(shared.clone())
        .then(async |_, state| answer(health::live(state).await))
        .boxed();
    let readyz = path!("readyz")
        .and(warp::get())
        .and(call(RouteId::Readyz))
        .and(shared.clone())
        .then(async |_, state| answer(health::ready(state).await))
        .boxed();
    let metrics = path!("metrics")
        .and(warp::get())
        .and(call(RouteId::Metrics))
        .and(shared.clone())
        .then(async |_, state| answer(health::metrics(state).await))
        .boxed();
    let document = path!("openapi.json")
        .and(warp::get())
        .and(call(RouteId::OpenApi))
        .then(async |_| answer(docs::document().await))
        .boxed();
    let page =
        path!("docs").and(warp::get()).and(call(RouteId::Docs)).then(async |_| answer(docs::page().await)).boxed();
    let style = path!("docs" / "style.css")
        .and(warp::get())
        .and(call(RouteId::DocsStyle))
        .then(async |_| answer(docs::style().await))
        .boxed();
    livez.or(readyz).unify().or(metrics).unify().or(document).unify().or(page).unify().or(style).unify().boxed()
}

fn turn(
    word: &'static str,
    turn: Turn,
    route: RouteId,
    deadline: Duration,
    shared: &BoxedFilter<(Arc<State>,)>,
) -> BoxedFilter<(Response,)> {
    warp::path("v1")
        .and(warp::path("campaigns"))
        .and(warp::path::param::<String>())
        .and(warp::path(word))
        .and(warp::path::end())
        .and(warp::post())
        .and(with_body(route, SMALL_BODY, deadline))
        .and(shared.clone())
        .then(move |campaign, (call, body), state| async move {
            answer(campaigns::turn(turn, campaign, call, body, state).await)
        })
        .boxed()
}

/// The call at hand, which now knows its route.
fn call(route: RouteId) -> impl Filter<Extract = (Arc<Call>,), Error = Rejection> + Clone {
    warp::ext::get::<Arc<Call>>().map(move |call: Arc<Call>| {
        call.route.store(route.place(), Ordering::Relaxed);
        call
    })
}

/// The call at hand and its body. What is wrong with the body is for the handler to say, after it has asked who is calling.
fn with_body(
    route: RouteId,
    most: usize,
    deadline: Duration,
) -> impl Filter<Extract = ((Arc<Call>, Result<Bytes, Problem>),), Error = Rejection> + Clone {
    call(route).and(warp::body::stream()).then(move |call: Arc<Call>, stream| async move {
        let body = body::read(&call, stream, most, deadline).await;
        (call, body)
    })
}

fn answer(answer: Answer) -> Response {
    answer.unwrap_or_else(Problem::into_response)
}

/// What no route has taken.
fn rejected(rejection: &Rejection) -> Response {
    let code = if rejection.is_not_found() {
        Code::NotFound
    } else if rejection.find::<MethodNotAllowed>().is_some() {
        Code::MethodNotAllowed
    } else {
        tracing::error!(?rejection, "a request was rejected in a way that no route should");
        Code::Internal
    };
    Problem::new(code).into_response()
}
