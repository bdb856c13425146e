//! Money: what the provider took and gave back is what the orders say, order by order.

use audit::ledgers::orders::OrderLedger;
use events::orders::{OrderEvent, OrderFact};

use super::Ledger;

pub(super) fn agree(orders: &OrderLedger, events: &[OrderEvent], provider: &Ledger) -> Result<(), String> {
    for (key, charge) in &provider.charges {
        if orders.order(&charge.order).is_none() {
            return Err(format!("{key} is for an order that nobody placed: {charge:?}"));
        }
        if charge.captures > 1 {
            return Err(format!("{key} was charged {} times: {charge:?}", charge.captures));
        }
    }
    for (id, order) in orders.orders() {
        let charges = || provider.charges.values().filter(|charge| charge.order == *id);
        let captured: i64 = charges().map(|charge| charge.captured()).sum();
        let given_back: i64 = charges().map(|charge| charge.given_back()).sum();
        let amounts = order.amounts();
        if (captured, given_back) != (amounts.paid.minor(), amounts.refunded.minor()) {
            return Err(format!(
                "the provider took {captured} and gave {given_back} back of order {id}, which says otherwise: {order:?}"
            ));
        }
        if order.state().is_undone() && captured != given_back {
            return Err(format!("order {id} was charged and given up without a refund: {order:?}"));
        }
    }
    // Nobody but the shop moves money here, so there is nothing to raise an alarm about.
    let alarm = events.iter().find(|event| matches!(event.fact, OrderFact::PaymentDiffers { .. }));
    alarm.map_or(Ok(()), |alarm| Err(format!("a false alarm: {alarm:?}")))
}
