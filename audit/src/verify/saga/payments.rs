//! Payments, as the provider last showed them, against orders.

use std::collections::{BTreeMap, HashSet};

use crate::ledgers::orders::{LedgerOrder, OrderLedger};
use events::ids::{OrderId, PaymentKey};
use events::money::Money;
use events::orders::OrderState;
use events::payments::{Payment, PaymentRefund};
use projections::PaymentRow;

use super::is_open;

/// A payment that does not add up, or is not what its order says.
pub(super) fn differ(payments: &BTreeMap<PaymentKey, PaymentRow>, orders: &OrderLedger) -> Option<String> {
    let mut known: HashSet<&PaymentKey> = HashSet::new();
    for (id, order) in orders.orders() {
        let Some(key) = order.charged() else { continue };
        known.insert(key);
        match payments.get(key) {
            None => return Some(format!("{id} is paid by {key}, which was never shown: {order:?}")),
            Some(row) => {
                if let Some(difference) = of_order(id, order, &row.payment) {
                    return Some(difference);
                }
            }
        }
    }
    payments.iter().find_map(|(key, row)| {
        let payment = &row.payment;
        let is_known = known.contains(key) || orders.order(&payment.order).is_some_and(is_open);
        if !adds_up(payment) {
            return Some(format!("{key}: total, balance and refunds do not add up: {payment:?}"));
        }
        let is_charged = payment.status.is_charged() && payment.balance > Money::ZERO;
        (is_charged && !is_known).then(|| format!("{key} is charged, and no order knows it: {payment:?}"))
    })
}

fn of_order(id: &OrderId, order: &LedgerOrder, payment: &Payment) -> Option<String> {
    let amounts = order.amounts();
    let left = amounts.paid.minus(amounts.refunded).unwrap_or(Money::ZERO);
    let agrees = payment.order == *id
        && payment.total == amounts.paid
        && match order.state() {
            // The provider may have given back what the order has not yet heard of.
            OrderState::Refunding => payment.balance <= left,
            _ => payment.balance == left,
        };
    (!agrees).then(|| format!("{} is not what its order says: {payment:?}; {order:?}", payment.payment_key))
}

fn adds_up(payment: &Payment) -> bool {
    let sum = |sum: Money, refund: &PaymentRefund| sum.plus(refund.amount);
    let refunded = payment.refunds.iter().try_fold(Money::ZERO, sum);
    !payment.status.is_charged() || refunded == payment.total.minus(payment.balance)
}
