//! One partition of one processor: its stores, timers, positions and life cycle.
//!
//! A task knows no broker. It is handed records, moves by one record or one timer at a time, and leaves the records to write
//! in `outputs`; the thread decides when that becomes a transaction and reports how the transaction ended.
//! What a task does depends on its log alone: where one transaction ends and the next begins changes nothing.

mod checkpoint;
mod context;
pub mod dead_letter;
mod life_cycle;
mod restoring;
mod setting_aside;
mod timers;

use std::collections::VecDeque;
use std::sync::Arc;

pub(crate) use checkpoint::{Checkpoint, CheckpointError};
pub(crate) use context::size;
pub(crate) use life_cycle::State;
pub(crate) use restoring::{RestoreError, Restoring};

use bytes::Bytes;

use crate::changelog::{self, Change};
use crate::metrics::UncommittedSince;
use crate::processor::{Processor, Timer, Verdict};
use crate::record::{Outgoing, Record};
use crate::store::Stores;
use crate::topology::Topology;
use checkpoint::Fingerprint;
use context::{Fault, TaskContext};
use timers::Timers;

/// The header with the type of a record.
const EVENT_TYPE: &str = "event-type";
/// A record of this type and without a value moves log time and nothing else.
const TICK: &[u8] = b"tick";

/// What a task may write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Limits {
    /// Bytes of one record or store entry.
    pub(crate) record_bytes: usize,
    /// Bytes of one dead letter.
    pub(crate) dead_letter_bytes: usize,
}

/// What one step of a task did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Advanced {
    /// There was nothing to do.
    Idle,
    /// It handled a record with this timestamp.
    Record(i64),
    /// It read a tick: only its log time has changed.
    Tick,
    /// It sent a record with this timestamp to the dead letters.
    Poison(i64),
    /// It fired a timer, this many milliseconds of log time after its deadline.
    Timer(i64),
}

/// How the group's committed position compares with this task's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// The transaction was committed.
    Committed,
    /// The transaction never was.
    Aborted,
    /// Another member has committed since: this task's state is out of date.
    Superseded,
}

/// One partition of one processor.
pub(crate) struct Task {
    topology: Arc<Topology>,
    partition: i32,
    /// How many partitions the source has.
    partitions: i32,
    writer: Arc<str>,
    limits: Limits,
    state: State,
    processor: Box<dyn Processor>,
    stores: Stores,
    timers: Timers,
    queue: VecDeque<Record>,
    /// Records that the last step writes. The thread takes them after every step.
    pub(crate) outputs: Vec<Outgoing>,
    /// Why the last step sent a record to the dead letters. The thread takes it too.
    pub(crate) poisoned: Option<String>,
    /// The record that an operator wants set aside, by offset and timestamp, and why. It outlives aborts.
    set_aside: Option<(i64, i64, String)>,
    /// Whether the last step failed in the record in front, and not in a timer before it.
    failed_in_front: bool,
    position: i64,
    log_time: i64,
    changed: bool,
    /// Its last confirmed commit; none before the first.
    committed: Option<Checkpoint>,
    /// The position at which to begin while nothing was ever committed.
    first: i64,
    /// The checkpoint of a transaction whose end has not been confirmed.
    prepared: Option<Checkpoint>,
    pub(crate) uncommitted_since: UncommittedSince,
}

impl Task {
    /// The task of a partition, of so many, at a committed checkpoint, or at `first` if there has never been one.
    pub(crate) fn new(
        topology: Arc<Topology>,
        (partition, partitions): (i32, i32),
        writer: Arc<str>,
        limits: Limits,
        committed: Option<Checkpoint>,
        first: i64,
    ) -> Self {
        let timers_slot = changelog::timers_slot(&topology);
        let mut task = Self {
            processor: topology.processor(),
            stores: Stores::new(timers_slot + 1),
            timers: Timers::new(timers_slot),
            topology,
            partition,
            partitions,
            writer,
            limits,
            state: State::Restoring,
            queue: VecDeque::new(),
            outputs: Vec::new(),
            poisoned: None,
            set_aside: None,
            failed_in_front: false,
            position: first,
            log_time: 0,
            changed: false,
            committed,
            first,
            prepared: None,
            uncommitted_since: UncommittedSince::default(),
        };
        task.rewind();
        task
    }

