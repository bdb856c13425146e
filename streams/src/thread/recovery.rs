//! The loop's errors, and the recovery from each.

use std::time::Duration;

use super::{Consumer, Step, StreamThread};
use crate::broker::{Broker, BrokerError};

/// An error of the loop, named by its recovery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum LoopError {
    /// The call had no effect: pause, and the same step again.
    Wait(String),
    /// The transaction cannot be committed: abort, drop overlays, rewind inputs.
    Abort(String),
    /// The transaction's outcome is unknown, or the producer is unusable: replace it and look up the outcome. The first field is
    /// the outcome as the metrics name it.
    InDoubt(&'static str, String),
    /// The consumer is dead: join the group again.
    Rejoin(String),
    /// The same, because another process has taken its place under its name.
    Displaced(String),
    /// Going on would be wrong.
    Stop(String),
}

impl<B: Broker> StreamThread<B> {
    pub(super) fn recover(&mut self, error: LoopError) -> Step {
        self.failures = self.failures.saturating_add(1);
        let application = self.topology.name().clone();
        let mut least_pause = 0;
        let next = match error {
            LoopError::Wait(reason) => {
                tracing::debug!(%application, failures = self.failures, %reason, "waiting");
                self.last_error = Some(reason);
                Ok(())
            }
            LoopError::Abort(reason) => {
                tracing::warn!(%application, failures = self.failures, %reason, "transaction aborted");
                self.last_error = Some(reason);
                self.abort()
            }
            LoopError::InDoubt(outcome, reason) => {
                tracing::warn!(%application, outcome, failures = self.failures, %reason, "the producer must be replaced");
                self.last_error = Some(reason.clone());
                self.mark_in_doubt(outcome, reason);
                Ok(())
            }
            LoopError::Rejoin(reason) => {
                tracing::warn!(%application, failures = self.failures, %reason, "the consumer is dead: joining the group again");
                self.last_error = Some(reason.clone());
                self.consumer = Consumer::Dead(reason);
                Ok(())
            }
            LoopError::Displaced(reason) => {
                least_pause = self.duplicate.displaced(self.broker.elapsed());
                let (name, has_duplicate) = (&self.config.slot, least_pause > 0);
                tracing::warn!(%application, name, has_duplicate, %reason, "another process has taken this one's place under its name");
                self.metrics.rebalance("displaced");
                self.last_error = Some(reason.clone());
                self.consumer = Consumer::Dead(reason);
                Ok(())
            }
            LoopError::Stop(reason) => {
                self.stop(reason);
                return Step::Failed;
            }
        };
        if let Err(next) = next {
            return self.recover(next);
        }
        let pause = self.backoff(self.failures).max(least_pause);
        self.not_before = self.broker.elapsed() + pause;
        Step::Wait(Duration::from_millis(pause.unsigned_abs()))
    }

    fn stop(&mut self, reason: String) {
        tracing::error!(application = %self.topology.name(), %reason, "stream thread stopped: it needs a restart");
        if self.transaction.take().is_some() {
            drop(self.broker.abort());
            self.metrics.transaction("aborted");
        }
        self.stopped = Some(reason);
        self.forget_tasks();
        self.broker.close();
    }

    pub(super) fn backoff(&self, attempts: u32) -> i64 {
        let (first, longest) = self.config.backoff_ms;
        first.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(longest)
    }
}

/// A failed call of the consumer.
pub(super) fn consumer_error(error: BrokerError) -> LoopError {
    match error {
        BrokerError::Unavailable(reason) => LoopError::Wait(reason),
        BrokerError::Fenced(reason) => LoopError::Displaced(reason),
        error => LoopError::Rejoin(error.to_string()),
    }
}

/// A failed query of a log.
pub(super) fn lookup_error(error: BrokerError) -> LoopError {
    match error {
        BrokerError::Fatal(reason) => LoopError::Stop(reason),
        error => LoopError::Wait(error.to_string()),
    }
}
