//! Reading a topic outside of transactions: batches of committed records, in order, at least once. A reader keeps its positions
//! where it writes, or commits them to its group.
//!
//! A [`FeedSource`] is what a reader reads from: [`kafka::Feed`](crate::kafka::Feed), or a log in memory in tests. [`follow`] keeps
//! something up to date with a topic for as long as the program runs.

mod backlog;
mod follow;

use std::future::Future;

pub use backlog::Backlog;
pub use follow::{Batch, Follower, follow};

use crate::record::Record;

/// Where to begin reading a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// At its first record.
    Beginning,
    /// After its last committed record.
    End,
    /// At the group's position, as committed by [`FeedSource::commit`]; at the first record when none was committed, or without a
    /// group.
    Committed,
    /// At this offset; an offset before the log's first record is an error: no records are skipped silently.
    Offset(i64),
}

/// An event of a feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FeedEvent {
    /// These partitions are assigned to this reader: nothing is read before [`FeedSource::begin`] for each.
    Assigned(Vec<i32>),
    /// These partitions are assigned to another reader now: no batch of theirs follows.
    Revoked(Vec<i32>),
    /// Records of one partition, in order; `next` is the position after them (control records take offsets too). A batch
    /// without records only moves the position.
    Batch {
        /// The partition.
        partition: i32,
        /// The position the batch was read from.
        from: i64,
        /// The records.
        records: Vec<Record>,
        /// The position after them.
        next: i64,
    },
    /// Everything up to the partition's end at the start of its reading has been delivered.
    CaughtUp(i32),
}

/// Why a feed cannot go on. An unavailable broker is no error: a feed waits for it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FeedError {
    /// The configuration is refused.
    #[error("{0}")]
    Config(String),
    /// The position is outside the log: records between it and the log's first are gone, or the topic is another one now.
    /// The feed has stopped; an operator must decide.
    #[error("{topic} [{partition}]: position {position} is outside the log")]
    OutsideLog {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The position that was asked for.
        position: i64,
    },
    /// Trying again cannot help: not allowed, no such topic.
    #[error("fatal: {0}")]
    Fatal(String),
}

/// A reader of one topic.
pub trait FeedSource: Send {
    /// The next event. None after an error: the feed has ended. Dropping the future loses nothing.
    fn next(&mut self) -> impl Future<Output = Option<Result<FeedEvent, FeedError>>> + Send;

    /// Begins to read a partition that was assigned.
    fn begin(&self, partition: i32, start: Start);

    /// Commits this reader's position to its group: for lag monitoring, and for a reader that begins at [`Start::Committed`].
    fn commit(&self, partition: i32, next_offset: i64);
}
