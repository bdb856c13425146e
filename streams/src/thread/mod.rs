//! The loop of one stream thread: one consumer, one transactional producer, the tasks of its partitions, one transaction for
//! all of them.
//!
//! It is a state machine that moves by `StreamThread::step`, so that the same code runs on a real cluster and, step by step,
//! on a simulated one. Every failure becomes one `LoopError`, and every error has one recovery:
//!
//! ```text
//!   error        means                                      recovery
//!   Wait         the call had no effect                     pause, same step again
//!   Abort        the transaction cannot be committed        abort, drop overlays, rewind inputs
//!   InDoubt      the transaction's outcome is unknown       new producer, look up the committed positions,
//!                                                           keep or drop overlays, rewind inputs
//!   Rejoin       the consumer is dead                       abort, suspend tasks, join the group again
//!   Displaced    so it is, for another has its name         the same, and say so
//!   Stop         going on would be wrong                    failed
//! ```
//!
//! Not here: what a record means (`task`), how a call reaches a broker (`kafka`, `simulated`), who starts threads
//! (`application`).

mod config;
mod duplicate;
mod group;
mod next_owner;
mod restore;
mod operators;
mod parking;
mod processing;
mod recovery;
mod silence;
mod transaction;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub(crate) use config::ThreadConfig;

use crate::broker::{Broker, Polled};
use crate::metrics::{TaskView, ThreadMetrics};
use crate::service::Condition;
#[cfg(feature = "testing")]
use crate::task::State;
use crate::task::{Restoring, Task};
use crate::topology::Topology;
use duplicate::Duplicate;
use operators::Operators;
use parking::Parked;
use recovery::{LoopError, lookup_error};
use silence::Heard;
use transaction::Transaction;

/// How long a thread without partitions may count as joining; after that it counts as spare.
const JOIN_MS: i64 = 30_000;

/// How a step went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Go on at once.
    Worked,
    /// Nothing can be done for this long.
    Wait(Duration),
    /// It has stopped; the reason has been logged.
    Failed,
}

/// Whether the producer may begin a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Producer {
    Ready,
    /// It must be replaced first.
    InDoubt(String),
}

/// Whether the consumer is a member of the group.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Consumer {
    Member,
    /// It must be replaced first.
    Dead(String),
}

/// Ticks of one partition.
#[derive(Clone, Copy, Debug)]
struct Ticked {
    at: i64,
    read: bool,
}

/// A record that asked to be read again later.
#[derive(Clone, Debug)]
struct Retry {
    not_before: i64,
    attempts: u32,
    reason: String,
}

/// One stream thread over one broker connection.
pub(crate) struct StreamThread<B> {
    broker: B,
    topology: Arc<Topology>,
    config: ThreadConfig,
    metrics: ThreadMetrics,
    writer: Arc<str>,
    tasks: BTreeMap<i32, Task>,
    restoring: BTreeMap<i32, Restoring>,
    suspended: BTreeMap<i32, (Task, i64)>,
    assigning: Vec<i32>,
    paused: BTreeSet<i32>,
    retries: BTreeMap<i32, Retry>,
    ticks: BTreeMap<i32, Ticked>,
    parked: BTreeMap<i32, Parked>,
    operators: Operators,
    heard: BTreeMap<i32, Heard>,
    /// When the last silent partition was looked at: monotonic, milliseconds.
    looked_at: i64,
    /// The wall clock and the monotonic one at the start.
    started_at: (i64, i64),
    transaction: Option<Transaction>,
    producer: Producer,
    consumer: Consumer,
    duplicate: Duplicate,
    failures: u32,
    not_before: i64,
    last_error: Option<String>,
    stopped: Option<String>,
    joining_since: i64,
    has_checked_topics: bool,
    /// How many partitions the source has; 0 before it was looked up.
    partitions: i32,
}

