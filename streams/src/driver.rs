//! The test driver: a topology on a log in memory, stepped by hand, for authors of processors.
//!
//! It is synchronous and has no clock: the test sets the log time. Every call runs until there is nothing left to do, as
//! one transaction per partition. [`TestDriver::crash_and_restore`] forgets everything but what is in the changelog, as a
//! `kill -9` does. It runs the same task, stores, timers and changelog as production; what a broker adds (aborts, rebalances,
//! unknown outcomes) is tested on `simulated`, under the same thread.
//!
//! ```
//! # use logstreams::{Context, Group, Input, Output, Table, Topology, TopologyError, Verdict};
//! # const CLICKS: Input<String, String> = Input::new("clicks");
//! # const COUNTS: Table<String, u64> = Table::new(0, "counts");
//! # const TOTALS: Output<String, u64> = Output::new("totals");
//! # fn on_click(page: String, _visitor: String, context: &mut dyn Context) -> Result<(), Verdict> {
//! #     let count = COUNTS.get(context, &page)?.unwrap_or(0) + 1;
//! #     COUNTS.put(context, &page, &count);
//! #     TOTALS.emit(context, &page, &count);
//! #     Ok(())
//! # }
//! # fn topology() -> Result<Topology, TopologyError> {
//! #     Group::new("counter").input(&CLICKS, on_click).table(&COUNTS).output(&TOTALS).build()
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use logstreams::driver::TestDriver;
//! let mut driver = TestDriver::new(topology()?);
//! driver.pipe(b"home", b"visitor-1", &[], 1_000)?;
//! let totals = driver.take("totals");
//! driver.advance_to(60_000)?;                   // every partition reads a tick: timers fire
//! driver.crash_and_restore()?;
//! assert_eq!(driver.row(0, &COUNTS, &"home".to_owned())?, Some(1));
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::changelog::{self, Change};
use crate::codec::{Codec, Corrupt};
use crate::partitioner::partition_for_key;
use crate::processor::{StoreId, Verdict};
use crate::record::{Outgoing, Record};
use crate::table::Table;
use crate::task::{Advanced, Checkpoint, Limits, RestoreError, Restoring, State, Task};
use crate::topology::Topology;

/// A topology with its source topic, outputs and changelog in memory.
pub struct TestDriver {
    topology: Arc<Topology>,
    tasks: Vec<Task>,
    ends: Vec<i64>,
    changelogs: Vec<Vec<Record>>,
    committed: Vec<Option<Checkpoint>>,
    outputs: BTreeMap<Arc<str>, Vec<Outgoing>>,
}

/// Why a driven topology stopped.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DriverError {
    /// The processor returned [`Verdict::Fatal`] or [`Verdict::Retry`].
    #[error(transparent)]
    Stopped(#[from] Verdict),
    /// The state could not be restored.
    #[error("{0}")]
    Restore(String),
}

/// What production uses by default.
const LIMITS: Limits = Limits { record_bytes: 900_000, dead_letter_bytes: 900_000 };

impl TestDriver {
    /// A topology on one partition.
    #[must_use]
    pub fn new(topology: Topology) -> Self {
        Self::with_partitions(topology, 1)
    }

    /// A topology on this many partitions (at least one); keys are spread as Kafka's Java producer does.
    #[must_use]
    pub fn with_partitions(topology: Topology, partitions: i32) -> Self {
        let topology = Arc::new(topology);
        let partitions = partitions.max(1);
        let count = usize::try_from(partitions).unwrap_or(1);
        let tasks = (0..partitions)
            .map(|partition| {
                let mut task = Task::new(topology.clone(), (partition, partitions), "test".into(), LIMITS, None, 0);
                task.enter(State::Running);
                task
            })
            .collect();
        Self {
            topology,
            tasks,
            ends: vec![0; count],
            changelogs: vec![Vec::new(); count],
            committed: vec![None; count],
            outputs: BTreeMap::new(),
        }
    }

    /// Appends a record to the partition of its key and runs until nothing is left to do. Returns the partition.
    ///
    /// # Errors
    /// [`DriverError::Stopped`]; the transaction is dropped.
    pub fn pipe(
        &mut self,
        key: &[u8],
        value: &[u8],
        headers: &[(&str, &[u8])],
        at_ms: i64,
    ) -> Result<i32, DriverError> {
        let partition = partition_for_key(key, i32::try_from(self.tasks.len()).unwrap_or(1));
        self.pipe_to(partition, Some(key), Some(value), headers, at_ms)?;
        Ok(partition)
    }

