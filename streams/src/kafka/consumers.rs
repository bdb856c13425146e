//! What all consumers of this folder share: their settings, and queries of a partition's offsets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionListElem};

use super::cluster::{ClusterConfig, ConfigError};
use super::errors;
use crate::broker::{BrokerError, Position};

/// How long a query to the cluster may take.
pub(super) const QUERY_TIMEOUT: Duration = Duration::from_secs(5);

/// A consumer that reads committed records, from given positions only, and commits nothing by itself.
pub(super) fn settings(cluster: &ClusterConfig, group: &str, fetch_kbytes: u32) -> Result<ClientConfig, ConfigError> {
    let mut client = cluster.client()?;
    client
        .set("group.id", group)
        .set("isolation.level", "read_committed")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        // A position that is not in the log is an error: no records are skipped silently.
        .set("auto.offset.reset", "error")
        .set("check.crcs", "true")
        // The bound is per partition, and the default is 64 MiB.
        .set("queued.max.messages.kbytes", fetch_kbytes.max(64).to_string())
        .set("queued.min.messages", "10000")
        // A full queue is checked again after this time; the default of 1 s is a stall.
        .set("fetch.queue.backoff.ms", "5")
        // A partition that begins or resumes waits for the request under way: the default of 500 ms would be its latency.
        .set("fetch.wait.max.ms", "100")
        .set("fetch.error.backoff.ms", "50");
    Ok(client)
}

/// Lets a client that lives long learn soon of topics that were given more partitions or were made anew.
pub(super) fn learn_topics_soon(client: &mut ClientConfig) {
    client.set("topic.metadata.refresh.interval.ms", "10000").set("metadata.max.age.ms", "15000");
}

/// Partitions in one question: the library looks each one up in the list of all, so a question's cost grows with its square.
const MOST_PARTITIONS: usize = 200;

/// Asks for offsets of any number of partitions, some at a time, and answers those that have one. The time is that of all questions.
///
/// # Errors
/// [`BrokerError`] of the first question that is not answered.
pub(super) fn in_parts(
    partitions: &[(Arc<str>, i32)],
    timeout: Duration,
    ask: impl Fn(TopicPartitionList, Duration) -> KafkaResult<TopicPartitionList>,
) -> Result<BTreeMap<(Arc<str>, i32), i64>, BrokerError> {
    let deadline = Instant::now() + timeout;
    let mut found = BTreeMap::new();
    for part in partitions.chunks(MOST_PARTITIONS) {
        let mut question = TopicPartitionList::with_capacity(part.len());
        for (topic, partition) in part {
            question.add_partition(topic, *partition);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let answer = ask(question, left).map_err(|error| errors::of_query(&error))?;
        found.extend(offsets(&answer, part));
    }
    Ok(found)
}

/// The offsets in the library's answer to a question for these partitions, which it gives in the same order; those without one are left
/// out.
fn offsets<'a>(
    answer: &'a TopicPartitionList,
    asked: &'a [(Arc<str>, i32)],
) -> impl Iterator<Item = ((Arc<str>, i32), i64)> + 'a {
    let offset = |(element, name): (TopicPartitionListElem<'a>, &(Arc<str>, i32))| {
        let is_it = element.error().is_ok() && element.topic() == &*name.0 && element.partition() == name.1;
        match element.offset() {
            Offset::Offset(offset) if is_it => Some((name.clone(), offset)),
            _ => None,
        }
    };
    answer.elements().into_iter().zip(asked).filter_map(offset)
}

/// Makes a client of these settings.
pub(super) fn connect<C: ConsumerContext>(client: &ClientConfig, context: C) -> Result<BaseConsumer<C>, ConfigError> {
    client.create_with_context(context).map_err(|error| ConfigError::Refused(error.to_string()))
}

/// One partition in the library's list form.
pub(super) fn one(topic: &str, partition: i32, offset: Offset) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(1);
    list.add_partition_offset(topic, partition, offset)?;
    Ok(list)
}

/// Partitions in the library's list form.
pub(super) fn several(topic: &str, partitions: impl IntoIterator<Item = i32>) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for partition in partitions {
        list.add_partition(topic, partition);
    }
    list
}

/// The partition count of a topic.
pub(super) fn partition_count<C: ConsumerContext>(consumer: &BaseConsumer<C>, topic: &str) -> KafkaResult<i32> {
    let metadata = consumer.fetch_metadata(Some(topic), QUERY_TIMEOUT)?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    match found {
        Some(found) => match found.error() {
            Some(error) => Err(KafkaError::MetadataFetch(error.into())),
            None => Ok(i32::try_from(found.partitions().len()).unwrap_or(i32::MAX)),
        },
        None => Err(KafkaError::MetadataFetch(rdkafka::types::RDKafkaErrorCode::UnknownTopicOrPartition)),
    }
}

/// The positions that the consumer's group has committed, in the order asked for; nothing where it never has. A read-committed consumer
/// asks for stable positions: one that an open transaction would move is an error.
///
/// # Errors
/// [`BrokerError::Unavailable`] when there is no answer `within` this time.
pub(super) fn committed<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &str,
    partitions: &[i32],
    within: Duration,
) -> Result<Vec<Option<Position>>, BrokerError> {
    let question = several(topic, partitions.iter().copied());
    let answer = consumer.committed_offsets(question, within).map_err(|error| errors::of_query(&error))?;
    let position = |partition: &i32| {
        let Some(found) = answer.find_partition(topic, *partition) else {
            return Err(BrokerError::Unavailable(format!("no committed position of partition {partition}")));
        };
        found.error().map_err(|error| errors::of_query(&error))?;
        Ok(match found.offset() {
            Offset::Offset(offset) => Some(Position { offset, metadata: found.metadata().to_owned() }),
            _ => None,
        })
    };
    partitions.iter().map(position).collect()
}
