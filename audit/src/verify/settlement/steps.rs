//! When orders came to steps that may count, and when they gave back.

use std::collections::HashMap;

use events::ids::OrderId;
use events::orders::{OrderEvent, OrderFact};
use events::settlement::Basis;
use events::time::Timestamp;

/// The steps of every order that was paid.
#[derive(Debug, Default)]
pub(super) struct Steps(HashMap<OrderId, OrderSteps>);

/// The steps of an order.
#[derive(Debug, Default)]
pub(super) struct OrderSteps {
    pub(super) reached: Vec<(Basis, Timestamp)>,
    pub(super) refunds: Vec<(u16, Timestamp)>,
}

impl Steps {
    pub(super) fn take(&mut self, event: &OrderEvent) {
        let basis = match &event.fact {
            OrderFact::OrderPaid { .. } => Basis::Paid,
            OrderFact::OrderShipped { .. } => Basis::Shipped,
            OrderFact::OrderDelivered { .. } => Basis::Delivered,
            OrderFact::PurchaseConfirmed { .. } => Basis::Confirmed,
            OrderFact::RefundCompleted { refund, .. } => {
                self.0.entry(event.order.clone()).or_default().refunds.push((*refund, event.at));
                return;
            }
            _ => return,
        };
        self.0.entry(event.order.clone()).or_default().reached.push((basis, event.at));
    }

    pub(super) fn of(&self, order: &OrderId) -> Option<&OrderSteps> {
        self.0.get(order)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl OrderSteps {
    /// Whether a posting may have come of what happened then.
    pub(super) fn explains(&self, refund: Option<u16>, at: Timestamp) -> bool {
        match refund {
            Some(refund) => self.refunds.contains(&(refund, at)),
            None => self.reached.iter().any(|(_, reached_at)| *reached_at == at),
        }
    }
}
