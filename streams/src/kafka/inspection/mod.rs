//! Queries of a cluster from outside, without joining a group: ends of partitions, positions and members of groups, the first record
//! after a position, and open transactions.

mod ends;
mod first_record;
mod groups;

use rdkafka::consumer::Consumer;

pub use ends::{Ends, PartitionEnds};
pub use first_record::{FirstRecord, FirstRecords, Place};
pub use groups::{GroupPositions, GroupState, GroupView, Groups, Member};

use super::cluster::ClusterConfig;
use super::logging::Logging;
use super::reader::PartitionReader;
use super::topic_reader::{ReadError, read_error};
use super::{consumers, errors};

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
    let mut client = cluster.client()?;
    client.set("isolation.level", "read_uncommitted");
    let ends = consumers::connect(&client, Logging)?;
    let mut found = Vec::new();
    for topic in topics {
        let reader = PartitionReader::new(cluster, topic, 64)?;
        let read_error = |reason: String| ReadError::Broker { topic: (*topic).to_owned(), reason };
        let partitions = reader.partitions().map_err(|error| read_error(error.to_string()))?;
        for partition in 0..partitions {
            // The end first: a record that is written in between can then only hide an open transaction, never invent one.
            let (_, end) = ends
                .fetch_watermarks(topic, partition, consumers::QUERY_TIMEOUT)
                .map_err(|error| read_error(errors::of_query(&error).to_string()))?;
            let (_, stable) = reader.stable_range(partition).map_err(|error| read_error(error.to_string()))?;
            if stable < end {
                found.push(OpenTransaction { topic: (*topic).to_owned(), partition, stable, end });
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
    let committed = consumers::committed(&consumer, topic, &partitions).map_err(|error| read_error(topic, &error))?;
    let offsets = committed.into_iter().map(|position| position.map_or(0, |position| position.offset));
    Ok(partitions.into_iter().zip(offsets).collect())
}
