//! Stock: every hold is a line's, has ended once, and as its order did; what came back is what was refunded with its goods.

use audit::ledgers::inventory::{HoldEnd, StockLedger};
use audit::ledgers::orders::{LedgerLine, LedgerOrder, OrderLedger};
use events::hold::ReleaseCause;

use super::GivenBack;

pub(super) fn agree(orders: &OrderLedger, stock: &StockLedger, given_back: &GivenBack) -> Result<(), String> {
    for (id, hold) in stock.holds() {
        let Some(order) = orders.order(&hold.order) else {
            return Err(format!("{id} is for an order that nobody placed: {hold:?}"));
        };
        let is_its = |line: &&LedgerLine| (line.hold, &line.sku, line.quantity) == (id, &hold.sku, hold.quantity);
        let Some(line) = order.lines().iter().find(is_its) else {
            return Err(format!("{id} is of no line of its order: {hold:?}; {order:?}"));
        };
        let key = (hold.order.clone(), hold.sku.clone());
        let came_back = given_back.units.get(&key).copied().unwrap_or(0);
        ended_as(order, line, hold.end, came_back)
            .map_err(|what| format!("{what}: {id} {hold:?}; {came_back} came back; {order:?}"))?;
    }
    for (id, order) in orders.orders().filter(|(_, order)| order.was_bought()) {
        if let Some(line) = order.lines().iter().find(|line| stock.hold(line.hold).is_none()) {
            return Err(format!("order {id} was bought, and this was never held: {line:?}; {order:?}"));
        }
    }
    let held: u64 = stock.levels().map(|(_, level)| level.held).sum();
    if held > 0 { Err(format!("{held} units are still held")) } else { Ok(()) }
}

/// Whether a hold has ended as the order says.
fn ended_as(order: &LedgerOrder, line: &LedgerLine, end: Option<HoldEnd>, came_back: u32) -> Result<(), &'static str> {
    match end {
        None => Err("a hold has not ended"),
        Some(HoldEnd::Committed { .. }) if !order.was_bought() => Err("what was not bought has left the stock"),
        Some(HoldEnd::Committed { returned }) if returned != came_back => Err("not what was refunded came back"),
        Some(HoldEnd::Committed { .. }) => Ok(()),
        Some(HoldEnd::Released(_)) if !order.was_bought() => Ok(()),
        // The order did not end it: it has lapsed, and nobody gets anything of what was paid too late.
        Some(HoldEnd::Released(ReleaseCause::Released)) => Err("paid and released"),
        Some(HoldEnd::Released(ReleaseCause::Lapsed)) if !order.has_lost(&line.hold) => {
            Err("a hold of a bought order has lapsed, and the order does not know")
        }
        Some(HoldEnd::Released(ReleaseCause::Lapsed)) if !order.state().is_undone() => {
            Err("bought for good without its units")
        }
        Some(HoldEnd::Released(ReleaseCause::Lapsed)) => Ok(()),
    }
}
