//! Routes about the door itself.

use warp::filters::BoxedFilter;
use warp::reply::Response;
use warp::{Filter, path};

use super::{RouteId, Way, answer, call};
use crate::handlers::{docs, health};

pub(super) fn routes(way: &Way) -> BoxedFilter<(Response,)> {
    let livez = path!("livez")
        .and(warp::get())
        .and(call(RouteId::Livez))
        .and(way.state())
        .then(async |_, state| answer(health::live(state).await))
        .boxed();
    let readyz = path!("readyz")
        .and(warp::get())
        .and(call(RouteId::Readyz))
        .and(way.state())
        .then(async |_, state| answer(health::ready(state).await))
        .boxed();
    let metrics = path!("metrics")
        .and(warp::get())
        .and(call(RouteId::Metrics))
        .and(way.state())
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
