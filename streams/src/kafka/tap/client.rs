//! The clients of a tap: one consumer a topic, which reads all its partitions, and one that asks for ends and times.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::Offset;

use super::super::cluster::ClusterConfig;
use super::super::consumers;
use super::super::inspection::{Ends, PartitionEnds};
use super::super::logging::Logging;
use super::{Span, TapError};
use crate::broker::BrokerError;

/// Who taps, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TapConfig {
    /// Goes into the client id `timesale-tap-USER`; what has no place there becomes `-`.
    pub user: String,
    /// Bytes that the client may hold ready, in KiB a partition.
    pub fetch_kbytes: u32,
    /// Which records there are to see.
    pub isolation: Isolation,
}

/// Which records there are to see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Isolation {
    /// Committed ones, up to the stable end.
    Committed,
    /// All, up to the end.
    Uncommitted,
}

/// Clients that read without a group.
pub struct TapClient {
    pub(super) sources: Vec<Source>,
    ends: Ends,
    isolation: Isolation,
}

/// A topic with the consumer that reads it. One a topic, because an end of a partition names only the partition.
pub(super) struct Source {
    pub(super) topic: Arc<str>,
    pub(super) consumer: BaseConsumer<Logging>,
    partitions: i32,
}

impl TapClient {
    /// Makes the clients and asks how many partitions each topic has. Blocks.
    ///
    /// # Errors
    /// [`TapError::Absent`] when there is no such topic, [`TapError::Unavailable`] when no broker answers within 5 s.
    pub fn open(cluster: &ClusterConfig, topics: &[&str], config: &TapConfig) -> Result<Self, TapError> {
        let mut client = consumers::settings(cluster, "timesale-tap", config.fetch_kbytes)?;
        client
            .set("client.id", client_id(&config.user))
            .set("enable.partition.eof", "true")
            .set("queued.min.messages", "100000")
            .set("fetch.message.max.bytes", "1048576");
        if config.isolation == Isolation::Uncommitted {
            client.set("isolation.level", "read_uncommitted");
        }
        let ends = Ends::new(cluster)?;
        let source = |topic: &&str| {
            let consumer = consumers::connect(&client, Logging)?;
            let partitions = ends.partitions(topic).map_err(|error| refused(topic, &error))?;
            Ok(Source { topic: Arc::from(*topic), consumer, partitions })
        };
        let sources = topics.iter().map(source).collect::<Result<_, TapError>>()?;
        Ok(Self { sources, ends, isolation: config.isolation })
    }

    /// Every partition of every topic, in this order. A tap of it has the same places.
    #[must_use]
    pub fn partitions(&self) -> Vec<(Arc<str>, i32)> {
        let of = |source: &Source| {
            let topic = Arc::clone(&source.topic);
            (0..source.partitions).map(move |partition| (Arc::clone(&topic), partition))
        };
        self.sources.iter().flat_map(of).collect()
    }

    /// First offset, stable end and end of these partitions, as of now. Blocks.
    ///
    /// # Errors
    /// [`TapError::Unavailable`] when no broker answers in time, or a partition does not.
    pub fn ends(&self, partitions: &[(Arc<str>, i32)]) -> Result<BTreeMap<(Arc<str>, i32), PartitionEnds>, TapError> {
        let found = self.ends.of(partitions, consumers::QUERY_TIMEOUT);
        let found = found.map_err(|error| refused(&names(partitions), &error))?;
        match partitions.iter().find(|name| !found.contains_key(*name)) {
            Some((topic, partition)) => Err(TapError::Unavailable {
                topic: topic.to_string(),
                reason: format!("partition {partition} does not tell its ends"),
            }),
            None => Ok(found),
        }
    }

    /// The first offset of each partition whose record is not older than this time, milliseconds since 1970; none where there is no such
    /// record. Blocks.
    ///
    /// # Errors
    /// [`TapError::Unavailable`] when no broker answers in time.
    pub fn offsets_at(
        &self,
        partitions: &[(Arc<str>, i32)],
        timestamp: i64,
    ) -> Result<BTreeMap<(Arc<str>, i32), i64>, TapError> {
        let mut found = BTreeMap::new();
        for source in &self.sources {
            let asked: Vec<_> = partitions.iter().filter(|(topic, _)| *topic == source.topic).cloned().collect();
            if asked.is_empty() {
                continue;
            }
            let answer = consumers::in_parts(&asked, consumers::QUERY_TIMEOUT, |mut question, timeout| {
                // Negative times mean something else to a broker.
                question.set_all_offsets(Offset::Offset(timestamp.max(0)))?;
                source.consumer.offsets_for_times(question, timeout)
            });
            found.extend(answer.map_err(|error| refused(&source.topic, &error))?);
        }
        Ok(found)
    }

