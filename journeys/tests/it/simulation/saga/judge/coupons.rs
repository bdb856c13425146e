//! Coupons: every hold is an order's, has ended once, and as its order did; a coupon comes back only with all that it helped to buy.

use std::collections::{BTreeMap, BTreeSet};

use audit::ledgers::orders::{LedgerOrder, OrderLedger};
use events::coupons::{CouponEvent, CouponFact};
use events::ids::{CouponId, HoldId, OrderId, RequestId};
use events::money::Money;
use events::orders::{RefundCause, Step};

use super::GivenBack;

/// A hold on a coupon.
#[derive(Debug)]
struct Held {
    coupon: CouponId,
    order: OrderId,
    discount: Money,
    end: Option<End>,
    /// How often the coupon came back to its owner after it was used up.
    restored: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Redeemed,
    GivenBack,
}

pub(super) fn agree(orders: &OrderLedger, events: &[CouponEvent], given_back: &GivenBack) -> Result<(), String> {
    let holds = holds(events)?;
    for (id, held) in &holds {
        let Some(order) = orders.order(&held.order) else {
            return Err(format!("{id} is for an order that nobody placed: {held:?}"));
        };
        let causes = given_back.causes.get(&held.order).map_or(&[][..], Vec::as_slice);
        ended_as(order, *id, held, causes).map_err(|what| format!("{what}: {id} {held:?}; {order:?}"))?;
    }
    let decided: BTreeSet<RequestId> = events.iter().filter_map(|event| event.fact.request()).collect();
    for (id, order) in orders.orders().filter(|(_, order)| order.was_bought()) {
        let Some((_, hold)) = order.coupon(id) else { continue };
        let Some(held) = holds.get(&hold) else {
            return Err(format!("order {id} was bought, and its coupon was never held: {order:?}"));
        };
        let causes = given_back.causes.get(id).map_or(&[][..], Vec::as_slice);
        let is_due = order.state().is_undone() && causes.iter().all(|cause| cause.restores_coupon());
        // Whether it can come back is the campaign's to say.
        if held.end == Some(End::Redeemed) && is_due && !decided.contains(&Step::RestoreCoupon.request(id)) {
            return Err(format!("order {id} was undone, and its coupon was not asked back: {held:?}; {order:?}"));
        }
    }
    Ok(())
}

/// Whether a hold has ended as the order says.
fn ended_as(order: &LedgerOrder, id: HoldId, held: &Held, causes: &[RefundCause]) -> Result<(), &'static str> {
    let is_its = order.coupon(&held.order).is_some_and(|(coupon, hold)| (coupon.coupon, hold) == (held.coupon, id));
    let is_priced = order.amounts().gross > Money::ZERO;
    if !is_its {
        return Err("held for an order that does not have it");
    }
    if is_priced && order.amounts().discount != held.discount {
        return Err("an order has another discount than its coupon gives");
    }
    if held.restored > 0 && !order.state().is_undone() {
        return Err("restored, and not everything was undone");
    }
    if held.restored > 0 && causes.iter().any(|cause| !cause.restores_coupon()) {
        return Err("restored after a misuse");
    }
    match held.end {
        None => Err("a hold has not ended"),
        Some(End::Redeemed) if !order.was_bought() => Err("the coupon of what was not bought is used up"),
        Some(End::GivenBack) if order.was_bought() && !order.has_lost(&id) => {
            Err("the coupon of what was bought is not used up")
        }
        Some(_) if held.restored > 1 => Err("restored twice"),
        Some(_) => Ok(()),
    }
}

/// Every hold that there has been; each ends once.
fn holds(events: &[CouponEvent]) -> Result<BTreeMap<HoldId, Held>, String> {
    let mut holds: BTreeMap<HoldId, Held> = BTreeMap::new();
    // The hold that each coupon is under, or was used up by.
    let mut current: BTreeMap<CouponId, HoldId> = BTreeMap::new();
    for event in events {
        let (coupon, end) = match &event.fact {
            CouponFact::CouponHeld { coupon, hold, order, discount, .. } => {
                let held = Held { coupon: *coupon, order: order.clone(), discount: *discount, end: None, restored: 0 };
                holds.insert(*hold, held);
                current.insert(*coupon, *hold);
                continue;
            }
            CouponFact::CouponRestored { coupon, .. } => {
                let held = current.get(coupon).and_then(|hold| holds.get_mut(hold));
                held.ok_or_else(|| format!("restored and never used: {event:?}"))?.restored += 1;
                continue;
            }
            CouponFact::CouponRedeemed { coupon, .. } => (coupon, End::Redeemed),
            CouponFact::CouponReleased { coupon, .. }
            | CouponFact::CouponRevoked { coupon, .. }
            | CouponFact::CouponExpired { coupon, .. } => (coupon, End::GivenBack),
            _ => continue,
        };
        let held = current.get(coupon).and_then(|hold| holds.get_mut(hold));
        match held {
            Some(held) if held.end.is_none() => held.end = Some(end),
            // What is not held can be taken away as well.
            _ if end == End::GivenBack && !matches!(event.fact, CouponFact::CouponReleased { .. }) => {}
            _ => return Err(format!("a hold ends that is not there: {event:?}")),
        }
    }
    Ok(holds)
}
