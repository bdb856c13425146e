//! What one step leads to: facts, wake-ups of holds, and notices to orders that did not ask.

use events::ids::{OrderId, Sku};
use events::inventory::{InventoryEvent, StockAnswer};

use super::timers::Wakeup;
use crate::kit::effects;

/// The effects of one step.
pub(crate) type Effects = effects::Effects<InventoryEvent, Wakeup, Notice>;

/// What an order is told unasked: its hold has lapsed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Notice {
    pub(crate) order: OrderId,
    pub(crate) sku: Sku,
    pub(crate) answer: StockAnswer,
}
