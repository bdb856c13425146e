//! Records become a batch: decoded once, in order, up to the first that must not be passed. Pure.

use events::codec::DecodeError;
use events::time::Timestamp;
use projections::{Projection, Source};
use streams::record::Record;

use crate::stream::{Fact, Stream};

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
    pub(crate) reading: Result<Fact, Unusable>,
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

/// Reads a record of a topic.
pub(crate) fn read(stream: Stream, record: Record) -> Result<Item, Newer> {
    let reading = match stream.read(&record) {
        Ok(fact) => match fact.impossible() {
            None => Ok(fact),
            Some(reason) => Err(Unusable { cause: "impossible", reason }),
        },
        Err(error @ DecodeError::Newer { .. }) => {
            return Err(Newer { offset: record.offset, reason: error.to_string() });
        }
        Err(error) => Err(Unusable { cause: "undecodable", reason: error.to_string() }),
    };
    Ok(Item { record, reading })
}

/// What the records' facts amount to.
pub(crate) fn fold(items: &[Item]) -> Projection {
    let mut projection = Projection::default();
    for item in items {
        if let Ok(fact) = &item.reading {
            let source = Source { partition: item.record.partition, offset: item.record.offset };
            fact.project(source, &mut projection);
        }
    }
    projection
}

impl Batch {
    /// Log time of the latest fact.
    pub(crate) fn newest_at(&self) -> Option<Timestamp> {
        self.items.iter().rev().find_map(|item| item.reading.as_ref().ok()).map(Fact::at)
    }

    /// Records that state no fact.
    pub(crate) fn unusable(&self) -> impl Iterator<Item = (&Record, &Unusable)> {
        self.items.iter().filter_map(|item| Some((&item.record, item.reading.as_ref().err()?)))
    }
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
