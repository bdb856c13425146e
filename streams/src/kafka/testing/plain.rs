//! Producers and consumers as any other program has them: without the runtime, and without its guarantees.

use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::admin::AdminClient;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::Offset;

use super::super::admin::{options, wait};
use super::super::cluster::ClusterConfig;
use super::super::consumers;
use super::super::logging::Logging;

/// How long a call may take.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A producer. A failed call panics: it is for tests.
pub struct PlainProducer(BaseProducer);

impl PlainProducer {
    /// One without transactions.
    ///
    /// # Panics
    /// When its settings are refused.
    #[must_use]
    pub fn new(cluster: &ClusterConfig) -> Self {
        Self::with(cluster, &[("linger.ms", "0"), ("message.max.bytes", "8000000")])
    }

    /// One with transactions.
    ///
    /// # Panics
    /// When its settings are refused, or the cluster does not answer.
    #[must_use]
    pub fn transactional(cluster: &ClusterConfig, id: &str) -> Self {
        let producer = Self::with(
            cluster,
            &[
                ("linger.ms", "0"),
                ("transactional.id", id),
                ("transaction.timeout.ms", "600000"),
                ("message.max.bytes", "8000000"),
            ],
        );
        done("init_transactions", producer.0.init_transactions(TIMEOUT));
        producer
    }

    /// One with transactions that gathers records before it sends them, for filling topics.
    ///
    /// # Panics
    /// When its settings are refused, or the cluster does not answer.
    #[must_use]
    pub fn bulk(cluster: &ClusterConfig, id: &str) -> Self {
        let settings = [
            ("linger.ms", "20"),
            ("transactional.id", id),
            ("transaction.timeout.ms", "600000"),
            ("message.max.bytes", "1048576"),
            ("batch.size", "262144"),
        ];
        let producer = Self::with(cluster, &settings);
        done("init_transactions", producer.0.init_transactions(TIMEOUT));
        producer
    }

    fn with(cluster: &ClusterConfig, settings: &[(&str, &str)]) -> Self {
        let mut client = done("settings", cluster.client());
        for (name, value) in settings {
            client.set(*name, *value);
        }
        Self(done("producer", client.create()))
    }

    /// Hands over a record with this key and time, milliseconds since 1970; [`PlainProducer::flush`] says when it is in the log.
    pub fn send(&self, topic: &str, partition: i32, key: &str, value: &str, timestamp: i64) {
        let record = BaseRecord::to(topic).partition(partition).key(key).payload(value).timestamp(timestamp);
        done("send", self.0.send(record).map_err(|(error, _)| error));
    }

    /// Hands over a record as it is, with headers whose values may be missing. Waits where the queue is full.
    pub fn write(
        &self,
        topic: &str,
        partition: i32,
        (key, value): (Option<&[u8]>, Option<&[u8]>),
        headers: &[(&str, Option<&[u8]>)],
        timestamp: i64,
    ) {
        let owned =
            headers.iter().fold(OwnedHeaders::new(), |owned, (key, value)| owned.insert(Header { key, value: *value }));
        let mut record: BaseRecord<'_, [u8], [u8]> =
            BaseRecord::to(topic).partition(partition).headers(owned).timestamp(timestamp);
        (record.key, record.payload) = (key, value);
        loop {
            match self.0.send(record) {
                Ok(()) => return,
                Err((error, back)) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) => {
                    record = back;
                    self.0.poll(Duration::from_millis(10));
                }
                Err((error, _)) => panic!("write: {error}"),
            }
        }
    }

    /// Returns when everything is in the log.
    pub fn flush(&self) {
        done("flush", self.0.flush(TIMEOUT));
    }

    /// Begins a transaction.
    pub fn begin(&self) {
        done("begin", self.0.begin_transaction());
    }

    /// Puts a position of a group into the transaction.
    pub fn send_position(&self, consumer: &PlainConsumer, topic: &str, partition: i32, position: i64) {
        let list = done("position", consumers::one(topic, partition, Offset::Offset(position)));
        let Some(group) = consumer.0.group_metadata() else { panic!("the consumer has a group") };
        done("send offsets", self.0.send_offsets_to_transaction(&list, &group, TIMEOUT));
    }

    /// Commits the transaction.
    pub fn commit(&self) {
        done("commit", self.0.commit_transaction(TIMEOUT));
    }

    /// Aborts the transaction.
    pub fn abort(&self) {
        self.flush();
        done("abort", self.0.abort_transaction(TIMEOUT));
    }
}

