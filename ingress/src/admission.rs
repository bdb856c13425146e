//! Puts a command into the log and waits for what becomes of it. The order is the promise: nobody is told that a request was
//! accepted before every in-sync replica has it, and what may be in the log is never called refused.

use std::sync::Arc;
use std::time::Duration;

use events::codec::{self, Message};
use events::coupons::{CouponCommand, Refusal};
use events::envelope::Envelope;
use events::ids::{RequestId, ShopperId};
use events::inventory::InventoryCommand;
use events::orders::OrderCommand;
use events::prices::PriceCommand;
use events::request::{Fingerprint, Outcome};
use events::settlement::SettlementCommand;
use events::topics::{COUPONS_INBOX, INVENTORY_INBOX, ORDERS_INBOX, PRICES_INBOX, SETTLEMENT_INBOX};
use projections::Subject;
use streams::emitter::{Delivery, EmitError};
use streams::record::Outgoing;
use tokio::time::{Instant, sleep_until, timeout};

use crate::problem::{Code, Problem};
use crate::replies::{Beginning, Waiter, Wanted};
use crate::request::Call;
use crate::request::prefer::WaitPreference;
use crate::state::State;

/// A command and who gives it.
pub(crate) struct Admission<M> {
    /// The request.
    pub(crate) request: RequestId,
    /// What it is about.
    pub(crate) subject: Subject,
    /// The command.
    pub(crate) command: M,
    /// What the request said.
    pub(crate) fingerprint: Fingerprint,
    /// Whose request it is.
    pub(crate) owner: ShopperId,
}

/// A message with an inbox of its own.
pub(crate) trait Inbound: Message {
    /// The topic that everything of this kind goes to.
    fn inbox(inboxes: &Inboxes) -> &Arc<str>;
}

impl Inbound for CouponCommand {
    fn inbox(inboxes: &Inboxes) -> &Arc<str> {
        &inboxes.coupons
    }
}

impl Inbound for InventoryCommand {
    fn inbox(inboxes: &Inboxes) -> &Arc<str> {
        &inboxes.inventory
    }
}

impl Inbound for OrderCommand {
    fn inbox(inboxes: &Inboxes) -> &Arc<str> {
        &inboxes.orders
    }
}

impl Inbound for SettlementCommand {
    fn inbox(inboxes: &Inboxes) -> &Arc<str> {
        &inboxes.settlement
    }
}

impl Inbound for PriceCommand {
    fn inbox(inboxes: &Inboxes) -> &Arc<str> {
        &inboxes.prices
    }
}

/// The inboxes' names, shared by every record.
pub(crate) struct Inboxes {
    coupons: Arc<str>,
    inventory: Arc<str>,
    orders: Arc<str>,
    settlement: Arc<str>,
    prices: Arc<str>,
}

impl Default for Inboxes {
    fn default() -> Self {
        Self {
            coupons: COUPONS_INBOX.name().into(),
            inventory: INVENTORY_INBOX.name().into(),
            orders: ORDERS_INBOX.name().into(),
            settlement: SETTLEMENT_INBOX.name().into(),
            prices: PRICES_INBOX.name().into(),
        }
    }
}

/// What became of an admitted command within the client's preference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Decision {
    /// It has been decided.
    Decided(Outcome),
    /// It was decided before: this is that answer again.
    Repeated(Outcome),
    /// It is in the log, and not decided yet.
    Pending,
}

impl State {
    /// Admits a command.
    ///
    /// # Errors
    /// `IDEMPOTENCY_CONFLICT` as a hint from memory, `OVERLOADED` when nothing was written, `OUTCOME_UNKNOWN` when it may have
    /// been.
    pub(crate) async fn admit<M: Inbound>(
        &self,
        call: &Call,
        admission: Admission<M>,
        preference: &WaitPreference,
    ) -> Result<Decision, Problem> {
        let Admission { request, subject, command, fingerprint, owner } = admission;
        self.shed(request)?;
        let outgoing = self.outgoing(call, &command, Some(self.reply_partition))?;
        let wanted = if preference.wait.is_zero() { Wanted::Acknowledgement } else { Wanted::Decision };
        let waiter = match self.pending.begin(request, fingerprint, &owner, &subject, wanted) {
            Beginning::Decided(outcome) => return Ok(Decision::Repeated(outcome)),
            Beginning::Conflict => return Err(conflict(request)),
            Beginning::Proceed(waiter) => waiter,
        };
        let delivery = self.emitter.emit(outgoing).map_err(|error| self.not_written(request, error))?;
        self.outcome(call, request, delivery, waiter, preference.wait).await
    }

