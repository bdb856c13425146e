//! Reads partitions of one topic by position: committed records, and the position after them.
//!
//! Not a member of any group. An empty answer is no sign of the end, because control records and aborted records take offsets;
//! the position is. The library does not report positions beyond the last record, so they are found like this: query the last
//! stable offset, *then* begin to fetch; the first "end of partition" of that fetch has passed the offset that was asked for.
//! A later one would prove nothing, since it may have been sent before the query; so after each the fetch begins again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset;

use super::cluster::{ClusterConfig, ConfigError};
use super::logging::Logging;
use super::{consumers, errors, records};
use crate::broker::BrokerError;
use crate::record::Record;

/// A fetch that was not used for this long is ended: it would only fill memory.
const IDLE: Duration = Duration::from_secs(2);

/// Reads partitions of one topic by position.
pub(super) struct PartitionReader {
    topic: Arc<str>,
    consumer: BaseConsumer<Logging>,
    cursors: BTreeMap<i32, Cursor>,
}

/// A partition that is being fetched.
struct Cursor {
    /// The position after what has been returned.
    position: i64,
    /// The last stable offset before this fetch began.
    stable: i64,
    /// What has been fetched and not returned.
    ready: VecDeque<Record>,
    /// Whether everything below `stable` is in `ready` or has been returned.
    ended: bool,
    touched: Instant,
}

impl PartitionReader {
    /// Makes a client; connects in the background.
    pub(super) fn new(cluster: &ClusterConfig, topic: &str, fetch_kbytes: u32) -> Result<Self, ConfigError> {
        Self::with(cluster, topic, fetch_kbytes, &[])
    }

    /// The same for a reader that goes from place to place: a partition that is taken up waits for the fetch under way, so that is short.
    pub(super) fn hasty(cluster: &ClusterConfig, topic: &str, fetch_kbytes: u32) -> Result<Self, ConfigError> {
        Self::with(cluster, topic, fetch_kbytes, &[("fetch.wait.max.ms", "5")])
    }

    fn with(
        cluster: &ClusterConfig,
        topic: &str,
        fetch_kbytes: u32,
        more: &[(&str, &str)],
    ) -> Result<Self, ConfigError> {
        let mut client = consumers::settings(cluster, &format!("{topic}.reader"), fetch_kbytes)?;
        client.set("enable.partition.eof", "true");
        for (name, value) in more {
            client.set(*name, *value);
        }
        let consumer = consumers::connect(&client, Logging)?;
        Ok(Self { topic: Arc::from(topic), consumer, cursors: BTreeMap::new() })
    }

    /// The partition count.
    pub(super) fn partitions(&self) -> Result<i32, BrokerError> {
        consumers::partition_count(&self.consumer, &self.topic).map_err(|error| errors::of_query(&error))
    }

    /// First offset and last stable offset of a partition.
    pub(super) fn stable_range(&self, partition: i32) -> Result<(i64, i64), BrokerError> {
        self.consumer
            .fetch_watermarks(&self.topic, partition, consumers::QUERY_TIMEOUT)
            .map_err(|error| errors::of_query(&error))
    }

    /// As [`crate::broker::Broker::read`].
    pub(super) fn read(
        &mut self,
        partition: i32,
        position: i64,
        most: usize,
        timeout: Duration,
    ) -> Result<(Vec<Record>, i64), BrokerError> {
        let deadline = Instant::now() + timeout;
        self.end_idle(partition);
        if self.cursors.get(&partition).is_none_or(|cursor| cursor.position != position)
            && !self.begin(partition, position)?
        {
            // Every committed record has been read: the caller waits for a transaction to end, or for new records.
            std::thread::sleep(timeout.min(Duration::from_millis(5)));
            return Ok((Vec::new(), position));
        }
        loop {
            let Some(cursor) = self.cursors.get_mut(&partition) else {
                return Ok((Vec::new(), position));
            };
            cursor.touched = Instant::now();
            if cursor.ended || cursor.ready.len() >= most {
                break;
            }
            // What is there is returned at once; it waits only while there is nothing.
            let wait = if cursor.ready.is_empty() {
                deadline.saturating_duration_since(Instant::now())
            } else {
                Duration::ZERO
            };
            if !self.fetch(wait)? {
                break;
            }
        }
        Ok(self.take(partition, position, most))
    }

    /// Begins to fetch; false when there is nothing to fetch now.
    fn begin(&mut self, partition: i32, position: i64) -> Result<bool, BrokerError> {
        self.end(partition);
        let (first, stable) = self.stable_range(partition)?;
        if position < first {
            return Err(BrokerError::Fatal(format!(
                "{} [{partition}]: position {position} is before the log's first offset {first}",
                self.topic
            )));
        }
        if position == stable {
            return Ok(false);
        }
        consumers::one(&self.topic, partition, Offset::Offset(position))
            .and_then(|list| self.consumer.incremental_assign(&list))
            .map_err(|error| BrokerError::Unavailable(error.to_string()))?;
        let cursor = Cursor { position, stable, ready: VecDeque::new(), ended: false, touched: Instant::now() };
        self.cursors.insert(partition, cursor);
        Ok(true)
    }

    /// Takes one message from the library to its cursor; false when there was none.
    fn fetch(&mut self, wait: Duration) -> Result<bool, BrokerError> {
        match self.consumer.poll(wait) {
            None => return Ok(false),
            Some(Ok(message)) => {
                let record = records::record_from(&message, &self.topic);
                if let Some(cursor) = self.cursors.get_mut(&message.partition()) {
                    cursor.ready.push_back(record);
                }
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                if let Some(cursor) = self.cursors.get_mut(&partition) {
                    cursor.ended = true;
                }
            }
            Some(Err(error)) => match error.rdkafka_error_code() {
                Some(code)
                    if errors::is_outside_log(code) || errors::is_forbidden(code) || errors::is_corrupt(code) =>
                {
                    self.end_all();
                    return Err(BrokerError::Fatal(format!("{}: {error}", self.topic)));
                }
                // The library retries by itself.
                _ => tracing::debug!(topic = %self.topic, %error, "reading by position"),
            },
        }
        Ok(true)
    }

    fn take(&mut self, partition: i32, position: i64, most: usize) -> (Vec<Record>, i64) {
        let Some(cursor) = self.cursors.get_mut(&partition) else {
            return (Vec::new(), position);
        };
        let records: Vec<Record> = cursor.ready.drain(..most.min(cursor.ready.len())).collect();
        if let Some(last) = records.last() {
            cursor.position = last.offset + 1;
        }
        if cursor.ended && cursor.ready.is_empty() {
            let end = cursor.position.max(cursor.stable);
            self.end(partition);
            return (records, end);
        }
        (records, cursor.position)
    }

    fn end(&mut self, partition: i32) {
        if self.cursors.remove(&partition).is_some() {
            let list = consumers::several(&self.topic, [partition]);
            if let Err(error) = self.consumer.incremental_unassign(&list) {
                tracing::debug!(topic = %self.topic, partition, %error, "ending a fetch");
            }
        }
    }

    fn end_idle(&mut self, but: i32) {
        let idle = |(partition, cursor): (&i32, &Cursor)| {
            (*partition != but && cursor.touched.elapsed() > IDLE).then_some(*partition)
        };
        let idle: Vec<i32> = self.cursors.iter().filter_map(idle).collect();
        for partition in idle {
            self.end(partition);
        }
    }

    fn end_all(&mut self) {
        while let Some(partition) = self.cursors.keys().next().copied() {
            self.end(partition);
        }
    }
}
