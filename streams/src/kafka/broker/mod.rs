//! One slot's connection to a Kafka cluster: the real [`Broker`].
//!
//! Not here: when to commit, what an outcome means for the stores (`thread`).
//! Relies on: the classic group protocol with cooperative-sticky assignment; a static member id and a transactional id that
//! are both the slot's identity, so that a restarted slot takes over from itself at once.

mod coordinator;
mod group;
mod next_owner;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};

use self::coordinator::CoordinatorCheck;
use self::group::GroupReader;
use super::cluster::{ClusterConfig, ConfigError};
use super::logging::Logging;
use super::reader::PartitionReader;
use super::transaction::{Committed, Identity, TransactionalProducer};
use super::{consumers, errors};
use crate::broker::{Broker, BrokerError, Polled, Position, ReadRequest};
use crate::clock;
use crate::record::{Outgoing, Record};

/// Which slot, of which application, reading what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlotConfig {
    /// The group id: the application id with the deployment's prefix, such as `site.clicks`.
    pub group: String,
    /// The transactional id and group instance id: stable across restarts and unique to this slot, such as
    /// `site.clicks.0.1`.
    pub identity: String,
    /// The topic that the group reads.
    pub source: String,
    /// How long the group waits for a silent member before its partitions go to another, milliseconds. A stock broker takes
    /// 6,000 and more.
    pub session_timeout_ms: u32,
    /// How long a transaction may stay open before the coordinator ends it, milliseconds. It may be longer than the session:
    /// a successor reads positions only after the transaction that is pending on them has ended.
    pub transaction_timeout_ms: u32,
    /// The longest time between two polls, milliseconds: a loop that takes longer loses its partitions.
    pub max_poll_interval_ms: u32,
    /// Most bytes that the client holds ready per source partition, in KiB.
    pub fetch_kbytes_per_partition: u32,
}

impl SlotConfig {
    /// The usual settings for a slot.
    #[must_use]
    pub fn new(group: &str, identity: &str, source: &str) -> Self {
        Self {
            group: group.to_owned(),
            identity: identity.to_owned(),
            source: source.to_owned(),
            session_timeout_ms: 6_000,
            transaction_timeout_ms: 10_000,
            max_poll_interval_ms: 300_000,
            fetch_kbytes_per_partition: 4_096,
        }
    }

    fn writer(&self) -> Identity {
        Identity { id: self.identity.clone(), timeout_ms: self.transaction_timeout_ms }
    }
}

/// One consumer of one group and one transactional producer.
pub struct KafkaBroker {
    cluster: ClusterConfig,
    slot: SlotConfig,
    group: GroupReader,
    /// While the slot is no member of its group: whether it can join.
    joining: Option<CoordinatorCheck>,
    producer: TransactionalProducer,
    /// Reads changelogs, by topic. Made when first needed: most slots restore once.
    readers: BTreeMap<String, PartitionReader>,
    /// Queries log ends, open transactions included. A read-committed client would get the last stable offset instead.
    ends: BaseConsumer<Logging>,
    began: Instant,
}

impl KafkaBroker {
    /// Makes the slot's clients and joins the group; connects in the background.
    ///
    /// # Errors
    /// [`BrokerError::Fatal`] when the configuration is refused.
    pub fn new(cluster: &ClusterConfig, slot: SlotConfig) -> Result<Self, BrokerError> {
        let group = GroupReader::join(cluster, &slot)?;
        let producer = TransactionalProducer::new(cluster, &slot.writer())?;
        let mut client = cluster.client().map_err(refused)?;
        client.set("isolation.level", "read_uncommitted");
        let ends = consumers::connect(&client, Logging).map_err(refused)?;
        Ok(Self {
            cluster: cluster.clone(),
            slot,
            group,
            joining: None,
            producer,
            readers: BTreeMap::new(),
            ends,
            began: Instant::now(),
        })
    }

    fn reader(&mut self, topic: &str) -> Result<&mut PartitionReader, BrokerError> {
        if !self.readers.contains_key(topic) {
            let reader =
                PartitionReader::hasty(&self.cluster, topic, self.slot.fetch_kbytes_per_partition).map_err(refused)?;
            self.readers.insert(topic.to_owned(), reader);
        }
        self.readers.get_mut(topic).ok_or_else(|| BrokerError::Unavailable("no reader".to_owned()))
    }
}

/// For the tests that show what happens without the rule.
#[cfg(test)]
impl KafkaBroker {
    /// Whether it goes on with its producer whatever is under way.
    pub(super) fn keep_producer(&mut self, keeps: bool) {
        self.producer.keeps_on = keeps;
    }
}

