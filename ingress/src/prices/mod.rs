//! The lowest price of every product in memory, as `prices.best` has it: a table that is read whole before anything is shown from it,
//! and then kept as the log goes on. A price is shown until the instant that it names itself, by this machine's clock, and not a
//! moment longer, even where the next one comes late.
//!
//! An answer is written once, when its price arrives; whoever asks gets the same bytes.

mod feed;
mod follow;
mod source;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use events::ids::Sku;
use events::prices::BestPrice;
use events::time::Timestamp;
use warp::http::header::HeaderValue;

pub(crate) use feed::follow;
#[cfg(test)]
pub(crate) use follow::{Applied, apply};
pub use source::{PriceRead, PriceSource};

/// The table that is shown; none before one was read to its end.
#[derive(Default)]
pub(crate) struct Prices(ArcSwapOption<Table>);

/// Every price.
#[derive(Default)]
pub(crate) struct Table(RwLock<HashMap<Sku, Listed>>);

/// What is known of a product's price.
#[derive(Clone, Debug)]
enum Listed {
    /// A price.
    Tag(Arc<Tag>),
    /// One that cannot be read here; the one before it holds no longer.
    Unreadable,
}

/// A price as it is answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tag {
    /// The answer's body.
    pub(crate) body: Bytes,
    /// Its strong validator: the price's version.
    pub(crate) etag: HeaderValue,
    /// From when on it is not shown.
    pub(crate) valid_until: Option<Timestamp>,
}

/// What there is to say about a product's price.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Quote {
    /// This.
    Tag(Arc<Tag>),
    /// What was known holds no longer, and the next one is not here yet; or it cannot be read.
    Awaited,
    /// There is none.
    Unknown,
    /// The table is not read yet.
    NotRead,
}

impl Tag {
    /// The answer for a price.
    ///
    /// # Errors
    /// Never in practice: the type has string keys only.
    pub(crate) fn of(best: &BestPrice) -> Result<Self, serde_json::Error> {
        let etag = HeaderValue::from_str(&format!("\"{}\"", best.version));
        Ok(Self {
            body: serde_json::to_vec(best)?.into(),
            etag: etag.unwrap_or(HeaderValue::from_static("\"\"")),
            valid_until: best.valid_until,
        })
    }
}

impl Prices {
    /// What there is to say about a product's price at this instant.
    pub(crate) fn quote(&self, sku: &Sku, now: Timestamp) -> Quote {
        let table = self.0.load();
        let Some(table) = table.as_deref() else { return Quote::NotRead };
        match table.0.read().unwrap_or_else(PoisonError::into_inner).get(sku) {
            Some(Listed::Tag(tag)) if tag.valid_until.is_none_or(|until| now < until) => Quote::Tag(Arc::clone(tag)),
            Some(_) => Quote::Awaited,
            None => Quote::Unknown,
        }
    }

    /// Shows this table from now on.
    pub(crate) fn show(&self, table: Arc<Table>) {
        self.0.store(Some(table));
    }

    /// Whether a table was read to its end.
    pub(crate) fn is_read(&self) -> bool {
        self.0.load().is_some()
    }

    /// Products in the table.
    pub(crate) fn len(&self) -> usize {
        self.0.load().as_deref().map_or(0, Table::len)
    }
}

impl Table {
    /// Takes a price over: the log's order is the order of its truth.
    fn put(&self, sku: Sku, listed: Listed) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(sku, listed);
    }

    /// Forgets a product.
    fn remove(&self, sku: &Sku) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(sku);
    }

    fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod prices_tests;
