//! One assigned partition: what was written, what waits to be written, and whether it may be. Pure but for the clock it is given.

use std::time::Duration;

use streams::record::Record;
use tokio::time::Instant;

use super::Pace;
use crate::batch::{Batch, Item, Newer, read};
use crate::stream::Stream;

/// How long a position that moved without records may wait: control records alone are no reason to write.
const POSITION_LINGER: Duration = Duration::from_secs(1);

/// A partition's state within a session.
#[derive(Debug)]
pub(super) struct PartitionState {
    stream: Stream,
    partition: i32,
    written: Option<i64>,
    next: Option<i64>,
    items: Vec<Item>,
    due: Option<Instant>,
    stop: Option<Stop>,
}

/// Why a partition is owned but not written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Stop {
    /// A record of a newer version stands in the way.
    Newer(Newer),
    /// Another owner wrote.
    Fenced(Instant),
}

/// The records do not continue where the last ones ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap {
    pub(super) expected: i64,
    pub(super) found: i64,
}

impl PartitionState {
    /// A state whose position is `written`; nothing if none was ever written.
    pub(super) fn new(stream: Stream, partition: i32, written: Option<i64>) -> Self {
        Self { stream, partition, written, next: written, items: Vec::new(), due: None, stop: None }
    }

    /// Takes records in, up to the first that must not be passed.
    pub(super) fn take(
        &mut self,
        from: i64,
        records: Vec<Record>,
        next: i64,
        now: Instant,
        pace: Pace,
    ) -> Result<(), Gap> {
        if self.stop.is_some() {
            return Ok(());
        }
        match self.next {
            Some(expected) if expected != from => return Err(Gap { expected, found: from }),
            _ => {}
        }
        let mut position = next;
        for record in records {
            match read(self.stream, record) {
                Ok(item) => self.items.push(item),
                Err(newer) => {
                    position = newer.offset;
                    self.stop = Some(Stop::Newer(newer));
                    break;
                }
            }
        }
        self.next = Some(position);
        let due = match self.items.len() {
            0 => now + POSITION_LINGER.max(pace.linger),
            items if items >= pace.records => now,
            _ => now + pace.linger,
        };
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
        Ok(())
    }

    /// When what waits must be written, if anything does.
    pub(super) fn due(&self) -> Option<Instant> {
        if matches!(self.stop, Some(Stop::Fenced(_))) { None } else { self.due }
    }

    /// Whether as many records wait as are written in one go.
    pub(super) fn is_full(&self, records: usize) -> bool {
        self.items.len() >= records
    }

    /// What waits, as a batch. More may be taken in before [`PartitionState::wrote`], but no other batch may be asked for.
    pub(super) fn batch(&mut self) -> Option<Batch> {
        self.due()?;
        self.due = None;
        let next = self.next.filter(|next| Some(*next) != self.written)?;
        let items = std::mem::take(&mut self.items);
        Some(Batch { partition: self.partition, expected: self.written, next, items })
    }

    /// The batch was written.
    pub(super) fn wrote(&mut self, batch: &Batch) {
        self.written = Some(batch.next);
    }

    /// Stops the state: another owner wrote.
    pub(super) fn fence(&mut self, now: Instant) {
        self.items.clear();
        self.stop = Some(Stop::Fenced(now));
    }

    /// Why the state is not written, if it is not.
    pub(super) fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }
}
