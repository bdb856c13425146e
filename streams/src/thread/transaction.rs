//! The transaction of a thread: begun with the first change, ended for all tasks at once, with the handling of each outcome.

use std::time::Instant;

use super::parking::Noted;
use super::recovery::LoopError;
use super::{Producer, StreamThread, Ticked, seconds};
use crate::broker::{Broker, BrokerError};
use crate::changelog;
use crate::task::{Advanced, Checkpoint, Outcome, State, Task, size};

/// The open transaction.
#[derive(Debug)]
pub(super) struct Transaction {
    begun_at: i64,
    pub(super) records: usize,
    output_bytes: usize,
    timestamps: Vec<i64>,
}

impl Transaction {
    /// How many records and timers are in it.
    pub(super) fn records(&self) -> usize {
        self.records
    }
}

impl<B: Broker> StreamThread<B> {
    /// The one place where a transaction begins.
    pub(super) fn open_transaction(&mut self) -> Result<&mut Transaction, LoopError> {
        if self.transaction.is_none() {
            self.broker.begin().map_err(producer_error)?;
        }
        let Self { transaction, broker, .. } = self;
        Ok(transaction.get_or_insert_with(|| Transaction {
            begun_at: broker.elapsed(),
            records: 0,
            output_bytes: 0,
            timestamps: Vec::new(),
        }))
    }

    /// Sends the outputs of a task's last step in the transaction.
    pub(super) fn write_outputs(&mut self, partition: i32, advanced: Advanced) -> Result<(), LoopError> {
        let outputs = self.tasks.get_mut(&partition).map(|task| std::mem::take(&mut task.outputs)).unwrap_or_default();
        let transaction = self.open_transaction()?;
        transaction.records += 1;
        transaction.output_bytes += outputs.iter().map(size).sum::<usize>();
        if let Advanced::Record(timestamp) | Advanced::Poison(timestamp) = advanced {
            transaction.timestamps.push(timestamp);
        }
        for outgoing in outputs {
            self.broker.send(outgoing).map_err(producer_error)?;
        }
        Ok(())
    }

    /// Whether the transaction has reached one of its bounds.
    pub(super) fn is_full(&self) -> bool {
        let Some(transaction) = &self.transaction else { return false };
        if transaction.records >= self.config.transaction_records {
            return true;
        }
        // Bytes are checked for every 64th record only: adding up all tasks for every record would be too slow.
        transaction.records.is_multiple_of(64) && {
            let overlays: usize = self.tasks.values().map(|task| task.stores().overlay_bytes()).sum();
            transaction.output_bytes + overlays >= self.config.transaction_bytes
        }
    }

    /// Commits when there is no more input for now, or the transaction is old or full.
    pub(super) fn end_transaction(&mut self, is_idle: bool) -> Result<(), LoopError> {
        self.tick()?;
        let Some(transaction) = &self.transaction else { return Ok(()) };
        let age = self.broker.elapsed() - transaction.begun_at;
        if is_idle || age >= self.config.commit_interval_ms || self.is_full() {
            return self.commit();
        }
        Ok(())
    }

    /// For each partition without input and with a timer due, a tick is sent to the source topic, so that log time passes too: whatever
    /// its neighbours do. It is due by the wall clock, or by the time of the last record and what has passed since.
    fn tick(&mut self) -> Result<(), LoopError> {
        let (now, elapsed) = (self.broker.now(), self.broker.elapsed());
        let timers: Vec<(i32, i64, i64)> = self
            .tasks
            .iter_mut()
            .filter(|(_, task)| task.state() == State::Running && !task.has_queued())
            .filter_map(|(partition, task)| Some((*partition, task.next_deadline()?, task.log_time())))
            .collect();
        for (partition, deadline, log_time) in timers {
            if deadline > now && self.log_clock(partition).is_none_or(|clock| deadline > clock) {
                continue;
            }
            let pause = match self.ticks.get(&partition) {
                Some(Ticked { at, read: false }) => at + self.config.unread_tick_timeout_ms,
                // The broker's clock has not got there: it takes that long, at least.
                Some(Ticked { at, read: true }) => {
                    at + (deadline - log_time).clamp(self.config.tick_interval_ms, self.config.longest_tick_interval_ms)
                }
                None => elapsed,
            };
            if pause > elapsed {
                continue;
            }
            let Some(tick) = self.tasks.get_mut(&partition).map(Task::tick) else { continue };
            self.open_transaction()?.records += 1;
            self.broker.send(tick).map_err(producer_error)?;
            self.ticks.insert(partition, Ticked { at: elapsed, read: false });
            self.metrics.ticks.inc();
        }
        Ok(())
    }

    /// Ends the open transaction: changelog, offsets, drain, commit, in this order: asking for the offsets first lets the
    /// broker's answer and the deliveries overlap.
    pub(super) fn commit(&mut self) -> Result<(), LoopError> {
        if self.transaction.is_none() {
            return Ok(());
        }
        let started = Instant::now();
        let mut positions = Vec::new();
        for (partition, task) in self.tasks.iter_mut().filter(|(_, task)| task.is_changed()) {
            let mut sent = Ok(());
            let broker = &mut self.broker;
            let checkpoint = task.prepare(|outgoing| {
                if sent.is_ok() {
                    sent = broker.send(outgoing);
                }
            });
            sent.map_err(producer_error)?;
            positions.push((*partition, checkpoint.to_position()));
        }
        let changelog_done = Instant::now();
        if !positions.is_empty() {
            self.broker.send_offsets(&positions).map_err(producer_error)?;
        }
        let offsets_done = Instant::now();
        self.broker.drain().map_err(producer_error)?;
        let drain_done = Instant::now();
        self.broker.commit().map_err(commit_error)?;
        let ended = Instant::now();
        self.metrics.changelog_phase.observe((changelog_done - started).as_secs_f64());
        self.metrics.offsets_phase.observe((offsets_done - changelog_done).as_secs_f64());
        self.metrics.drain_phase.observe((drain_done - offsets_done).as_secs_f64());
        self.metrics.end_phase.observe((ended - drain_done).as_secs_f64());
        self.metrics.commit_duration.observe((ended - started).as_secs_f64());
        self.committed();
        Ok(())
    }

