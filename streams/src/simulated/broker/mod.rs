//! One slot's connection to a simulated cluster: the client's side of the protocol. What librdkafka does for the real adapter
//! (queueing records, adding partitions to the transaction, waiting out `CONCURRENT_TRANSACTIONS`) is done here.
//! Dropping it is a crash: the cluster is not notified.

mod consumer;
mod next_owner;
mod mutant_calls;
mod producer;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use crate::broker::{Broker, BrokerError, Polled, Position, ReadRequest};
use crate::record::{Outgoing, Record};
use crate::simulated::cluster::Cluster;
use crate::simulated::faults::Fault;
use crate::simulated::protocol::{Clock, Ending, Isolation, ProcessId, Refusal, Slot};
use crate::simulated::state::State;
use producer::{Producer, Stage};

/// A connection.
pub struct SimulatedBroker {
    cluster: Cluster,
    slot: Slot,
    process: ProcessId,
    consumer: u64,
    fetches: BTreeMap<i32, Fetch>,
    turn: usize,
    producer: Producer,
    queue: VecDeque<Outgoing>,
}

#[derive(Clone, Copy)]
struct Fetch {
    position: i64,
    paused: bool,
}

impl Cluster {
    /// Connects a slot: its consumer joins the group, its producer waits for
    /// [`Broker::init_transactions`](crate::broker::Broker::init_transactions).
    ///
    /// # Errors
    /// [`Refusal::UnknownTopicOrPartition`]: the slot's topic does not exist, or its group reads another.
    pub fn connect(&self, slot: Slot) -> Result<SimulatedBroker, Refusal> {
        SimulatedBroker::connect(self.clone(), slot)
    }
}

impl SimulatedBroker {
    fn connect(cluster: Cluster, slot: Slot) -> Result<Self, Refusal> {
        let (process, consumer) = {
            let mut state = cluster.state();
            let process = state.new_process();
            (process, state.connect(&slot, process)?)
        };
        Ok(Self {
            cluster,
            slot,
            process,
            consumer,
            fetches: BTreeMap::new(),
            turn: 0,
            producer: Producer::None,
            queue: VecDeque::new(),
        })
    }

    /// The process this connection lives in: what [`Cluster::freeze`] takes.
    #[must_use]
    pub fn process(&self) -> ProcessId {
        self.process
    }

    /// Every call begins here: time passes, and what was due happens.
    fn call(&self, name: impl FnOnce() -> String) -> MutexGuard<'_, State> {
        let mut state = self.cluster.state();
        let latency = state.faults.delay(|rates| rates.latency_ms);
        if latency > 0 || state.clock == Clock::System {
            state.advance(latency);
        } else {
            state.tick();
        }
        state.note(|| {
            let name = name();
            if name.is_empty() { name } else { format!("{} {:?}: {name}", self.slot.instance, self.process) }
        });
        state
    }

    fn unavailable(state: &mut State) -> Result<(), BrokerError> {
        if state.faults.occurs(Fault::Unavailable, |rates| rates.unavailable) {
            let waited = state.faults.rng.i64(1..=200);
            state.advance(waited);
            return Err(BrokerError::Unavailable("no answer in time".into()));
        }
        Ok(())
    }
}

impl Drop for SimulatedBroker {
    fn drop(&mut self) {
        self.cluster.state().connections.remove(&self.consumer);
    }
}

impl Broker for SimulatedBroker {
    fn now(&self) -> i64 {
        let mut state = self.cluster.state();
        if state.clock == Clock::System {
            state.tick();
        }
        state.now + state.skew
    }

    fn elapsed(&self) -> i64 {
        let mut state = self.cluster.state();
        if state.clock == Clock::System {
            state.tick();
        }
        state.now
    }

    fn partitions(&mut self, topic: &str) -> Result<i32, BrokerError> {
        let state = self.call(|| format!("partitions of {topic}"));
        state.partition_count(topic).map_err(|refusal| BrokerError::Fatal(format!("{topic}: {refusal}")))
    }

