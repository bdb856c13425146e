//! First offset, last stable offset and end of many partitions, in one question to each broker.
//!
//! `offsets_for_times` takes the symbolic offsets *beginning* and *end* in place of a time, asks every leader once, and honours the
//! isolation of its client: read-committed gets the last stable offset, read-uncommitted the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::Offset;

use super::super::cluster::{ClusterConfig, ConfigError};
use super::super::logging::Logging;
use super::super::{consumers, errors};
use crate::broker::BrokerError;

/// A partition's name: topic and number.
pub(super) type Name = (Arc<str>, i32);

/// The offsets between which a partition can be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionEnds {
    /// The first offset that the log still has.
    pub first: i64,
    /// The last stable offset: readers of committed records get no further.
    pub stable: i64,
    /// The offset after the last record, of open transactions too.
    pub end: i64,
}

/// Two clients that belong to no group and read nothing.
pub struct Ends {
    committed: BaseConsumer<Logging>,
    uncommitted: BaseConsumer<Logging>,
}

impl Ends {
    /// Makes the clients; they connect in the background.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(cluster: &ClusterConfig) -> Result<Self, ConfigError> {
        let client = |isolation: &str| {
            let mut client = cluster.client()?;
            client.set("isolation.level", isolation);
            consumers::learn_topics_soon(&mut client);
            consumers::connect(&client, Logging)
        };
        Ok(Self { committed: client("read_committed")?, uncommitted: client("read_uncommitted")? })
    }

    /// Every topic of the cluster that this client may see, with its partition count. Blocks.
    ///
    /// # Errors
    /// [`BrokerError::Unavailable`] when no broker answers in time.
    pub fn topics(&self, timeout: Duration) -> Result<BTreeMap<Arc<str>, i32>, BrokerError> {
        let metadata = self.committed.fetch_metadata(None, timeout).map_err(|error| errors::of_query(&error))?;
        let known = metadata.topics().iter().filter(|topic| topic.error().is_none());
        let count = |partitions: usize| i32::try_from(partitions).unwrap_or(i32::MAX);
        Ok(known.map(|topic| (Arc::from(topic.name()), count(topic.partitions().len()))).collect())
    }

    /// How many partitions a topic has. Blocks.
    pub(in crate::kafka) fn partitions(&self, topic: &str) -> Result<i32, BrokerError> {
        consumers::partition_count(&self.committed, topic).map_err(|error| errors::of_query(&error))
    }

    /// The offsets of these partitions. One that does not exist, or whose leader does not answer, is left out. The end is asked before the
    /// stable end, so a record that is written in between never looks like one of an open transaction. Blocks.
    ///
    /// # Errors
    /// [`BrokerError::Unavailable`] when no broker answers in time.
    pub fn of(
        &self,
        partitions: &[(Arc<str>, i32)],
        timeout: Duration,
    ) -> Result<BTreeMap<(Arc<str>, i32), PartitionEnds>, BrokerError> {
        let ends = ask(&self.uncommitted, partitions, Offset::End, timeout)?;
        let stables = ask(&self.committed, partitions, Offset::End, timeout)?;
        let firsts = ask(&self.committed, partitions, Offset::Beginning, timeout)?;
        let of_one = |name: &Name| {
            let (end, stable, first) = (*ends.get(name)?, *stables.get(name)?, *firsts.get(name)?);
            Some((name.clone(), PartitionEnds { first, stable, end: end.max(stable) }))
        };
        Ok(partitions.iter().filter_map(of_one).collect())
    }
}

/// The answer for each partition that has one.
fn ask(
    client: &BaseConsumer<Logging>,
    partitions: &[Name],
    what: Offset,
    timeout: Duration,
) -> Result<BTreeMap<Name, i64>, BrokerError> {
    consumers::in_parts(partitions, timeout, |mut question, timeout| {
        question.set_all_offsets(what)?;
        client.offsets_for_times(question, timeout)
    })
}
