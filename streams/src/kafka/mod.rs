#![doc = include_str!("README.md")]

/// Most bytes that a producer puts into one batch. A topic's `max.message.bytes` bounds the batch, so it must not be less.
pub const BATCH_BYTES: usize = 256 * 1024;

mod admin;
mod broker;
mod cluster;
mod consumers;
mod emitter;
mod errors;
mod feed;
mod inspection;
mod logging;
mod membership;
mod reader;
mod records;
mod records_at;
pub mod tap;
#[cfg(feature = "testing")]
#[expect(clippy::panic, reason = "a test may stop at once")]
pub mod testing;
mod topic_reader;
mod transaction;
mod writer;

pub use admin::{Admin, AdminError, TopicDescription, TopicToCreate, check_topics};
pub use broker::{KafkaBroker, SlotConfig};
pub use cluster::{ClusterConfig, ConfigError};
pub use emitter::{EmitterConfig, KafkaEmitter};
pub use feed::{Feed, FeedConfig};

pub use crate::feed::FeedError;
pub use inspection::{
    Answers, Ends, FirstRecord, FirstRecords, GroupPositions, GroupState, GroupView, Groups, Member, OpenTransaction,
    PartitionEnds, Place, committed_offsets, open_transactions,
};
pub use records_at::RecordsAt;
pub use topic_reader::{ReadError, TopicReader};
pub use writer::TransactionalWriter;

#[cfg(test)]
mod cluster_tests;
#[cfg(test)]
mod errors_tests;
#[cfg(test)]
mod service_tests;
