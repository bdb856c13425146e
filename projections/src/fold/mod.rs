//! Facts become rows. [`project`] says what one fact amounts to, a [`Projection`] what any run of facts does: a sink folds one
//! batch into one, `verify` folds the whole log into one, and both mean the same rows.

pub(crate) mod coupons;
mod inventory;
mod orders;
mod payments;
mod prices;
mod settlement;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{
    CampaignRow, CouponRow, OrderLineRow, OrderRow, PayOutRow, PaymentRow, PolicyRow, PriceRow, ProductRow, RequestRow,
    Source, StatementLineRow, StatementRow, TimelineRow,
};
use events::calendar::Day;
use events::ids::{CampaignId, CouponId, OrderId, PaymentKey, RequestId, SellerId, Sku};
use events::settlement::PayOutShare;

#[cfg(test)]
mod fold_tests;

/// Rows by key, in order of keys (sinks that write rows in one order do not deadlock).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Projection {
    /// Campaigns.
    pub campaigns: BTreeMap<CampaignId, CampaignRow>,
    /// Coupons.
    pub coupons: BTreeMap<CouponId, CouponRow>,
    /// Products.
    pub products: BTreeMap<Sku, ProductRow>,
    /// Orders.
    pub orders: BTreeMap<OrderId, OrderRow>,
    /// Their lines.
    pub lines: BTreeMap<(OrderId, Sku), OrderLineRow>,
    /// Their timelines, by number of the fact.
    pub timeline: BTreeMap<(OrderId, u64), TimelineRow>,
    /// Payments.
    pub payments: BTreeMap<PaymentKey, PaymentRow>,
    /// Best prices.
    pub prices: BTreeMap<Sku, PriceRow>,
    /// Sellers' policies, by number.
    pub policies: BTreeMap<(SellerId, u32), PolicyRow>,
    /// Sellers' days.
    pub statements: BTreeMap<(SellerId, Day), StatementRow>,
    /// Their lines, by number.
    pub statement_lines: BTreeMap<(SellerId, Day, u64), StatementLineRow>,
    /// What is paid out for closed days.
    pub pay_outs: BTreeMap<(SellerId, Day, PayOutShare), PayOutRow>,
    /// Decided requests.
    pub requests: BTreeMap<RequestId, RequestRow>,
}

/// A fact that has rows.
pub trait Fact {
    /// Takes the fact's rows into a projection.
    fn project(&self, source: Source, rows: &mut Projection);
}

/// What one fact amounts to.
#[must_use]
pub fn project<F: Fact>(fact: &F, source: Source) -> Projection {
    let mut rows = Projection::default();
    fact.project(source, &mut rows);
    rows
}

impl Projection {
    /// Takes a fact in. Facts of one partition come in order; a fact that is already in changes nothing.
    pub fn apply<F: Fact>(&mut self, fact: &F, source: Source) {
        fact.project(source, self);
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.campaigns.len()
            + self.coupons.len()
            + self.products.len()
            + self.orders.len()
            + self.lines.len()
            + self.timeline.len()
            + self.payments.len()
            + self.prices.len()
            + self.policies.len()
            + self.statements.len()
            + self.statement_lines.len()
            + self.pay_outs.len()
            + self.requests.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A row that a later fact may change.
trait Row {
    /// Takes a later row of the same key in; an earlier one, or the same, changes nothing.
    fn merge(&mut self, later: Self);
}

fn put<K: Ord, R: Row>(rows: &mut BTreeMap<K, R>, key: K, row: R) {
    match rows.entry(key) {
        Entry::Vacant(entry) => drop(entry.insert(row)),
        Entry::Occupied(mut entry) => entry.get_mut().merge(row),
    }
}

impl Row for RequestRow {
    fn merge(&mut self, later: Self) {
        if later.source > self.source {
            *self = later;
        }
    }
}
