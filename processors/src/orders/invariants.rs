//! What must be true of an order after every step.

use events::money::Money;
use events::orders::{LineAmounts, OrderState};

use super::coupon::CouponState;
use super::line::Stock;
use super::order::Order;
use crate::kit::machine::Violation;

/// Amounts are the sum of the lines, no charge is partial, no more is given back than was charged, and an order that was given up
/// keeps no money and uses none of its holds.
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
    let kept = |stock: Stock| matches!(stock, Stock::Requested | Stock::Held);
    let coupon = order.coupon.as_ref().is_some_and(|coupon| {
        matches!(coupon.state, CouponState::Waiting | CouponState::Requested | CouponState::Held)
    });
    if (order.state.is_terminal() || order.is_bought()) && (coupon || order.lines.iter().any(|line| kept(line.stock))) {
        return Err(Violation("a hold ends when its order is paid or given up"));
    }
    if order.awaited() > 0 && order.state != OrderState::Holding && order.retry.is_none() {
        return Err(Violation("an unanswered step is repeated"));
    }
    if order.deadline().is_none() && !(order.state.is_terminal() && order.awaited() == 0) {
        return Err(Violation("an order has a deadline or is at its end"));
    }
    if (order.state == OrderState::Refunding) != order.refund.as_ref().is_some_and(|_| !order.is_closing()) {
        return Err(Violation("refunding <=> a refund is under way"));
    }
    Ok(())
}