    fn poll(&mut self, most: usize, timeout: Duration) -> Result<Polled, BrokerError> {
        let mut state = self.call(String::new);
        if state.faults.occurs(Fault::SpuriousFence, |rates| rates.spurious_fence)
            && let Some(found) = state.connections.get_mut(&self.consumer)
        {
            found.fenced = true;
        }
        Self::consumer_alive(&state, self.consumer)?;
        if let Some(event) = Self::group_event(&state, self.consumer) {
            state.note(|| format!("{}: {event:?}", self.slot.instance));
            if let Some(found) = state.connections.get_mut(&self.consumer) {
                found.offered = true;
            }
            return Ok(event);
        }
        let system = state.clock == Clock::System;
        drop(state);
        let records = self.fetch(most)?;
        if records.is_empty() && system {
            std::thread::sleep(timeout.min(Duration::from_millis(1)));
        }
        if let (Some(first), Some(last)) = (records.first(), records.last()) {
            let (from, to) = ((first.partition, first.offset), (last.partition, last.offset));
            self.cluster
                .state()
                .note(|| format!("{}: {} records, {from:?} to {to:?}", self.slot.instance, records.len()));
        }
        Ok(Polled::Records(records))
    }

    fn assign(&mut self, positions: &[(i32, i64)]) -> Result<(), BrokerError> {
        let mut state = self.call(|| format!("assign {positions:?}"));
        Self::consumer_alive(&state, self.consumer)?;
        if let Some(found) = state.connections.get_mut(&self.consumer) {
            found.offered = false;
            found.owned.extend(positions.iter().map(|(partition, _)| *partition));
            // Expelled between being offered them and taking them: the next poll returns it.
            found.lost |= found.member.is_none();
        }
        drop(state);
        let paused = |position: &i64| Fetch { position: *position, paused: true };
        self.fetches.extend(positions.iter().map(|(partition, position)| (*partition, paused(position))));
        Ok(())
    }

    fn unassign(&mut self, partitions: &[i32]) -> Result<(), BrokerError> {
        let mut state = self.call(|| format!("unassign {partitions:?}"));
        Self::consumer_alive(&state, self.consumer)?;
        if let Some(found) = state.connections.get_mut(&self.consumer) {
            found.offered = false;
            found.owned.retain(|partition| !partitions.contains(partition));
            if found.lost {
                found.lost = !found.owned.is_empty();
            } else {
                found.rejoin = true;
            }
        }
        state.tick();
        drop(state);
        self.fetches.retain(|partition, _| !partitions.contains(partition));
        Ok(())
    }

    fn set_paused(&mut self, partition: i32, paused: bool) -> Result<(), BrokerError> {
        let state = self.call(|| format!("pause {partition}: {paused}"));
        Self::consumer_alive(&state, self.consumer)?;
        drop(state);
        if let Some(fetch) = self.fetches.get_mut(&partition) {
            fetch.paused = paused;
        }
        Ok(())
    }

    fn seek(&mut self, partition: i32, offset: i64) -> Result<(), BrokerError> {
        let state = self.call(|| format!("seek {partition} to {offset}"));
        Self::consumer_alive(&state, self.consumer)?;
        drop(state);
        if let Some(fetch) = self.fetches.get_mut(&partition) {
            fetch.position = offset;
        }
        Ok(())
    }

