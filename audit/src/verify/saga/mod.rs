//! Orders, stock, coupons and payments against each other: every log keeps its own rules, and what one says the others did, they say
//! too. Pure: facts go in one by one, counterexamples come out.
//!
//! While an order is under way the others may be a step ahead of it or behind; what is compared then is only what no later fact
//! could put right.

mod coupons;
mod holds;
mod payments;

use events::coupons::CouponEvent;
use events::inventory::InventoryEvent;
use events::orders::{OrderEvent, OrderState};
use events::time::Timestamp;
use projections::{Projection, Source};

use super::verdict::Verdict;
use crate::ledgers::inventory::StockLedger;
use crate::ledgers::orders::{LedgerOrder, OrderLedger};
use coupons::CouponHolds;

/// Every fact about stock keeps every rule of the stock ledger.
pub const STOCK: &str = "stock_adds_up";
/// Every fact about an order keeps every rule of the order ledger.
pub const ORDERS: &str = "orders_keep_their_rules";
/// Stock that was held is sold if and only if its order was paid, and available again if not.
pub const HOLDS: &str = "held_stock_ends_as_its_order_does";
/// A coupon is used up if and only if its order was paid, for the discount that the order had.
pub const COUPONS: &str = "held_coupons_end_as_their_orders_do";
/// Every order is at its end or has something before it.
pub const MOVES: &str = "every_order_ends_or_moves_on";
/// What orders have been paid and have given back is what the payments show.
pub const PAYMENTS: &str = "payments_are_what_orders_say";

/// How late a timer may be.
const GRACE_MS: i64 = 5_000;

/// The fold of all that orders touch.
#[derive(Debug, Default)]
pub struct Saga {
    stock: StockLedger,
    orders: OrderLedger,
    coupons: CouponHolds,
}

impl Saga {
    /// Takes in a fact of `inventory.events`, in the order of its partition.
    pub fn inventory(&mut self, event: &InventoryEvent, source: Source, verdict: &mut Verdict) {
        if let Err(violation) = self.stock.apply(event) {
            verdict.state(STOCK, Some(format!("{violation}, at {source:?}: {event:?}")));
        }
    }

    /// Takes in a fact of `orders.events`, in the order of its partition.
    pub fn order(&mut self, event: &OrderEvent, source: Source, verdict: &mut Verdict) {
        if let Err(violation) = self.orders.apply(event) {
            verdict.state(ORDERS, Some(format!("{violation}, at {source:?}: {event:?}")));
        }
    }

    /// Takes in a fact of `coupons.events`, in the order of its partition.
    pub fn coupon(&mut self, event: &CouponEvent) {
        self.coupons.apply(event);
    }

    /// What the facts say of orders.
    #[must_use]
    pub fn orders(&self) -> &OrderLedger {
        &self.orders
    }

    /// How many orders will move by themselves, or when they are answered, before this instant.
    #[must_use]
    pub fn under_way(&self, until: Timestamp) -> usize {
        let moves = |order: &LedgerOrder| {
            order.awaited() > 0
                || is_asking(order.state())
                || order.deadline().is_some_and(|deadline| deadline <= until)
        };
        self.orders.orders().filter(|(_, order)| moves(order)).count()
    }

    /// Judges what only the whole logs tell.
    pub fn judge(&self, rows: &Projection, now: Timestamp, verdict: &mut Verdict) {
        verdict.counts.products = rows.products.len() as u64;
        verdict.counts.orders = rows.orders.len() as u64;
        verdict.counts.payments = rows.payments.len() as u64;
        verdict.counts.orders_open = self.orders.orders().filter(|(_, order)| is_open(order)).count() as u64;
        if !rows.products.is_empty() {
            verdict.state(STOCK, None);
        }
        if rows.orders.is_empty() && rows.payments.is_empty() {
            return;
        }
        verdict.state(ORDERS, None);
        verdict.state(HOLDS, holds::differ(&self.stock, &self.orders));
        verdict.state(COUPONS, self.coupons.differ(&self.orders));
        verdict.state(PAYMENTS, payments::differ(&rows.payments, &self.orders));
        let overdue = self.orders.overdue(now.plus_millis(-GRACE_MS)).next();
        verdict.state(
            MOVES,
            overdue.map(|(order, state)| format!("{order} should have moved before {now:?} and did not: {state:?}")),
        );
    }
}

/// Whether an order waits for the answer of a payment provider or for its holds.
fn is_asking(state: OrderState) -> bool {
    matches!(
        state,
        OrderState::Holding
            | OrderState::Confirming
            | OrderState::PaymentUnknown
            | OrderState::CancelRequested
            | OrderState::Refunding
    )
}

/// Whether it is not decided yet whether the order is paid.
pub(super) fn is_open(order: &LedgerOrder) -> bool {
    !order.was_bought()
        && matches!(
            order.state(),
            OrderState::Holding
                | OrderState::AwaitingPayment
                | OrderState::Confirming
                | OrderState::PaymentUnknown
                | OrderState::AwaitingDeposit
                | OrderState::CancelRequested
        )
}

/// What must have become of a hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    /// Nothing yet: its order is undecided.
    Held,
    /// It is used up.
    Used,
    /// It has ended and is not used up.
    GivenBack,
}

/// What must become of an order's holds.
fn fate(order: &LedgerOrder) -> Fate {
    if order.was_bought() {
        Fate::Used
    } else if is_open(order) {
        Fate::Held
    } else {
        Fate::GivenBack
    }
}

#[cfg(test)]
#[path = "saga_tests.rs"]
mod tests;
#[cfg(test)]
pub(super) mod fixture;
