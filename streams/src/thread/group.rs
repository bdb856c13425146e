//! Group changes: partitions are assigned, revoked and lost.

use super::recovery::{LoopError, lookup_error};
use super::{Consumer, StreamThread};
use crate::broker::{Broker, BrokerError};
use crate::task::{Checkpoint, Outcome, RestoreError, Restoring, State, Task};

impl<B: Broker> StreamThread<B> {
    /// Completes an assignment: each partition's task begins at the group's position, restored or about to be.
    pub(super) fn open_tasks(&mut self) -> Result<(), LoopError> {
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
                // No other member has committed since it was revoked: its state is current.
                Some(task) => task,
                None => self.new_task(partition, found, first)?,
            };
            if task.state() == State::Suspended {
                task.enter(State::Running);
            }
            positions.push((partition, task.position()));
            self.tasks.insert(partition, task);
        }
        self.show_tasks();
        self.broker.assign(&positions).map_err(|error| LoopError::Rejoin(error.to_string()))?;
        self.assigning.clear();
        for partition in partitions {
            if self.restoring.contains_key(&partition) {
                continue;
            }
            self.metrics.restore_remaining(partition, 0);
            self.show_stores(partition);
            self.broker.set_paused(partition, false).map_err(|error| LoopError::Rejoin(error.to_string()))?;
        }
        Ok(())
    }

    /// A new task, about to be restored. The changelog's end is looked up after the committed position, so that
    /// every record up to that position is restored.
    fn new_task(&mut self, partition: i32, found: Option<Checkpoint>, first: i64) -> Result<Task, LoopError> {
        let range = self.broker.log_range(self.topology.changelog(), partition).map_err(lookup_error)?;
        self.restoring.insert(partition, Restoring::new(range));
        let limits = self.config.limits;
        Ok(Task::new(self.topology.clone(), partition, self.writer.clone(), limits, found, first))
    }

    /// Where to begin if nothing was ever committed; and a committed position must be in the log.
    fn first_position(&mut self, partition: i32, found: Option<&Checkpoint>) -> Result<i64, LoopError> {
        let (begin, end) = self.broker.log_range(self.topology.source(), partition).map_err(lookup_error)?;
        match found {
            Some(Checkpoint { offset, .. }) if !(begin..=end).contains(offset) => {
                let topic = self.topology.source().to_string();
                let error = RestoreError::OutsideTheLog { topic, partition, position: *offset, begin, end };
                Err(LoopError::Stop(error.to_string()))
            }
            _ => Ok(begin),
        }
    }

    /// The group's committed checkpoints, checked against the topology.
    pub(super) fn committed_checkpoints(&mut self, partitions: &[i32]) -> Result<Vec<Option<Checkpoint>>, LoopError> {
        let found = self.broker.committed(partitions).map_err(|error| match error {
            BrokerError::Fatal(reason) => LoopError::Rejoin(reason),
            error => LoopError::Wait(error.to_string()),
        })?;
        let check = |(partition, position): (&i32, Option<_>)| match position {
            None => Ok(None),
            Some(position) => Checkpoint::of(&position, &self.topology).map(Some).map_err(|error| {
                let topic = self.topology.source().to_string();
                LoopError::Stop(RestoreError::Checkpoint { topic, partition: *partition, error }.to_string())
            }),
        };
        partitions.iter().zip(found).map(check).collect()
    }

    /// Partitions that go to another member once they are released: the open transaction is committed first.
    pub(super) fn revoked(&mut self, partitions: &[i32]) -> Result<(), LoopError> {
        self.metrics.rebalance("revoked");
        tracing::info!(application = %self.topology.name(), ?partitions, "partitions revoked");
        let error = match self.commit() {
            Ok(()) => None,
            Err(LoopError::Abort(_)) => self.abort().err(),
            Err(error) => Some(error),
        };
        self.release(partitions, error)
    }

    /// Partitions that another member owns already: nothing may be committed.
    pub(super) fn lost(&mut self, partitions: &[i32]) -> Result<(), LoopError> {
        self.metrics.rebalance("lost");
        tracing::warn!(application = %self.topology.name(), ?partitions, "partitions lost");
        let error = self.abort().err();
        self.release(partitions, error)
    }

    fn release(&mut self, partitions: &[i32], error: Option<LoopError>) -> Result<(), LoopError> {
        for partition in partitions {
            self.close(*partition);
        }
        self.show_tasks();
        self.assigning.retain(|partition| !partitions.contains(partition));
        let unassigned = self.broker.unassign(partitions).map_err(|error| LoopError::Rejoin(error.to_string()));
        // The transaction's error comes first: with the producer in doubt no later call can succeed.
        if let Some(LoopError::InDoubt(outcome, reason)) = &error {
            self.mark_in_doubt(outcome, reason.clone());
        }
        error.map_or(unassigned, Err)
    }

    /// Closes a task. If all its state is committed it is kept for a while.
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

    /// The consumer is dead: all tasks are closed, and a new one joins.
    pub(super) fn rejoin(&mut self, reason: &str) -> Result<(), LoopError> {
        if let Err(error) = self.abort() {
            match error {
                LoopError::InDoubt(outcome, reason) => self.mark_in_doubt(outcome, reason),
                // The rewind needs the dead consumer; every task is closed anyway.
                _ => tracing::debug!(?error, "not rewound"),
            }
        }
        // With a producer in doubt, restoring finds out what its last transaction changed.
        let partitions: Vec<i32> = self.tasks.keys().copied().collect();
        for partition in partitions {
            self.close(partition);
        }
        self.show_tasks();
        self.assigning.clear();
        self.joining_since = self.broker.now();
        match self.broker.rejoin() {
            Ok(()) => {
                self.consumer = Consumer::Member;
                self.metrics.rebalance("rejoined");
                Ok(())
            }
            Err(BrokerError::Fatal(refused)) if self.failures > 20 => Err(LoopError::Stop(refused)),
            Err(error) => Err(LoopError::Wait(format!("{error}, after {reason}"))),
        }
    }
}