    /// Appends any record to a partition and runs until nothing is left to do.
    ///
    /// # Errors
    /// As for [`TestDriver::pipe`].
    pub fn pipe_to(
        &mut self,
        partition: i32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[(&str, &[u8])],
        at_ms: i64,
    ) -> Result<(), DriverError> {
        let index = usize::try_from(partition).unwrap_or(usize::MAX);
        let Some(end) = self.ends.get(index) else { return Ok(()) };
        self.pipe_record(Record {
            topic: self.topology.source().clone(),
            partition,
            offset: *end,
            timestamp: at_ms,
            key: key.map(Bytes::copy_from_slice),
            value: value.map(Bytes::copy_from_slice),
            headers: headers.iter().map(|(name, value)| ((*name).into(), Bytes::copy_from_slice(value))).collect(),
        })
    }

    /// Processes a record of an existing log, at its own partition, offset and time, and runs until nothing is left to do.
    /// Offsets may have gaps, as transaction markers leave them; a record that was read already is skipped.
    ///
    /// # Errors
    /// As for [`TestDriver::pipe`].
    pub fn pipe_record(&mut self, record: Record) -> Result<(), DriverError> {
        let index = usize::try_from(record.partition).unwrap_or(usize::MAX);
        let Some(end) = self.ends.get_mut(index) else { return Ok(()) };
        *end = (*end).max(record.offset + 1);
        self.run(index, record)
    }

    /// Lets every partition read a tick with this time: timers that are due by then fire.
    ///
    /// # Errors
    /// As for [`TestDriver::pipe`].
    pub fn advance_to(&mut self, at_ms: i64) -> Result<(), DriverError> {
        for partition in 0..i32::try_from(self.tasks.len()).unwrap_or(1) {
            self.pipe_to(partition, None, None, &[("event-type", b"tick")], at_ms)?;
        }
        Ok(())
    }

    fn run(&mut self, index: usize, record: Record) -> Result<(), DriverError> {
        let Some(task) = self.tasks.get_mut(index) else { return Ok(()) };
        let mut written = Vec::new();
        task.enqueue(record);
        loop {
            match task.advance() {
                Ok(Advanced::Idle) => break,
                Ok(_) => written.append(&mut task.outputs),
                Err(verdict) => {
                    task.discard();
                    return Err(verdict.into());
                }
            }
        }
        let Some(changelog) = self.changelogs.get_mut(index) else { return Ok(()) };
        let checkpoint = task.prepare(|outgoing| {
            changelog.push(Record {
                topic: outgoing.topic,
                partition: task_partition(index),
                offset: i64::try_from(changelog.len()).unwrap_or(i64::MAX),
                timestamp: 0,
                key: outgoing.key,
                value: outgoing.value,
                headers: outgoing.headers,
            });
        });
        task.promote();
        if let Some(committed) = self.committed.get_mut(index) {
            *committed = Some(checkpoint);
        }
        for outgoing in written {
            self.outputs.entry(outgoing.topic.clone()).or_default().push(outgoing);
        }
        Ok(())
    }

    /// Takes out everything written to a topic so far, in order.
    #[must_use]
    pub fn take(&mut self, topic: &str) -> Vec<Outgoing> {
        self.outputs.remove(topic).unwrap_or_default()
    }

    /// Takes out the dead letters so far. Their headers are named in [`crate::task::dead_letter::header`].
    #[must_use]
    pub fn take_dead_letters(&mut self) -> Vec<Outgoing> {
        let topic = self.topology.dead_letters().clone();
        self.take(&topic)
    }

    /// Reads a key of a partition's store.
    #[must_use]
    pub fn get(&self, partition: i32, store: StoreId, key: &[u8]) -> Option<Vec<u8>> {
        self.task(partition)?.stores().get(usize::from(store.0), key).map(<[u8]>::to_vec)
    }

