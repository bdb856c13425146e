//! The door itself: probes, metrics, this document.

use warp::http::Method;

use super::{Access, AnswerSpec, Body, Key, Route, RouteId, nothing, schema};
use crate::handlers::health;
use crate::problem::Family;

const REPORTED: &[AnswerSpec] = &[schema::<health::Report>(200, "It is"), schema::<health::Report>(503, "It is not")];
const AS_IT_IS: &[AnswerSpec] = &[nothing(200, "As it is")];

pub(super) const LIVEZ: Route =
    open(RouteId::Livez, "/livez", "livez", "Whether the process is worth keeping", REPORTED);
pub(super) const READYZ: Route =
    open(RouteId::Readyz, "/readyz", "readyz", "Whether the process can take traffic", REPORTED);
pub(super) const METRICS: Route =
    open(RouteId::Metrics, "/metrics", "metrics", "Metrics in Prometheus' text format", AS_IT_IS);
pub(super) const OPENAPI: Route = open(RouteId::OpenApi, "/openapi.json", "openapi", "This document", AS_IT_IS);
pub(super) const DOCS: Route = open(RouteId::Docs, "/docs", "docs", "This document as a page", AS_IT_IS);
pub(super) const DOCS_STYLE: Route =
    open(RouteId::DocsStyle, "/docs/style.css", "docs_style", "The page's style", AS_IT_IS);

const fn open(
    id: RouteId,
    template: &'static str,
    name: &'static str,
    summary: &'static str,
    answers: &'static [AnswerSpec],
) -> Route {
    Route {
        id,
        method: Method::GET,
        template,
        name,
        summary,
        access: Access::Anybody,
        key: Key::Unread,
        body: Body::None,
        answers,
        problems: &[],
        family: Family::None,
    }
}
