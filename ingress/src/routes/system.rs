//! The role itself: probes, metrics, the description of the interface.

use warp::http::Method;

use super::for_anybody;
use super::row::{Access, AnswerSpec, Body, Handler, Key, QuotaClass, Reads, Route, nothing, schema};
use crate::handlers::{docs, health};
use crate::problem::Family;

const REPORTED: &[AnswerSpec] = &[schema::<health::Report>(200, "It is"), schema::<health::Report>(503, "It is not")];
const AS_IT_IS: &[AnswerSpec] = &[nothing(200, "As it is")];

pub(super) const LIVEZ: Route =
    open("/livez", "livez", "Whether the process is worth keeping", REPORTED, for_anybody!(health::live));
pub(super) const READYZ: Route =
    open("/readyz", "readyz", "Whether the process can take traffic", REPORTED, for_anybody!(health::ready));
pub(super) const METRICS: Route =
    open("/metrics", "metrics", "Metrics in Prometheus' text format", AS_IT_IS, for_anybody!(health::metrics));
pub(super) const OPENAPI: Route =
    open("/openapi.json", "openapi", "This document", AS_IT_IS, for_anybody!(docs::document));
pub(super) const DOCS: Route = open("/docs", "docs", "This document as a page", AS_IT_IS, for_anybody!(docs::page));
pub(super) const DOCS_STYLE: Route =
    open("/docs/style.css", "docs_style", "The page's style", AS_IT_IS, for_anybody!(docs::style));

const fn open(
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
        access: Access::Anybody,
        key: Key::Unread,
        body: Body::None,
        answers,
        problems: &[],
        family: Family::None,
        reads: Reads::Nothing,
        quota: QuotaClass::Coupons,
        handler,
    }
}