    /// Its partition.
    pub(crate) fn partition(&self) -> i32 {
        self.partition
    }

    /// Its state in the life cycle.
    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// Changes its state in the life cycle.
    pub(crate) fn enter(&mut self, state: State) {
        self.state = state;
        if state == State::Suspended {
            // What it read is another member's now.
            self.uncommitted_since.committed(None);
        }
    }

    /// The next offset it will process.
    pub(crate) fn position(&self) -> i64 {
        self.position
    }

    /// Its log time, milliseconds since 1970.
    pub(crate) fn log_time(&self) -> i64 {
        self.log_time
    }

    /// Its stores.
    pub(crate) fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Whether the open transaction has moved it.
    pub(crate) fn is_changed(&self) -> bool {
        self.changed
    }

    /// Whether records wait to be processed.
    pub(crate) fn has_queued(&self) -> bool {
        !self.queue.is_empty()
    }

    /// How many records wait to be processed.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Offset and timestamp of the record that is next.
    pub(crate) fn front(&self) -> Option<(i64, i64)> {
        self.queue.front().map(|record| (record.offset, record.timestamp))
    }

    /// Queues a record that was read. One that was queued or processed already is skipped.
    pub(crate) fn enqueue(&mut self, record: Record) {
        let next = self.queue.back().map_or(self.position, |last| last.offset + 1);
        if record.offset >= next {
            self.uncommitted_since.read(record.timestamp);
            self.queue.push_back(record);
        }
    }

    /// Fires the next timer that is due before the next record, or handles that record.
    ///
    /// # Errors
    /// [`Verdict::Retry`] or [`Verdict::Fatal`]: the task is as it was before the step, and the record is still in front.
    pub(crate) fn advance(&mut self) -> Result<Advanced, Verdict> {
        let Some(front) = self.queue.front() else { return Ok(Advanced::Idle) };
        let log_time = self.log_time.max(front.timestamp);
        self.failed_in_front = false;
        if let Some(timer) = self.timers.take_due(&mut self.stores, log_time) {
            return self.fire(&timer, log_time);
        }
        let Some(record) = self.queue.pop_front() else { return Ok(Advanced::Idle) };
        let advanced = if is_tick(&record) { Ok(Advanced::Tick) } else { self.handle(&record, log_time) };
        match advanced {
            Ok(advanced) => {
                self.position = record.offset + 1;
                self.log_time = log_time;
                self.changed = true;
                Ok(advanced)
            }
            Err(verdict) => {
                self.queue.push_front(record);
                self.failed_in_front = true;
                Err(verdict)
            }
        }
    }

    fn handle(&mut self, record: &Record, log_time: i64) -> Result<Advanced, Verdict> {
        if let Some(reason) = self.why_aside(record) {
            return Ok(self.poison(record, reason));
        }
        match self.within_savepoint(log_time, |processor, context| processor.process(record, context)) {
            Ok(()) => Ok(Advanced::Record(record.timestamp)),
            Err(Verdict::Poison(reason)) => Ok(self.poison(record, reason)),
            Err(verdict) => Err(verdict),
        }
    }

    fn fire(&mut self, timer: &Timer, log_time: i64) -> Result<Advanced, Verdict> {
        match self.within_savepoint(log_time, |processor, context| processor.punctuate(timer, context)) {
            Ok(()) => {
                self.log_time = log_time;
                self.changed = true;
                Ok(Advanced::Timer(log_time - timer.deadline))
            }
            Err(Verdict::Poison(reason)) => Err(Verdict::Fatal(format!("a timer of kind {}: {reason}", timer.kind))),
            Err(verdict) => Err(verdict),
        }
    }

