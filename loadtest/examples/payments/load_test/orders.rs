//! The orders of the load test: what the orders processor does about payments, as little of it as is needed. They ask, take answers
//! that come twice or late, and ask again for what is unknown.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use events::codec;
use events::envelope::Envelope;
use events::ids::{OrderId, PaymentKey};
use events::money::Money;
use events::orders::{OrderCommand, Step};
use events::payments::{PaymentAnswer, PaymentCommand, PaymentEvent};
use events::topics::{ORDERS_INBOX, PAYMENTS_EVENTS};
use streams::emitter::{Delivery, EmitError, Emitter, Placed, delivery};
use streams::record::Outgoing;
use stubs::toss::LedgerRow;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Report;
use super::inbox::Inbox;

/// When an order asks again, seconds; the last counts for all that follow.
const ASKED_AGAIN: [u64; 5] = [2, 5, 10, 20, 30];

/// An order as far as its payment goes.
pub(super) struct Order {
    id: OrderId,
    payment_key: PaymentKey,
    amount: Money,
    step: PaymentStep,
    repeat: u32,
    is_answered: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum PaymentStep {
    Waiting,
    Confirming,
    Charged,
    Declined,
    Refunding(Money),
    Refunded(Money),
}

/// All orders. Cheap to clone; clones share everything.
#[derive(Clone)]
pub(super) struct Orders(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    moved: Notify,
    inbox: Inbox,
    at_a_time: usize,
    second_ms: u64,
    refunded_every: u32,
}

struct State {
    orders: Vec<Order>,
    of_id: HashMap<OrderId, usize>,
    /// The next order that has not begun.
    next: usize,
    without_answer: usize,
    settled: usize,
    /// When to ask again.
    due: BTreeMap<(Instant, usize), ()>,
    answers: u64,
    facts: u64,
    unknown: u64,
    refunded: u64,
    last: BTreeMap<&'static str, i64>,
}

impl Order {
    pub(super) fn new(id: OrderId, payment_key: PaymentKey, amount: Money) -> Self {
        Self { id, payment_key, amount, step: PaymentStep::Waiting, repeat: 0, is_answered: false }
    }

    fn is_settled(&self) -> bool {
        matches!(self.step, PaymentStep::Charged | PaymentStep::Declined | PaymentStep::Refunded(_))
    }

    /// What is asked now, if anything is.
    fn command(&self) -> Option<PaymentCommand> {
        let (order, payment_key, repeat) = (self.id.clone(), self.payment_key.clone(), self.repeat);
        match self.step {
            PaymentStep::Confirming => Some(PaymentCommand::Confirm {
                request: Step::Confirm(1).request(&order),
                order,
                attempt: 1,
                payment_key,
                amount: self.amount,
                repeat,
            }),
            PaymentStep::Refunding(amount) => Some(PaymentCommand::Refund {
                request: Step::Refund(1).request(&order),
                order,
                refund: 1,
                payment_key,
                amount,
                balance: self.amount,
                reason: "cancelled".into(),
                account: None,
                repeat,
            }),
            _ => None,
        }
    }
}

impl Orders {
    pub(super) fn open(
        orders: Vec<Order>,
        inbox: Inbox,
        at_a_time: usize,
        second_ms: u64,
        refunded_every: u32,
    ) -> Self {
        let of_id = orders.iter().enumerate().map(|(number, order)| (order.id.clone(), number)).collect();
        let state = State {
            without_answer: orders.len(),
            orders,
            of_id,
            next: 0,
            settled: 0,
            due: BTreeMap::new(),
            answers: 0,
            facts: 0,
            unknown: 0,
            refunded: 0,
            last: BTreeMap::new(),
        };
        let state = Mutex::new(state);
        Self(Arc::new(Inner { state, moved: Notify::new(), inbox, at_a_time, second_ms, refunded_every }))
    }

    /// Lets orders be paid, so many at a time, until each has had an answer.
    pub(super) async fn run_until_all_have_an_answer(&self) {
        self.trade(|state| state.without_answer == 0).await;
    }

    /// Goes on until each order knows how its payment ended.
    pub(super) async fn run_until_settled(&self) {
        self.trade(|state| state.settled == state.orders.len()).await;
    }

    async fn trade(&self, is_done: impl Fn(&State) -> bool) {
        loop {
            let moved = self.0.moved.notified();
            let wait = {
                let mut state = self.state();
                self.begin(&mut state);
                self.ask_again(&mut state);
                if is_done(&state) {
                    return;
                }
                state.due.keys().next().map(|(at, _)| *at)
            };
            let wait = wait.unwrap_or_else(|| Instant::now() + Duration::from_secs(1));
            tokio::select! {
                () = moved => {}
                () = tokio::time::sleep_until(wait) => {}
            }
        }
    }

    /// Shoppers press "pay".
    fn begin(&self, state: &mut State) {
        while state.next < state.orders.len() {
            let without_answer_yet = state.next + state.without_answer - state.orders.len();
            if without_answer_yet >= self.0.at_a_time {
                return;
            }
            let number = state.next;
            state.next += 1;
            if let Some(order) = state.orders.get_mut(number) {
                order.step = PaymentStep::Confirming;
                self.ask(order);
            }
        }
    }

