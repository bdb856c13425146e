//! The first committed record at or after a position: what a group that stands there will read next, and when it was written.
//!
//! One client reads many partitions at once, a little of each. A partition stays assigned until its answer has come, over several calls if
//! need be, because a long stretch of aborted records takes more than one fetch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::BorrowedMessage;
use rdkafka::topic_partition_list::Offset;
use rdkafka::{Message, TopicPartitionList};

use super::super::cluster::{ClusterConfig, ConfigError};
use super::super::logging::Logging;
use super::super::{consumers, errors};
use super::ends::Name;
use crate::broker::BrokerError;

/// Between two looks at the queues.
const PAUSE: Duration = Duration::from_millis(1);

/// Where to look.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// The position; must be in the log.
    pub position: i64,
}

/// What is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FirstRecord {
    /// A committed record.
    Record {
        /// Its offset.
        offset: i64,
        /// Its time, milliseconds since 1970.
        timestamp: i64,
    },
    /// No committed record between the position and the last stable offset that was known when the place was first asked for.
    None,
    /// The log has no such position any more, or refuses.
    Refused,
}

/// Reads the first record of many places.
pub struct FirstRecords {
    client: Arc<BaseConsumer<Logging>>,
    open: BTreeMap<Name, Open>,
}

/// A partition that is being fetched.
struct Open {
    position: i64,
    /// What comes from this partition; an end of a partition names no topic, so each partition has a queue of its own.
    queue: PartitionQueue<Logging>,
}

impl FirstRecords {
    /// Makes a client that belongs to no group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(cluster: &ClusterConfig) -> Result<Self, ConfigError> {
        let mut client = consumers::settings(cluster, "first-records", 1_024)?;
        client
            .set("enable.partition.eof", "true")
            // One record is wanted: no more is fetched than the batch that holds it, and nothing ahead of it.
            .set("max.partition.fetch.bytes", "16384")
            .set("queued.min.messages", "1")
            .set("fetch.wait.max.ms", "10");
        consumers::learn_topics_soon(&mut client);
        Ok(Self { client: Arc::new(consumers::connect(&client, Logging)?), open: BTreeMap::new() })
    }

    /// The answers that come within `timeout`. What has not been answered stays open for the next call that asks for it, and is given up
    /// by one that does not. Of several places in one partition only the first is looked at. Blocks.
    ///
    /// The caller has asked for the last stable offset before: the first end of the partition that a fetch meets has passed it.
    ///
    /// # Errors
    /// [`BrokerError::Unavailable`] when the client cannot be told what to fetch.
    pub fn read(&mut self, places: &[Place], timeout: Duration) -> Result<BTreeMap<Place, FirstRecord>, BrokerError> {
        let deadline = Instant::now() + timeout;
        let mut wanted: BTreeMap<Name, &Place> = BTreeMap::new();
        for place in places {
            wanted.entry((Arc::clone(&place.topic), place.partition)).or_insert(place);
        }
        let is_wanted =
            |name: &Name, open: &Open| wanted.get(name).is_some_and(|place| place.position == open.position);
        let stale = self.open.iter().filter(|(name, open)| !is_wanted(name, open)).map(|(name, _)| name.clone());
        self.end(&stale.collect::<Vec<_>>())?;
        self.begin(&wanted)?;

        let mut answers = BTreeMap::new();
        while answers.len() < wanted.len() && !self.open.is_empty() {
            let before = answers.len();
            for (name, open) in &self.open {
                let Some(place) = wanted.get(name).filter(|place| !answers.contains_key(**place)) else {
                    continue;
                };
                if let Some(answer) = open.queue.poll(Duration::ZERO).and_then(answer_of) {
                    answers.insert((*place).clone(), answer);
                }
            }
            self.serve(&wanted, &mut answers)?;
            if Instant::now() >= deadline {
                break;
            }
            if answers.len() == before {
                std::thread::sleep(PAUSE);
            }
        }
        let done: Vec<Name> = answers.keys().map(|place| (Arc::clone(&place.topic), place.partition)).collect();
        self.end(&done)?;
        Ok(answers)
    }

    /// Takes what comes past the partitions' own queues: the client's events, and a record of a partition that was fetched before its queue
    /// was apart. An end that comes this way names no topic, so whoever it may be for begins anew in the next call.
    fn serve(
        &mut self,
        wanted: &BTreeMap<Name, &Place>,
        answers: &mut BTreeMap<Place, FirstRecord>,
    ) -> Result<(), BrokerError> {
        let mut ended = Vec::new();
        while let Some(event) = self.client.poll(Duration::ZERO) {
            match event {
                Ok(message) => {
                    let name: Name = (Arc::from(message.topic()), message.partition());
                    if let (Some(place), Some(answer)) = (wanted.get(&name), answer_of(Ok(message))) {
                        answers.entry((*place).clone()).or_insert(answer);
                    }
                }
                Err(KafkaError::PartitionEOF(partition)) => ended.push(partition),
                Err(error) => tracing::debug!(%error, "reading first records"),
            }
        }
        let unclear = |(name, open): (&Name, &Open)| {
            let place = Place { topic: Arc::clone(&name.0), partition: name.1, position: open.position };
            (ended.contains(&name.1) && !answers.contains_key(&place)).then(|| name.clone())
        };
        let unclear: Vec<Name> = self.open.iter().filter_map(unclear).collect();
        self.end(&unclear)
    }

    fn begin(&mut self, wanted: &BTreeMap<Name, &Place>) -> Result<(), BrokerError> {
        let new: Vec<(&Name, i64)> = wanted
            .iter()
            .filter(|(name, _)| !self.open.contains_key(*name))
            .map(|(name, place)| (name, place.position))
            .collect();
        let mut list = TopicPartitionList::with_capacity(new.len());
        for ((topic, partition), position) in &new {
            let added = list.add_partition_offset(topic, *partition, Offset::Offset(*position));
            added.map_err(|error| BrokerError::Unavailable(error.to_string()))?;
        }
        if new.is_empty() {
            return Ok(());
        }
        self.client.incremental_assign(&list).map_err(|error| BrokerError::Unavailable(error.to_string()))?;
        for (name, position) in new {
            if let Some(queue) = self.client.split_partition_queue(&name.0, name.1) {
                self.open.insert(name.clone(), Open { position, queue });
            }
        }
        Ok(())
    }

    fn end(&mut self, names: &[Name]) -> Result<(), BrokerError> {
        let mut list = TopicPartitionList::with_capacity(names.len());
        for (topic, partition) in names.iter().filter(|name| self.open.contains_key(*name)) {
            list.add_partition(topic, *partition);
        }
        if list.count() == 0 {
            return Ok(());
        }
        self.open.retain(|name, _| !names.contains(name));
        self.client.incremental_unassign(&list).map_err(|error| BrokerError::Unavailable(error.to_string()))
    }
}

/// What an event of a partition says; none when it says nothing.
fn answer_of(event: KafkaResult<BorrowedMessage<'_>>) -> Option<FirstRecord> {
    match event {
        Ok(message) => Some(FirstRecord::Record {
            offset: message.offset(),
            timestamp: message.timestamp().to_millis().unwrap_or(0),
        }),
        Err(KafkaError::PartitionEOF(_)) => Some(FirstRecord::None),
        Err(error) => {
            let code = error.rdkafka_error_code()?;
            (errors::is_outside_log(code) || errors::is_forbidden(code) || errors::is_corrupt(code))
                .then_some(FirstRecord::Refused)
        }
    }
}
