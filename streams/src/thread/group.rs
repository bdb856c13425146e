//! The group: partitions come, go and are taken.

use super::trouble::{Trouble, lookup_trouble};
use super::{Consumer, StreamThread};
use crate::broker::{Broker, BrokerError};
use crate::task::{Checkpoint, Outcome, RestoreError, Restoring, State, Task};

impl<B: Broker> StreamThread<B> {
    /// Completes an assignment: each partition's task stands where the group says, restored or about to be.
    pub(super) fn open_tasks(&mut self) -> Result<(), Trouble> {
        if self.assigning.is_empty() {
            return Ok(());
        }
        let partitions = self.assigning.clone();
        let found = self.committed_checkpoints(&partitions)?;
        let mut positions = Vec::new();
        for (partition, found) in partitions.iter().copied().zip(found) {
            let first = self.first_position(partition, found.as_ref())?;
            let resumed = self.suspended.remove(&partition).map(|(task, _)| task);
            let mut task = match resumed.filter(|task| task.outcome(found.as_ref()) == Outcome::Aborted) {
                // Nobody has committed since it went away: its state is still the truth.
                Some(task) => task,
                None => self.new_task(partition, found, first)?,
            };
            if task.state() == State::Suspended {
                task.enter(State::Running);
            }
            positions.push((partition, task.position()));
            self.tasks.insert(partition, task);
        }
        self.broker.assign(&positions).map_err(|error| Trouble::Rejoin(error.to_string()))?;
        self.assigning.clear();
        for partition in partitions {
            if self.restoring.contains_key(&partition) {
                continue;
            }
            self.broker.set_paused(partition, false).map_err(|error| Trouble::Rejoin(error.to_string()))?;
        }
        Ok(())
    }

    /// A new task, about to be restored. The changelog's end is taken after the committed position was: so nothing that
    /// belongs to the position is missed.
    fn new_task(&mut self, partition: i32, found: Option<Checkpoint>, first: i64) -> Result<Task, Trouble> {
        let range = self.broker.log_range(self.topology.changelog(), partition).map_err(lookup_trouble)?;
        self.restoring.insert(partition, Restoring::new(range));
        let limits = self.config.limits;
        Ok(Task::new(self.topology.clone(), partition, self.writer.clone(), limits, found, first))
    }

    /// Where to begin if nothing was ever committed; and a committed position must be in the log.
    fn first_position(&mut self, partition: i32, found: Option<&Checkpoint>) -> Result<i64, Trouble> {
        let (begin, end) = self.broker.log_range(self.topology.source(), partition).map_err(lookup_trouble)?;
        match found {
            Some(Checkpoint { offset, .. }) if !(begin..=end).contains(offset) => {
                let topic = self.topology.source().to_string();
                let error = RestoreError::OutsideTheLog { topic, partition, position: *offset, begin, end };
                Err(Trouble::Stop(error.to_string()))
            }
            _ => Ok(begin),
        }
    }

    /// The group's committed positions, read and checked.
    pub(super) fn committed_checkpoints(&mut self, partitions: &[i32]) -> Result<Vec<Option<Checkpoint>>, Trouble> {
        let found = self.broker.committed(partitions).map_err(|error| match error {
            BrokerError::Fatal(reason) => Trouble::Rejoin(reason),
            error => Trouble::Wait(error.to_string()),
        })?;
        let check = |(partition, position): (&i32, Option<_>)| match position {
            None => Ok(None),
            Some(position) => Checkpoint::of(&position, &self.topology).map(Some).map_err(|error| {
                let topic = self.topology.source().to_string();
                Trouble::Stop(RestoreError::Checkpoint { topic, partition: *partition, error }.to_string())
            }),
        };
        partitions.iter().zip(found).map(check).collect()
    }

    /// Partitions that another member gets once we let go: what is open is committed first.
    pub(super) fn revoked(&mut self, partitions: &[i32]) -> Result<(), Trouble> {
        self.metrics.rebalance("revoked");
        tracing::info!(application = %self.topology.name(), ?partitions, "partitions revoked");
        let trouble = match self.commit() {
            Ok(()) => None,
            Err(Trouble::Abort(_)) => self.abort().err(),
            Err(trouble) => Some(trouble),
        };
        self.let_go(partitions, trouble)
    }

    /// Partitions that another member has already: nothing may be committed.
    pub(super) fn lost(&mut self, partitions: &[i32]) -> Result<(), Trouble> {
        self.metrics.rebalance("lost");
        tracing::warn!(application = %self.topology.name(), ?partitions, "partitions lost");
        let trouble = self.abort().err();
        self.let_go(partitions, trouble)
    }

    fn let_go(&mut self, partitions: &[i32], trouble: Option<Trouble>) -> Result<(), Trouble> {
        for partition in partitions {
            self.close(*partition);
        }
        self.assigning.retain(|partition| !partitions.contains(partition));
        let unassigned = self.broker.unassign(partitions).map_err(|error| Trouble::Rejoin(error.to_string()));
        // The transaction's trouble comes first: with the producer in doubt nothing else can be told.
        if let Some(Trouble::Suspect(outcome, reason)) = &trouble {
            self.suspect(outcome, reason.clone());
        }
        trouble.map_or(unassigned, Err)
    }

    /// Takes a task out. If its state is committed to the last word it is kept for a while.
    fn close(&mut self, partition: i32) {
        self.restoring.remove(&partition);
        self.paused.remove(&partition);
        self.retries.remove(&partition);
        self.ticks.remove(&partition);
        let stores = self.topology.stores().iter().map(AsRef::as_ref);
        self.metrics.forget_partition(partition, stores);
        let now = self.broker.now();
        let grace = self.config.suspend_ms;
        self.suspended.retain(|_, (_, since)| now - *since < grace);
        let Some(mut task) = self.tasks.remove(&partition) else { return };
        if task.state() == State::Running && !task.is_changed() {
            task.discard();
            task.enter(State::Suspended);
            self.suspended.insert(partition, (task, now));
        }
    }

    /// The consumer is dead: everything that hung on it goes, and a new one joins.
    pub(super) fn rejoin(&mut self, reason: &str) -> Result<(), Trouble> {
        if let Err(trouble) = self.abort() {
            match trouble {
                Trouble::Suspect(outcome, reason) => self.suspect(outcome, reason),
                // The rewind needs the consumer that is dead; every task goes anyway.
                _ => tracing::debug!(?trouble, "not rewound"),
            }
        }
        // A producer in doubt: what its last transaction changed is looked up by restoring, not by guessing.
        let partitions: Vec<i32> = self.tasks.keys().copied().collect();
        for partition in partitions {
            self.close(partition);
        }
        self.assigning.clear();
        self.joining_since = self.broker.now();
        match self.broker.rejoin() {
            Ok(()) => {
                self.consumer = Consumer::Member;
                self.metrics.rebalance("rejoined");
                Ok(())
            }
            Err(BrokerError::Fatal(refused)) if self.failures > 20 => Err(Trouble::Stop(refused)),
            Err(error) => Err(Trouble::Wait(format!("{error}, after {reason}"))),
        }
    }
}