    /// Puts into the log what nobody waits for an answer to; returns when every in-sync replica has it.
    ///
    /// # Errors
    /// `OVERLOADED` when nothing was written, `OUTCOME_UNKNOWN` when it may have been: either way the sender sends it again.
    pub(crate) async fn record<M: Inbound>(&self, call: &Call, command: &M) -> Result<(), Problem> {
        let overloaded = || Problem::new(Code::Overloaded).not_admitted();
        if self.emitter.pressure() > self.config.limits.most_pressure {
            return Err(overloaded());
        }
        let delivery = self.emitter.emit(self.outgoing(call, command, None)?).map_err(|_| overloaded())?;
        match timeout(self.acknowledgement_timeout(), delivery).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(EmitError::Full | EmitError::Refused(_))) => Err(overloaded()),
            Ok(Err(EmitError::Unknown(_))) | Err(_) => Err(Problem::new(Code::OutcomeUnknown)),
        }
    }

    fn acknowledgement_timeout(&self) -> Duration {
        Duration::from_millis(self.config.waiting.acknowledgement_timeout_ms)
    }

    /// Refuses what the log or the processors could not take in time.
    fn shed(&self, request: RequestId) -> Result<(), Problem> {
        let limits = &self.config.limits;
        let is_overloaded =
            self.emitter.pressure() > limits.most_pressure || self.pending.undecided() >= limits.most_undecided;
        if is_overloaded { Err(Problem::new(Code::Overloaded).request(request).not_admitted()) } else { Ok(()) }
    }

    fn outgoing<M: Inbound>(&self, call: &Call, command: &M, reply_to: Option<i32>) -> Result<Outgoing, Problem> {
        let context = Envelope { traceparent: Some(call.traceparent.as_str().into()), reply_to, ..Envelope::default() };
        let (value, envelope) = codec::encode(command, &context).map_err(|error| {
            tracing::error!(%error, "a command cannot be written");
            Problem::new(Code::Internal)
        })?;
        Ok(Outgoing {
            topic: Arc::clone(M::inbox(&self.inboxes)),
            partition: None,
            key: Some(command.key().into_owned().into()),
            value: Some(value.into()),
            headers: envelope.to_headers(),
        })
    }

    /// The record's fate first, then the decision; a decision that comes first is proof of the record.
    async fn outcome(
        &self,
        call: &Call,
        request: RequestId,
        delivery: Delivery,
        mut waiter: Option<Waiter>,
        wait: Duration,
    ) -> Result<Decision, Problem> {
        let fate = timeout(self.acknowledgement_timeout(), async {
            let Some(waiter) = waiter.as_mut() else { return Fate::Placed(delivery.await.map(|_| ())) };
            tokio::select! {
                Some(outcome) = waiter.decision() => Fate::Decided(outcome),
                placed = delivery => Fate::Placed(placed.map(|_| ())),
            }
        });
        match fate.await {
            Ok(Fate::Decided(outcome)) => return Ok(Decision::Decided(outcome)),
            Ok(Fate::Placed(Ok(()))) => {}
            Ok(Fate::Placed(Err(error))) => return Err(self.not_written(request, error)),
            Err(_) => return Err(unknown(request)),
        }
        let Some(waiter) = waiter.as_mut() else { return Ok(Decision::Pending) };
        let deadline = Instant::from_std(call.started) + wait;
        tokio::select! {
            outcome = waiter.decision() => Ok(outcome.map_or(Decision::Pending, Decision::Decided)),
            () = sleep_until(deadline) => Ok(Decision::Pending),
        }
    }

    fn not_written(&self, request: RequestId, error: EmitError) -> Problem {
        match error {
            EmitError::Full => {
                self.pending.abandon(request);
                Problem::new(Code::Overloaded).request(request).not_admitted()
            }
            EmitError::Refused(reason) => {
                self.pending.abandon(request);
                tracing::error!(reason, "the log has refused a command");
                Problem::new(Code::Overloaded).request(request).not_admitted()
            }
            EmitError::Unknown(reason) => {
                tracing::warn!(reason, %request, "the outcome of a command is unknown");
                unknown(request)
            }
        }
    }
}

enum Fate {
    Decided(Outcome),
    Placed(Result<(), EmitError>),
}

/// Same key, other content: the early hint. The processor says the same of what reaches it.
pub(crate) fn conflict(request: RequestId) -> Problem {
    Problem::new(Code::Refused(Refusal::IdempotencyConflict)).request(request).not_admitted()
}

fn unknown(request: RequestId) -> Problem {
    Problem::new(Code::OutcomeUnknown).request(request).detail(format!(
        "it may or may not be in the log: send it again with the same Idempotency-Key, or look at /v1/requests/{request}"
    ))
}
