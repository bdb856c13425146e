//! What both sides of the simulated wire use: the terms of Kafka's protocol, the identity of a connection, the clock.

use std::sync::Arc;

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

/// Where the cluster's time comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clock {
    /// It begins here (milliseconds since 1970) and moves only by [`Cluster::advance`](super::Cluster::advance) and by what simulated calls take.
    Injected(i64),
    /// The machine's: for tests that run the loop on real threads. Such runs are not reproducible.
    System,
}

/// `message.timestamp.type` of a topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timestamps {
    /// The broker's clock when the record is appended.
    LogAppendTime,
    /// The writer's clock.
    CreateTime,
}

/// Who connects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slot {
    /// The consumer group: the application id.
    pub group: Arc<str>,
    /// `group.instance.id`.
    pub instance: Arc<str>,
    /// The topic the group reads.
    pub topic: Arc<str>,
    /// `transactional.id`.
    pub transactional_id: Arc<str>,
    /// `transaction.timeout.ms`.
    pub transaction_timeout_ms: i64,
    /// `session.timeout.ms`.
    pub session_timeout_ms: i64,
}

impl Slot {
    /// A slot of an application with the runtime's own settings: transactions time out after 10 s, sessions after 15 s.
    #[must_use]
    pub fn new(application: &str, instance: &str, topic: &str) -> Self {
        Self {
            group: application.into(),
            instance: instance.into(),
            topic: topic.into(),
            transactional_id: format!("{application}.{instance}").into(),
            transaction_timeout_ms: 10_000,
            session_timeout_ms: 15_000,
        }
    }
}

/// One process, as the cluster sees it: a connection and those that replace it by `rejoin`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ProcessId(pub(super) u64);
