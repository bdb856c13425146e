//! Which rows are asked for, and where the next page begins. A page's end is a row's place, so a page is never shifted by what is
//! written meanwhile.

use std::str::FromStr;

use events::calendar::Day;
use events::ids::SellerId;
use warp::http::header::HeaderValue;

use crate::auth::Caller;
use crate::problem::{Code, Problem};
use crate::reads::{Page, Place};
use crate::request::query::{Query, invalid};

/// Most rows on a page.
pub(crate) const MOST_ROWS: u16 = 1_000;

/// Rows on a page unless something else is asked for.
const USUAL_ROWS: u16 = 100;

/// Whether days are asked for, or their lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Level {
    Days,
    Lines,
}

/// The page that a query asks for, as far as the caller may see.
///
/// # Errors
/// `FORBIDDEN`, `INVALID_PARAMETER`.
pub(super) fn wanted(caller: &Caller, mut query: Query, level: Level) -> Result<Page, Problem> {
    if !caller.is_operator() && caller.seller().is_none() {
        return Err(Problem::new(Code::Forbidden));
    }
    let asked: Option<SellerId> = query.take("seller", "a seller: 1 to 64 letters, digits, '-' or '_'")?;
    let from = query.take("from", "a day, such as 2026-11-23")?.unwrap_or(Day::FIRST);
    let to = query.take("to", "a day, such as 2026-11-23")?.unwrap_or(Day::LAST);
    let limit = query.take("limit", "1 to 1000")?.unwrap_or(USUAL_ROWS);
    let after: Option<String> = query.take("after", "what a page has named as its next one")?;
    query.done()?;
    if from > to {
        return Err(invalid("from must not be later than to".into()));
    }
    if limit == 0 || limit > MOST_ROWS {
        return Err(invalid("limit must be 1 to 1000".into()));
    }
    let after = after.map(|after| {
        place(&after, level).ok_or_else(|| invalid("after must be what a page has named as its next one".into()))
    });
    let seller = match caller.seller() {
        // Whoever is both may ask as an operator.
        _ if caller.is_operator() => asked,
        Some(own) if asked.as_ref().is_none_or(|asked| asked == own) => Some(own.clone()),
        _ => return Err(Problem::new(Code::Forbidden).detail("a seller sees its own settlements only")),
    };
    Ok(Page { seller, from, to, after: after.transpose()?, limit })
}

/// A place as `after` writes it: ids hold no dots.
pub(super) fn cursor(place: &Place, level: Level) -> String {
    let Place { seller, day, number } = place;
    match level {
        Level::Days => format!("{seller}.{day}"),
        Level::Lines => format!("{seller}.{day}.{number}"),
    }
}

fn place(text: &str, level: Level) -> Option<Place> {
    let mut parts = text.split('.');
    let seller = SellerId::new(parts.next()?).ok()?;
    let day = Day::from_str(parts.next()?).ok()?;
    let number = match level {
        Level::Days => 0,
        Level::Lines => parts.next()?.parse().ok()?,
    };
    parts.next().is_none().then_some(Place { seller, day, number })
}

/// `Link` (RFC 8288) to the next page: for tables, which have no place for it, and for whoever prefers it.
pub(super) fn link(path: &str, page: &Page, next: &str) -> Option<HeaderValue> {
    let Page { seller, from, to, limit, .. } = page;
    let seller = seller.as_ref().map(|seller| format!("seller={seller}&")).unwrap_or_default();
    let target = format!("{path}?{seller}from={from}&to={to}&limit={limit}&after={next}");
    HeaderValue::from_str(&format!("<{target}>; rel=\"next\"")).ok()
}
