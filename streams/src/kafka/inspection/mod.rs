//! Queries of a cluster from outside, without joining a group: ends of partitions, positions and members of groups, the first record
//! after a position, and open transactions.

mod answers;
mod ends;
mod first_record;
mod groups;

use std::sync::Arc;

pub use answers::Answers;
pub use ends::{Ends, PartitionEnds};
pub use first_record::{FirstRecord, FirstRecords, Place};
pub use groups::{GroupPositions, GroupState, GroupView, Groups, Member};

use super::cluster::ClusterConfig;
use super::logging::Logging;
use super::topic_reader::{ReadError, read_error};
use super::{consumers, errors};
use crate::broker::BrokerError;

/// A partition with an open transaction: its last stable offset is before its end.
///
/// While producers work this is normal. When no producer works any more, an open transaction hangs: its producer is gone or its
/// end marker never reached the partition, and readers of committed records do not get past it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenTransaction {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset that readers of committed records do not pass.
    pub stable: i64,
    /// The offset after the last record.
    pub end: i64,
}

/// Every partition of these topics whose stable end is behind its end, as of now. Blocks.
///
/// # Errors
/// [`ReadError`] when the cluster cannot be queried.
pub fn open_transactions(cluster: &ClusterConfig, topics: &[&str]) -> Result<Vec<OpenTransaction>, ReadError> {
    let asked = Ends::new(cluster)?;
    let mut found = Vec::new();
    for topic in topics {
        let name: Arc<str> = Arc::from(*topic);
        let count = asked.partitions(topic).map_err(|error| read_error(topic, &error))?;
        let partitions: Vec<_> = (0..count).map(|partition| (Arc::clone(&name), partition)).collect();
        let ends = asked.of(&partitions, consumers::QUERY_TIMEOUT).map_err(|error| read_error(topic, &error))?;
        for (_, partition) in &partitions {
            let Some(PartitionEnds { stable, end, .. }) = ends.get(&(Arc::clone(&name), *partition)).copied() else {
                let silent = BrokerError::Unavailable(format!("partition {partition} does not tell its ends"));
                return Err(read_error(topic, &silent));
            };
            if stable < end {
                found.push(OpenTransaction { topic: (*topic).to_owned(), partition: *partition, stable, end });
            }
        }
    }
    Ok(found)
}

/// The position that the group has committed in each partition of the topic, as of now; 0 where it never has. Blocks.
///
/// # Errors
/// [`ReadError`] when the cluster cannot be queried, or a transaction that would move a position is open.
pub fn committed_offsets(cluster: &ClusterConfig, group: &str, topic: &str) -> Result<Vec<(i32, i64)>, ReadError> {
    let consumer = consumers::connect(&consumers::settings(cluster, group, 64)?, Logging)?;
    let count = consumers::partition_count(&consumer, topic);
    let partitions: Vec<i32> = (0..count.map_err(|error| read_error(topic, &errors::of_query(&error)))?).collect();
    let committed = consumers::committed(&consumer, topic, &partitions, consumers::QUERY_TIMEOUT)
        .map_err(|error| read_error(topic, &error))?;
    let offsets = committed.into_iter().map(|position| position.map_or(0, |position| position.offset));
    Ok(partitions.into_iter().zip(offsets).collect())
}
