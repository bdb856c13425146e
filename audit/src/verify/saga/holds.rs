//! Holds on stock against orders, in both directions.

use crate::ledgers::inventory::{HoldEnd, StockHold, StockLedger};
use crate::ledgers::orders::{LedgerLine, LedgerOrder, OrderLedger};
use events::ids::{HoldId, OrderId};

use super::{Fate, fate};

/// A hold that did not end as its order did, or an order without its holds.
pub(super) fn differ(stock: &StockLedger, orders: &OrderLedger) -> Option<String> {
    let of_nobody = stock.holds().find_map(|(id, hold)| match orders.order(&hold.order) {
        None => Some(format!("{id} is for an order that is not in the log: {hold:?}")),
        Some(order) => of_order(id, hold, order),
    });
    of_nobody.or_else(|| orders.orders().find_map(|(id, order)| without_hold(id, order, stock)))
}

fn of_order(id: HoldId, hold: &StockHold, order: &LedgerOrder) -> Option<String> {
    let is_its = |line: &&LedgerLine| line.sku == hold.sku && line.hold == id && line.quantity == hold.quantity;
    let Some(line) = order.lines().iter().find(is_its) else {
        return Some(format!("{id} is of no line of its order: {hold:?}"));
    };
    let is_lost = order.has_lost(&id);
    // Steps that are not answered yet may still be carried out.
    let is_settled = order.awaited() == 0;
    let agrees = match (fate(order), hold.end) {
        (Fate::Held, None) => true,
        // An order that loses a hold before it is paid ends; until it has heard of it, it is undecided.
        (Fate::Held, Some(HoldEnd::Released(_))) | (Fate::Used | Fate::GivenBack, None) => !is_settled,
        (Fate::Used, Some(HoldEnd::Committed { returned })) => returned <= line.refunded,
        (Fate::Used, Some(HoldEnd::Released(_))) => is_lost || !is_settled,
        (Fate::GivenBack, Some(HoldEnd::Released(_))) => true,
        (Fate::Held | Fate::GivenBack, Some(HoldEnd::Committed { .. })) => false,
    };
    (!agrees).then(|| format!("{id} does not end as its order does: {hold:?}; {order:?}"))
}

/// A bought order's lines must have left the stock, each under its own hold.
fn without_hold(id: &OrderId, order: &LedgerOrder, stock: &StockLedger) -> Option<String> {
    if fate(order) != Fate::Used || order.awaited() > 0 {
        return None;
    }
    let missing = order.lines().iter().find(|line| stock.hold(line.hold).is_none() && !order.has_lost(&line.hold))?;
    Some(format!("{id} was bought, and {} of {} was never held: {order:?}", missing.hold, missing.sku))
}
