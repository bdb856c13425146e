//! The cluster behind the handle: topics, coordinators, connections, and what is still on its way. Requests arrive here one by
//! one; `tick` does what the brokers do by themselves when time passes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::broker::{ProcessId, Slot};
use super::faults::{Fault, Faults};
use super::groups::{Group, Heartbeat};
use super::log::{Appended, PartitionLog};
use super::protocol::{Ending, ProducerId, Refusal};
use super::transactions::{Ended, Initialised, Transactions};
use super::{Clock, Timestamps};
use crate::broker::Position;
use crate::partitioner::partition_for_key;
use crate::record::Outgoing;

pub(super) struct State {
    pub(super) clock: Clock,
    pub(super) now: i64,
    pub(super) topics: BTreeMap<Arc<str>, Topic>,
    pub(super) transactions: Transactions,
    pub(super) groups: BTreeMap<Arc<str>, Group>,
    pub(super) connections: BTreeMap<u64, Connection>,
    pub(super) faults: Faults,
    pub(super) trace: Option<Vec<String>>,
    markers: Vec<Marker>,
    delayed: Vec<DelayedEnd>,
    connected: u64,
    processes: u64,
}

pub(super) struct Topic {
    pub(super) timestamps: Timestamps,
    pub(super) partitions: Vec<PartitionLog>,
}

/// One consumer as the cluster's side and its own background thread know it.
pub(super) struct Connection {
    pub(super) group: Arc<str>,
    pub(super) instance: Arc<str>,
    process: ProcessId,
    session_timeout_ms: i64,
    pub(super) member: Option<u64>,
    /// The generation this consumer itself knows.
    pub(super) generation: i32,
    pub(super) owned: BTreeSet<i32>,
    /// Its session is over and it has been told so.
    pub(super) lost: bool,
    /// It has been told of a change and has not completed it yet; until then it joins no rebalance.
    pub(super) offered: bool,
    /// Another consumer has its identity.
    pub(super) fenced: bool,
    /// Its process stands still: no heartbeat, nothing in the background.
    pub(super) frozen: bool,
    pub(super) rejoin: bool,
    joins_at: Option<i64>,
}

/// A transaction marker on its way to one partition or group.
struct Marker {
    id: Arc<str>,
    target: Target,
    producer: ProducerId,
    ending: Ending,
    due: i64,
}

enum Target {
    Partition((Arc<str>, i32)),
    Group(Arc<str>),
}

/// An EndTxn that its sender has given up, still in the network.
struct DelayedEnd {
    id: Arc<str>,
    who: (ProducerId, i32),
    ending: Ending,
    due: i64,
}

impl State {
    pub(super) fn new(seed: u64, clock: Clock) -> Self {
        let now = match clock {
            Clock::Injected(now) => now,
            Clock::System => system_time(),
        };
        Self {
            clock,
            now,
            topics: BTreeMap::new(),
            transactions: Transactions::default(),
            groups: BTreeMap::new(),
            connections: BTreeMap::new(),
            faults: Faults::new(seed),
            trace: None,
            markers: Vec::new(),
            delayed: Vec::new(),
            connected: 0,
            processes: 0,
        }
    }

