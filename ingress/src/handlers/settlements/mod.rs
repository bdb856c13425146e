//! `/v1/settlements`: what sellers are owed, by day and line by line, as JSON or as a table. Operators see every seller, a seller
//! its own days only.

mod page;
mod table;

use schemars::JsonSchema;
use serde::Serialize;
use warp::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, LINK, VARY};
use warp::http::{Response as HttpResponse, StatusCode};
use warp::reply::Response;

use super::{Answer, json};
use crate::auth::Caller;
use crate::handlers::Request;
use crate::reads::{Place, SellerDay, SellerLine};
use crate::request::accept::{self, Format};
use crate::request::query::Query;
use page::{Level, cursor, wanted};
use table::Tabular;

pub(crate) use page::MOST_ROWS;

/// A page of sellers' days.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Days {
    /// By seller and day.
    settlements: Vec<SellerDay>,
    /// What to ask for as `after`, where there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A page of lines of sellers' days.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Lines {
    /// By seller, day and number.
    lines: Vec<SellerLine>,
    /// What to ask for as `after`, where there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// `GET`: sellers' days.
///
/// # Errors
/// `FORBIDDEN`, `INVALID_PARAMETER`, `UNAVAILABLE` when Postgres does not answer.
pub(crate) async fn days(caller: Caller, request: Request) -> Answer {
    let Request { state, call, query, .. } = request;
    let page = wanted(&caller, Query::new(&query), Level::Days)?;
    let mut rows = state.reads.days(&page, &state.metrics).await?;
    let next = cut(&mut rows, page.limit, SellerDay::place).map(|place| cursor(&place, Level::Days));
    let link = next.as_deref().and_then(|next| page::link("/v1/settlements", &page, next));
    let response = match accept::format(&call) {
        Format::Csv => table(&rows, "settlements.csv"),
        Format::Json => json(StatusCode::OK, &Days { settlements: rows, next })?,
    };
    Ok(linked(response, link))
}

/// `GET …/lines`: the lines of those days.
///
/// # Errors
/// As for [`days`].
pub(crate) async fn lines(caller: Caller, request: Request) -> Answer {
    let Request { state, call, query, .. } = request;
    let page = wanted(&caller, Query::new(&query), Level::Lines)?;
    let mut rows = state.reads.lines(&page, &state.metrics).await?;
    let next = cut(&mut rows, page.limit, SellerLine::place).map(|place| cursor(&place, Level::Lines));
    let link = next.as_deref().and_then(|next| page::link("/v1/settlements/lines", &page, next));
    let response = match accept::format(&call) {
        Format::Csv => table(&rows, "settlement-lines.csv"),
        Format::Json => json(StatusCode::OK, &Lines { lines: rows, next })?,
    };
    Ok(linked(response, link))
}

/// Cuts off what is beyond the page; where something is, tells the place of the page's last row.
fn cut<T>(rows: &mut Vec<T>, limit: u16, place: impl Fn(&T) -> Place) -> Option<Place> {
    let has_more = rows.len() > usize::from(limit);
    rows.truncate(limit.into());
    rows.last().filter(|_| has_more).map(place)
}

/// A table about one caller's affairs: nobody may keep it.
fn table<T: Tabular>(rows: &[T], name: &'static str) -> Response {
    let mut response: Response = HttpResponse::new(table::written(rows).into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    response
}

/// Says where the next page is, and that another `Accept` would have been answered otherwise.
fn linked(mut response: Response, link: Option<HeaderValue>) -> Response {
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    if let Some(link) = link {
        response.headers_mut().insert(LINK, link);
    }
    response
}