    fn committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        let mut state = self.call(|| format!("committed of {partitions:?}"));
        Self::unavailable(&mut state)?;
        let Some(group) = state.groups.get(&self.slot.group) else {
            return Err(BrokerError::Fatal("no such group".into()));
        };
        let positions: Result<Vec<_>, Refusal> =
            partitions.iter().map(|partition| group.committed(*partition)).collect();
        state.note(|| format!("{}: committed {positions:?}", self.slot.instance));
        positions.map_err(|refusal| {
            state.faults.count(Fault::OffsetsUnstable);
            state.advance(50);
            BrokerError::Unavailable(refusal.to_string())
        })
    }

    fn last_committed(&mut self, partitions: &[i32]) -> Result<Vec<Option<Position>>, BrokerError> {
        self.last_committed_of(partitions)
    }

    fn rejoin(&mut self) -> Result<(), BrokerError> {
        let mut state = self.call(|| "rejoin".into());
        state.connections.remove(&self.consumer);
        let consumer =
            state.connect(&self.slot, self.process).map_err(|refusal| BrokerError::Fatal(refusal.to_string()))?;
        drop(state);
        self.consumer = consumer;
        self.fetches.clear();
        Ok(())
    }

    fn init_transactions(&mut self) -> Result<(), BrokerError> {
        self.queue.clear();
        self.producer = Producer::None;
        let Slot { transactional_id, transaction_timeout_ms, .. } = self.slot.clone();
        let mut state = self.call(|| "init_transactions".into());
        Self::unavailable(&mut state)?;
        let who = Self::retrying(&mut state, |state| state.initialise(&transactional_id, transaction_timeout_ms))
            .map_err(|refusal| BrokerError::Unavailable(refusal.to_string()))?;
        // The answer may be lost too: the epoch has moved, and asking again moves it once more.
        Self::unavailable(&mut state)?;
        state.note(|| format!("{}: producer {} epoch {}", self.slot.instance, who.0, who.1));
        drop(state);
        self.producer = Producer::Alive { who, stage: Stage::Ready, registered: false };
        Ok(())
    }

    fn end_transactions_of(&mut self, own: &str, dead: &str) -> Result<bool, BrokerError> {
        self.end_for(own, dead)
    }

    fn begin(&mut self) -> Result<(), BrokerError> {
        drop(self.call(|| "begin".into()));
        match self.alive()? {
            (_, Stage::Ready) => {
                self.set_stage(Stage::Open);
                Ok(())
            }
            (_, stage) => Err(BrokerError::Fatal(format!("begin in stage {stage:?}"))),
        }
    }

    fn send(&mut self, outgoing: Outgoing) -> Result<(), BrokerError> {
        let mut state = self.call(|| {
            let key = outgoing.key.as_ref().map(|key| key.escape_ascii().to_string());
            format!("send to {}-{:?}, key {key:?}", outgoing.topic, outgoing.partition)
        });
        // Under faults, records leave the queue at any time, so a crash finds any part of them in the log.
        let now = if state.faults.any() { state.faults.rng.usize(0..3) } else { 0 };
        drop(state);
        self.open()?;
        self.queue.push_back(outgoing);
        self.deliver(now)
    }

    fn send_offsets(&mut self, positions: &[(i32, Position)]) -> Result<(), BrokerError> {
        let state = self.call(|| format!("send_offsets {positions:?}"));
        drop(state);
        let who = self.open()?;
        let id = Arc::clone(&self.slot.transactional_id);
        let answer = {
            let mut state = self.cluster.state();
            Self::retrying(&mut state, |state| state.commit_pending(&id, who, self.consumer, positions))
        };
        // Whatever the group answers, the coordinator has the group in the transaction by now.
        self.register();
        answer.map_err(|refusal| self.refused(refusal))
    }

    fn drain(&mut self) -> Result<(), BrokerError> {
        drop(self.call(|| "drain".into()));
        self.deliver(usize::MAX)
    }

    fn commit(&mut self) -> Result<(), BrokerError> {
        drop(self.call(|| "commit".into()));
        match self.alive()? {
            (who, Stage::InDoubt) => return self.end(who, Ending::Commit),
            (_, Stage::Ready) => return Err(BrokerError::Fatal("commit without a transaction".into())),
            (_, Stage::Failed(reason)) => return Err(BrokerError::Abort(reason)),
            (_, Stage::Open) => {}
        }
        self.deliver(usize::MAX)?;
        let (who, _) = self.alive()?;
        if self.is_registered() {
            return self.end(who, Ending::Commit);
        }
        self.set_stage(Stage::Ready);
        Ok(())
    }

    fn abort(&mut self) -> Result<(), BrokerError> {
        drop(self.call(|| "abort".into()));
        self.queue.clear();
        match self.alive()? {
            (_, Stage::Ready) => Err(BrokerError::Fatal("abort without a transaction".into())),
            (who, _) if self.is_registered() => self.end(who, Ending::Abort),
            _ => {
                self.set_stage(Stage::Ready);
                Ok(())
            }
        }
    }

    fn log_range(&mut self, topic: &str, partition: i32) -> Result<(i64, i64), BrokerError> {
        let mut state = self.call(|| format!("log_range of {topic}-{partition}"));
        Self::unavailable(&mut state)?;
        let log = state.log(topic, partition).map_err(|refusal| BrokerError::Fatal(refusal.to_string()))?;
        Ok((log.start(), log.end()))
    }

    fn read(&mut self, request: ReadRequest<'_>) -> Result<(Vec<Record>, i64), BrokerError> {
        let ReadRequest { topic, partition, position, most, .. } = request;
        self.read_isolated((topic, partition), position, most, Isolation::ReadCommitted)
    }

    fn close(&mut self) {
        let mut state = self.call(|| "close".into());
        state.connections.remove(&self.consumer);
    }
}
