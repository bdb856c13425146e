//! The handle on a simulated cluster: make topics, connect, put records in, read everything, advance time. Cheap to clone; all
//! clones and connections are one cluster.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::faults::{FaultCounts, FaultRates};
use super::log::{AbortedRange, PartitionLog, Tombstones};
use super::protocol::{Clock, Isolation, ProcessId, Refusal, Timestamps};
use super::state::{State, Topic};
use crate::broker::Position;
use crate::emitter::Placed;
use crate::record::{Outgoing, Record};

/// A simulated cluster.
#[derive(Clone)]
pub struct Cluster(Arc<Mutex<State>>);

impl Cluster {
    /// A cluster without topics and without faults. The seed feeds everything that is drawn.
    #[must_use]
    pub fn new(seed: u64, clock: Clock) -> Self {
        Self(Arc::new(Mutex::new(State::new(seed, clock))))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A simulated crash unwinds through callers; the state is whole between requests.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Creates a topic; one that exists is left as it is.
    pub fn create_topic(&self, name: &str, partitions: i32, timestamps: Timestamps) {
        let logs = (0..partitions).map(|_| PartitionLog::new()).collect();
        self.state().topics.entry(name.into()).or_insert(Topic { timestamps, partitions: logs });
    }

    /// Gives a topic more partitions: so many in all. Groups that read it learn of it with their next rebalance.
    pub fn add_partitions(&self, name: &str, partitions: i32) {
        let mut state = self.state();
        let wanted = usize::try_from(partitions).unwrap_or(0);
        let Some(topic) = state.topics.get_mut(name) else { return };
        while topic.partitions.len() < wanted {
            topic.partitions.push(PartitionLog::new());
        }
        state.groups.values_mut().for_each(|group| group.has_partitions(name, partitions));
    }

    /// Deletes a topic and makes it anew: the same name, and nothing in it.
    pub fn recreate_topic(&self, name: &str) {
        if let Some(topic) = self.state().topics.get_mut(name) {
            topic.partitions.iter_mut().for_each(|log| *log = PartitionLog::new());
        }
    }

    // --- time --------------------------------------------------------------------------------------------------------

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.state().now
    }

    /// Sets the wall clock of the clients: so many milliseconds ahead of the brokers', or behind.
    pub fn set_client_clock(&self, ahead_ms: i64) {
        self.state().skew = ahead_ms;
    }

    /// Time passes: transactions time out, markers arrive, sessions end.
    pub fn advance(&self, ms: i64) {
        self.state().advance(ms);
    }

    // --- topics ------------------------------------------------------------------------------------------------------

    /// Appends a record outside any transaction, as an ordinary producer does.
    ///
    /// # Errors
    /// [`Refusal::UnknownTopicOrPartition`].
    pub fn produce(&self, outgoing: Outgoing) -> Result<Placed, Refusal> {
        let mut state = self.state();
        let partition = state.place(&outgoing)?;
        let now = state.now;
        let offset = state.append(outgoing, partition, now, None)?;
        Ok(Placed { partition, offset })
    }

    /// The partition count of a topic.
    ///
    /// # Errors
    /// [`Refusal::UnknownTopicOrPartition`].
    pub fn partitions(&self, topic: &str) -> Result<i32, Refusal> {
        self.state().partition_count(topic)
    }

    /// All records of a partition that are there to be read.
    ///
    /// # Errors
    /// [`Refusal::UnknownTopicOrPartition`].
    pub fn records(&self, topic: &str, partition: i32, isolation: Isolation) -> Result<Vec<Record>, Refusal> {
        let state = self.state();
        let log = state.log(topic, partition)?;
        log.read((&topic.into(), partition), log.start(), usize::MAX, isolation).map(|(records, _)| records)
    }

    /// First offset, last stable offset, high watermark.
    ///
    /// # Errors
    /// [`Refusal::UnknownTopicOrPartition`].
    pub fn offsets(&self, topic: &str, partition: i32) -> Result<Offsets, Refusal> {
        let state = self.state();
        let log = state.log(topic, partition)?;
        Ok(Offsets { log_start: log.start(), last_stable: log.last_stable_offset(), high_watermark: log.end() })
    }

