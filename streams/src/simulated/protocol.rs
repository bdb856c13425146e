//! The terms of Kafka's protocol that both sides of the simulated wire use.

/// A producer id, as the transaction coordinator hands it out.
pub(super) type ProducerId = i64;

/// How a transaction ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    Commit,
    Abort,
}

/// `isolation.level` of a reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Isolation {
    /// Up to the last stable offset, without aborted records.
    ReadCommitted,
    /// Up to the log end, everything.
    ReadUncommitted,
}

/// Error codes of the simulated cluster, under the names of Kafka's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// `UNKNOWN_TOPIC_OR_PARTITION`
    #[error("unknown topic or partition")]
    UnknownTopicOrPartition,
    /// `OFFSET_OUT_OF_RANGE`
    #[error("offset out of range")]
    OffsetOutOfRange,
    /// `CONCURRENT_TRANSACTIONS`: the markers of the last transaction are still being written.
    #[error("concurrent transactions")]
    ConcurrentTransactions,
    /// `INVALID_PRODUCER_EPOCH`, `PRODUCER_FENCED`: a newer producer has this transactional id.
    #[error("producer fenced")]
    ProducerFenced,
    /// `INVALID_TXN_STATE`
    #[error("invalid transaction state")]
    InvalidTxnState,
    /// `UNKNOWN_MEMBER_ID`: the session has timed out.
    #[error("unknown member id")]
    UnknownMemberId,
    /// `FENCED_INSTANCE_ID`: another member has this group instance id.
    #[error("fenced instance id")]
    FencedInstanceId,
    /// `ILLEGAL_GENERATION`
    #[error("illegal generation")]
    IllegalGeneration,
    /// `UNSTABLE_OFFSET_COMMIT`: a pending transaction has offsets of this partition.
    #[error("unstable offset commit")]
    UnstableOffsetCommit,
}
