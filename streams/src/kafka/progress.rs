//! How far a group has come in a topic, for people and for proofs: asked from outside, without joining it.

use super::cluster::ClusterConfig;
use super::logging::Logging;
use super::tap::{TapError, broken};
use super::{consumers, errors};

/// The position that the group has committed in each partition of the topic, as of now; 0 where it never has. Blocks.
///
/// # Errors
/// [`TapError`] when the cluster cannot be asked, or a transaction that would move a position is open.
pub fn progress(cluster: &ClusterConfig, group: &str, topic: &str) -> Result<Vec<(i32, i64)>, TapError> {
    let consumer = consumers::connect(&consumers::settings(cluster, group, 64)?, Logging)?;
    let count = consumers::partition_count(&consumer, topic);
    let partitions: Vec<i32> = (0..count.map_err(|error| broken(topic, &errors::of_question(&error)))?).collect();
    let committed = consumers::committed(&consumer, topic, &partitions).map_err(|error| broken(topic, &error))?;
    let offsets = committed.into_iter().map(|position| position.map_or(0, |position| position.offset));
    Ok(partitions.into_iter().zip(offsets).collect())
}
