//! What one source offers, and what of it is published: a pure state machine. A change is published at once, an offer that stands when
//! half of the time for which it is believed is over; an offer that is no longer shown is withdrawn.

use std::collections::BTreeMap;

use events::ids::Sku;
use events::money::Money;
use events::prices::MOST_AHEAD_MS;
use events::time::Timestamp;

use super::answer::Row;

/// What a source offers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OfferCache {
    fresh_ms: u32,
    /// As the source showed it last.
    rows: BTreeMap<Sku, Row>,
    published: BTreeMap<Sku, Published>,
}

/// What was published last about a product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Published {
    pub(crate) price: Money,
    pub(crate) seen_at: Timestamp,
    pub(crate) until: Option<Timestamp>,
}

/// A change to publish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// A product is offered.
    Offered(Sku, Published),
    /// It is no longer.
    Withdrawn(Sku),
}

/// When a call was sent, and when its answer was there: what the answer says was so in between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FetchTimes {
    pub(crate) sent_at: Timestamp,
    pub(crate) answered_at: Timestamp,
}

/// What an answer changes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Update {
    /// In no particular order; one for a product at most.
    pub(crate) changes: Vec<Change>,
    /// Rows that were seen too long ago, or have ended.
    pub(crate) stale: u64,
    /// Rows that were seen later than now.
    pub(crate) ahead: u64,
}

/// Whether a row is an offer now.
enum Judged {
    Offer(Published),
    Stale,
    Ahead,
}

impl OfferCache {
    /// An empty cache; an offer is believed for `fresh_ms` milliseconds after it was seen.
    pub(crate) fn new(fresh_ms: u32) -> Self {
        Self { fresh_ms, rows: BTreeMap::new(), published: BTreeMap::new() }
    }

    /// How many products are offered, as far as has been published.
    pub(crate) fn len(&self) -> usize {
        self.published.len()
    }

    /// The source shows all that it offers.
    pub(crate) fn replace(&mut self, rows: BTreeMap<Sku, Row>, times: FetchTimes) -> Update {
        self.rows = rows;
        self.confirm(times)
    }

    /// The source says that nothing has changed.
    pub(crate) fn confirm(&mut self, times: FetchTimes) -> Update {
        let mut update = Update::default();
        let mut before = std::mem::take(&mut self.published);
        for (sku, row) in &self.rows {
            let published = before
                .remove(sku)
                .filter(|published| !self.is_over(published.seen_at, published.until, times.answered_at));
            if let (Some(published), Some(seen_at)) = (published, row.seen_at)
                && seen_at < published.seen_at
            {
                // An old answer, from a server that is itself behind.
                self.published.insert(sku.clone(), published);
                continue;
            }
            match self.judge(*row, times) {
                Judged::Offer(now) => {
                    let stands = published.filter(|published| !self.is_due(*published, now, times.answered_at));
                    if stands.is_none() {
                        update.changes.push(Change::Offered(sku.clone(), now));
                    }
                    self.published.insert(sku.clone(), stands.unwrap_or(now));
                    continue;
                }
                Judged::Stale => update.stale += 1,
                Judged::Ahead => update.ahead += 1,
            }
            before.extend(published.map(|published| (sku.clone(), published)));
        }
        // What is left is no longer offered. An offer that has ended by itself is not withdrawn.
        let is_believed = |published: &Published| !self.is_over(published.seen_at, published.until, times.answered_at);
        let gone = before.into_iter().filter(|(_, published)| is_believed(published));
        update.changes.extend(gone.map(|(sku, _)| Change::Withdrawn(sku)));
        update
    }

    fn judge(&self, row: Row, times: FetchTimes) -> Judged {
        let FetchTimes { sent_at, answered_at } = times;
        let seen_at = match row.seen_at {
            Some(at) if at > answered_at.plus_millis(MOST_AHEAD_MS) => return Judged::Ahead,
            // A clock that is a little ahead does not make an offer fresher than it can be.
            Some(at) => at.min(answered_at),
            None => sent_at,
        };
        if self.is_over(seen_at, row.until, answered_at) {
            return Judged::Stale;
        }
        Judged::Offer(Published { price: row.price, seen_at, until: row.until })
    }

    fn is_over(&self, seen_at: Timestamp, until: Option<Timestamp>, now: Timestamp) -> bool {
        seen_at.plus_millis(i64::from(self.fresh_ms)) <= now || until.is_some_and(|until| until <= now)
    }

    /// Whether `now` must be published in its place. What was seen earlier, by a clock that was set back, would be refused.
    fn is_due(&self, published: Published, now: Published, at: Timestamp) -> bool {
        if now.seen_at < published.seen_at {
            return false;
        }
        let is_change = (now.price, now.until) != (published.price, published.until);
        let is_half_over = published.seen_at.plus_millis(i64::from(self.fresh_ms / 2)) <= at;
        is_change || (is_half_over && now.seen_at > published.seen_at)
    }
}

#[cfg(test)]
#[path = "offer_cache_tests.rs"]
mod tests;