    /// The id of the broker that leads each partition, where there is one. Blocks.
    #[must_use]
    pub fn leaders(&self) -> BTreeMap<(Arc<str>, i32), i32> {
        let mut leaders = BTreeMap::new();
        for source in &self.sources {
            let Ok(metadata) = source.consumer.fetch_metadata(Some(&source.topic), consumers::QUERY_TIMEOUT) else {
                continue;
            };
            let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
            leaders.extend(partitions.map(|found| ((Arc::clone(&source.topic), found.id()), found.leader())));
        }
        leaders
    }

    /// Which records there are to see.
    #[must_use]
    pub fn isolation(&self) -> Isolation {
        self.isolation
    }

    pub(super) fn source(&self, topic: &str) -> Option<usize> {
        self.sources.iter().position(|source| *source.topic == *topic)
    }
}

impl Source {
    pub(super) fn assign(&self, places: &[(i32, i64)]) -> Result<(), TapError> {
        let mut list = TopicPartitionList::with_capacity(places.len());
        let added = places
            .iter()
            .try_for_each(|(partition, offset)| {
                list.add_partition_offset(&self.topic, *partition, Offset::Offset(*offset))
            })
            .and_then(|()| if places.is_empty() { Ok(()) } else { self.consumer.incremental_assign(&list) });
        added.map_err(|error| unavailable(&self.topic, &error.to_string()))
    }

    pub(super) fn unassign(&self, partition: i32) -> Result<(), TapError> {
        let list = consumers::several(&self.topic, [partition]);
        self.consumer.incremental_unassign(&list).map_err(|error| unavailable(&self.topic, &error.to_string()))
    }

    pub(super) fn unassign_all(&self) -> Result<(), TapError> {
        self.consumer.unassign().map_err(|error| unavailable(&self.topic, &error.to_string()))?;
        // What was handed over before is of no use to the next reader.
        while self.consumer.poll(Duration::ZERO).is_some() {}
        Ok(())
    }

    /// Stops fetching a partition, or goes on where the last record that was handed out ends.
    pub(super) fn hold(&self, partition: i32, is_held: bool) -> Result<(), TapError> {
        let list = consumers::several(&self.topic, [partition]);
        let done = if is_held { self.consumer.pause(&list) } else { self.consumer.resume(&list) };
        done.map_err(|error| unavailable(&self.topic, &error.to_string()))
    }
}

/// A client that is dropped waits for its threads; what it holds is not read any more.
impl Drop for TapClient {
    fn drop(&mut self) {
        for source in &self.sources {
            if let Err(error) = source.consumer.unassign() {
                tracing::debug!(topic = %source.topic, %error, "ending a tap");
            }
        }
    }
}

/// The client id: letters, digits, `.`, `-` and `_`, as quotas take them.
fn client_id(user: &str) -> String {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let user: String = user.chars().take(64).map(|letter| if legal(letter) { letter } else { '-' }).collect();
    format!("timesale-tap-{user}")
}

fn names(partitions: &[(Arc<str>, i32)]) -> String {
    partitions.first().map_or_else(String::new, |(topic, _)| topic.to_string())
}

pub(super) fn unavailable(topic: &str, reason: &str) -> TapError {
    TapError::Unavailable { topic: topic.to_owned(), reason: reason.to_owned() }
}

fn refused(topic: &str, error: &BrokerError) -> TapError {
    match error {
        BrokerError::Fatal(_) => TapError::Absent(topic.to_owned()),
        other => unavailable(topic, &other.to_string()),
    }
}

/// How long nothing may come before it is asked whether anybody is there.
pub(super) const SILENCE: Duration = Duration::from_secs(5);

impl TapClient {
    /// Every partition from its first offset to the end that this client may read, as of now. Blocks.
    ///
    /// # Errors
    /// As [`TapClient::ends`].
    pub fn everything(&self) -> Result<Vec<Span>, TapError> {
        let partitions = self.partitions();
        let ends = self.ends(&partitions)?;
        let span = |name: &(Arc<str>, i32)| {
            let found = ends.get(name)?;
            let to = if self.isolation == Isolation::Committed { found.stable } else { found.end };
            Some(Span { topic: Arc::clone(&name.0), partition: name.1, from: found.first, to: Some(to) })
        };
        Ok(partitions.iter().filter_map(span).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::client_id;

    #[test]
    fn a_client_id_names_the_user() {
        assert_eq!(client_id("kim"), "timesale-tap-kim");
        assert_eq!(client_id("김 x/y"), "timesale-tap---x-y");
        assert_eq!(client_id(&"a".repeat(100)).len(), "timesale-tap-".len() + 64);
    }
}
