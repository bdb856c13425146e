//! Reading a topic outside of transactions: batches of committed records, in order, at least once. A reader keeps its positions
//! where it writes, or commits them to its group.

use crate::record::Record;

/// Where to begin reading a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// At its first record.
    Beginning,
    /// After its last committed record.
    End,
    /// At the group's position, as committed by [`commit`](crate::kafka::Feed::commit); at the first record when none was
    /// committed, or without a group.
    Committed,
    /// At this offset; an offset before the log's first record is an error: no records are skipped silently.
    Offset(i64),
}

/// An event of a feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FeedEvent {
    /// These partitions are assigned to this reader: nothing is read before the feed's `begin` for each.
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
