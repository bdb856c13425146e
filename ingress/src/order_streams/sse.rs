//! Server-sent events (WHATWG HTML, 9.2): how a fact is written, and what of it a shopper may see.

use events::ids::{OrderId, ShopperId};
use events::orders::{OrderAmounts, OrderEvent, OrderFact, OrderState};
use events::time::Timestamp;
use projections::TimelineRow;
use schemars::JsonSchema;
use serde::Serialize;

/// A fact about an order, as its stream tells it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub(crate) struct StreamedEvent {
    /// The order.
    order: OrderId,
    /// The fact's number: the event's id.
    pub(super) version: u64,
    /// When it happened, milliseconds since 1970.
    at: Timestamp,
    /// Where the order was after it.
    pub(super) state: OrderState,
    /// What it amounted to after it.
    amounts: OrderAmounts,
    /// How many steps others had yet to answer.
    pub(super) awaited: u16,
    /// When it would have moved by itself; missing at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<Timestamp>,
    /// The fact: the event's type names it.
    fact: OrderFact,
}

impl StreamedEvent {
    /// Whether nothing follows unless somebody asks for it.
    pub(super) fn is_last(&self) -> bool {
        self.state.is_terminal() && self.awaited == 0
    }

    /// The event, as far as this shopper may see it; an operator is nobody and sees everything.
    pub(super) fn write(mut self, shopper: Option<&ShopperId>, text: &mut String) {
        if let Some(shopper) = shopper {
            hide(&mut self.fact, shopper);
        }
        // Every field has text keys, so writing cannot fail; JSON has no line breaks of its own.
        let data = serde_json::to_string(&self).unwrap_or_default();
        let version = self.version.to_string();
        for part in ["id: ", &version, "\nevent: ", self.fact.kind(), "\ndata: ", &data, "\n\n"] {
            text.push_str(part);
        }
    }
}

impl From<TimelineRow> for StreamedEvent {
    fn from(row: TimelineRow) -> Self {
        let TimelineRow { order, version, at, state, amounts, awaited, deadline, fact } = row;
        Self { order, version, at, state, amounts, awaited, deadline, fact }
    }
}

impl StreamedEvent {
    /// An event; nothing if it is about no order.
    pub(super) fn of(event: &OrderEvent) -> Option<Self> {
        let OrderEvent { order, version, at, shopper: _, state, amounts, awaited, deadline, fact } = event.clone();
        state.filter(|_| version > 0).map(|state| Self { order, version, at, state, amounts, awaited, deadline, fact })
    }
}

/// Takes out what is not the shopper's affair: what the platform owes the sellers, and who else has tried to touch the order.
fn hide(fact: &mut OrderFact, viewer: &ShopperId) {
    match fact {
        OrderFact::OrderPriced { lines, .. } => {
            for line in lines {
                line.unit.supply_price = None;
            }
        }
        OrderFact::OrderRefused { shopper, .. } if shopper.as_ref() != Some(viewer) => *shopper = None,
        _ => {}
    }
}
