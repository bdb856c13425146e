//! What the provider has charged and given back, payment by payment.

use std::collections::BTreeMap;

use crate::ledgers::orders::{LedgerOrder, OrderLedger};
use events::ids::{OrderId, PaymentKey};
use events::orders::OrderState;
use serde::Deserialize;

use crate::verify::saga::is_open;

/// A row of the provider's list: an approval, or a cancel, which is negative.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// The provider's name for it.
    pub transaction_key: String,
    /// The payment.
    pub payment_key: String,
    /// The order.
    pub order_id: String,
    /// How much, minor units.
    pub amount: i64,
}

/// What a stand-in says of all its payments.
#[derive(Deserialize)]
pub(super) struct StubLedger {
    pub(super) payments: Vec<StubPayment>,
}

/// A payment in a stand-in's ledger.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StubPayment {
    /// The payment.
    pub payment_key: String,
    /// What was to be charged, minor units.
    pub total: i64,
    /// What of it has not been given back, minor units.
    pub balance: i64,
    /// How often money was taken.
    pub charges: u64,
    /// What was given back.
    pub cancels: Vec<StubCancel>,
}

/// A cancel in a stand-in's ledger.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct StubCancel {
    /// How much, minor units.
    pub amount: i64,
}

/// What the provider has done with one payment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Entry {
    order: String,
    charges: u64,
    charged: i64,
    given_back: i64,
}

/// The provider's books.
#[derive(Clone, Debug, Default)]
pub struct Books {
    payments: BTreeMap<String, Entry>,
    stub: Vec<StubPayment>,
}

impl Books {
    /// Takes a transaction in.
    pub fn take(&mut self, row: &Transaction) {
        let entry = self.payments.entry(row.payment_key.clone()).or_default();
        entry.order.clone_from(&row.order_id);
        if row.amount >= 0 {
            entry.charges += 1;
            entry.charged = entry.charged.saturating_add(row.amount);
        } else {
            entry.given_back = entry.given_back.saturating_sub(row.amount);
        }
    }

    /// Takes a stand-in's ledger in.
    pub fn take_ledger(&mut self, payments: Vec<StubPayment>) {
        self.stub = payments;
    }

    /// How many payments were charged.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.payments.len() as u64
    }

    /// Whether nothing was ever charged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.payments.is_empty()
    }

    /// A payment that is not what its order says, one that no order knows, one charged twice, or an order whose payment is not here.
    #[must_use]
    pub fn differ(&self, orders: &OrderLedger) -> Option<String> {
        let here = self.payments.iter().find_map(|(key, entry)| entry.differ(key, orders));
        let missing = || orders.orders().find_map(|(id, order)| self.missing(id, order));
        here.or_else(missing).or_else(|| self.stub.iter().find_map(|payment| self.stub_differs(payment)))
    }

    fn missing(&self, id: &OrderId, order: &LedgerOrder) -> Option<String> {
        let key = order.charged()?;
        let is_here = self.payments.get(key.as_str()).is_some_and(|entry| entry.charges > 0);
        (!is_here).then(|| format!("{id} is paid by {key}, and the provider has charged no such payment: {order:?}"))
    }

    fn stub_differs(&self, payment: &StubPayment) -> Option<String> {
        let cancelled: i64 = payment.cancels.iter().map(|cancel| cancel.amount).sum();
        let adds_up = payment.charges == 0 || payment.total - payment.balance == cancelled;
        let listed = self.payments.get(&payment.payment_key);
        let as_listed = listed.is_none_or(|entry| {
            let left = entry.charged - entry.given_back;
            entry.charges == payment.charges && (entry.charges == 0 || left == payment.balance)
        });
        let sound = payment.charges <= 1 && adds_up && as_listed;
        (!sound).then(|| format!("the provider's ledger: {payment:?}; its transactions: {listed:?}"))
    }
}

impl Entry {
    fn differ(&self, key: &str, orders: &OrderLedger) -> Option<String> {
        // A virtual account that was closed before the transfer: nothing was taken, so nothing was given back.
        if self.charges == 0 {
            return None;
        }
        if self.charges > 1 {
            return Some(format!("the provider has charged {key} {} times: {self:?}", self.charges));
        }
        let order = OrderId::new(&self.order).ok().and_then(|id| orders.order(&id));
        let left = self.charged - self.given_back;
        let Some(order) = order.filter(|order| order.charged().map(PaymentKey::as_str) == Some(key)) else {
            // Given back whole, or an order that still waits to hear of it.
            let is_known = left == 0 || order.is_some_and(is_open);
            return (!is_known).then(|| format!("the provider has charged {key}, and no order knows it: {self:?}"));
        };
        let amounts = order.amounts();
        let expected = amounts.paid.minor() - amounts.refunded.minor();
        let agrees = self.charged == amounts.paid.minor()
            && match order.state() {
                // The provider may have given back what the order has not yet heard of.
                OrderState::Refunding => left <= expected,
                _ => left == expected,
            };
        (!agrees).then(|| format!("the provider's {key} is not what its order says: {self:?}; {order:?}"))
    }
}