    /// Ranges that `read_committed` readers do not see.
    ///
    /// # Errors
    /// [`Refusal::UnknownTopicOrPartition`].
    pub fn aborted_ranges(&self, topic: &str, partition: i32) -> Result<Vec<AbortedRange>, Refusal> {
        Ok(self.state().log(topic, partition)?.aborted().to_vec())
    }

    /// Compacts a partition; returns how many entries went.
    ///
    /// # Errors
    /// [`Refusal::UnknownTopicOrPartition`].
    pub fn compact(&self, topic: &str, partition: i32, tombstones: Tombstones) -> Result<usize, Refusal> {
        Ok(self.state().log_mut(topic, partition)?.compact(tombstones))
    }

    /// Retention takes everything before `offset`.
    ///
    /// # Errors
    /// [`Refusal::UnknownTopicOrPartition`].
    pub fn delete_records(&self, topic: &str, partition: i32, offset: i64) -> Result<(), Refusal> {
        self.state().log_mut(topic, partition)?.delete_before(offset);
        Ok(())
    }

    // --- coordinators ------------------------------------------------------------------------------------------------

    /// Transactional ids whose transaction is not over.
    #[must_use]
    pub fn open_transactions(&self) -> Vec<Arc<str>> {
        self.state().transactions.open()
    }

    /// A group's last committed position, whatever is pending.
    #[must_use]
    pub fn committed(&self, group: &str, partition: i32) -> Option<Position> {
        self.state().groups.get(group).and_then(|group| group.last_committed(partition)).cloned()
    }

    /// How many records of a partition the group has not processed: those after its committed position, or everything if
    /// there is none. Records that are not stable yet count as one.
    #[must_use]
    pub fn unread(&self, group: &str, topic: &str, partition: i32) -> usize {
        let state = self.state();
        let Ok(log) = state.log(topic, partition) else { return 0 };
        let committed = state.groups.get(group).and_then(|group| group.last_committed(partition));
        let position = committed.map_or(log.start(), |position| position.offset);
        let read = log.read((&topic.into(), partition), position, usize::MAX, Isolation::ReadCommitted);
        let unstable = usize::from(log.last_stable_offset() < log.end());
        read.map_or(0, |(records, _)| records.len()) + unstable
    }

    /// The group's generation: how many rebalances have been completed.
    #[must_use]
    pub fn generation(&self, group: &str) -> i32 {
        self.state().groups.get(group).map_or(0, |group| group.generation)
    }

    /// Begins a rebalance that moves partitions although no member joined or left.
    pub fn rebalance(&self, group: &str) {
        let mut state = self.state();
        if let Some(group) = state.groups.get_mut(group) {
            group.shuffle();
        }
        state.tick();
    }

    /// Freezes a process: no heartbeats, no background work, until [`Cluster::thaw`].
    pub fn freeze(&self, process: ProcessId) {
        self.state().freeze(process, true);
    }

    /// The process continues, and does not know that it was frozen.
    pub fn thaw(&self, process: ProcessId) {
        self.state().freeze(process, false);
    }

    // --- faults ------------------------------------------------------------------------------------------------------

    /// From now on these faults happen.
    pub fn set_faults(&self, rates: FaultRates) {
        self.state().faults.rates = rates;
    }

    /// No faults any more, and whatever is still in the network arrives.
    pub fn heal(&self) {
        let mut state = self.state();
        state.faults.rates = FaultRates::none();
        state.deliver_everything();
    }

    /// How often each fault took effect so far.
    #[must_use]
    pub fn fault_counts(&self) -> FaultCounts {
        self.state().faults.counts.clone()
    }

    /// Keeps a line for every request and event from now on.
    pub fn record_trace(&self) {
        self.state().trace.get_or_insert_default();
    }

    /// The lines kept so far.
    #[must_use]
    pub fn trace(&self) -> Vec<String> {
        self.state().trace.clone().unwrap_or_default()
    }
}

/// Where a partition begins and ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Offsets {
    /// The first offset that is still there.
    pub log_start: i64,
    /// Up to where `read_committed` readers may read.
    pub last_stable: i64,
    /// Up to where everybody may read.
    pub high_watermark: i64,
}
