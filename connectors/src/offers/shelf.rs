//! What one source offers, and what of it has been told: a pure state machine, so that as little is told as keeps the prices
//! processor right. A change is told at once; what has not changed only when half of the time for which it is believed is over;
//! what is no longer there is withdrawn.

use std::collections::BTreeMap;

use events::ids::Sku;
use events::money::Money;
use events::prices::MOST_AHEAD_MS;
use events::time::Timestamp;

use super::answer::Row;

/// What a source offers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Shelf {
    fresh_ms: u32,
    /// As the source showed it last.
    rows: BTreeMap<Sku, Row>,
    told: BTreeMap<Sku, Told>,
}

/// What has been told about a product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Told {
    pub(crate) price: Money,
    pub(crate) seen_at: Timestamp,
    pub(crate) until: Option<Timestamp>,
}

/// Something to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// A product is offered.
    Offered(Sku, Told),
    /// It is no longer.
    Withdrawn(Sku),
}

/// When an answer was asked for, and when it was there: what it says was so in between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Asked {
    pub(crate) sent_at: Timestamp,
    pub(crate) answered_at: Timestamp,
}

/// What is to be told after an answer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct News {
    /// In no particular order; one for a product at most.
    pub(crate) changes: Vec<Change>,
    /// Rows that were seen too long ago, or have ended.
    pub(crate) stale: u64,
    /// Rows that were seen later than now.
    pub(crate) ahead: u64,
}

/// What a row is worth now.
enum Worth {
    Offer(Told),
    Stale,
    Ahead,
}

impl Shelf {
    /// An empty shelf; an offer is believed for `fresh_ms` milliseconds after it was seen.
    pub(crate) fn new(fresh_ms: u32) -> Self {
        Self { fresh_ms, rows: BTreeMap::new(), told: BTreeMap::new() }
    }

    /// How many products are offered, as far as has been told.
    pub(crate) fn len(&self) -> usize {
        self.told.len()
    }

    /// The source shows all that it offers.
    pub(crate) fn replace(&mut self, rows: BTreeMap<Sku, Row>, asked: Asked) -> News {
        self.rows = rows;
        self.confirm(asked)
    }

    /// The source says that nothing has changed.
    pub(crate) fn confirm(&mut self, asked: Asked) -> News {
        let mut news = News::default();
        let mut before = std::mem::take(&mut self.told);
        for (sku, row) in &self.rows {
            let told = before.remove(sku).filter(|told| !self.is_over(told.seen_at, told.until, asked.answered_at));
            if let (Some(told), Some(seen_at)) = (told, row.seen_at)
                && seen_at < told.seen_at
            {
                // An old answer, from a server that has not heard the latest itself.
                self.told.insert(sku.clone(), told);
                continue;
            }
            match self.worth(*row, asked) {
                Worth::Offer(now) => {
                    let stands = told.filter(|told| !self.is_due(*told, now, asked.answered_at));
                    if stands.is_none() {
                        news.changes.push(Change::Offered(sku.clone(), now));
                    }
                    self.told.insert(sku.clone(), stands.unwrap_or(now));
                    continue;
                }
                Worth::Stale => news.stale += 1,
                Worth::Ahead => news.ahead += 1,
            }
            before.extend(told.map(|told| (sku.clone(), told)));
        }
        // What is left is no longer offered. What has ended by itself needs no word.
        let is_believed = |told: &Told| !self.is_over(told.seen_at, told.until, asked.answered_at);
        let gone = before.into_iter().filter(|(_, told)| is_believed(told));
        news.changes.extend(gone.map(|(sku, _)| Change::Withdrawn(sku)));
        news
    }

    fn worth(&self, row: Row, asked: Asked) -> Worth {
        let Asked { sent_at, answered_at } = asked;
        let seen_at = match row.seen_at {
            Some(at) if at > answered_at.plus_millis(MOST_AHEAD_MS) => return Worth::Ahead,
            // A clock that is a little ahead does not make an offer fresher than it can be.
            Some(at) => at.min(answered_at),
            None => sent_at,
        };
        if self.is_over(seen_at, row.until, answered_at) {
            return Worth::Stale;
        }
        Worth::Offer(Told { price: row.price, seen_at, until: row.until })
    }

    fn is_over(&self, seen_at: Timestamp, until: Option<Timestamp>, now: Timestamp) -> bool {
        seen_at.plus_millis(i64::from(self.fresh_ms)) <= now || until.is_some_and(|until| until <= now)
    }

    /// Whether what has been told does not do any longer. What was seen before it, by a clock that was set back, would not be
    /// believed.
    fn is_due(&self, told: Told, now: Told, at: Timestamp) -> bool {
        if now.seen_at < told.seen_at {
            return false;
        }
        let is_change = (now.price, now.until) != (told.price, told.until);
        let is_half_over = told.seen_at.plus_millis(i64::from(self.fresh_ms / 2)) <= at;
        is_change || (is_half_over && now.seen_at > told.seen_at)
    }
}

#[cfg(test)]
#[path = "shelf_tests.rs"]
mod tests;
