//! The slot's consumer: its partitions of the source topic, in order, from given positions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::Offset;

use super::{SlotConfig, refused, source_topic};
use crate::broker::{BrokerError, Polled, Position};
use crate::kafka::cluster::ClusterConfig;
use crate::kafka::membership::{self, GroupChange, Member};
use crate::kafka::{consumers, errors, records};
use crate::record::Record;

/// A member of the group. After [`GroupReader::leave`] every call fails.
pub(super) struct GroupReader {
    source: Arc<str>,
    consumer: Option<Member>,
    fetches: BTreeMap<i32, PartitionFetch>,
    /// Positions in the open transaction, for the lag that is reported when it has been committed.
    pending_positions: BTreeMap<i32, i64>,
    /// No broker could be reached, and nothing has come since.
    no_broker: bool,
    /// The group has given its partitions away while no broker could be reached.
    cut_off: bool,
}

/// The reading of one partition.
#[derive(Clone, Copy, Debug)]
struct PartitionFetch {
    /// The least offset that may be returned next.
    next: i64,
    paused: bool,
    /// A record was dropped while it was paused: reading resumes at `next`.
    displaced: bool,
    /// It was revoked: no more of its records are returned.
    leaving: bool,
}

impl GroupReader {
    /// Joins.
    pub(super) fn join(cluster: &ClusterConfig, slot: &SlotConfig) -> Result<Self, BrokerError> {
        let mut client = consumers::settings(cluster, &slot.group, slot.fetch_kbytes_per_partition).map_err(refused)?;
        membership::set(&mut client, &slot.identity, slot.session_timeout_ms);
        client.set("max.poll.interval.ms", slot.max_poll_interval_ms.max(slot.session_timeout_ms).to_string());
        let consumer = Member::join(&client, &slot.source).map_err(refused)?;
        Ok(Self {
            source: source_topic(slot),
            consumer: Some(consumer),
            fetches: BTreeMap::new(),
            pending_positions: BTreeMap::new(),
            no_broker: false,
            cut_off: false,
        })
    }

    /// Whether the membership has ended in an outage: its end was returned by a poll, and a new member should join.
    pub(super) fn is_cut_off(&self) -> bool {
        self.cut_off
    }

    /// Ends the membership of this process. The group keeps a static member's partitions for one session.
    pub(super) fn leave(&mut self) {
        self.consumer = None;
        self.fetches.clear();
        self.pending_positions.clear();
        self.cut_off = false;
    }

    /// As [`crate::broker::Broker::poll`].
    pub(super) fn poll(&mut self, most: usize, timeout: Duration) -> Result<Polled, BrokerError> {
        let deadline = Instant::now() + timeout;
        let mut batch: Vec<Record> = Vec::new();
        loop {
            let consumer = joined(self.consumer.as_ref())?;
            if batch.is_empty()
                && let Some(change) = consumer.context().next_change()
            {
                return Ok(self.polled_from(change));
            }
            if batch.len() >= most {
                break;
            }
            // What is there is returned at once, without reading the clock for each record; it waits only while there is nothing.
            let left =
                if batch.is_empty() { deadline.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            match consumer.poll(left) {
                None if !batch.is_empty() => break,
                None => {
                    check_alive(consumer)?;
                    if left.is_zero() {
                        // A change that came with this poll is returned now and not after the next one's wait.
                        let change = consumer.context().next_change();
                        return Ok(change.map_or_else(|| Polled::Records(batch), |change| self.polled_from(change)));
                    }
                }
                Some(Ok(message)) => {
                    self.no_broker = false;
                    if let Some(fetch) = self.fetches.get_mut(&message.partition())
                        && fetch.takes(message.offset())
                    {
                        batch.push(records::record_from(&message, &self.source));
                    }
                }
                Some(Err(error)) => {
                    handle_poll_error(consumer, &self.source, &error)?;
                    self.no_broker |= error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown);
                }
            }
        }
        Ok(Polled::Records(batch))
    }

    /// As [`crate::broker::Broker::assign`].
    pub(super) fn assign(&mut self, positions: &[(i32, i64)]) -> Result<(), BrokerError> {
        let consumer = joined(self.consumer.as_ref())?;
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for (partition, offset) in positions {
            list.add_partition_offset(&self.source, *partition, Offset::Offset(*offset))
                .map_err(|error| fatal(&error))?;
        }
        consumer.incremental_assign(&list).map_err(|error| fatal(&error))?;
        consumer.pause(&list).map_err(|error| fatal(&error))?;
        for (partition, offset) in positions {
            let fetch = PartitionFetch { next: *offset, paused: true, displaced: false, leaving: false };
            self.fetches.insert(*partition, fetch);
        }
        Ok(())
    }

    /// As [`crate::broker::Broker::unassign`].
    pub(super) fn unassign(&mut self, partitions: &[i32]) -> Result<(), BrokerError> {
        for partition in partitions {
            self.fetches.remove(partition);
            self.pending_positions.remove(partition);
        }
        let consumer = joined(self.consumer.as_ref())?;
        consumer.give_up(&self.source, partitions).map_err(|error| fatal(&error))
    }

    /// As [`crate::broker::Broker::set_paused`].
    pub(super) fn set_paused(&mut self, partition: i32, paused: bool) -> Result<(), BrokerError> {
        let consumer = joined(self.consumer.as_ref())?;
        let Some(fetch) = self.fetches.get_mut(&partition) else {
            return Ok(());
        };
        if fetch.paused == paused {
            return Ok(());
        }
        let list = consumers::several(&self.source, [partition]);
        if paused {
            consumer.pause(&list).map_err(|error| fatal(&error))?;
        } else {
            if fetch.displaced {
                seek_to(consumer, &self.source, partition, fetch.next)?;
                fetch.displaced = false;
            }
            consumer.resume(&list).map_err(|error| fatal(&error))?;
        }
        fetch.paused = paused;
        Ok(())
    }