    fn ask_again(&self, state: &mut State) {
        let now = Instant::now();
        while let Some(entry) = state.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((_, number), ()) = entry.remove_entry();
            if let Some(order) = state.orders.get_mut(number) {
                order.repeat += 1;
                self.ask(order);
            }
        }
    }

    fn ask(&self, order: &Order) {
        if let Some(command) = order.command() {
            self.0.inbox.append(&command);
        }
    }

    /// An answer has come, perhaps for the second time.
    fn answered(&self, order: &OrderId, answer: &PaymentAnswer) {
        let mut state = self.state();
        let state = &mut *state;
        state.answers += 1;
        let Some(number) = state.of_id.get(order).copied() else { return };
        let Some(order) = state.orders.get_mut(number) else { return };
        if !std::mem::replace(&mut order.is_answered, true) {
            state.without_answer -= 1;
        }
        let was_settled = order.is_settled();
        match (order.step, answer) {
            (PaymentStep::Confirming, PaymentAnswer::Charged { .. }) => {
                let is_refunded = self.0.refunded_every > 0 && number % self.0.refunded_every as usize == 0;
                let part = order.amount.portion(1, 4).filter(|_| is_refunded);
                order.step = part.map_or(PaymentStep::Charged, PaymentStep::Refunding);
                order.repeat = 0;
                self.ask_if(order, part.is_some());
            }
            (PaymentStep::Confirming, PaymentAnswer::Declined { .. }) => order.step = PaymentStep::Declined,
            (PaymentStep::Refunding(part), PaymentAnswer::Refunded { .. }) => {
                order.step = PaymentStep::Refunded(part);
                state.refunded += 1;
            }
            (PaymentStep::Confirming | PaymentStep::Refunding(_), PaymentAnswer::Unknown { .. }) => {
                state.unknown += 1;
                let step = usize::try_from(order.repeat).unwrap_or(usize::MAX).min(ASKED_AGAIN.len() - 1);
                let seconds = ASKED_AGAIN.get(step).copied().unwrap_or(30);
                state.due.insert((Instant::now() + Duration::from_millis(seconds * self.0.second_ms), number), ());
            }
            _ => {}
        }
        if !was_settled && order.is_settled() {
            state.settled += 1;
        }
        self.0.moved.notify_one();
    }

    fn ask_if(&self, order: &Order, is_asked: bool) {
        if is_asked {
            self.ask(order);
        }
    }

    /// Compares what the orders were answered with what the provider has done.
    pub(super) fn report(&self, ledger: &HashMap<String, LedgerRow>) -> Report {
        let state = self.state();
        let mut report = Report {
            payments: state.orders.len() as u64,
            refunded: state.refunded,
            unknown_answers: state.unknown,
            answers: state.answers,
            unpaired: state.answers.abs_diff(state.facts),
            ..Report::default()
        };
        for order in &state.orders {
            report.left_unknown += u64::from(!order.is_settled());
            let Some(row) = ledger.get(order.payment_key.as_str()) else {
                report.contradicted += 1;
                continue;
            };
            let total = order.amount.minor();
            let (is_charged, refunded) = match order.step {
                PaymentStep::Charged => (true, 0),
                PaymentStep::Refunded(part) => (true, part.minor()),
                PaymentStep::Declined => (false, 0),
                PaymentStep::Waiting | PaymentStep::Confirming | PaymentStep::Refunding(_) => continue,
            };
            report.charged += u64::from(is_charged);
            report.declined += u64::from(!is_charged);
            report.double_charges += u64::from(row.charges > 1);
            report.double_refunds += u64::from(row.cancels.len() > 1 || row.balance < total - refunded);
            let agrees = row.total == total && row.charges == u32::from(is_charged) && row.balance == total - refunded;
            let is_dead = matches!(row.status.as_str(), "ABORTED" | "EXPIRED");
            report.contradicted += u64::from(!agrees || is_dead == is_charged);
        }
        report
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Emitter for Orders {
    fn emit(&self, outgoing: Outgoing) -> Result<Delivery, EmitError> {
        let (acknowledger, delivery) = delivery();
        let envelope =
            Envelope::from_headers(outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref())));
        let refused = |error: codec::DecodeError| EmitError::Refused(error.to_string());
        let topic = if *outgoing.topic == *ORDERS_INBOX.name() {
            let command = codec::decode::<OrderCommand>(outgoing.value.as_deref(), &envelope).map_err(refused)?;
            if let OrderCommand::PaymentAnswered { order, answer, .. } = command {
                self.answered(&order, &answer);
            }
            ORDERS_INBOX.name()
        } else {
            codec::decode::<PaymentEvent>(outgoing.value.as_deref(), &envelope).map_err(refused)?;
            self.state().facts += 1;
            PAYMENTS_EVENTS.name()
        };
        let mut state = self.state();
        let end = state.last.entry(topic).or_default();
        *end += 1;
        acknowledger.resolve(Ok(Placed { partition: outgoing.partition.unwrap_or(0), offset: *end }));
        drop(state);
        Ok(delivery)
    }

    fn pressure(&self) -> f64 {
        0.0
    }
}
