//! Polling, and moving the tasks.

use std::time::{Duration, Instant};

use super::recovery::{LoopError, consumer_error};
use super::transaction::Transaction;
use super::{Retry, StreamThread, Ticked, seconds};
use crate::broker::{Broker, Polled};
use crate::processor::Verdict;
use crate::task::{Advanced, State, Task};

/// How far ahead of this machine's clock a record may be, milliseconds. One that is further waits: its time would fire timers early, which
/// nobody can undo.
const AHEAD_MS: i64 = 2_000;

impl<B: Broker> StreamThread<B> {
    pub(super) fn poll(&mut self) -> Result<Polled, LoopError> {
        let timeout = self.poll_timeout();
        let started = Instant::now();
        let polled = self.broker.poll(self.poll_limit(), timeout).map_err(consumer_error)?;
        self.metrics.poll_duration.observe(started.elapsed().as_secs_f64());
        self.metrics.polled_at(self.broker.now());
        if let Polled::Records(records) = &polled {
            self.metrics.records_polled.inc_by(u64::try_from(records.len()).unwrap_or(0));
        }
        Ok(polled)
    }

    /// No more than the open transaction still takes: the rest would wait here.
    fn poll_limit(&self) -> usize {
        let taken = self.transaction.as_ref().map_or(0, Transaction::records);
        self.config.transaction_records.saturating_sub(taken).clamp(1, self.config.poll_records)
    }

    /// How long a poll may wait: an open transaction, a restore, a backlog and a timer each shorten it.
    fn poll_timeout(&mut self) -> Duration {
        let (now, elapsed) = (self.broker.now(), self.broker.elapsed());
        let has_queued = |task: &Task| task.state() == State::Running && task.has_queued();
        let busy = self.tasks.iter().any(|(partition, task)| has_queued(task) && !self.is_waiting(*partition));
        if busy || self.restoring.keys().any(|partition| !self.is_waiting(*partition)) {
            return Duration::ZERO;
        }
        if self.transaction.is_some() {
            return Duration::from_millis(self.config.idle_after_ms);
        }
        let longest = i64::try_from(self.config.poll_timeout_ms).unwrap_or(i64::MAX);
        let wait = self
            .tasks
            .values_mut()
            .filter_map(Task::next_deadline)
            .map(|deadline| if deadline > now { deadline.saturating_sub(now) } else { self.config.tick_interval_ms })
            .chain(self.retries.values().map(|retry| retry.not_before - elapsed))
            .fold(longest, i64::min);
        Duration::from_millis(wait.max(1).unsigned_abs())
    }

    /// A partition is paused while as many of its records wait here as one poll returns. Not sooner: the client drops what it has
    /// prefetched of a paused partition and fetches it again.
    pub(super) fn manage_backlog(&mut self) -> Result<(), LoopError> {
        for (partition, task) in &self.tasks {
            // The input of a task that is being restored is paused anyway.
            if self.restoring.contains_key(partition) {
                continue;
            }
            let is_paused = self.paused.contains(partition);
            let wanted = task.queued() >= self.config.poll_records || (is_paused && task.has_queued());
            if wanted != is_paused {
                self.broker.set_paused(*partition, wanted).map_err(consumer_error)?;
                if wanted {
                    self.paused.insert(*partition)
                } else {
                    self.paused.remove(partition)
                };
            }
        }
        Ok(())
    }

    /// Moves every running task until its queue is empty or the transaction is full; the rest waits for the next turn.
    pub(super) fn process(&mut self) -> Result<(), LoopError> {
        let (started, latest) = (Instant::now(), self.latest_plausible());
        let mut steps = 0_u64;
        let ready: Vec<i32> = self
            .tasks
            .iter()
            .filter(|(_, task)| task.state() == State::Running && task.has_queued())
            .map(|(partition, _)| *partition)
            .filter(|partition| !self.is_waiting(*partition))
            .collect();
        for partition in ready {
            while !self.is_full() {
                match self.advance(partition, latest)? {
                    Advanced::Idle => break,
                    _ => steps += 1,
                }
            }
        }
        if steps > 0 {
            self.metrics.process_duration.observe(started.elapsed().as_secs_f64());
        }
        Ok(())
    }

    /// The latest time that a record may have, milliseconds since 1970. A wall clock that was set back does not count.
    fn latest_plausible(&self) -> i64 {
        let (wall, elapsed) = self.started_at;
        let unset = wall.saturating_add(self.broker.elapsed() - elapsed);
        self.broker.now().max(unset).saturating_add(AHEAD_MS)
    }

    fn advance(&mut self, partition: i32, latest: i64) -> Result<Advanced, LoopError> {
        let Some(task) = self.tasks.get_mut(&partition) else { return Ok(Advanced::Idle) };
        let Some((offset, timestamp)) = task.front() else { return Ok(Advanced::Idle) };
        if timestamp > latest {
            let ahead = timestamp - (latest - AHEAD_MS);
            self.retry_later(
                partition,
                format!("the time of the record at offset {offset} is {ahead} ms ahead of this machine's clock"),
            );
            return Ok(Advanced::Idle);
        }
        let advanced = match task.advance() {
            Ok(advanced) => advanced,
            Err(Verdict::Retry(reason)) => {
                self.retry_later(partition, reason);
                return Ok(Advanced::Idle);
            }
            Err(verdict @ (Verdict::Fatal(_) | Verdict::Poison(_))) => {
                // The records before it were processed: they are committed before.
                self.commit()?;
                let reason = format!("{}/{partition} at offset {offset}: {verdict}", self.topology.source());
                self.park(partition, reason);
                return Ok(Advanced::Idle);
            }
        };
        match advanced {
            Advanced::Idle => return Ok(Advanced::Idle),
            Advanced::Record(_) => self.metrics.records_processed.inc(),
            Advanced::Timer(lateness_ms) => {
                self.metrics.timers_fired.inc();
                self.metrics.timer_lateness.observe(seconds(lateness_ms));
            }
            Advanced::Tick => {
                if let Some(ticked) = self.ticks.get_mut(&partition) {
                    *ticked = Ticked { at: self.broker.elapsed(), read: true };
                }
            }
            Advanced::Poison(_) => {
                let reason = task.poisoned.take().unwrap_or_default();
                let offset = task.position() - 1;
                tracing::warn!(topic = %self.topology.source(), partition, offset, %reason, "poison: sent to the dead letters");
                self.metrics.records_processed.inc();
                self.metrics.dead_letter(&reason);
            }
        }
        self.retries.remove(&partition);
        self.write_outputs(partition, advanced)?;
        Ok(advanced)
    }

    pub(super) fn retry_later(&mut self, partition: i32, reason: String) {
        let attempts = self.retries.get(&partition).map_or(0, |retry| retry.attempts) + 1;
        let not_before = self.broker.elapsed() + self.backoff(attempts);
        tracing::warn!(topic = %self.topology.source(), partition, attempts, %reason, "a record is to be read again later");
        self.retries.insert(partition, Retry { not_before, attempts, reason });
    }
}