impl<B: Broker> StreamThread<B> {
    /// A thread before its first step, which initialises the producer.
    pub(crate) fn new(broker: B, topology: Arc<Topology>, config: ThreadConfig, metrics: ThreadMetrics) -> Self {
        let (now, joining_since) = (broker.now(), broker.elapsed());
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
        let slot: String = config.slot.chars().map(plain).take(100).collect();
        let writer = format!("{slot}@{now}").into();
        Self {
            broker,
            topology,
            config,
            metrics,
            writer,
            tasks: BTreeMap::new(),
            restoring: BTreeMap::new(),
            suspended: BTreeMap::new(),
            assigning: Vec::new(),
            paused: BTreeSet::new(),
            retries: BTreeMap::new(),
            ticks: BTreeMap::new(),
            parked: BTreeMap::new(),
            operators: Operators::default(),
            heard: BTreeMap::new(),
            looked_at: 0,
            started_at: (now, joining_since),
            transaction: None,
            producer: Producer::InDoubt("not made yet".to_owned()),
            consumer: Consumer::Member,
            duplicate: Duplicate::default(),
            failures: 0,
            not_before: 0,
            last_error: None,
            stopped: None,
            joining_since,
            has_checked_topics: false,
            partitions: 0,
        }
    }

    /// One turn: recover, restore one slice, poll, process, perhaps commit.
    pub(crate) fn step(&mut self) -> Step {
        if self.stopped.is_some() {
            return Step::Failed;
        }
        let pause = self.not_before - self.broker.elapsed();
        if pause > 0 {
            return Step::Wait(Duration::from_millis(pause.unsigned_abs()));
        }
        match self.turn() {
            Ok(()) => Step::Worked,
            Err(error) => self.recover(error),
        }
    }

    fn turn(&mut self) -> Result<(), LoopError> {
        if let Consumer::Dead(reason) = &self.consumer {
            let reason = reason.clone();
            self.rejoin(&reason)?;
        }
        if matches!(self.producer, Producer::InDoubt(_)) {
            self.replace_producer()?;
        }
        self.check_topics()?;
        self.open_tasks()?;
        self.restore_slice()?;
        self.manage_backlog()?;
        self.release_suspended();
        self.heed_operators()?;
        match self.poll()? {
            Polled::Records(records) => {
                let is_idle = records.is_empty();
                self.hear(&records);
                for record in records {
                    if let Some(task) = self.tasks.get_mut(&record.partition) {
                        task.enqueue(record);
                    }
                }
                self.look_at_the_silent()?;
                self.process()?;
                self.end_transaction(is_idle)
            }
            Polled::Assigned(partitions) => {
                self.metrics.rebalance("assigned");
                tracing::info!(application = %self.topology.name(), ?partitions, "partitions assigned");
                self.hear_anew(&partitions);
                self.assigning = partitions;
                self.open_tasks()
            }
            Polled::Revoked(partitions) => self.revoked(&partitions),
            Polled::Lost(partitions) => self.lost(&partitions),
        }
    }

    /// Source and changelog must have equal partition counts, or a task would restore another task's state.
    fn check_topics(&mut self) -> Result<(), LoopError> {
        if self.has_checked_topics {
            return Ok(());
        }
        let (source, changelog) = (self.topology.source().clone(), self.topology.changelog().clone());
        let inputs = self.broker.partitions(&source).map_err(lookup_error)?;
        let states = self.broker.partitions(&changelog).map_err(lookup_error)?;
        if inputs != states {
            let reason = format!("{source} has {inputs} partitions but {changelog} has {states}: they must agree");
            return Err(LoopError::Stop(reason));
        }
        if let Some(control) = self.topology.control().cloned() {
            // One partition: its order is the order of what was said.
            let found = self.broker.partitions(&control).map_err(lookup_error)?;
            if found != 1 {
                return Err(LoopError::Stop(format!("{control} has {found} partitions, and must have one")));
            }
        }
        self.partitions = inputs;
        self.has_checked_topics = true;
        Ok(())
    }

    /// Ends it: commits the open transaction and leaves the group.
    pub(crate) fn drain(&mut self) {
        if self.stopped.is_some() {
            return;
        }
        if matches!((&self.producer, &self.consumer), (Producer::Ready, Consumer::Member)) {
            match self.commit() {
                Ok(()) => {}
                Err(LoopError::Abort(_)) => drop(self.broker.abort()),
                // The next start looks up its outcome.
                Err(error) => tracing::warn!(?error, "the next start looks up the outcome of the last transaction"),
            }
        }
        self.forget_tasks();
        self.broker.close();
    }

    fn forget_tasks(&mut self) {
        self.tasks.clear();
        self.suspended.clear();
        self.show_tasks();
    }

    // --- state for others -----------------------------------------------------------------------------------------------

