//! Detects a consumer that is polled and returns nothing although records wait. (Seen with static members after a broker crash.)
//! An idle thread therefore checks the log itself from time to time.

use std::collections::BTreeMap;
use std::time::Duration;

use super::StreamThread;
use super::recovery::LoopError;
use crate::broker::{Broker, ReadRequest};
use crate::task::State;

/// Time between two checks.
const CHECK_EVERY_MS: i64 = 10_000;

/// What an idle thread found at its last check.
#[derive(Debug, Default)]
pub(super) struct IdleWatch {
    since: i64,
    /// Positions at which records waited at the last check.
    waiting: BTreeMap<i32, i64>,
}

impl<B: Broker> StreamThread<B> {
    /// A poll returned records.
    pub(super) fn note_input(&mut self) {
        self.idle_watch = IdleWatch { since: self.broker.now(), waiting: BTreeMap::new() };
    }

    /// A poll returned nothing. If the same record waits at two checks in a row, the consumer counts as dead.
    pub(super) fn check_for_stall(&mut self) -> Result<(), LoopError> {
        let now = self.broker.now();
        if now - self.idle_watch.since < CHECK_EVERY_MS {
            return Ok(());
        }
        let before = std::mem::take(&mut self.idle_watch.waiting);
        self.idle_watch.since = now;
        let source = self.topology.source().clone();
        for (partition, task) in &self.tasks {
            let position = task.position();
            if task.state() != State::Running || task.has_queued() {
                continue;
            }
            // A check that fails is repeated next time.
            let Ok((_, end)) = self.broker.log_range(&source, *partition) else { continue };
            if end <= position {
                continue;
            }
            let read = self.broker.read(ReadRequest::new(&source, *partition, position, 1, Duration::from_millis(100)));
            if !read.is_ok_and(|(records, _)| !records.is_empty()) {
                continue;
            }
            if before.get(partition) == Some(&position) {
                let reason = format!("no record of {source}/{partition} is returned although offset {position} waits");
                return Err(LoopError::Rejoin(reason));
            }
            self.idle_watch.waiting.insert(*partition, position);
        }
        Ok(())
    }
}
