//! The slot's consumer: its share of the source topic, handed out in order, from the positions it is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::Offset;

use super::{SlotConfig, refused, source_of};
use crate::broker::{BrokerError, Polled, Position};
use crate::kafka::cluster::ClusterConfig;
use crate::kafka::membership::{self, GroupChange, Member};
use crate::kafka::{consumers, errors, records};
use crate::record::Record;

/// A member of the group. After [`GroupReader::leave`] every call fails.
pub(super) struct GroupReader {
    source: Arc<str>,
    consumer: Option<Member>,
    flows: BTreeMap<i32, Flow>,
    /// Positions in the transaction under way, for the lag that is reported when it has been committed.
    noted: BTreeMap<i32, i64>,
}

/// What is handed out of one partition.
#[derive(Clone, Copy, Debug)]
struct Flow {
    /// The least offset that may be handed out next.
    next: i64,
    paused: bool,
    /// A record came while it was paused and was dropped: reading resumes at `next`.
    displaced: bool,
    /// The group takes it away: nothing more is handed out.
    leaving: bool,
}

impl GroupReader {
    /// Joins.
    pub(super) fn join(cluster: &ClusterConfig, slot: &SlotConfig) -> Result<Self, BrokerError> {
        let mut client = consumers::settings(cluster, &slot.group, slot.fetch_kbytes_per_partition).map_err(refused)?;
        membership::set(&mut client, &slot.identity, slot.session_timeout_ms);
        client.set("max.poll.interval.ms", slot.max_poll_interval_ms.max(slot.session_timeout_ms).to_string());
        let consumer = Member::join(&client, &slot.source).map_err(refused)?;
        Ok(Self { source: source_of(slot), consumer: Some(consumer), flows: BTreeMap::new(), noted: BTreeMap::new() })
    }

    /// Ends the membership of this process. The group keeps a static member's place for one session.
    pub(super) fn leave(&mut self) {
        self.consumer = None;
        self.flows.clear();
        self.noted.clear();
    }

    /// As [`crate::broker::Broker::poll`].
    pub(super) fn poll(&mut self, most: usize, timeout: Duration) -> Result<Polled, BrokerError> {
        let deadline = Instant::now() + timeout;
        let mut batch: Vec<Record> = Vec::new();
        loop {
            let consumer = living(self.consumer.as_ref())?;
            if batch.is_empty()
                && let Some(change) = consumer.context().next_change()
            {
                return Ok(self.tell(change));
            }
            if batch.len() >= most {
                break;
            }
            // What is there is handed out at once, without a look at the clock for each; only an empty hand waits.
            let left =
                if batch.is_empty() { deadline.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            match consumer.poll(left) {
                None if !batch.is_empty() => break,
                None => {
                    check_alive(consumer)?;
                    if left.is_zero() {
                        // A change that came with this very poll is told now and not after the next one's wait.
                        let change = consumer.context().next_change();
                        return Ok(change.map_or_else(|| Polled::Records(batch), |change| self.tell(change)));
                    }
                }
                Some(Ok(message)) => {
                    if let Some(flow) = self.flows.get_mut(&message.partition())
                        && flow.takes(message.offset())
                    {
                        batch.push(records::record_from(&message, &self.source));
                    }
                }
                Some(Err(error)) => judge(consumer, &self.source, &error)?,
            }
        }
        Ok(Polled::Records(batch))
    }

    /// As [`crate::broker::Broker::assign`].
    pub(super) fn assign(&mut self, positions: &[(i32, i64)]) -> Result<(), BrokerError> {
        let consumer = living(self.consumer.as_ref())?;
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for (partition, offset) in positions {
            list.add_partition_offset(&self.source, *partition, Offset::Offset(*offset))
                .map_err(|error| fatal(&error))?;
        }
        consumer.incremental_assign(&list).map_err(|error| fatal(&error))?;
        consumer.pause(&list).map_err(|error| fatal(&error))?;
        for (partition, offset) in positions {
            let flow = Flow { next: *offset, paused: true, displaced: false, leaving: false };
            self.flows.insert(*partition, flow);
        }
        Ok(())
    }

    /// As [`crate::broker::Broker::unassign`].
    pub(super) fn unassign(&mut self, partitions: &[i32]) -> Result<(), BrokerError> {
        for partition in partitions {
            self.flows.remove(partition);
            self.noted.remove(partition);
        }
        let consumer = living(self.consumer.as_ref())?;
        consumer.give_up(&self.source, partitions).map_err(|error| fatal(&error))
    }

    /// As [`crate::broker::Broker::set_paused`].
    pub(super) fn set_paused(&mut self, partition: i32, paused: bool) -> Result<(), BrokerError> {
        let consumer = living(self.consumer.as_ref())?;
        let Some(flow) = self.flows.get_mut(&partition) else {
            return Ok(());
        };
        if flow.paused == paused {
            return Ok(());
        }
        let list = consumers::several(&self.source, [partition]);
        if paused {
            consumer.pause(&list).map_err(|error| fatal(&error))?;
        } else {
            if flow.displaced {
                go_to(consumer, &self.source, partition, flow.next)?;
                flow.displaced = false;
            }
            consumer.resume(&list).map_err(|error| fatal(&error))?;
        }
        flow.paused = paused;
        Ok(())
    }

    /// As [`crate::broker::Broker::seek`].
    pub(super) fn seek(&mut self, partition: i32, offset: i64) -> Result<(), BrokerError> {
        let consumer = living(self.consumer.as_ref())?;
        let Some(flow) = self.flows.get_mut(&partition) else {
            return Ok(());
        };
        go_to(consumer, &self.source, partition, offset)?;
        flow.next = offset;
        flow.displaced = false;
        if flow.paused {
            consumer.pause(&consumers::several(&self.source, [partition])).map_err(|error| fatal(&error))?;
        }
        Ok(())
    }

    /// As [`crate::broker::Broker::committed`].
    pub(super) fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        consumers::committed(living(self.consumer.as_ref())?, &self.source, partitions)
    }

