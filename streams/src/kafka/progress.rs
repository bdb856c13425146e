//! How far a group has come in a topic, for people and for proofs: asked from outside, without joining it.

use rdkafka::consumer::Consumer;
use rdkafka::topic_partition_list::Offset;

use super::cluster::ClusterConfig;
use super::logging::Logging;
use super::tap::TapError;
use super::{consumers, errors};

/// The position that the group has committed in each partition of the topic, as of now; 0 where it never has. Blocks.
///
/// # Errors
/// [`TapError`] when the cluster cannot be asked, or a transaction that would move a position is open.
pub fn progress(cluster: &ClusterConfig, group: &str, topic: &str) -> Result<Vec<(i32, i64)>, TapError> {
    let broken = |reason: String| TapError::Broker { topic: topic.to_owned(), reason };
    let consumer = consumers::connect(&consumers::settings(cluster, group, 64)?, Logging)?;
    let asked = |error| broken(errors::of_question(&error).to_string());
    let partitions = consumers::partition_count(&consumer, topic).map_err(asked)?;
    let question = consumers::several(topic, 0..partitions);
    let answer = consumer.committed_offsets(question, consumers::QUESTION).map_err(asked)?;
    let position = |partition| {
        let found = answer.find_partition(topic, partition);
        let found = found.ok_or_else(|| broken(format!("no committed position of partition {partition}")))?;
        found.error().map_err(asked)?;
        let Offset::Offset(position) = found.offset() else { return Ok((partition, 0)) };
        Ok((partition, position))
    };
    (0..partitions).map(position).collect()
}
