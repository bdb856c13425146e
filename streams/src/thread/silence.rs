//! Watches each partition from which nothing comes: whether the consumer returns nothing although records wait (seen with static members
//! after a broker crash), and whether an open transaction holds records back. A busy partition says nothing about its neighbours.

use std::time::Duration;

use super::StreamThread;
use super::recovery::LoopError;
use crate::broker::{Broker, ReadRequest};
use crate::record::Record;
use crate::task::State;

/// A partition is looked at when nothing has come from it for this long, and again after it.
const LOOK_EVERY_MS: i64 = 10_000;

/// The least time between two looks of a thread: each may wait for the broker.
const LOOKS_APART_MS: i64 = 500;

/// How long a look waits for a record.
const LOOK_WAIT: Duration = Duration::from_millis(100);

/// What was heard of a partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    /// When the last record came, or when it was last looked at: monotonic, milliseconds.
    since: i64,
    /// The position at which a record waited at the last look.
    waiting: Option<i64>,
    /// The position behind which an open transaction held everything back at the last look, and for how many looks.
    held: Option<(i64, u32)>,
    /// The latest timestamp of a record, and when it came: monotonic, milliseconds.
    log_time: Option<(i64, i64)>,
}

impl Heard {
    const fn at(since: i64) -> Self {
        Self { since, waiting: None, held: None, log_time: None }
    }
}

impl<B: Broker> StreamThread<B> {
    /// A poll has returned these records.
    pub(super) fn hear(&mut self, records: &[Record]) {
        let now = self.broker.elapsed();
        // Records of a partition follow each other.
        for part in records.chunk_by(|one, next| one.partition == next.partition) {
            let Some(last) = part.last() else { continue };
            let heard = self.heard.entry(last.partition).or_insert(Heard::at(now));
            let latest = heard.log_time.map_or(last.timestamp, |(latest, _)| latest.max(last.timestamp));
            *heard = Heard { log_time: Some((latest, now)), ..Heard::at(now) };
        }
    }

    /// Partitions begin, or begin anew.
    pub(super) fn hear_anew(&mut self, partitions: &[i32]) {
        let now = self.broker.elapsed();
        for partition in partitions {
            self.heard.insert(*partition, Heard::at(now));
        }
    }

    /// What the broker's clock shows by now at least, by the last record of the partition. It does not depend on this machine's wall clock.
    pub(super) fn log_clock(&self, partition: i32) -> Option<i64> {
        let (timestamp, came) = self.heard.get(&partition)?.log_time?;
        Some(timestamp + (self.broker.elapsed() - came))
    }

    /// A partition whose records an open transaction has held back for at least one round of looks, with the position.
    pub(super) fn held_back(&self) -> Option<(i32, i64)> {
        let held = |(partition, heard): (&i32, &Heard)| {
            let (position, looks) = heard.held?;
            (looks > 1).then_some((*partition, position))
        };
        self.heard.iter().find_map(held)
    }

    /// Looks at the partition that has been silent for longest, if that is long enough.
    ///
    /// # Errors
    /// [`LoopError::Rejoin`] if the same record waits at two looks in a row: the consumer counts as dead.
    pub(super) fn look_at_the_silent(&mut self) -> Result<(), LoopError> {
        let now = self.broker.elapsed();
        if now - self.looked_at < LOOKS_APART_MS {
            return Ok(());
        }
        let is_watched = |partition: &i32| {
            self.tasks.get(partition).is_some_and(|task| task.state() == State::Running && !task.has_queued())
                && !self.paused.contains(partition)
        };
        let silent =
            self.heard.iter().filter(|(partition, heard)| now - heard.since >= LOOK_EVERY_MS && is_watched(partition));
        let Some(partition) = silent.min_by_key(|(_, heard)| heard.since).map(|(partition, _)| *partition) else {
            return Ok(());
        };
        self.looked_at = now;
        self.look_at(partition, now)
    }

    fn look_at(&mut self, partition: i32, now: i64) -> Result<(), LoopError> {
        let source = self.topology.source().clone();
        let (Some(task), Some(heard)) = (self.tasks.get(&partition), self.heard.get_mut(&partition)) else {
            return Ok(());
        };
        let position = task.position();
        let before = std::mem::replace(heard, Heard { log_time: heard.log_time, ..Heard::at(now) });
        // A look that fails is repeated next time.
        let Ok((_, end)) = self.broker.log_range(&source, partition) else { return Ok(()) };
        if end <= position {
            return Ok(());
        }
        let Ok((records, next)) = self.broker.read(ReadRequest::new(&source, partition, position, 1, LOOK_WAIT)) else {
            return Ok(());
        };
        if records.is_empty() && next <= position {
            let looks = before.held.filter(|(held, _)| *held == position).map_or(0, |(_, looks)| looks);
            heard.held = Some((position, looks + 1));
            if looks == 1 {
                tracing::warn!(topic = %source, partition, position, "a transaction that does not end holds records back");
            }
        } else if !records.is_empty() {
            if before.waiting == Some(position) {
                let reason = format!("no record of {source}/{partition} is returned although offset {position} waits");
                return Err(LoopError::Rejoin(reason));
            }
            heard.waiting = Some(position);
        }
        Ok(())
    }
}