    /// As [`crate::broker::Broker::seek`].
    pub(super) fn seek(&mut self, partition: i32, offset: i64) -> Result<(), BrokerError> {
        let consumer = joined(self.consumer.as_ref())?;
        let Some(fetch) = self.fetches.get_mut(&partition) else {
            return Ok(());
        };
        seek_to(consumer, &self.source, partition, offset)?;
        fetch.next = offset;
        fetch.displaced = false;
        if fetch.paused {
            consumer.pause(&consumers::several(&self.source, [partition])).map_err(|error| fatal(&error))?;
        }
        Ok(())
    }

    /// As [`crate::broker::Broker::committed`].
    pub(super) fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        consumers::committed(joined(self.consumer.as_ref())?, &self.source, partitions, consumers::QUERY_TIMEOUT)
    }

    /// This member and its generation, as of now.
    pub(super) fn member(&self) -> Result<ConsumerGroupMetadata, BrokerError> {
        let member = joined(self.consumer.as_ref())?.group_metadata();
        member.ok_or_else(|| BrokerError::Abort("not a member of the group".to_owned()))
    }

    /// Keeps positions until their transaction has ended.
    pub(super) fn note_positions(&mut self, positions: &[(i32, Position)]) {
        self.pending_positions.extend(positions.iter().map(|(partition, position)| (*partition, position.offset)));
    }

    /// The transaction of these positions was not committed.
    pub(super) fn forget_positions(&mut self) {
        self.pending_positions.clear();
    }

    /// Corrects the client's own lag figures: they ignore positions that are committed in transactions.
    pub(super) fn store_committed_positions(&mut self) {
        for (partition, offset) in std::mem::take(&mut self.pending_positions) {
            if let Some(consumer) = &self.consumer
                && let Ok(list) = consumers::one(&self.source, partition, Offset::Offset(offset))
                && let Err(error) = consumer.store_offsets(&list)
            {
                tracing::debug!(partition, %error, "storing committed positions");
            }
        }
    }

    /// Turns a group change into what the loop polls. No record of a revoked partition is returned from now on.
    fn polled_from(&mut self, change: GroupChange) -> Polled {
        if let GroupChange::Revoked(partitions) | GroupChange::Lost(partitions) = &change {
            for partition in partitions {
                if let Some(fetch) = self.fetches.get_mut(partition) {
                    fetch.leaving = true;
                }
            }
        }
        match change {
            GroupChange::Assigned(partitions) => {
                self.no_broker = false;
                Polled::Assigned(partitions)
            }
            GroupChange::Revoked(partitions) => Polled::Revoked(partitions),
            GroupChange::Lost(partitions) => {
                self.cut_off = self.no_broker;
                Polled::Lost(partitions)
            }
        }
    }
}

impl PartitionFetch {
    /// Whether this record is the next to return.
    fn takes(&mut self, offset: i64) -> bool {
        if self.leaving || offset < self.next {
            return false;
        }
        if self.paused || self.displaced {
            self.displaced = true;
            return false;
        }
        self.next = offset + 1;
        true
    }
}

/// Moves the fetch. When this returns, the library drops by itself what it fetched before: each record has the version of its
/// fetch.
fn seek_to(consumer: &Member, source: &str, partition: i32, offset: i64) -> Result<(), BrokerError> {
    let deadline = Instant::now() + consumers::QUERY_TIMEOUT;
    loop {
        match try_seek(consumer, source, partition, offset) {
            Ok(()) => return Ok(()),
            // A partition whose fetch is just starting cannot be moved yet.
            Err(error) if Instant::now() >= deadline => return Err(fatal(&error)),
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn try_seek(consumer: &Member, source: &str, partition: i32, offset: i64) -> KafkaResult<()> {
    let list = consumers::one(source, partition, Offset::Offset(offset))?;
    let answer = consumer.seek_partitions(list, consumers::QUERY_TIMEOUT)?;
    answer.elements().iter().try_for_each(|element| element.error())
}

/// Handles an error of a poll: fatal ones end this consumer, all others the library retries by itself.
fn handle_poll_error(consumer: &Member, source: &str, error: &KafkaError) -> Result<(), BrokerError> {
    check_alive(consumer)?;
    if let KafkaError::MessageConsumptionFatal(_) = error {
        return Err(fatal(error));
    }
    match error.rdkafka_error_code() {
        Some(code) if errors::is_outside_log(code) || errors::is_forbidden(code) || errors::is_corrupt(code) => {
            Err(BrokerError::Fatal(format!("{source}: {error}")))
        }
        Some(RDKafkaErrorCode::PollExceeded) => {
            tracing::warn!(source, "polled too rarely: the group has revoked this member's partitions");
            Ok(())
        }
        _ => {
            tracing::debug!(source, %error, "polling");
            Ok(())
        }
    }
}

/// A fenced consumer returns no error from a poll, so its state is queried.
fn check_alive(consumer: &Member) -> Result<(), BrokerError> {
    match consumer.client().fatal_error() {
        Some((RDKafkaErrorCode::FencedInstanceId, reason)) => Err(BrokerError::Fenced(reason)),
        Some((code, reason)) => Err(BrokerError::Fatal(format!("{code}: {reason}"))),
        None => Ok(()),
    }
}

fn joined(consumer: Option<&Member>) -> Result<&Member, BrokerError> {
    consumer.ok_or_else(|| BrokerError::Fatal("this slot has left its group".to_owned()))
}

fn fatal(error: &KafkaError) -> BrokerError {
    BrokerError::Fatal(error.to_string())
}
