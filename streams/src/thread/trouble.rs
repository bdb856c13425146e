//! What goes wrong and what is done about it.

use std::time::Duration;

use super::{Consumer, Step, StreamThread};
use crate::broker::{Broker, BrokerError};

/// What went wrong, named by its cure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Trouble {
    /// Nothing has happened: pause, and the same step again.
    Wait(String),
    /// The transaction cannot be committed: abort, drop overlays, rewind inputs.
    Abort(String),
    /// Nobody saw how the transaction ended, or the producer is of no use any more: replace it and look. The first word is the
    /// outcome as the metrics name it.
    Suspect(&'static str, String),
    /// The consumer is dead: join the group anew.
    Rejoin(String),
    /// Going on would be wrong.
    Stop(String),
}

impl<B: Broker> StreamThread<B> {
    pub(super) fn cure(&mut self, trouble: Trouble) -> Step {
        self.failures = self.failures.saturating_add(1);
        let application = self.topology.name().clone();
        let next = match trouble {
            Trouble::Wait(reason) => {
                tracing::debug!(%application, failures = self.failures, %reason, "waiting");
                self.trouble = Some(reason);
                Ok(())
            }
            Trouble::Abort(reason) => {
                tracing::warn!(%application, failures = self.failures, %reason, "transaction aborted");
                self.trouble = Some(reason);
                self.abort()
            }
            Trouble::Suspect(outcome, reason) => {
                tracing::warn!(%application, outcome, failures = self.failures, %reason, "the producer must be replaced");
                self.trouble = Some(reason.clone());
                self.suspect(outcome, reason);
                Ok(())
            }
            Trouble::Rejoin(reason) => {
                tracing::warn!(%application, failures = self.failures, %reason, "the consumer is dead: joining the group anew");
                self.trouble = Some(reason.clone());
                self.consumer = Consumer::Dead(reason);
                Ok(())
            }
            Trouble::Stop(reason) => {
                self.stop(reason);
                return Step::Failed;
            }
        };
        if let Err(next) = next {
            return self.cure(next);
        }
        let pause = self.backoff(self.failures);
        self.not_before = self.broker.now() + pause;
        Step::Wait(Duration::from_millis(pause.unsigned_abs()))
    }

    fn stop(&mut self, reason: String) {
        tracing::error!(application = %self.topology.name(), %reason, "stream thread stopped: it will not go on by itself");
        if self.transaction.take().is_some() {
            drop(self.broker.abort());
            self.metrics.transaction("aborted");
        }
        self.stopped = Some(reason);
        self.tasks.clear();
        self.suspended.clear();
        self.broker.close();
    }

    pub(super) fn backoff(&self, attempts: u32) -> i64 {
        let (first, longest) = self.config.backoff_ms;
        first.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(longest)
    }
}

/// A failed call of the consumer.
pub(super) fn consumer_trouble(error: BrokerError) -> Trouble {
    match error {
        BrokerError::Unavailable(reason) => Trouble::Wait(reason),
        error => Trouble::Rejoin(error.to_string()),
    }
}

/// A failed look at a log.
pub(super) fn lookup_trouble(error: BrokerError) -> Trouble {
    match error {
        BrokerError::Fatal(reason) => Trouble::Stop(reason),
        error => Trouble::Wait(error.to_string()),
    }
}
