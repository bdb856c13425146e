//! Group changes: partitions are assigned, revoked and lost.

use std::time::Duration;

use super::recovery::{LoopError, lookup_error};
use super::{Consumer, StreamThread};
use crate::broker::{Broker, BrokerError, ReadRequest};
use crate::task::{Checkpoint, Outcome, RestoreError, Restoring, State, Task};

/// How long a look at the record before a position waits for it.
const LOOK_WAIT: Duration = Duration::from_millis(100);

impl<B: Broker> StreamThread<B> {
    /// Completes an assignment: each partition's task begins at the group's position, restored or about to be.
    pub(super) fn open_tasks(&mut self) -> Result<(), LoopError> {
        if self.assigning.is_empty() {
            return Ok(());
        }
        let refused = self.look_around()?;
        // All of an assignment is taken at once: what is assigned and not taken may go to another member without a word.
        let (mut positions, mut stopped) = (Vec::new(), Vec::new());
        for partition in self.assigning.clone() {
            let opened = match &refused {
                Some(reason) => Err(LoopError::Stop(reason.clone())),
                None => self.open_task(partition),
            };
            match opened {
                Ok(position) => positions.push((partition, position)),
                Err(LoopError::Stop(reason)) => {
                    // It is a paused partition of the consumer, without a task.
                    positions.push((partition, 0));
                    stopped.push((partition, reason));
                }
                Err(other) => return Err(other),
            }
        }
        self.show_tasks();
        self.broker.assign(&positions).map_err(|error| LoopError::Rejoin(error.to_string()))?;
        self.assigning.clear();
        for (partition, reason) in stopped {
            self.park(partition, reason);
        }
        for (partition, _) in positions {
            if self.restoring.contains_key(&partition) || self.parked.contains_key(&partition) {
                continue;
            }
            self.metrics.restore_remaining(partition, 0);
            self.show_stores(partition);
            self.broker.set_paused(partition, false).map_err(|error| LoopError::Rejoin(error.to_string()))?;
        }
        Ok(())
    }

    /// Makes the task of a partition, or resumes the one that was suspended. Returns where its input begins.
    pub(super) fn open_task(&mut self, partition: i32) -> Result<i64, LoopError> {
        let found = self.committed_checkpoints(&[partition])?.into_iter().next().flatten();
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
        let position = task.position();
        self.tasks.insert(partition, task);
        Ok(position)
    }

    /// A new task, about to be restored. The changelog's end is looked up after the committed position, so that
    /// every record up to that position is restored.
    fn new_task(&mut self, partition: i32, found: Option<Checkpoint>, first: i64) -> Result<Task, LoopError> {
        let range = self.broker.log_range(self.topology.changelog(), partition).map_err(lookup_error)?;
        self.restoring.insert(partition, Restoring::new(range));
        let limits = self.config.limits;
        let place = (partition, self.partitions);
        Ok(Task::new(self.topology.clone(), place, self.writer.clone(), limits, found, first))
    }

    /// Before partitions are opened: looks at the last commits of all of the source's partitions. Slots that are dead have left transactions
    /// open, which end now; and if the source was given more partitions, nothing may go on, here either: keys have moved. Returns why.
    fn look_around(&mut self) -> Result<Option<String>, LoopError> {
        let topic = self.topology.source().clone();
        let now = self.broker.partitions(&topic).map_err(lookup_error)?;
        let all: Vec<i32> = (0..now).collect();
        let found = self.broker.last_committed(&all).map_err(lookup_error)?;
        let texts =
            || all.iter().zip(&found).filter_map(|(partition, found)| Some((*partition, &*found.as_ref()?.metadata)));
        let other = texts().find_map(|(partition, text)| {
            let before = Checkpoint::partitions(text).filter(|before| *before != now)?;
            Some(RestoreError::Repartitioned { topic: topic.to_string(), partition, before, now }.to_string())
        });
        let come = texts().filter(|(partition, _)| self.assigning.contains(partition));
        let slots = come.filter_map(|(_, text)| Checkpoint::slot(text)).collect();
        self.end_for_the_dead(slots);
        self.partitions = now;
        if let Some(reason) = &other {
            for partition in self.tasks.keys().copied().collect::<Vec<_>>() {
                self.park(partition, reason.clone());
            }
        }
        Ok(other)
    }

    /// Where to begin if nothing was ever committed; and a committed position must be in the log, which must be the one it was committed for.
    fn first_position(&mut self, partition: i32, found: Option<&Checkpoint>) -> Result<i64, LoopError> {
        let (begin, end) = self.broker.log_range(self.topology.source(), partition).map_err(lookup_error)?;
        match found {
            Some(Checkpoint { offset, .. }) if !(begin..=end).contains(offset) => {
                let topic = self.topology.source().to_string();
                let error = RestoreError::OutsideTheLog { topic, partition, position: *offset, begin, end };
                Err(LoopError::Stop(error.to_string()))
            }
            Some(found) if found.offset > begin => self.same_log(partition, found).map(|()| begin),
            _ => Ok(begin),
        }
    }

    /// The record before a committed position was processed, so it is not later than the log time of then. In a topic that was made anew it
    /// is.
    fn same_log(&mut self, partition: i32, committed: &Checkpoint) -> Result<(), LoopError> {
        let (topic, offset) = (self.topology.source().clone(), committed.offset - 1);
        let records = match self.broker.read(ReadRequest::new(&topic, partition, offset, 1, LOOK_WAIT)) {
            Ok((records, _)) => records,
            Err(error @ BrokerError::Unavailable(_)) => return Err(LoopError::Wait(error.to_string())),
            // It was deleted meanwhile.
            Err(_) => return Ok(()),
        };
        match records.first() {
            Some(record) if record.offset == offset && record.timestamp > committed.log_time => {
                let (topic, found, known) = (topic.to_string(), record.timestamp, committed.log_time);
                Err(LoopError::Stop(RestoreError::AnotherLog { topic, partition, offset, found, known }.to_string()))
            }
            _ => Ok(()),
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
        self.parked.remove(&partition);
        self.heard.remove(&partition);
        let stores = self.topology.stores().iter().map(AsRef::as_ref);
        self.metrics.forget_partition(partition, stores);
        let now = self.broker.elapsed();
        let Some(mut task) = self.tasks.remove(&partition) else { return };
        if task.state() == State::Running && !task.is_changed() {
            task.discard();
            task.enter(State::Suspended);
            self.suspended.insert(partition, (task, now));
        }
    }

    /// Lets go of the state of partitions that have not come back in time.
    pub(super) fn release_suspended(&mut self) {
        if self.suspended.is_empty() {
            return;
        }
        let (now, grace) = (self.broker.elapsed(), self.config.suspend_ms);
        let before = self.suspended.len();
        self.suspended.retain(|_, (_, since)| now - *since < grace);
        if self.suspended.len() < before {
            self.show_tasks();
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
        self.assigning.clear();
        self.parked.clear();
        self.retries.clear();
        self.heard.clear();
        self.show_tasks();
        self.joining_since = self.broker.elapsed();
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
