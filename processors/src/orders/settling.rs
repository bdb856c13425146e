//! What settlement gets: every step that a seller's policy may count by, and every refund, in the transaction that states it, once
//! per seller of the order. Each message says everything by itself, so settlement needs no memory of an order that does not count yet.

use std::collections::BTreeMap;

use events::ids::SellerId;
use events::orders::{OrderFact, RefundLine};
use events::settlement::{Basis, RefundedLine, SettlementCommand, SoldLine};
use events::time::Timestamp;

use super::order::Order;

impl Order {
    /// What settlement gets with a fact, if the fact concerns it; the order is as it is after the fact.
    pub(crate) fn settlement(&self, fact: &OrderFact, at: Timestamp) -> Vec<SettlementCommand> {
        match fact {
            OrderFact::OrderPaid { .. } => self.reached(Basis::Paid, at),
            OrderFact::OrderShipped { .. } => self.reached(Basis::Shipped, at),
            OrderFact::OrderDelivered { .. } => self.reached(Basis::Delivered, at),
            OrderFact::PurchaseConfirmed { .. } => self.reached(Basis::Confirmed, at),
            OrderFact::RefundCompleted { refund, lines, .. } => self.gave_back(*refund, lines, at),
            _ => Vec::new(),
        }
    }

    /// The order has come to a step.
    fn reached(&self, basis: Basis, at: Timestamp) -> Vec<SettlementCommand> {
        let mut sellers: BTreeMap<&SellerId, Vec<SoldLine>> = BTreeMap::new();
        for line in &self.lines {
            // Without terms nothing was sold.
            let Some(unit) = &line.unit else { continue };
            sellers.entry(&unit.seller).or_default().push(SoldLine {
                sku: line.sku.clone(),
                category: unit.category.clone(),
                quantity: line.quantity,
                refunded: line.refunded,
                supply_price: unit.supply_price,
                amounts: line.amounts,
            });
        }
        let command = |(seller, lines): (&SellerId, _)| {
            let (seller, order) = (seller.clone(), self.id.clone());
            SettlementCommand::LinesReached { seller, order, basis, at, lines }
        };
        sellers.into_iter().map(command).collect()
    }

    /// Units were refunded.
    fn gave_back(&self, refund: u16, lines: &[RefundLine], at: Timestamp) -> Vec<SettlementCommand> {
        let mut sellers: BTreeMap<&SellerId, Vec<RefundedLine>> = BTreeMap::new();
        for back in lines {
            let sold = self.lines.iter().find(|line| line.sku == back.sku);
            let Some(unit) = sold.and_then(|line| line.unit.as_ref()) else { continue };
            let line = RefundedLine { sku: back.sku.clone(), refunded: back.refunded_quantity };
            sellers.entry(&unit.seller).or_default().push(line);
        }
        let command = |(seller, lines): (&SellerId, _)| {
            let (seller, order) = (seller.clone(), self.id.clone());
            SettlementCommand::LinesRefunded { seller, order, refund, at, lines }
        };
        sellers.into_iter().map(command).collect()
    }
}
