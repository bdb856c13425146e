//! A reader outside a transaction: committed records of a topic, in order, for async code.

use serde::Deserialize;

use super::cluster::{ClusterConfig, ConfigError};
use crate::feed::{FeedEvent, Start};

/// How a feed reads.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeedConfig {
    /// Most records in one batch.
    pub batch_records: usize,
    /// Most batches that wait for the reader; beyond that nothing more is fetched.
    pub queued_batches: usize,
    /// Most bytes that the client holds ready per partition, in KiB.
    pub fetch_kbytes_per_partition: u32,
    /// How long a group waits for a silent member before its partitions go to another, milliseconds.
    pub session_timeout_ms: u32,
}

impl Default for FeedConfig {
    fn default() -> Self {
        Self { batch_records: 2_000, queued_batches: 8, fetch_kbytes_per_partition: 2_048, session_timeout_ms: 6_000 }
    }
}

/// Why a feed cannot go on. A broker that is away is none: a feed waits for it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FeedError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The position is outside the log: records between it and the log's first are gone, or the topic is another one now.
    /// Somebody must decide; the feed has stopped.
    #[error("{topic} [{partition}]: position {position} is outside the log")]
    OutsideLog {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The position that was asked for.
        position: i64,
    },
    /// It will never work like this: not allowed, no such topic.
    #[error("fatal: {0}")]
    Fatal(String),
}

/// Committed records of a topic.
#[derive(Debug)]
pub struct Feed(());

impl Feed {
    /// The share of a topic that the group gives to this instance. Partitions come as [`FeedEvent::Assigned`]; nothing of a
    /// partition is read before [`Feed::begin`]. `instance` must be stable across restarts and unique in the group.
    ///
    /// # Errors
    /// [`FeedError::Config`].
    pub fn of_group(
        _cluster: &ClusterConfig,
        _group: &str,
        _instance: &str,
        _topic: &str,
        _config: FeedConfig,
    ) -> Result<Self, FeedError> {
        Err(FeedError::Fatal("feeds are not built yet".to_owned()))
    }

    /// These partitions of a topic, without a group. [`FeedEvent::CaughtUp`] comes once per partition, when everything up to the
    /// end at the start of the feed has been handed out.
    ///
    /// # Errors
    /// [`FeedError::Config`].
    pub fn of_partitions(
        _cluster: &ClusterConfig,
        _topic: &str,
        _partitions: &[(i32, Start)],
        _config: FeedConfig,
    ) -> Result<Self, FeedError> {
        Err(FeedError::Fatal("feeds are not built yet".to_owned()))
    }

    /// What has happened next. Nothing after an error: the feed has ended. Dropping the future loses nothing.
    #[expect(clippy::unused_async, reason = "the signature that others build on")]
    pub async fn next(&mut self) -> Option<Result<FeedEvent, FeedError>> {
        None
    }

    /// Begins to read a partition that was assigned.
    pub fn begin(&self, _partition: i32, _start: Start) {}

    /// Tells the group how far this reader has come, for those who watch lag. Not relied on for anything else.
    pub fn commit(&self, _partition: i32, _next_offset: i64) {}
}
