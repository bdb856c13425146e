//! The worst state there is: a consumer that lives, is polled, and hands out nothing although records wait. (Seen with static
//! members after a broker crash.) An idle thread therefore looks at the log itself from time to time.

use std::collections::BTreeMap;
use std::time::Duration;

use super::StreamThread;
use super::trouble::Trouble;
use crate::broker::Broker;
use crate::task::State;

/// Time between two looks.
const LOOK_EVERY_MS: i64 = 10_000;

/// What an idle thread remembers.
#[derive(Debug, Default)]
pub(super) struct Silence {
    since: i64,
    /// Where records waited at the last look.
    waiting: BTreeMap<i32, i64>,
}

impl<B: Broker> StreamThread<B> {
    /// Something was handed out.
    pub(super) fn heard(&mut self) {
        self.silence = Silence { since: self.broker.now(), waiting: BTreeMap::new() };
    }

    /// Nothing was handed out. If the same record waits at two looks in a row, the consumer is dead whatever it says.
    pub(super) fn heard_nothing(&mut self) -> Result<(), Trouble> {
        let now = self.broker.now();
        if now - self.silence.since < LOOK_EVERY_MS {
            return Ok(());
        }
        let before = std::mem::take(&mut self.silence.waiting);
        self.silence.since = now;
        let source = self.topology.source().clone();
        for (partition, task) in &self.tasks {
            let position = task.position();
            if task.state() != State::Running || task.has_queued() {
                continue;
            }
            // A look that fails says nothing; the next one may.
            let Ok((_, end)) = self.broker.log_range(&source, *partition) else { continue };
            if end <= position {
                continue;
            }
            let read = self.broker.read(&source, *partition, position, 1, Duration::from_millis(100));
            if !read.is_ok_and(|(records, _)| !records.is_empty()) {
                continue;
            }
            if before.get(partition) == Some(&position) {
                let reason = format!("nothing is handed out of {source}/{partition} although offset {position} waits");
                return Err(Trouble::Rejoin(reason));
            }
            self.silence.waiting.insert(*partition, position);
        }
        Ok(())
    }
}