    pub(super) fn note(&mut self, words: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let words = words();
            if !words.is_empty() {
                trace.push(format!("{:>8} {words}", self.now));
            }
        }
    }

    // --- time --------------------------------------------------------------------------------------------------------

    pub(super) fn advance(&mut self, ms: i64) {
        match self.clock {
            Clock::Injected(_) => self.now += ms,
            Clock::System => std::thread::sleep(std::time::Duration::from_millis(ms.unsigned_abs())),
        }
        self.tick();
    }

    /// Everything that is due by now happens.
    pub(super) fn tick(&mut self) {
        if self.clock == Clock::System {
            self.now = self.now.max(system_time());
        }
        self.deliver_delayed();
        for id in self.transactions.expire(self.now) {
            self.faults.count(Fault::TransactionTimedOut);
            self.note(|| format!("coordinator: {id} timed out"));
            self.write_markers(&id, Ending::Abort);
        }
        self.deliver_markers();
        self.groups_go_on();
    }

    fn deliver_delayed(&mut self) {
        while let Some(index) = self.delayed.iter().position(|end| end.due <= self.now) {
            let DelayedEnd { id, who, ending, .. } = self.delayed.swap_remove(index);
            let answer = self.end_transaction(&id, who, ending);
            self.note(|| format!("network: delayed EndTxn of {id} epoch {}: {ending:?}: {answer:?}", who.1));
            match answer {
                Ok(Ended::Prepared) => self.faults.count(Fault::DelayedEndStruck),
                Err(Refusal::ProducerFenced) => self.faults.count(Fault::DelayedEndFenced),
                _ => {}
            }
        }
    }

    fn deliver_markers(&mut self) {
        while let Some(index) = self.markers.iter().position(|marker| marker.due <= self.now) {
            let Marker { id, target, producer, ending, .. } = self.markers.remove(index);
            match target {
                Target::Partition((topic, partition)) => {
                    let now = self.now;
                    if let Ok(log) = self.log_mut(&topic, partition) {
                        log.end_transaction(producer, ending, now);
                    }
                }
                Target::Group(group) => {
                    if let Some(group) = self.groups.get_mut(&group) {
                        group.end_transaction(producer, ending);
                    }
                }
            }
            if !self.markers.iter().any(|marker| marker.id == id) {
                self.transactions.complete(&id);
            }
        }
    }

    // --- topics ------------------------------------------------------------------------------------------------------

    pub(super) fn log(&self, topic: &str, partition: i32) -> Result<&PartitionLog, Refusal> {
        let found = self.topics.get(topic).ok_or(Refusal::UnknownTopicOrPartition)?;
        let index = usize::try_from(partition).map_err(|_| Refusal::UnknownTopicOrPartition)?;
        found.partitions.get(index).ok_or(Refusal::UnknownTopicOrPartition)
    }

    pub(super) fn log_mut(&mut self, topic: &str, partition: i32) -> Result<&mut PartitionLog, Refusal> {
        let found = self.topics.get_mut(topic).ok_or(Refusal::UnknownTopicOrPartition)?;
        let index = usize::try_from(partition).map_err(|_| Refusal::UnknownTopicOrPartition)?;
        found.partitions.get_mut(index).ok_or(Refusal::UnknownTopicOrPartition)
    }

    pub(super) fn partition_count(&self, topic: &str) -> Result<i32, Refusal> {
        let found = self.topics.get(topic).ok_or(Refusal::UnknownTopicOrPartition)?;
        i32::try_from(found.partitions.len()).map_err(|_| Refusal::UnknownTopicOrPartition)
    }

    /// Where a record goes: where it says, else where its key says, else anywhere.
    pub(super) fn place(&mut self, outgoing: &Outgoing) -> Result<i32, Refusal> {
        let count = self.partition_count(&outgoing.topic)?;
        match (outgoing.partition, &outgoing.key) {
            (Some(partition), _) if (0..count).contains(&partition) => Ok(partition),
            (Some(_), _) => Err(Refusal::UnknownTopicOrPartition),
            (None, Some(key)) => Ok(partition_for_key(key, count)),
            (None, None) => Ok(self.faults.rng.i32(0..count)),
        }
    }

    pub(super) fn append(
        &mut self,
        outgoing: Outgoing,
        partition: i32,
        timestamp: i64,
        producer: Option<ProducerId>,
    ) -> Result<i64, Refusal> {
        let now = self.now;
        let found = self.topics.get_mut(&outgoing.topic).ok_or(Refusal::UnknownTopicOrPartition)?;
        let timestamp = match found.timestamps {
            Timestamps::LogAppendTime => now,
            Timestamps::CreateTime => timestamp,
        };
        let Outgoing { topic, key, value, headers, .. } = outgoing;
        Ok(self.log_mut(&topic, partition)?.append(Appended { timestamp, key, value, headers, producer }))
    }

    // --- transactions ------------------------------------------------------------------------------------------------

    pub(super) fn initialise(&mut self, id: &Arc<str>, timeout_ms: i64) -> Result<(ProducerId, i32), Refusal> {
        match self.transactions.initialise(id, timeout_ms)? {
            Initialised::Ready(producer, epoch) => Ok((producer, epoch)),
            Initialised::MustAbort => {
                self.faults.count(Fault::TransactionTakenOver);
                self.write_markers(id, Ending::Abort);
                Err(Refusal::ConcurrentTransactions)
            }
        }
    }

    pub(super) fn produce(
        &mut self,
        id: &str,
        who: (ProducerId, i32),
        outgoing: Outgoing,
        timestamp: i64,
    ) -> Result<(), Refusal> {
        let partition = self.place(&outgoing)?;
        let place = (Arc::clone(&outgoing.topic), partition);
        self.transactions.add_partition(id, who, place.clone(), self.now)?;
        self.transactions.verify(id, who, &place)?;
        self.append(outgoing, partition, timestamp, Some(who.0)).map(|_| ())
    }

    pub(super) fn end_transaction(
        &mut self,
        id: &Arc<str>,
        who: (ProducerId, i32),
        ending: Ending,
    ) -> Result<Ended, Refusal> {
        let ended = self.transactions.end(id, who, ending)?;
        if ended == Ended::Prepared {
            if ending == Ending::Abort {
                self.faults.count(Fault::TransactionAborted);
            }
            self.write_markers(id, ending);
        }
        Ok(ended)
    }

    pub(super) fn delay_end(&mut self, id: &Arc<str>, who: (ProducerId, i32), ending: Ending) {
        let due = self.now + 1 + self.faults.delay(|rates| rates.end_delay_ms);
        self.delayed.push(DelayedEnd { id: Arc::clone(id), who, ending, due });
    }

    /// What is still in the network arrives now.
    pub(super) fn deliver_everything(&mut self) {
        for end in &mut self.delayed {
            end.due = i64::MIN;
        }
        self.deliver_delayed();
        for marker in &mut self.markers {
            marker.due = i64::MIN;
        }
        self.tick();
    }

    fn write_markers(&mut self, id: &Arc<str>, ending: Ending) {
        let Some(transaction) = self.transactions.get(id) else { return };
        let producer = transaction.producer;
        let targets: Vec<Target> = (transaction.partitions.iter().cloned().map(Target::Partition))
            .chain(transaction.groups.iter().cloned().map(Target::Group))
            .collect();
        if targets.is_empty() {
            self.transactions.complete(id);
        }
        for target in targets {
            let due = self.now + self.faults.delay(|rates| rates.marker_delay_ms);
            self.markers.push(Marker { id: Arc::clone(id), target, producer, ending, due });
        }
        self.deliver_markers();
    }

    // --- groups ------------------------------------------------------------------------------------------------------

    pub(super) fn new_process(&mut self) -> ProcessId {
        self.processes += 1;
        ProcessId(self.processes)
    }

    pub(super) fn connect(&mut self, slot: &Slot, process: ProcessId) -> Result<u64, Refusal> {
        let Slot { group, instance, topic, session_timeout_ms, .. } = slot;
        let partitions = self.partition_count(topic)?;
        let found = self.groups.entry(Arc::clone(group)).or_insert_with(|| Group::new(Arc::clone(topic), partitions));
        if found.topic != *topic {
            return Err(Refusal::UnknownTopicOrPartition);
        }
        self.connected += 1;
        self.connections.insert(
            self.connected,
            Connection {
                group: Arc::clone(group),
                instance: Arc::clone(instance),
                process,
                session_timeout_ms: *session_timeout_ms,
                member: None,
                generation: -1,
                owned: BTreeSet::new(),
                lost: false,
                offered: false,
                fenced: false,
                frozen: false,
                rejoin: false,
                joins_at: None,
            },
        );
        Ok(self.connected)
    }

    pub(super) fn freeze(&mut self, process: ProcessId, frozen: bool) {
        for connection in self.connections.values_mut().filter(|found| found.process == process) {
            connection.frozen = frozen;
        }
    }

    /// Heartbeats, joins, expulsions: what consumers' background threads and the group coordinator do.
    fn groups_go_on(&mut self) {
        for _ in 0..3 {
            self.members_go_on();
            let mut completed = false;
            for (name, group) in &mut self.groups {
                let timeout = self.connections.values().find(|found| found.group == *name);
                let timeout = timeout.map_or(0, |found| found.session_timeout_ms);
                for _ in 0..group.expel(self.now - timeout) {
                    self.faults.count(Fault::MemberExpelled);
                }
                completed |= group.try_complete();
            }
            if !completed {
                break;
            }
        }
    }

    fn members_go_on(&mut self) {
        let now = self.now;
        for connection in self.connections.values_mut().filter(|found| !found.frozen && !found.fenced) {
            let Some(group) = self.groups.get_mut(&connection.group) else { continue };
            let Some(member) = connection.member else {
                if connection.lost || connection.offered {
                    continue;
                }
                let faults = &mut self.faults;
                let due = *connection.joins_at.get_or_insert_with(|| now + faults.delay(|rates| rates.join_delay_ms));
                if due <= now {
                    connection.joins_at = None;
                    connection.member = Some(group.enter(&connection.instance, now));
                    connection.generation = group.generation;
                }
                continue;
            };
            if std::mem::take(&mut connection.rejoin) && group.check(&connection.instance, member).is_ok() {
                // One that has joined this round already joins again with what it still owns.
                group.rejoin(&connection.instance, &connection.owned);
            }
            match group.heartbeat(&connection.instance, member, now) {
                Ok(Heartbeat::Stable) => {
                    if !group.joining {
                        connection.generation = group.generation;
                    }
                }
                Ok(Heartbeat::Rebalancing) if connection.offered => {}
                Ok(Heartbeat::Rebalancing) => {
                    let faults = &mut self.faults;
                    let due =
                        *connection.joins_at.get_or_insert_with(|| now + faults.delay(|rates| rates.join_delay_ms));
                    if due <= now {
                        connection.joins_at = None;
                        group.join(&connection.instance, &connection.owned);
                    }
                }
                Err(Refusal::FencedInstanceId) => connection.fenced = true,
                Err(_) => {
                    connection.member = None;
                    connection.joins_at = None;
                    connection.lost = !connection.owned.is_empty();
                }
            }
        }
    }

    pub(super) fn commit_pending(
        &mut self,
        id: &str,
        who: (ProducerId, i32),
        connection: u64,
        positions: &[(i32, Position)],
    ) -> Result<(), Refusal> {
        let Some(found) = self.connections.get(&connection) else { return Err(Refusal::UnknownMemberId) };
        self.transactions.add_group(id, who, &found.group, self.now)?;
        let Some(group) = self.groups.get_mut(&found.group) else { return Err(Refusal::UnknownMemberId) };
        let member = found.member.ok_or(Refusal::UnknownMemberId);
        let answer = member.and_then(|member| {
            group.commit_pending(who.0, Some((&found.instance, member, found.generation)), positions)
        });
        if answer.is_err() {
            self.faults.count(Fault::GenerationRefused);
        }
        answer
    }
}

fn system_time() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
