//! What a price server says, read row by row: fields that we do not know are ignored, and a row that cannot be an offer does not
//! spoil the others.

use std::collections::BTreeMap;

use events::ids::Sku;
use events::money::Money;
use events::time::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

/// An offer as the server shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    /// What a unit costs, minor units.
    pub(crate) price: Money,
    /// When the server saw it; nothing: it is so while it says so.
    pub(crate) seen_at: Option<Timestamp>,
    /// When it ends.
    pub(crate) until: Option<Timestamp>,
}

/// Everything that a server offers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Answer {
    /// By product; of several offers for one, the lowest.
    pub(crate) rows: BTreeMap<Sku, Row>,
    /// Rows that cannot be offers.
    pub(crate) unreadable: u64,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    offers: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct RowBody {
    sku: Sku,
    price: Money,
    seen_at: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Answer {
    /// Reads an answer; nothing when it is none.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let body: Body<'_> = serde_json::from_slice(body).ok()?;
        let mut answer = Self::default();
        for raw in body.offers {
            match row(raw) {
                Some((sku, row)) => answer.add(sku, row),
                None => answer.unreadable += 1,
            }
        }
        Some(answer)
    }

    fn add(&mut self, sku: Sku, row: Row) {
        let kept = self.rows.entry(sku).or_insert(row);
        if row.price < kept.price {
            *kept = row;
        }
    }
}

fn row(raw: &RawValue) -> Option<(Sku, Row)> {
    let RowBody { sku, price, seen_at, until } = serde_json::from_str(raw.get()).ok()?;
    let is_sound = price > Money::ZERO
        && price.is_plausible()
        && [seen_at, until].into_iter().flatten().all(Timestamp::is_plausible);
    is_sound.then_some((sku, Row { price, seen_at, until }))
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
