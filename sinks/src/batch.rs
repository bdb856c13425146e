//! Records become a batch: decoded once, in order, up to the first that must not be passed. Pure.

use events::codec::{DecodeError, decode};
use events::coupons::CouponEvent;
use events::envelope::Envelope;
use events::projections::{Projection, Source};
use events::time::Timestamp;
use streams::record::Record;

/// What is written in one go: a run of one partition's log.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    /// The partition.
    pub(crate) partition: i32,
    /// The position that must stand before the batch; nothing if none was ever written.
    pub(crate) expected: Option<i64>,
    /// The position after it.
    pub(crate) next: i64,
    /// The records.
    pub(crate) items: Vec<Item>,
}

/// One record, read.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// The record as it was.
    pub(crate) record: Record,
    /// The fact it states, or why it states none.
    pub(crate) reading: Result<CouponEvent, Unusable>,
}

/// Why a record states no fact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unusable {
    /// `undecodable` or `impossible`.
    pub(crate) cause: &'static str,
    /// In words.
    pub(crate) reason: String,
}

/// A record that must not be passed: it was written by a newer version of the language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Newer {
    /// Where it stands.
    pub(crate) offset: i64,
    /// What is newer than what.
    pub(crate) reason: String,
}

/// Reads a record.
pub(crate) fn read(record: Record) -> Result<Item, Newer> {
    let envelope = Envelope::from_headers(record.header_pairs());
    let reading = match decode::<CouponEvent>(record.value.as_deref(), &envelope) {
        Ok(event) => check(event),
        Err(error @ DecodeError::Newer { .. }) => {
            return Err(Newer { offset: record.offset, reason: error.to_string() });
        }
        Err(error) => Err(Unusable { cause: "undecodable", reason: error.to_string() }),
    };
    Ok(Item { record, reading })
}

/// Facts that cannot be are told here, record by record and for every destination alike. A database could only tell after the
/// batch was folded, where a later fact may have covered an impossible one: what is put aside would depend on the batch.
fn check(event: CouponEvent) -> Result<CouponEvent, Unusable> {
    let impossible = |reason: String| Err(Unusable { cause: "impossible", reason });
    if i64::try_from(event.version).is_err() {
        return impossible(format!("version {} is beyond what a version can be", event.version));
    }
    if !event.stock.is_balanced() {
        return impossible("the campaign's stock is not the sum of its parts".into());
    }
    Ok(event)
}

/// What the records' facts amount to.
pub(crate) fn fold(items: &[Item]) -> Projection {
    let mut projection = Projection::default();
    for item in items {
        if let Ok(event) = &item.reading {
            projection.apply(event, Source { partition: item.record.partition, offset: item.record.offset });
        }
    }
    projection
}

impl Batch {
    /// Log time of the latest fact.
    pub(crate) fn newest_at(&self) -> Option<Timestamp> {
        self.items.iter().rev().find_map(|item| item.reading.as_ref().ok()).map(|event| event.at)
    }

    /// Log time of the first fact.
    pub(crate) fn oldest_at(&self) -> Option<Timestamp> {
        self.items.iter().find_map(|item| item.reading.as_ref().ok()).map(|event| event.at)
    }

    /// Records that state no fact.
    pub(crate) fn unusable(&self) -> impl Iterator<Item = (&Record, &Unusable)> {
        self.items.iter().filter_map(|item| Some((&item.record, item.reading.as_ref().err()?)))
    }
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
