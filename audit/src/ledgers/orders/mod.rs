//! The ledger: a fold of `orders.events` that believes nothing. At every fact it checks what must be true, so a log that it read
//! to the end was right at each of its prefixes. `timesale verify` and the tests across rooms use it.
//!
//! It keeps no rows to show (that is `projections`) and only what it needs to judge, and to compare with the other
//! ledgers: which holds an order used or gave back, which payment was charged, where its coupon went. It expects every fact of
//! an order once, in order, from the first.

mod moves;
mod order;
mod refunds;
mod rule;

use std::collections::{BTreeMap, BTreeSet};

use events::ids::{OrderId, RequestId};
use events::orders::{OrderAmounts, OrderEvent, OrderFact, OrderRefusal, OrderState, Reason};
use events::time::Timestamp;

pub use order::{LedgerLine, LedgerOrder};
pub use rule::{OrderRule, OrderViolation};

/// Judges facts as they come.
#[derive(Debug, Default)]
pub struct OrderLedger {
    orders: BTreeMap<OrderId, LedgerOrder>,
    requests: BTreeSet<RequestId>,
}

impl OrderLedger {
    /// A ledger that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next fact of its partition.
    ///
    /// # Errors
    /// [`OrderViolation`] names the first rule that the fact breaks. What follows may then break others as a consequence.
    pub fn apply(&mut self, event: &OrderEvent) -> Result<(), OrderViolation> {
        self.judge(event).map_err(|rule| OrderViolation {
            rule,
            order: event.order.clone(),
            version: event.version,
            fact: event.fact.kind(),
        })
    }

    /// An order, as far as the facts go.
    #[must_use]
    pub fn order(&self, order: &OrderId) -> Option<&LedgerOrder> {
        self.orders.get(order)
    }

    /// Every order, by id.
    pub fn orders(&self) -> impl Iterator<Item = (&OrderId, &LedgerOrder)> {
        self.orders.iter()
    }

    /// How many requests were decided. Refusals about orders that are not there do not count: they are not remembered.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.len()
    }

    /// Whether a request was decided.
    #[must_use]
    pub fn has_decided(&self, request: &RequestId) -> bool {
        self.requests.contains(request)
    }

    /// Orders that should have moved by themselves before this instant, and did not. A deadline at which others are asked again
    /// is the first such instant: an order that has asked in vain since counts as overdue.
    pub fn overdue(&self, before: Timestamp) -> impl Iterator<Item = (&OrderId, &LedgerOrder)> {
        self.orders.iter().filter(move |(_, order)| order.deadline().is_some_and(|deadline| deadline < before))
    }

    fn judge(&mut self, event: &OrderEvent) -> Result<(), OrderRule> {
        if event.version == 0 {
            return judge_nothing(event);
        }
        if event.fact.request().is_some_and(|request| !self.requests.insert(request)) {
            return Err(OrderRule::OneDecisionPerRequest);
        }
        if let Some(order) = self.orders.get_mut(&event.order) {
            return order.follow(event);
        }
        let (order, judged) = LedgerOrder::begin(event)?;
        self.orders.insert(event.order.clone(), order);
        judged
    }
}

/// A fact about an order that is not there: a refusal, and nothing else.
fn judge_nothing(event: &OrderEvent) -> Result<(), OrderRule> {
    let refused = match &event.fact {
        OrderFact::OrderRefused { reason: Reason::Order { refusal }, .. } => {
            matches!(refusal, OrderRefusal::UnknownOrder | OrderRefusal::InvalidOrder)
        }
        _ => false,
    };
    let empty = event.state.is_none()
        && event.shopper.is_none()
        && event.amounts == OrderAmounts::default()
        && event.awaited == 0
        && event.deadline.is_none();
    if refused && empty { Ok(()) } else { Err(OrderRule::NothingBeforeThePlacement) }
}

/// Whether an order in this state may have this deadline and so many unanswered steps.
fn lives_or_ends(state: OrderState, awaited: u16, deadline: Option<Timestamp>) -> Result<(), OrderRule> {
    let ended = state.is_terminal() && awaited == 0;
    if ended == deadline.is_none() { Ok(()) } else { Err(OrderRule::DeadlineOrEnd) }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
