//! Where a partition's stable end stands behind its end: a transaction is open there.
//!
//! Beside work that goes on this is a moment's truth and no news. Once everything rests, what is still open hangs: its producer is
//! gone or its end never reached the partition, and readers of committed records will not pass it.

use super::cluster::ClusterConfig;
use super::logging::Logging;
use super::reader::PartitionReader;
use super::tap::TapError;
use super::{consumers, errors};
use rdkafka::consumer::Consumer;

/// A partition with an open transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hanging {
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
/// [`TapError`] when the cluster cannot be asked.
pub fn hanging(cluster: &ClusterConfig, topics: &[&str]) -> Result<Vec<Hanging>, TapError> {
    let mut client = cluster.client()?;
    client.set("isolation.level", "read_uncommitted");
    let ends = consumers::connect(&client, Logging)?;
    let mut found = Vec::new();
    for topic in topics {
        let reader = PartitionReader::new(cluster, topic, 64)?;
        let broken = |reason: String| TapError::Broker { topic: (*topic).to_owned(), reason };
        let partitions = reader.partitions().map_err(|error| broken(error.to_string()))?;
        for partition in 0..partitions {
            // The end first: what comes in between can only make the stable end look better than it was, never worse.
            let (_, end) = ends
                .fetch_watermarks(topic, partition, consumers::QUESTION)
                .map_err(|error| broken(errors::of_question(&error).to_string()))?;
            let (_, stable) = reader.stable_range(partition).map_err(|error| broken(error.to_string()))?;
            if stable < end {
                found.push(Hanging { topic: (*topic).to_owned(), partition, stable, end });
            }
        }
    }
    Ok(found)
}