/// How a group gives out its partitions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// The members do.
    Classic,
    /// The broker does (KIP-848).
    New,
}

/// A consumer that reads from the beginning. A failed call panics: it is for tests.
pub struct PlainConsumer(BaseConsumer<Logging>);

impl PlainConsumer {
    /// A consumer of this group, which does not join it before it subscribes.
    ///
    /// # Panics
    /// When its settings are refused.
    #[must_use]
    pub fn new(cluster: &ClusterConfig, group: &str, protocol: Protocol) -> Self {
        let mut client = done("settings", cluster.client());
        client
            .set("client.id", "plain")
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("group.protocol", if protocol == Protocol::New { "consumer" } else { "classic" });
        Self(done("consumer", client.create_with_context(Logging)))
    }

    /// Joins the group for this topic; returns when it has this many partitions.
    ///
    /// # Panics
    /// When it has not within a minute.
    pub fn join(&self, topic: &str, partitions: usize) {
        done("subscribe", self.0.subscribe(&[topic]));
        let deadline = Instant::now() + TIMEOUT;
        while done("assignment", self.0.assignment()).count() < partitions {
            assert!(Instant::now() < deadline, "{topic} is not assigned");
            drop(self.0.poll(Duration::from_millis(50)));
        }
    }

    /// Commits a position.
    ///
    /// # Panics
    /// When it is not committed within a minute.
    pub fn commit(&self, topic: &str, partition: i32, position: i64) {
        self.commit_list(&done("position", consumers::one(topic, partition, Offset::Offset(position))));
    }

    /// Commits the same position of every partition of a topic in one request, as a member does that owns them.
    ///
    /// # Panics
    /// When it is not committed within a minute.
    pub fn commit_all(&self, topic: &str, partitions: i32, position: i64) {
        let mut list = consumers::several(topic, 0..partitions);
        done("position", list.set_all_offsets(Offset::Offset(position)));
        self.commit_list(&list);
    }

    /// Commits a position with a text beside it, as the runtime does.
    ///
    /// # Panics
    /// When it is not committed within a minute.
    pub fn commit_with(&self, topic: &str, partition: i32, position: i64, text: &str) {
        let list: TopicPartitionList = done("position", consumers::one(topic, partition, Offset::Offset(position)));
        if let Some(mut element) = list.find_partition(topic, partition) {
            element.set_metadata(text);
        }
        self.commit_list(&list);
    }

    /// A group's coordinator may not be known yet: it is tried again.
    fn commit_list(&self, list: &TopicPartitionList) {
        let deadline = Instant::now() + TIMEOUT;
        while let Err(error) = self.0.commit(list, CommitMode::Sync) {
            assert!(Instant::now() < deadline, "commit: {error}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The group's committed position, with what was committed beside it; none when it has committed nothing.
    #[must_use]
    pub fn committed(&self, topic: &str, partition: i32) -> Option<(i64, String)> {
        let list = done("position", consumers::one(topic, partition, Offset::Invalid));
        let found = done("committed", self.0.committed_offsets(list, TIMEOUT));
        let element = found.find_partition(topic, partition)?;
        let Offset::Offset(offset) = element.offset() else { return None };
        Some((offset, element.metadata().to_owned()))
    }

    /// Reads on for so long, and drops what comes.
    pub fn read(&self, time: Duration) {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline {
            drop(self.0.poll(Duration::from_millis(20)));
        }
    }
}

/// What nobody does to a log but tests. A failed call panics.
pub struct PlainAdmin(AdminClient<Logging>);

impl PlainAdmin {
    /// Makes a client.
    ///
    /// # Panics
    /// When its settings are refused.
    #[must_use]
    pub fn new(cluster: &ClusterConfig) -> Self {
        Self(done("admin", done("settings", cluster.client()).create_with_context(Logging)))
    }

    /// Deletes the records of a partition before this offset, as retention does.
    pub fn delete_records(&self, topic: &str, partition: i32, before: i64) {
        let list = done("offset", consumers::one(topic, partition, Offset::Offset(before)));
        done("delete records", wait(self.0.delete_records(&list, &options())));
    }

    /// Deletes a topic.
    pub fn delete_topic(&self, topic: &str) {
        done("delete topic", wait(self.0.delete_topics(&[topic], &options())));
    }

    /// Deletes a group and its positions.
    pub fn delete_group(&self, group: &str) {
        done("delete group", wait(self.0.delete_groups(&[group], &options())));
    }
}

fn done<T, E: std::fmt::Display>(what: &str, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error}"))
}