    fn committed(&mut self) {
        self.metrics.transaction("committed");
        let now = self.broker.now();
        if let Some(transaction) = self.transaction.take() {
            for timestamp in transaction.timestamps {
                self.metrics.e2e_latency.observe(seconds(now - timestamp));
            }
        }
        self.failures = 0;
        self.last_error = None;
        self.notes_are(Noted::Yes);
        let changed: Vec<i32> =
            self.tasks.iter().filter(|(_, task)| task.is_changed()).map(|(partition, _)| *partition).collect();
        for partition in changed {
            if let Some(task) = self.tasks.get_mut(&partition) {
                task.promote();
            }
            self.show_stores(partition);
        }
    }

    /// Shows what a task's stores hold.
    pub(super) fn show_stores(&self, partition: i32) {
        let Some(stores) = self.tasks.get(&partition).map(Task::stores) else { return };
        for (slot, name) in self.topology.stores().iter().enumerate() {
            self.metrics.store(name, partition, stores.entries(slot), stores.bytes(slot));
        }
        self.metrics.timers(partition, stores.entries(changelog::timers_slot(&self.topology)));
    }

    /// Aborts the open transaction.
    pub(super) fn abort(&mut self) -> Result<(), LoopError> {
        let had_begun = self.transaction.take().is_some();
        self.notes_are(Noted::No);
        if had_begun {
            if let Err(error) = self.broker.abort() {
                self.metrics.transaction("failed");
                return Err(LoopError::InDoubt("failed", error.to_string()));
            }
            self.metrics.transaction("aborted");
        }
        self.rewind_changed()
    }

    fn rewind_changed(&mut self) -> Result<(), LoopError> {
        let changed: Vec<i32> =
            self.tasks.iter().filter(|(_, task)| task.is_changed()).map(|(partition, _)| *partition).collect();
        changed.into_iter().try_for_each(|partition| self.rewind(partition))
    }

    /// Drops what a task did since its last commit and reads its input again from there.
    pub(super) fn rewind(&mut self, partition: i32) -> Result<(), LoopError> {
        let Some(task) = self.tasks.get_mut(&partition) else { return Ok(()) };
        task.discard();
        let position = task.position();
        self.ticks.remove(&partition);
        self.try_again(partition);
        self.broker.seek(partition, position).map_err(|error| LoopError::Rejoin(error.to_string()))
    }

    /// The producer must be replaced before the next transaction.
    pub(super) fn mark_in_doubt(&mut self, outcome: &'static str, reason: String) {
        self.notes_are(Noted::No);
        if self.transaction.take().is_some() {
            self.metrics.transaction(outcome);
        }
        self.producer = Producer::InDoubt(reason);
    }

    /// Replaces the producer. When the new one is there, every earlier transaction of this slot is decided, the delayed ones
    /// too, and the group's committed positions show the outcome.
    pub(super) fn replace_producer(&mut self) -> Result<(), LoopError> {
        self.transaction = None;
        match self.broker.init_transactions() {
            Ok(()) => {}
            // A broker that is starting may answer fatal errors too: it is final only after many tries.
            Err(BrokerError::Fatal(reason)) if self.failures > 20 => return Err(LoopError::Stop(reason)),
            Err(error) => return Err(LoopError::Wait(error.to_string())),
        }
        let partitions: Vec<i32> = self.tasks.keys().copied().collect();
        let found = if partitions.is_empty() { Vec::new() } else { self.committed_checkpoints(&partitions)? };
        self.producer = Producer::Ready;
        for (partition, found) in partitions.into_iter().zip(found) {
            self.resolve(partition, found.as_ref())?;
        }
        Ok(())
    }

    fn resolve(&mut self, partition: i32, found: Option<&Checkpoint>) -> Result<(), LoopError> {
        let Some(task) = self.tasks.get_mut(&partition) else { return Ok(()) };
        let outcome = task.outcome(found);
        tracing::debug!(partition, ?outcome, "looked up");
        match outcome {
            Outcome::Committed => task.promote(),
            Outcome::Aborted => {}
            Outcome::Superseded => {
                return Err(LoopError::Rejoin(format!("partition {partition} was taken over by another member")));
            }
        }
        match task.state() {
            State::Running => self.rewind(partition),
            State::Parked if !self.restoring.contains_key(&partition) => self.rewind(partition),
            State::Restoring | State::Parked | State::Suspended => Ok(()),
        }
    }
}

/// An error before the end of a transaction: none of its records can be visible.
pub(super) fn producer_error(error: BrokerError) -> LoopError {
    match error {
        BrokerError::Abort(reason) | BrokerError::Unavailable(reason) => LoopError::Abort(reason),
        BrokerError::Unknown(reason) => LoopError::InDoubt("unknown", reason),
        BrokerError::Fenced(reason) => LoopError::InDoubt("fenced", reason),
        BrokerError::Fatal(reason) => LoopError::InDoubt("failed", reason),
    }
}

/// An error at the end of a transaction: all but a clear refusal leave the outcome unknown.
fn commit_error(error: BrokerError) -> LoopError {
    match error {
        BrokerError::Unavailable(reason) => LoopError::InDoubt("unknown", reason),
        error => producer_error(error),
    }
}
