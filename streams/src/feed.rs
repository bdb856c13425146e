//! What a reader outside a transaction sees of a topic: batches of committed records, in order, at least once. Sinks read their
//! group's share of a topic and keep their positions where they write; ingress reads all of it.

use crate::record::Record;

/// Where to begin reading a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// At its first record.
    Beginning,
    /// After its last committed record.
    End,
    /// Where the group has come to, as [`commit`](crate::kafka::Feed::commit) told it; at the first record when it was told
    /// nothing yet. Without a group: at the first record.
    Committed,
    /// At this offset; an offset before the log's first record is an error, never a silent jump.
    Offset(i64),
}

/// What has happened on a feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FeedEvent {
    /// These partitions are ours: answer with the feed's `begin` for each, nothing is read before.
    Assigned(Vec<i32>),
    /// These partitions are somebody else's from now on: no batch of theirs follows.
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
    /// Everything up to the end that was asked for at the start of the partition has been handed out.
    CaughtUp(i32),
}
