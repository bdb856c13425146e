//! What a worker asks of a place to write to.

use std::future::Future;

use streams::service::Condition;

use crate::batch::Batch;

/// Where a projection is written. Calls are made one after the other, by one worker.
pub(crate) trait Destination: Send {
    /// Gets ready for a new session: connects, makes what is missing.
    fn open(&mut self) -> impl Future<Output = Result<(), SinkError>> + Send;

    /// Takes a partition over from whoever had it. Answers the next offset to read; nothing means from the log's beginning.
    fn claim(&mut self, partition: i32) -> impl Future<Output = Result<Option<i64>, SinkError>> + Send;

    /// Writes a batch and moves the position. Calling again with the same batch is harmless.
    fn apply(&mut self, batch: &Batch) -> impl Future<Output = Result<Applied, SinkError>> + Send;

    /// A partition has been written up to where the log ended when it was claimed.
    fn caught_up(&mut self, partition: i32) -> impl Future<Output = Result<(), SinkError>> + Send;

    /// Called about once a second, also when nothing arrives: whether what was written is still there.
    fn check(&mut self) -> impl Future<Output = Result<(), SinkError>> + Send;

    /// The destination's condition, while it works.
    fn condition(&self) -> Condition;
}

/// What a batch came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Applied {
    /// Rows that changed or were made.
    pub(crate) rows: u64,
    /// Rows that were there already, as new or newer.
    pub(crate) stale: u64,
    /// Records that could not become rows.
    pub(crate) dead: u64,
}

/// Why a call failed. Each variant is a decision.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum SinkError {
    /// It lost a race: the same call again at once.
    #[error("{0}")]
    Again(String),
    /// The destination is away or unwell: the same call again after a pause, for as long as it takes.
    #[error("{0}")]
    Wait(String),
    /// Another owner has the partition: stop writing it.
    #[error("{0}")]
    Fenced(String),
    /// Positions are not where they were: begin a new session from those that are there now.
    #[error("{0}")]
    Lost(String),
}
