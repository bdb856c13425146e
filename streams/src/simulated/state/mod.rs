//! The cluster behind the handle: topics, coordinators, connections, and what is still on its way. Requests arrive here one by
//! one; `tick` does what the brokers do by themselves when time passes.

mod membership;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::partitioner::partition_for_key;
use crate::record::Outgoing;
use crate::simulated::faults::{Fault, Faults};
use crate::simulated::groups::Group;
use crate::simulated::log::{Appended, PartitionLog};
use crate::simulated::protocol::{Clock, Ending, ProducerId, Refusal, Timestamps};
use crate::simulated::transactions::{Ended, Initialised, Transactions};
use membership::Connection;

pub(in crate::simulated) struct State {
    pub(in crate::simulated) clock: Clock,
    pub(in crate::simulated) now: i64,
    /// How far the wall clock of the clients is ahead of the brokers', milliseconds.
    pub(in crate::simulated) skew: i64,
    pub(in crate::simulated) topics: BTreeMap<Arc<str>, Topic>,
    pub(in crate::simulated) transactions: Transactions,
    pub(in crate::simulated) groups: BTreeMap<Arc<str>, Group>,
    pub(in crate::simulated) connections: BTreeMap<u64, Connection>,
    pub(in crate::simulated) faults: Faults,
    pub(in crate::simulated) trace: Option<Vec<String>>,
    markers: Vec<Marker>,
    delayed: Vec<DelayedEnd>,
    connected: u64,
    processes: u64,
}

pub(in crate::simulated) struct Topic {
    pub(in crate::simulated) timestamps: Timestamps,
    pub(in crate::simulated) partitions: Vec<PartitionLog>,
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

/// An EndTxn whose sender has timed out, still in the network.
struct DelayedEnd {
    id: Arc<str>,
    who: (ProducerId, i32),
    ending: Ending,
    due: i64,
}

impl State {
    pub(in crate::simulated) fn new(seed: u64, clock: Clock) -> Self {
        let now = match clock {
            Clock::Injected(now) => now,
            Clock::System => crate::clock::now_ms(),
        };
        Self {
            clock,
            now,
            skew: 0,
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

    pub(in crate::simulated) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let line = line();
            if !line.is_empty() {
                trace.push(format!("{:>8} {line}", self.now));
            }
        }
    }

    // --- time --------------------------------------------------------------------------------------------------------

    pub(in crate::simulated) fn advance(&mut self, ms: i64) {
        match self.clock {
            Clock::Injected(_) => self.now += ms,
            Clock::System => std::thread::sleep(std::time::Duration::from_millis(ms.unsigned_abs())),
        }
        self.tick();
    }

    /// Everything that is due by now happens.
    pub(in crate::simulated) fn tick(&mut self) {
        if self.clock == Clock::System {
            self.now = self.now.max(crate::clock::now_ms());
        }
        self.deliver_delayed();
        for id in self.transactions.expire(self.now) {
            self.faults.count(Fault::TransactionTimedOut);
            self.note(|| format!("coordinator: {id} timed out"));
            self.write_markers(&id, Ending::Abort);
        }
        self.deliver_markers();
        self.advance_groups();
    }

    fn deliver_delayed(&mut self) {
        while let Some(index) = self.delayed.iter().position(|end| end.due <= self.now) {
            let DelayedEnd { id, who, ending, .. } = self.delayed.swap_remove(index);
            let answer = self.end_transaction(&id, who, ending);
            self.note(|| format!("network: delayed EndTxn of {id} epoch {}: {ending:?}: {answer:?}", who.1));
            match answer {
                Ok(Ended::Prepared) => self.faults.count(Fault::DelayedEndApplied),
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

    pub(in crate::simulated) fn log(&self, topic: &str, partition: i32) -> Result<&PartitionLog, Refusal> {
        let found = self.topics.get(topic).ok_or(Refusal::UnknownTopicOrPartition)?;
        let index = usize::try_from(partition).map_err(|_| Refusal::UnknownTopicOrPartition)?;
        found.partitions.get(index).ok_or(Refusal::UnknownTopicOrPartition)
    }

    pub(in crate::simulated) fn log_mut(&mut self, topic: &str, partition: i32) -> Result<&mut PartitionLog, Refusal> {
        let found = self.topics.get_mut(topic).ok_or(Refusal::UnknownTopicOrPartition)?;
        let index = usize::try_from(partition).map_err(|_| Refusal::UnknownTopicOrPartition)?;
        found.partitions.get_mut(index).ok_or(Refusal::UnknownTopicOrPartition)
    }

    pub(in crate::simulated) fn partition_count(&self, topic: &str) -> Result<i32, Refusal> {
        let found = self.topics.get(topic).ok_or(Refusal::UnknownTopicOrPartition)?;
        i32::try_from(found.partitions.len()).map_err(|_| Refusal::UnknownTopicOrPartition)
    }

    /// The partition of a record: its own, else by its key, else any.
    pub(in crate::simulated) fn place(&mut self, outgoing: &Outgoing) -> Result<i32, Refusal> {
        let count = self.partition_count(&outgoing.topic)?;
        match (outgoing.partition, &outgoing.key) {
            (Some(partition), _) if (0..count).contains(&partition) => Ok(partition),
            (Some(_), _) => Err(Refusal::UnknownTopicOrPartition),
            (None, Some(key)) => Ok(partition_for_key(key, count)),
            (None, None) => Ok(self.faults.rng.i32(0..count)),
        }
    }

    pub(in crate::simulated) fn append(
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

    pub(in crate::simulated) fn initialise(
        &mut self,
        id: &Arc<str>,
        timeout_ms: i64,
    ) -> Result<(ProducerId, i32), Refusal> {
        match self.transactions.initialise(id, timeout_ms)? {
            Initialised::Ready(producer, epoch) => Ok((producer, epoch)),
            Initialised::MustAbort => {
                self.faults.count(Fault::TransactionTakenOver);
                self.write_markers(id, Ending::Abort);
                Err(Refusal::ConcurrentTransactions)
            }
        }
    }

    pub(in crate::simulated) fn produce(
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

    pub(in crate::simulated) fn end_transaction(
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

    pub(in crate::simulated) fn delay_end(&mut self, id: &Arc<str>, who: (ProducerId, i32), ending: Ending) {
        let due = self.now + 1 + self.faults.delay(|rates| rates.end_delay_ms);
        self.delayed.push(DelayedEnd { id: Arc::clone(id), who, ending, due });
    }

    /// What is still in the network arrives now.
    pub(in crate::simulated) fn deliver_everything(&mut self) {
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
}
