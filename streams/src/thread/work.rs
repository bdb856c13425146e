//! The ordinary course: read, hand to the tasks, let them work.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::transaction::Transaction;
use super::trouble::{Trouble, consumer_trouble};
use super::{Retry, StreamThread, seconds};
use crate::broker::{Broker, Polled};
use crate::processor::Verdict;
use crate::task::{Advanced, State, Task};

impl<B: Broker> StreamThread<B> {
    pub(super) fn poll(&mut self) -> Result<Polled, Trouble> {
        let timeout = self.poll_timeout();
        let started = Instant::now();
        let polled = self.broker.poll(self.room(), timeout).map_err(consumer_trouble)?;
        self.polls += 1;
        self.metrics.poll_latency.observe(started.elapsed().as_secs_f64());
        if let Polled::Records(records) = &polled {
            self.metrics.poll_records.inc_by(u64::try_from(records.len()).unwrap_or(0));
        }
        Ok(polled)
    }

    /// No more than the open transaction still takes: what it leaves over waits here.
    fn room(&self) -> usize {
        let taken = self.transaction.as_ref().map_or(0, Transaction::records);
        self.config.transaction_records.saturating_sub(taken).clamp(1, self.config.poll_records)
    }

    /// As long as there is nothing else to do: an open transaction, a restore, a backlog and a timer each shorten the wait.
    fn poll_timeout(&mut self) -> Duration {
        let now = self.broker.now();
        let waiting = |partition: &i32, retries: &BTreeMap<i32, Retry>| {
            retries.get(partition).is_some_and(|retry| retry.not_before > now)
        };
        let busy = self.tasks.iter().any(|(partition, task)| task.has_queued() && !waiting(partition, &self.retries));
        if busy || !self.restoring.is_empty() {
            return Duration::ZERO;
        }
        if self.transaction.is_some() {
            return Duration::from_millis(self.config.dry_after_ms);
        }
        let longest = i64::try_from(self.config.poll_timeout_ms).unwrap_or(i64::MAX);
        let wait = self
            .tasks
            .values_mut()
            .filter_map(Task::next_deadline)
            .map(|deadline| if deadline > now { deadline.saturating_sub(now) } else { self.config.tick_interval_ms })
            .chain(self.retries.values().map(|retry| retry.not_before - now))
            .fold(longest, i64::min);
        Duration::from_millis(wait.max(1).unsigned_abs())
    }

    /// A partition of which a whole poll's records wait here hands out no more until they are gone. Not sooner: what the client
    /// has fetched ahead of a partition that stops is fetched again when it goes on.
    pub(super) fn manage_backlog(&mut self) -> Result<(), Trouble> {
        for (partition, task) in &self.tasks {
            if task.state() != State::Running {
                continue;
            }
            let is_paused = self.paused.contains(partition);
            let wanted = task.queued() >= self.config.poll_records || (is_paused && task.has_queued());
            if wanted != is_paused {
                self.broker.set_paused(*partition, wanted).map_err(consumer_trouble)?;
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
    pub(super) fn process(&mut self) -> Result<(), Trouble> {
        let now = self.broker.now();
        let started = Instant::now();
        let mut steps = 0_u64;
        let ready: Vec<i32> = self
            .tasks
            .iter()
            .filter(|(_, task)| task.state() == State::Running && task.has_queued())
            .map(|(partition, _)| *partition)
            .filter(|partition| self.retries.get(partition).is_none_or(|retry| retry.not_before <= now))
            .collect();
        for partition in ready {
            while !self.is_full() {
                match self.advance(partition)? {
                    Advanced::Idle => break,
                    _ => steps += 1,
                }
            }
        }
        if steps > 0 {
            self.metrics.process_latency.observe(started.elapsed().as_secs_f64());
        }
        Ok(())
    }

    fn advance(&mut self, partition: i32) -> Result<Advanced, Trouble> {
        let Some(task) = self.tasks.get_mut(&partition) else { return Ok(Advanced::Idle) };
        let advanced = match task.advance() {
            Ok(advanced) => advanced,
            Err(Verdict::Retry(reason)) => {
                self.retry_later(partition, reason);
                return Ok(Advanced::Idle);
            }
            Err(verdict @ (Verdict::Fatal(_) | Verdict::Poison(_))) => {
                let at = format!("{}/{partition} at offset {}", self.topology.source(), task.position());
                // What came before it was decided well and must not wait for whoever looks into this.
                self.commit()?;
                return Err(Trouble::Stop(format!("{at}: {verdict}")));
            }
        };
        match advanced {
            Advanced::Idle => return Ok(Advanced::Idle),
            Advanced::Record(_) => self.metrics.process.inc(),
            Advanced::Timer(lateness_ms) => {
                self.metrics.punctuate.inc();
                self.metrics.punctuate_lateness.observe(seconds(lateness_ms));
            }
            Advanced::Tick => {
                if let Some(ticked) = self.ticks.get_mut(&partition) {
                    ticked.read = true;
                }
            }
            Advanced::Poison(_) => {
                let reason = task.poisoned.take().unwrap_or_default();
                let offset = task.position() - 1;
                tracing::warn!(topic = %self.topology.source(), partition, offset, %reason, "poison: sent to the dead letters");
                self.metrics.process.inc();
                self.metrics.dead_letter(&reason);
            }
        }
        self.retries.remove(&partition);
        self.write_outputs(partition, advanced)?;
        Ok(advanced)
    }

    fn retry_later(&mut self, partition: i32, reason: String) {
        let attempts = self.retries.get(&partition).map_or(0, |retry| retry.attempts) + 1;
        let not_before = self.broker.now() + self.backoff(attempts);
        tracing::warn!(topic = %self.topology.source(), partition, attempts, %reason, "a record is to be read again later");
        self.retries.insert(partition, Retry { not_before, attempts, reason });
    }
}