    /// Shows the tasks that there are. To be called when one has come, gone or changed its state.
    fn show_tasks(&self) {
        let suspended = self.suspended.values().map(|(task, _)| task);
        self.metrics.show_tasks(self.tasks.values().chain(suspended).map(TaskView::of).collect());
    }

    /// Its condition.
    pub(crate) fn condition(&self) -> Condition {
        if let Some(reason) = &self.stopped {
            return Condition::Failed(reason.clone());
        }
        let why = || self.last_error.as_deref().unwrap_or("starting");
        let duplicate = self.duplicate.is_known(self.broker.elapsed()).then(|| {
            let name = &self.config.slot;
            format!("another process runs under the name of this one ({name}): give each an instance of its own")
        });
        if matches!(self.consumer, Consumer::Dead(_)) {
            if let Some(duplicate) = duplicate {
                return Condition::Starting(duplicate);
            }
            return Condition::Starting(format!("joining the group again: {}", why()));
        }
        if let Producer::InDoubt(reason) = &self.producer {
            return Condition::Starting(format!("replacing the producer ({reason}): {}", why()));
        }
        if let Some(reason) = self.broker.joining() {
            return Condition::Starting(format!("joining the group again: {reason}"));
        }
        if !self.assigning.is_empty() {
            return Condition::Starting(format!("looking up positions: {}", why()));
        }
        let restoring = || self.restoring.iter().filter(|(partition, _)| !self.parked.contains_key(partition));
        if restoring().next().is_some() {
            let remaining: i64 = restoring().map(|(_, restoring)| restoring.remaining()).sum();
            let (restoring, all) = (restoring().count(), self.tasks.len());
            return Condition::Starting(format!(
                "restoring {restoring} of {all} partitions, {remaining} records to go"
            ));
        }
        if let Some(duplicate) = duplicate {
            return Condition::Degraded(duplicate);
        }
        let has_nothing = self.tasks.is_empty() && self.parked.is_empty();
        if has_nothing && self.broker.elapsed() - self.joining_since < JOIN_MS {
            return Condition::Starting("joining the group".to_owned());
        }
        if let Some((partition, parked)) = self.parked.first_key_value() {
            return Condition::Degraded(format!("partition {partition} is parked: {}", parked.reason));
        }
        if let Some((partition, position)) = self.held_back() {
            return Condition::Degraded(format!(
                "partition {partition} gets nothing: a transaction that does not end holds back what is behind offset {position}"
            ));
        }
        if let Some((partition, retry)) = self.retries.iter().find(|(_, retry)| retry.attempts >= 5) {
            let Retry { attempts, reason, .. } = retry;
            return Condition::Degraded(format!(
                "partition {partition} waits for a retry ({attempts} so far): {reason}"
            ));
        }
        if self.failures >= 5 {
            return Condition::Degraded(format!("{} failures in a row: {}", self.failures, why()));
        }
        if self.tasks.is_empty() {
            return Condition::Degraded("no partition is assigned: there are more threads than partitions".to_owned());
        }
        Condition::Ready
    }
}

/// For the simulation.
#[cfg(feature = "testing")]
impl<B> StreamThread<B> {
    /// The task of a partition, once it runs.
    pub(crate) fn running_task(&mut self, partition: i32) -> Option<&mut Task> {
        self.tasks.get_mut(&partition).filter(|task| task.state() == State::Running)
    }
}

/// For tests.
#[cfg(test)]
impl<B> StreamThread<B> {
    pub(crate) fn broker_mut(&mut self) -> &mut B {
        &mut self.broker
    }

    pub(crate) fn task(&self, partition: i32) -> Option<&Task> {
        self.tasks.get(&partition)
    }
}

fn seconds(milliseconds: i64) -> f64 {
    Duration::from_millis(milliseconds.max(0).unsigned_abs()).as_secs_f64()
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
pub(crate) mod scripted;
#[cfg(test)]
mod duplicate_tests;
#[cfg(test)]
mod speed_tests;
#[cfg(test)]
mod next_owner_tests;
#[cfg(test)]
mod isolation_tests;
#[cfg(test)]
mod operators_tests;
#[cfg(test)]
mod proof_tests;
#[cfg(test)]
mod random_faults_tests;
#[cfg(test)]
mod thread_tests;
