//! What the shoppers' orders came to, as the shoppers were answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::{CreationError, Histogram};
use serde::Serialize;

use super::scenario::Scenario;
use crate::tally::{LONGEST_US, Percentiles, percentiles};

/// Counters that may be read while the load goes on.
#[derive(Debug, Default)]
pub struct LiveOrders {
    /// Orders with which their shoppers are done.
    pub done: AtomicU64,
    /// Orders placed.
    pub placed: AtomicU64,
    /// Orders paid.
    pub paid: AtomicU64,
}

/// How one order went, as its shopper knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Went {
    /// It was placed.
    pub placed: bool,
    /// It was paid, or cost nothing.
    pub paid: bool,
    /// A payment for it was declined.
    pub declined: bool,
    /// How it ended, if it ended.
    pub end: Option<End>,
    /// Somebody was not answered what became of a request about it.
    pub unknown: bool,
    /// The provider was away until the shopper gave up.
    pub turned_away: bool,
}

/// How an order ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// It was rejected.
    Rejected,
    /// It was not paid in time.
    Expired,
    /// It was cancelled before the shipment.
    Cancelled,
    /// A part of it was refunded.
    RefundedPartly,
    /// All of it was refunded after the shipment.
    Refunded,
}

/// What the orders came to.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Orders {
    /// Orders that were sent.
    pub sent: u64,
    /// Orders placed: held and priced.
    pub placed: u64,
    /// Placements that were refused.
    pub rejected: u64,
    /// Orders paid, those that cost nothing included.
    pub paid: u64,
    /// Orders of which a payment was declined.
    pub declined: u64,
    /// Orders that were not paid in time.
    pub expired: u64,
    /// Orders undone before the shipment, whatever had been paid.
    pub cancelled: u64,
    /// Orders of which a part was refunded.
    pub refunded_partly: u64,
    /// Orders wholly refunded after the shipment.
    pub refunded: u64,
    /// Orders of which some request's outcome was not answered.
    pub unknown: u64,
    /// Orders whose shopper could not reach the payment provider.
    pub turned_away: u64,
    /// Repeats under the same key.
    pub duplicates_sent: u64,
    /// Tries beyond the first of a send.
    pub retries: u64,
    /// Orders sent a second, from the first to the last scheduled send.
    pub orders_per_second: f64,
    /// From scheduled send to decision.
    pub place_to_decision_ms: Percentiles,
    /// From send to decision.
    pub pay_to_decision_ms: Percentiles,
    /// From the first scheduled send until the last shopper was done, seconds.
    pub lasted_seconds: f64,
    /// How many orders took which scenario.
    pub scenarios: BTreeMap<&'static str, u64>,
    /// Codes of refusals, with how many were answered each.
    pub refusals: BTreeMap<String, u64>,
    /// Answers that the shopper of that scenario had no reason to expect, with how many were answered each. Under faults some are in
    /// order (a provider that was away too long lets orders expire); without faults there are none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub surprises: BTreeMap<String, u64>,
}

/// Counts as it happens.
pub(super) struct OrderTally {
    pub orders: Orders,
    place_us: Histogram<u64>,
    pay_us: Histogram<u64>,
}

impl OrderTally {
    /// Nothing yet.
    pub(super) fn new() -> Result<Self, CreationError> {
        let histogram = || Histogram::new_with_bounds(1, LONGEST_US, 3);
        Ok(Self { orders: Orders::default(), place_us: histogram()?, pay_us: histogram()? })
    }

    /// A placement was decided.
    pub(super) fn place_decided(&mut self, after: Duration) {
        self.place_us.saturating_record(micros(after));
    }

    /// A payment was decided.
    pub(super) fn payment_decided(&mut self, after: Duration) {
        self.pay_us.saturating_record(micros(after));
    }

    /// A shopper is done with an order.
    pub(super) fn count(&mut self, scenario: Scenario, went: Went) {
        let orders = &mut self.orders;
        orders.sent += 1;
        *orders.scenarios.entry(scenario.name()).or_default() += 1;
        orders.placed += u64::from(went.placed);
        orders.paid += u64::from(went.paid);
        orders.declined += u64::from(went.declined);
        orders.unknown += u64::from(went.unknown);
        orders.turned_away += u64::from(went.turned_away);
        match went.end {
            Some(End::Rejected) => orders.rejected += 1,
            Some(End::Expired) => orders.expired += 1,
            Some(End::Cancelled) => orders.cancelled += 1,
            Some(End::RefundedPartly) => orders.refunded_partly += 1,
            Some(End::Refunded) => orders.refunded += 1,
            None => {}
        }
    }

    /// Sums up a load whose sends were spread over `scheduled` and whose last shopper was done after `lasted`.
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub(super) fn finish(self, scheduled: Duration, lasted: Duration) -> Orders {
        let rate = self.orders.sent as f64 / scheduled.as_secs_f64().max(0.001);
        Orders {
            orders_per_second: (rate * 10.0).round() / 10.0,
            place_to_decision_ms: percentiles(&self.place_us),
            pay_to_decision_ms: percentiles(&self.pay_us),
            lasted_seconds: lasted.as_secs_f64(),
            ..self.orders
        }
    }
}

impl LiveOrders {
    /// Shows that a shopper is done.
    pub(super) fn finished(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
