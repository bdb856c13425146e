//! What a processor is: a pure step over records and timers, with stores and outputs behind a [`Context`].

use std::sync::Arc;

use crate::record::{Outgoing, Record};

/// Handles the records of one task (one partition of the source topic). It holds no state of its own: all state is in its
/// stores, so that an aborted transaction leaves no trace.
///
/// What it does depends on the record, the stores and the log time only: no clock, no randomness, no iteration order of a hash.
pub trait Processor: Send {
    /// Handles one record of the source topic. (Ticks never arrive here: the runtime turns them into log time.)
    ///
    /// # Errors
    /// [`Verdict`]: what the runtime must do; everything this call wrote is undone.
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict>;

    /// Handles a timer that is due by log time. It has been removed already; schedule another to go on.
    ///
    /// # Errors
    /// [`Verdict`], as for [`Processor::process`]; there is no poison among timers, so `Poison` counts as `Fatal`.
    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict>;
}

/// What to do with a record that could not be handled.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Verdict {
    /// It can never be handled: it goes to the dead letters, in the same transaction, and the next record follows.
    #[error("poison: {0}")]
    Poison(String),
    /// It may be handled later: abort, wait, read it again.
    #[error("retry: {0}")]
    Retry(String),
    /// Going on would be wrong (a newer schema version, a broken invariant): the partition is parked in front of it, until another program
    /// or a restart of this one reads it again. Other partitions go on.
    #[error("fatal: {0}")]
    Fatal(String),
}

/// A timer that is part of the state: persisted, fired once, by log time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Timer {
    /// Log time, milliseconds since 1970, at or after which it fires.
    pub deadline: i64,
    /// Its kind, in the processor's own numbering.
    pub kind: u8,
    /// What it is about.
    pub key: Vec<u8>,
}

/// Names one of a topology's stores, by its place in the topology's list of stores (`0..=249`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct StoreId(pub u8);

/// What a processor may do. Writes are seen by later reads at once; they are committed or dropped with the transaction.
pub trait Context {
    /// The task's log time, milliseconds since 1970: the append time of the record at hand, made monotone per partition.
    fn log_time(&self) -> i64;

    /// The task's partition.
    fn partition(&self) -> i32;

    /// Reads a key.
    fn get(&self, store: StoreId, key: &[u8]) -> Option<&[u8]>;

    /// Writes a key.
    fn put(&mut self, store: StoreId, key: &[u8], value: &[u8]);

    /// Deletes a key.
    fn delete(&mut self, store: StoreId, key: &[u8]);

    /// Keys that begin with `prefix` and sort after `after` (if any), in order of bytes, `limit` at most.
    fn scan(&self, store: StoreId, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Vec<(Vec<u8>, Vec<u8>)>;

    /// The name of a topic, shared with the topology when it is one of its sinks: then it takes no allocation.
    fn topic(&self, name: &str) -> Arc<str> {
        name.into()
    }

    /// Writes a record to one of the topology's sinks. A topic that the topology does not declare is a programming error and
    /// parks the partition, as [`Verdict::Fatal`] does.
    fn forward(&mut self, outgoing: Outgoing);

    /// Schedules a timer. Scheduling the same timer twice is scheduling it once.
    fn schedule(&mut self, timer: Timer);

    /// Cancels a timer that is exactly this one.
    fn cancel(&mut self, timer: &Timer);
}