    /// Everything in a partition's store, in order.
    #[must_use]
    pub fn entries(&self, partition: i32, store: StoreId) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.task(partition)
            .map_or_else(Vec::new, |task| task.stores().scan(usize::from(store.0), &[], None, usize::MAX))
    }

    /// Reads a row of a partition's table.
    ///
    /// # Errors
    /// [`Corrupt`] when the stored row cannot be read.
    pub fn row<K, V, C: Codec<K, V>>(
        &self,
        partition: i32,
        table: &Table<K, V, C>,
        key: &K,
    ) -> Result<Option<V>, Corrupt> {
        let bytes = self.get(partition, table.id(), C::key(key).as_ref());
        bytes.map(|bytes| C::read(key, &bytes)).transpose()
    }

    /// Every row of a partition's table, in order of the keys' bytes.
    ///
    /// # Errors
    /// [`Corrupt`] when a stored row cannot be read.
    pub fn rows<K, V, C: Codec<K, V>>(&self, partition: i32, table: &Table<K, V, C>) -> Result<Vec<(K, V)>, Corrupt> {
        self.entries(partition, table.id()).iter().map(|(key, value)| table.read(key, value)).collect()
    }

    /// The topology that is driven.
    #[must_use]
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// How many timers a partition waits for.
    #[must_use]
    pub fn timers(&self, partition: i32) -> usize {
        self.task(partition).map_or(0, |task| task.stores().entries(self.topology.stores().len()))
    }

    /// A partition's log time, milliseconds since 1970.
    #[must_use]
    pub fn log_time(&self, partition: i32) -> i64 {
        self.task(partition).map_or(0, Task::log_time)
    }

    fn task(&self, partition: i32) -> Option<&Task> {
        self.tasks.get(usize::try_from(partition).ok()?)
    }

    /// A topology on one partition, restored from the changelog that a run of it left behind, perhaps one of a former build: keys and
    /// values in the order of the log. It goes on from the position that the changelog states last.
    ///
    /// # Errors
    /// [`DriverError::Restore`] when the state cannot be read, or belongs to another topology.
    pub fn restored(
        topology: Topology,
        changelog: impl IntoIterator<Item = (Option<Vec<u8>>, Option<Vec<u8>>)>,
    ) -> Result<Self, DriverError> {
        let mut driver = Self::new(topology);
        let topic = driver.topology.changelog().clone();
        let records = (0..).zip(changelog).map(|(offset, (key, value))| Record {
            topic: topic.clone(),
            partition: 0,
            offset,
            timestamp: 0,
            key: key.map(Into::into),
            value: value.map(Into::into),
            headers: Vec::new(),
        });
        let records: Vec<Record> = records.collect();
        let failed = |reason: &dyn std::fmt::Display| DriverError::Restore(reason.to_string());
        let mut committed = None;
        for record in &records {
            if let Change::Position(text) =
                changelog::decode(&driver.topology, record).map_err(|error| failed(&error))?
            {
                committed = Some(text.to_owned());
            }
        }
        let position = |text: String| Checkpoint::of_text(&text, &driver.topology).map_err(|error| failed(&error));
        let checkpoint = committed.map(position).transpose()?;
        if let Some(end) = driver.ends.first_mut() {
            *end = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.offset);
        }
        driver.changelogs = vec![records];
        driver.committed = vec![checkpoint];
        driver.crash_and_restore()?;
        Ok(driver)
    }

    /// Drops every task and restores each from its changelog.
    ///
    /// # Errors
    /// [`DriverError::Restore`].
    pub fn crash_and_restore(&mut self) -> Result<(), DriverError> {
        let failed = |error: RestoreError| DriverError::Restore(error.to_string());
        let partitions = task_partition(self.tasks.len());
        for (index, (task, changelog)) in self.tasks.iter_mut().zip(&self.changelogs).enumerate() {
            let committed = self.committed.get(index).cloned().flatten();
            let place = (task_partition(index), partitions);
            *task = Task::new(self.topology.clone(), place, "test".into(), LIMITS, committed, 0);
            let end = i64::try_from(changelog.len()).unwrap_or(i64::MAX);
            let mut restoring = Restoring::new((0, end));
            restoring.apply(task, changelog, end).map_err(failed)?;
            restoring.complete(task).map_err(failed)?;
        }
        Ok(())
    }
}

fn task_partition(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
