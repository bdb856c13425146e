//! Restoring between polls: each turn reads one slice of every changelog that is still behind, while other tasks go on.

use std::time::Duration;

use super::StreamThread;
use super::recovery::{LoopError, lookup_error};
use crate::broker::{Broker, ReadRequest};
use crate::task::{Outcome, RestoreError};

/// How long one read may wait: an open transaction of another producer can delay its records for seconds.
const READ_TIMEOUT: Duration = Duration::from_millis(5);

impl<B: Broker> StreamThread<B> {
    /// Reads one slice for every task that is being restored; those that have reached their end begin to run.
    pub(super) fn restore_slice(&mut self) -> Result<(), LoopError> {
        let waits = |partition: &i32| !self.is_waiting(*partition);
        let partitions: Vec<i32> = self.restoring.keys().copied().filter(waits).collect();
        for partition in partitions {
            match self.restore(partition) {
                // A changelog that cannot be read, now or ever, holds no neighbour back.
                Err(LoopError::Wait(reason)) => self.retry_later(partition, reason),
                Err(LoopError::Stop(reason)) => self.park(partition, reason),
                other => other?,
            }
        }
        Ok(())
    }

    fn restore(&mut self, partition: i32) -> Result<(), LoopError> {
        let topic = self.topology.changelog().clone();
        let most = self.config.restore_records;
        let (Some(restoring), Some(task)) = (self.restoring.get_mut(&partition), self.tasks.get_mut(&partition)) else {
            return Ok(());
        };
        if restoring.remaining() > 0 {
            let read = self.broker.read(ReadRequest::new(&topic, partition, restoring.position(), most, READ_TIMEOUT));
            let (records, next) = read.map_err(lookup_error)?;
            restoring.apply(task, &records, next).map_err(|error| LoopError::Stop(error.to_string()))?;
        }
        self.metrics.restore_remaining(partition, restoring.remaining());
        if restoring.remaining() == 0 {
            if let Err(error) = restoring.complete(task) {
                return Err(self.mismatch(partition, &error));
            }
            let took = restoring.took();
            tracing::info!(topic = %self.topology.source(), partition, position = task.position(), "restored");
            self.restoring.remove(&partition);
            self.retries.remove(&partition);
            self.metrics.restored(took);
            self.show_stores(partition);
            self.show_tasks();
            self.broker.set_paused(partition, false).map_err(|error| LoopError::Rejoin(error.to_string()))?;
        }
        Ok(())
    }

    /// Position and state do not belong together. If the group's position has moved since this task looked it up, another
    /// member has committed meanwhile, and this one will learn that it has left the group; else the thread stops.
    fn mismatch(&mut self, partition: i32, error: &RestoreError) -> LoopError {
        let found = match self.committed_checkpoints(&[partition]) {
            Ok(found) => found.into_iter().next().flatten(),
            Err(error) => return error,
        };
        match self.tasks.get(&partition).map(|task| task.outcome(found.as_ref())) {
            Some(Outcome::Aborted) => LoopError::Stop(error.to_string()),
            _ => {
                LoopError::Rejoin(format!("partition {partition} was taken over by another member during its restore"))
            }
        }
    }
}
