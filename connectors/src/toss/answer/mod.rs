//! From a command to its answer: which calls are made, in which order, and what may be concluded from them.
//!
//! The rule of everything here: an outcome that is not known is looked up, never assumed. A charge or a refund is asked for again
//! only after a look-up has said that it was not made, and only under the same key. What is not known in time is answered as
//! unknown; the order asks again.

mod confirm;
mod look_up;
mod refund;

use std::sync::Arc;
use std::time::Duration;

use events::ids::OrderId;
use events::payments::{Payment, PaymentAnswer, PaymentCommand, PaymentStatus};
use streams::backoff::Backoff;
use tokio::time::Instant;

use super::config::Config;
use super::metrics::{Alarm, Metrics};
use super::provider::{Failure, Provider};

/// A payment that is not what was asked for.
const MISMATCH: &str = "MISMATCH";

/// Carries out commands.
#[derive(Clone)]
pub(crate) struct Executor {
    provider: Arc<Provider>,
    metrics: Metrics,
    retry: (u64, u64),
}

/// One command being carried out.
struct Attempt<'a> {
    provider: &'a Provider,
    metrics: &'a Metrics,
    /// When to stop trying. At least one attempt is made, however late it is, unless the provider is left alone.
    deadline: Instant,
    backoff: Backoff,
}

impl Executor {
    pub(crate) fn new(provider: Arc<Provider>, metrics: Metrics, config: &Config) -> Self {
        Self { provider, metrics, retry: (config.retry_first_ms, config.retry_most_ms) }
    }

    pub(crate) fn is_available(&self) -> bool {
        self.provider.is_available()
    }

    /// The answer to a command.
    pub(crate) async fn answer(&self, command: &PaymentCommand, deadline: Instant) -> PaymentAnswer {
        let (first, most) = self.retry;
        let backoff = Backoff::full_jitter(Duration::from_millis(first), Duration::from_millis(most));
        let mut attempt = Attempt { provider: &self.provider, metrics: &self.metrics, deadline, backoff };
        let key = command.idempotency_key().unwrap_or_default();
        let answer = match command {
            PaymentCommand::Confirm { order, payment_key, amount, repeat, .. } => {
                let confirm = confirm::Confirm { order, payment_key, amount: *amount, key: &key };
                attempt.confirm(&confirm, *repeat).await
            }
            PaymentCommand::LookUp { order, payment_key, .. } => attempt.look_up(order, payment_key.as_ref()).await,
            PaymentCommand::Refund { order, payment_key, amount, balance, reason, account, repeat, .. } => {
                let refund = refund::Refund {
                    order,
                    payment_key,
                    amount: *amount,
                    balance: *balance,
                    reason,
                    account: account.as_ref(),
                    key: &key,
                };
                attempt.refund(&refund, *repeat).await
            }
        };
        self.metrics.answer(&answer);
        answer
    }
}

impl Attempt<'_> {
    /// Waits a moment before the next try; false when there is no time for another.
    async fn again(&mut self) -> bool {
        let pause = self.backoff.pause();
        if Instant::now() + pause >= self.deadline {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }

    fn unknown(code: &str) -> PaymentAnswer {
        PaymentAnswer::Unknown { code: code.to_owned() }
    }

    /// Somebody has to look at a payment that is not what was asked for.
    fn mismatch(&self, order: &OrderId, payment: &Payment) -> PaymentAnswer {
        self.metrics.alarm(Alarm::Mismatch);
        tracing::error!(
            %order,
            payment_key = %payment.payment_key,
            payment_order = %payment.order,
            total = %payment.total,
            status = payment.status.name(),
            "the provider shows a payment that is not what the order asked for"
        );
        Self::unknown(MISMATCH)
    }

    /// Somebody has to look at how the shop asks.
    fn fault(&self, order: &OrderId, failure: &Failure) {
        self.metrics.alarm(Alarm::Fault);
        tracing::error!(%order, code = failure.code(), "the provider refuses our call as wrong");
    }
}

/// Whether money was taken: a virtual account that was closed before the transfer is cancelled, but was never charged.
fn was_charged(payment: &Payment) -> bool {
    payment.status.is_charged() && (payment.approved_at.is_some() || payment.status != PaymentStatus::Canceled)
}