    /// Runs one call of the processor; if it fails, its writes are undone.
    fn within_savepoint(
        &mut self,
        log_time: i64,
        call: impl FnOnce(&mut dyn Processor, &mut TaskContext<'_>) -> Result<(), Verdict>,
    ) -> Result<(), Verdict> {
        let outputs = self.outputs.len();
        let mut context = TaskContext {
            topology: &self.topology,
            partition: self.partition,
            log_time,
            record_bytes: self.limits.record_bytes,
            stores: &mut self.stores,
            timers: &mut self.timers,
            outputs: &mut self.outputs,
            fault: None.into(),
        };
        let result = call(self.processor.as_mut(), &mut context);
        let verdict = match (result, context.fault.get()) {
            (Ok(()), None) => None,
            (Err(verdict), None) => Some(verdict),
            (_, Some(Fault::TooLarge(bytes))) => Some(Verdict::Poison(format!(
                "it would write {bytes} bytes into one record, more than {}",
                self.limits.record_bytes
            ))),
            (_, Some(Fault::UndeclaredSink)) => {
                Some(Verdict::Fatal("the processor wrote to a topic that its topology does not declare".into()))
            }
            (_, Some(Fault::UndeclaredStore(store))) => Some(Verdict::Fatal(format!(
                "the processor used store {}, which its topology does not declare",
                store.0
            ))),
        };
        match verdict {
            None => {
                self.stores.release();
                Ok(())
            }
            Some(verdict) => {
                self.stores.roll_back();
                self.timers.forget();
                self.outputs.truncate(outputs);
                Err(verdict)
            }
        }
    }

    /// The deadline of its earliest timer.
    pub(crate) fn next_deadline(&mut self) -> Option<i64> {
        self.timers.next_deadline(&self.stores)
    }

    /// A tick for its source topic. It counts as a change, so that the transaction's outcome can be read from its checkpoint.
    pub(crate) fn tick(&mut self) -> Outgoing {
        self.changed = true;
        Outgoing {
            topic: self.topology.source().clone(),
            partition: Some(self.partition),
            key: None,
            value: None,
            headers: vec![(EVENT_TYPE.into(), Bytes::from_static(TICK))],
        }
    }

    // --- the transaction -------------------------------------------------------------------------------------------------

    /// Ends its part of a transaction: the checkpoint to send with it, and after the changes of its stores, the changelog's own
    /// copy of that checkpoint.
    pub(crate) fn prepare(&mut self, mut send: impl FnMut(Outgoing)) -> Checkpoint {
        let checkpoint = Checkpoint {
            offset: self.position,
            sequence: self.committed.as_ref().map_or(0, |committed| committed.sequence) + 1,
            log_time: self.log_time,
            writer: self.writer.clone(),
            fingerprint: Fingerprint::of(&self.topology),
            partitions: Some(self.partitions),
            digests: Some(self.stores.digests()),
        };
        for (slot, key, value) in self.stores.changes() {
            send(changelog::encode(&self.topology, self.partition, &Change::Entry(slot, key, value)));
        }
        let text = checkpoint.without_proof();
        send(changelog::encode(&self.topology, self.partition, &Change::Position(&text)));
        self.prepared = Some(checkpoint.clone());
        checkpoint
    }

    /// The transaction is confirmed.
    pub(crate) fn promote(&mut self) {
        if let Some(prepared) = self.prepared.take() {
            self.stores.promote();
            self.committed = Some(prepared);
            self.changed = false;
            self.uncommitted_since.committed(self.queue.front().map(|record| record.timestamp));
        }
    }

    /// The transaction was not committed: back to the last commit. The input must be rewound to [`Task::position`].
    pub(crate) fn discard(&mut self) {
        self.stores.discard();
        self.rewind();
    }

    fn rewind(&mut self) {
        self.timers.forget();
        self.outputs.clear();
        self.queue.clear();
        self.prepared = None;
        self.changed = false;
        (self.position, self.log_time) =
            self.committed.as_ref().map_or((self.first, 0), |committed| (committed.offset, committed.log_time));
    }

    /// Compares the group's committed checkpoint with this task's.
    pub(crate) fn outcome(&self, found: Option<&Checkpoint>) -> Outcome {
        if self.prepared.is_some() && found == self.prepared.as_ref() {
            Outcome::Committed
        } else if found == self.committed.as_ref() {
            Outcome::Aborted
        } else {
            Outcome::Superseded
        }
    }
}

fn is_tick(record: &Record) -> bool {
    record.value.is_none() && record.header(EVENT_TYPE) == Some(TICK)
}

#[cfg(test)]
mod task_tests;