    /// This member and its generation, as of now.
    pub(super) fn member(&self) -> Result<ConsumerGroupMetadata, BrokerError> {
        let member = living(self.consumer.as_ref())?.group_metadata();
        member.ok_or_else(|| BrokerError::Abort("not a member of the group".to_owned()))
    }

    /// Keeps positions until their transaction has ended.
    pub(super) fn note_positions(&mut self, positions: &[(i32, Position)]) {
        self.noted.extend(positions.iter().map(|(partition, position)| (*partition, position.offset)));
    }

    /// The transaction of these positions was not committed.
    pub(super) fn forget_positions(&mut self) {
        self.noted.clear();
    }

    /// Makes the client's own figures of lag right: they know nothing of positions that travel in transactions.
    pub(super) fn tell_progress(&mut self) {
        for (partition, offset) in std::mem::take(&mut self.noted) {
            if let Some(consumer) = &self.consumer
                && let Ok(list) = consumers::one(&self.source, partition, Offset::Offset(offset))
                && let Err(error) = consumer.store_offsets(&list)
            {
                tracing::debug!(partition, %error, "telling progress");
            }
        }
    }

    /// Hands a decision of the group to the loop; what goes away is silent from now on.
    fn tell(&mut self, change: GroupChange) -> Polled {
        if let GroupChange::Revoked(partitions) | GroupChange::Lost(partitions) = &change {
            for partition in partitions {
                if let Some(flow) = self.flows.get_mut(partition) {
                    flow.leaving = true;
                }
            }
        }
        match change {
            GroupChange::Assigned(partitions) => Polled::Assigned(partitions),
            GroupChange::Revoked(partitions) => Polled::Revoked(partitions),
            GroupChange::Lost(partitions) => Polled::Lost(partitions),
        }
    }
}

impl Flow {
    /// Whether this record is the next to be handed out.
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

/// Moves the fetch. When this returns, the library drops by itself what it fetched before: each record carries the version of
/// the fetch that brought it.
fn go_to(consumer: &Member, source: &str, partition: i32, offset: i64) -> Result<(), BrokerError> {
    let deadline = Instant::now() + consumers::QUESTION;
    loop {
        match try_go_to(consumer, source, partition, offset) {
            Ok(()) => return Ok(()),
            // A partition that is just being begun cannot be moved yet.
            Err(error) if Instant::now() >= deadline => return Err(fatal(&error)),
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn try_go_to(consumer: &Member, source: &str, partition: i32, offset: i64) -> KafkaResult<()> {
    let list = consumers::one(source, partition, Offset::Offset(offset))?;
    let answer = consumer.seek_partitions(list, consumers::QUESTION)?;
    answer.elements().iter().try_for_each(|element| element.error())
}

/// Sorts what a poll has said: fatal news end this consumer, all else the library cures by itself.
fn judge(consumer: &Member, source: &str, error: &KafkaError) -> Result<(), BrokerError> {
    check_alive(consumer)?;
    if let KafkaError::MessageConsumptionFatal(_) = error {
        return Err(fatal(error));
    }
    match error.rdkafka_error_code() {
        Some(code) if errors::is_outside_log(code) || errors::is_forbidden(code) || errors::is_corrupt(code) => {
            Err(BrokerError::Fatal(format!("{source}: {error}")))
        }
        Some(RDKafkaErrorCode::PollExceeded) => {
            tracing::warn!(source, "polled too seldom: the group has taken this member's partitions");
            Ok(())
        }
        _ => {
            tracing::debug!(source, %error, "polling");
            Ok(())
        }
    }
}

/// A fenced consumer answers nothing at all, so it has to be asked.
fn check_alive(consumer: &Member) -> Result<(), BrokerError> {
    match consumer.client().fatal_error() {
        Some((code, reason)) => Err(BrokerError::Fatal(format!("{code}: {reason}"))),
        None => Ok(()),
    }
}

fn living(consumer: Option<&Member>) -> Result<&Member, BrokerError> {
    consumer.ok_or_else(|| BrokerError::Fatal("this slot has left its group".to_owned()))
}

fn fatal(error: &KafkaError) -> BrokerError {
    BrokerError::Fatal(error.to_string())
}