impl Broker for KafkaBroker {
    fn now(&self) -> i64 {
        clock::now_ms()
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    fn partitions(&mut self, topic: &str) -> Result<i32, BrokerError> {
        consumers::partition_count(&self.ends, topic).map_err(|error| errors::of_query(&error))
    }

    fn poll(&mut self, most: usize, timeout: Duration) -> Result<Polled, BrokerError> {
        // What these have to say, their logs among it, is told when it happens, not when they are needed next.
        self.producer.serve();
        drop(self.ends.poll(Duration::ZERO));
        if self.group.is_cut_off() {
            self.rejoin()?;
        }
        if let Some(check) = &self.joining {
            if !check.answers(timeout) {
                return Ok(Polled::Records(Vec::new()));
            }
            self.group = GroupReader::join(&self.cluster, &self.slot)?;
            self.joining = None;
        }
        self.group.poll(most, timeout)
    }

    fn assign(&mut self, positions: &[(i32, i64)]) -> Result<(), BrokerError> {
        self.group.assign(positions)
    }

    fn unassign(&mut self, partitions: &[i32]) -> Result<(), BrokerError> {
        self.group.unassign(partitions)
    }

    fn set_paused(&mut self, partition: i32, paused: bool) -> Result<(), BrokerError> {
        self.group.set_paused(partition, paused)
    }

    fn seek(&mut self, partition: i32, offset: i64) -> Result<(), BrokerError> {
        self.group.seek(partition, offset)
    }

    fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        self.group.committed(partitions)
    }

    fn last_committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        next_owner::last_committed(&self.cluster, &self.slot, partitions)
    }

    fn rejoin(&mut self) -> Result<(), BrokerError> {
        self.group.leave();
        self.joining = Some(CoordinatorCheck::new(&self.cluster, &self.slot)?);
        Ok(())
    }

    fn joining(&self) -> Option<&'static str> {
        self.joining.as_ref().map(|_| "its coordinator does not answer")
    }

    fn init_transactions(&mut self) -> Result<(), BrokerError> {
        self.producer.init(&self.cluster, &self.slot.writer())
    }

    fn end_transactions_of(&mut self, own: &str, dead: &str) -> Result<bool, BrokerError> {
        next_owner::end_transactions_of(&self.cluster, &self.ends, &self.slot, own, dead)
    }

    fn begin(&mut self) -> Result<(), BrokerError> {
        self.producer.begin()
    }

    fn send(&mut self, outgoing: Outgoing) -> Result<(), BrokerError> {
        self.producer.send(&outgoing)
    }

    fn send_offsets(&mut self, positions: &[(i32, Position)]) -> Result<(), BrokerError> {
        let member = self.group.member()?;
        self.producer.send_offsets(&self.slot.source, positions, &member)?;
        self.group.note_positions(positions);
        Ok(())
    }

    fn drain(&mut self) -> Result<(), BrokerError> {
        self.producer.drain()
    }

    fn commit(&mut self) -> Result<(), BrokerError> {
        match self.producer.commit()? {
            Committed::Cleanly => {
                self.group.store_committed_positions();
                Ok(())
            }
            // It is committed; but the producer must be replaced, and looking the outcome up comes with that.
            Committed::AfterLoss(loss) => Err(BrokerError::Unknown(loss)),
        }
    }

    fn abort(&mut self) -> Result<(), BrokerError> {
        self.group.forget_positions();
        self.producer.abort()
    }

    fn log_range(&mut self, topic: &str, partition: i32) -> Result<(i64, i64), BrokerError> {
        self.ends.fetch_watermarks(topic, partition, consumers::QUERY_TIMEOUT).map_err(|error| errors::of_query(&error))
    }

    fn read(&mut self, request: ReadRequest<'_>) -> Result<(Vec<Record>, i64), BrokerError> {
        let ReadRequest { topic, partition, position, most, timeout } = request;
        self.reader(topic)?.read(partition, position, most, timeout)
    }

    fn close(&mut self) {
        self.group.leave();
        self.joining = None;
        self.producer.close();
        self.readers.clear();
    }
}

fn refused(error: ConfigError) -> BrokerError {
    BrokerError::Fatal(error.to_string())
}

/// The name of the source topic, shared by its records.
fn source_topic(slot: &SlotConfig) -> Arc<str> {
    Arc::from(slot.source.as_str())
}
