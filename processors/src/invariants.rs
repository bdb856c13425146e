//! What must be true of the state after every step. Plain functions over state: tests fail on a violation, production logs it
//! and goes on, because the facts are already the truth; `timesale verify` checks the same of the facts themselves, with
//! `audit::ledgers::coupons::CouponLedger`.

use std::collections::BTreeSet;
use std::fmt::Display;

use events::ids::OrderId;
use events::money::Money;
use events::orders::{LineAmounts, OrderState};
use events::time::Timestamp;

use crate::coupons::{Account, Campaign};
use crate::inventory::Product;
use crate::orders::{CouponState, Order, Stock};
use crate::prices::Product as Prices;
use crate::settlement::Seller;

/// The state contradicts itself: a bug, or bytes that this code never wrote. Nothing sensible can follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("broken invariant: {0}")]
pub(crate) struct Broken(pub(crate) &'static str);

/// A rule that does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Violation(pub(crate) &'static str);

/// Every coupon is in exactly one place, and the money budget covers what is spent and what may yet be.
pub(crate) fn of_campaign(campaign: &Campaign) -> Result<(), Violation> {
    if !campaign.counts.stock.is_balanced() {
        return Err(Violation("stock = remaining + granted + held + redeemed + expired + revoked"));
    }
    if campaign.counts.stock.stock != campaign.terms.stock {
        return Err(Violation("the stock is what the terms say"));
    }
    if campaign.terms.budget.is_some_and(|budget| campaign.committed(0) > i128::from(budget.minor())) {
        return Err(Violation("spent + reserved <= budget"));
    }
    Ok(())
}

/// Nobody has more coupons than the terms allow, and a hold holds one coupon.
pub(crate) fn of_account(campaign: &Campaign, account: &Account) -> Result<(), Violation> {
    if account.coupons.len() > usize::from(campaign.terms.per_shopper) {
        return Err(Violation("coupons of a shopper <= the limit per shopper"));
    }
    let mut holds = BTreeSet::new();
    if !account.coupons.iter().filter_map(|coupon| coupon.hold()).all(|hold| holds.insert(hold)) {
        return Err(Violation("a hold holds one coupon"));
    }
    Ok(())
}

/// Amounts are the sum of the lines, nobody is charged half or given back more than was charged, and an order that was given up
/// holds no money and asks for none of its holds' use.
pub(crate) fn of_order(order: &Order) -> Result<(), Violation> {
    let sum = order.lines.iter().try_fold(LineAmounts::default(), |sum, line| sum.plus(&line.amounts));
    let amounts = order.amounts;
    if sum.map(|sum| (sum.gross, sum.discount(), sum.due)) != Some((amounts.gross, amounts.discount, amounts.due)) {
        return Err(Violation("amounts = sum of the lines"));
    }
    if !order.lines.iter().all(|line| line.amounts.is_balanced()) {
        return Err(Violation("gross = due + platform's share + seller's share"));
    }
    if amounts.paid != Money::ZERO && amounts.paid != amounts.due {
        return Err(Violation("paid is nothing or what is due"));
    }
    if amounts.refunded < Money::ZERO || amounts.refunded > amounts.paid {
        return Err(Violation("0 <= refunded <= paid"));
    }
    let mut parts = order.lines.iter().map(|line| line.amounts.of_units(line.refunded, line.quantity));
    let parts = parts.try_fold(Money::ZERO, |sum, part| sum.plus(part?.due));
    if parts != Some(amounts.refunded) {
        return Err(Violation("refunded = what the refunded units amount to"));
    }
    if order.lines.iter().any(|line| line.returned > line.refunded) {
        return Err(Violation("only what is refunded is returned"));
    }
    let undone = order.state.is_undone();
    if undone && amounts.paid != amounts.refunded {
        return Err(Violation("an order that was given up keeps no money"));
    }
    let kept = |stock: Stock| matches!(stock, Stock::Asked | Stock::Held);
    let coupon = order
        .coupon
        .as_ref()
        .is_some_and(|coupon| matches!(coupon.state, CouponState::Wanted | CouponState::Asked | CouponState::Held));
    if (order.state.is_terminal() || order.is_bought()) && (coupon || order.lines.iter().any(|line| kept(line.stock))) {
        return Err(Violation("a hold ends when its order is paid or given up"));
    }
    if order.awaited() > 0 && order.state != OrderState::Holding && order.asking.is_none() {
        return Err(Violation("an unanswered step is asked again"));
    }
    if order.deadline().is_none() && !(order.state.is_terminal() && order.awaited() == 0) {
        return Err(Violation("an order has a deadline or is at its end"));
    }
    if (order.state == OrderState::Refunding) != order.refund.as_ref().is_some_and(|_| !order.is_closing()) {
        return Err(Violation("refunding <=> a refund is under way"));
    }
    Ok(())
}

/// As [`report`], of an order.
pub(crate) fn report_order(order: &OrderId, held: Result<(), Violation>) {
    if let Err(Violation(rule)) = held {
        tracing::error!(%order, rule, "an invariant does not hold");
        #[cfg(test)]
        {
            panic!("{order}: {rule}");
        }
    }
}

/// Every unit is in exactly one place.
pub(crate) fn of_product(product: &Product) -> Result<(), Violation> {
    if product.level.is_balanced() { Ok(()) } else { Err(Violation("received = available + held + sold")) }
}

/// Open days come after the closed ones, each once, and are told of when they change; what is carried on is owed by the seller.
pub(crate) fn of_seller(seller: &Seller) -> Result<(), Violation> {
    if !seller.days.is_sorted_by(|one, other| one.day < other.day) {
        return Err(Violation("a day is open once"));
    }
    if seller.days.first().is_some_and(|first| seller.is_closed(first.day)) {
        return Err(Violation("a closed day is not open"));
    }
    if seller.carried > Money::ZERO {
        return Err(Violation("what is carried on is owed by the seller"));
    }
    if !seller.days.iter().all(|open| open.totals.amounts.is_balanced()) {
        return Err(Violation("gross = due + platform's share + seller's share"));
    }
    if seller.telling.is_none() && seller.days.iter().any(|open| open.changed) {
        return Err(Violation("what has changed is told"));
    }
    Ok(())
}

/// What was stated holds until something is said or the timer comes, and is the lowest of what is believed.
pub(crate) fn of_prices(product: &Prices, now: Timestamp) -> Result<(), Violation> {
    if !product.offers.is_sorted_by(|one, other| one.source < other.source) {
        return Err(Violation("a source has one offer"));
    }
    let Some(stated) = &product.stated else { return Err(Violation("a product has a best price")) };
    if !stated.is_valid_at(now) {
        return Err(Violation("what is stated holds for a while"));
    }
    if stated.price > stated.own || product.offers.iter().any(|offer| offer.price < stated.price) {
        return Err(Violation("the best price is the lowest"));
    }
    if stated.valid_until.is_some_and(|until| product.wake.is_none_or(|wake| wake > until)) {
        return Err(Violation("what ends is stated anew"));
    }
    Ok(())
}

/// Tells a violation to whoever watches; a test stops there.
pub(crate) fn report(subject: &impl Display, held: Result<(), Violation>) {
    if let Err(Violation(rule)) = held {
        tracing::error!(%subject, rule, "an invariant does not hold");
        #[cfg(test)]
        {
            panic!("{subject}: {rule}");
        }
    }
}
