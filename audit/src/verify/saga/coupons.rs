//! Holds on coupons against orders.

use std::collections::HashMap;

use crate::ledgers::orders::{LedgerOrder, OrderLedger};
use events::coupons::{CouponEvent, CouponFact};
use events::ids::{CouponId, HoldId, OrderId};
use events::money::Money;

use super::{Fate, fate};

/// A hold on a coupon.
#[derive(Debug)]
struct CouponHold {
    coupon: CouponId,
    order: OrderId,
    discount: Money,
    end: Option<End>,
}

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Redeemed,
    GivenBack,
}

/// Every hold on a coupon there has been.
#[derive(Debug, Default)]
pub(super) struct CouponHolds {
    holds: HashMap<HoldId, CouponHold>,
    /// The hold that each held coupon is under.
    now: HashMap<CouponId, HoldId>,
}

impl CouponHolds {
    pub(super) fn apply(&mut self, event: &CouponEvent) {
        match &event.fact {
            CouponFact::CouponHeld { coupon, hold, order, discount, .. } => {
                let new = CouponHold { coupon: *coupon, order: order.clone(), discount: *discount, end: None };
                self.holds.insert(*hold, new);
                self.now.insert(*coupon, *hold);
            }
            CouponFact::CouponRedeemed { coupon, .. } => self.end(coupon, End::Redeemed),
            CouponFact::CouponReleased { coupon, .. }
            | CouponFact::CouponRevoked { coupon, .. }
            | CouponFact::CouponExpired { coupon, .. } => self.end(coupon, End::GivenBack),
            _ => {}
        }
    }

    fn end(&mut self, coupon: &CouponId, end: End) {
        let hold = self.now.remove(coupon).and_then(|hold| self.holds.get_mut(&hold));
        if let Some(hold) = hold {
            hold.end = Some(end);
        }
    }

    /// A hold that did not end as its order did, or a bought order that did not use its coupon.
    pub(super) fn differ(&self, orders: &OrderLedger) -> Option<String> {
        // In order of ids, so that a log has one first counterexample.
        let mut holds: Vec<_> = self.holds.iter().collect();
        holds.sort_unstable_by_key(|(id, _)| **id);
        let of_nobody = holds.into_iter().find_map(|(id, hold)| match orders.order(&hold.order) {
            // Other shops may hold coupons for orders that they name in their own way.
            None if !hold.order.as_str().starts_with("ord_") => None,
            None => Some(format!("{id} is for an order that is not in the log: {hold:?}")),
            Some(order) => hold.of_order(*id, order),
        });
        of_nobody.or_else(|| orders.orders().find_map(|(id, order)| self.unused(id, order)))
    }

    fn unused(&self, id: &OrderId, order: &LedgerOrder) -> Option<String> {
        let (coupon, hold) = order.coupon(id)?;
        let must_be_used = fate(order) == Fate::Used && order.awaited() == 0 && !order.has_lost(&hold);
        (must_be_used && !self.holds.contains_key(&hold))
            .then(|| format!("{id} was bought, and its coupon {} was never held: {order:?}", coupon.coupon))
    }
}

impl CouponHold {
    fn of_order(&self, id: HoldId, order: &LedgerOrder) -> Option<String> {
        let is_its = order.coupon(&self.order).is_some_and(|(coupon, hold)| coupon.coupon == self.coupon && hold == id);
        if !is_its {
            return Some(format!("{id} is on a coupon that its order does not have: {self:?}; {order:?}"));
        }
        let amounts = order.amounts();
        let is_priced = amounts.gross > Money::ZERO;
        if is_priced && amounts.discount != self.discount {
            return Some(format!("{id} is for another discount than its order has: {self:?}; {order:?}"));
        }
        let is_settled = order.awaited() == 0;
        let agrees = match (fate(order), self.end) {
            (Fate::Held, None) | (Fate::Used, Some(End::Redeemed)) | (Fate::GivenBack, Some(End::GivenBack)) => true,
            (Fate::Used, Some(End::GivenBack)) => order.has_lost(&id) || !is_settled,
            (Fate::Held, Some(End::GivenBack)) | (Fate::Used | Fate::GivenBack, None) => !is_settled,
            (Fate::Held | Fate::GivenBack, Some(End::Redeemed)) => false,
        };
        (!agrees).then(|| format!("{id} does not end as its order does: {self:?}; {order:?}"))
    }
}
