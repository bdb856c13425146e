//! What one step leads to: facts, timers of holds, and answers to orders that sent no command; or why it is not taken.

use events::ids::{HoldId, OrderId, Sku};
use events::inventory::{InventoryEvent, StockAnswer, StockRefusal};

use crate::kit::id::Rest;
use crate::kit::machine::{self, CorruptState};
use crate::kit::wakeup::wakeups;

/// The effects of one step.
pub(crate) type Effects = machine::Effects<InventoryEvent, Wakeup, Notice>;

/// An answer to an order that sent no command: its hold has lapsed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Notice {
    pub(crate) order: OrderId,
    pub(crate) sku: Sku,
    pub(crate) answer: StockAnswer,
}

/// Why a move was not made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Declined {
    /// A rule says no: an outcome.
    Refused(StockRefusal),
    /// The state contradicts itself: stop.
    Corrupt(CorruptState),
}

impl From<StockRefusal> for Declined {
    fn from(reason: StockRefusal) -> Self {
        Self::Refused(reason)
    }
}

impl From<CorruptState> for Declined {
    fn from(corrupt: CorruptState) -> Self {
        Self::Corrupt(corrupt)
    }
}

/// The kind of the timer that lets old requests be forgotten.
pub(crate) const FORGET_REQUESTS: u8 = 3;

wakeups!(
    /// What a timer is for.
    Wakeup {
        /// A hold's time is over.
        Lapse = 1 { hold: HoldId, sku: Sku as Rest },
        /// A hold need not be kept any longer.
        Forget = 2 { hold: HoldId },
        /// Old requests need not be remembered any longer.
        ForgetRequests = FORGET_REQUESTS,
    }
);
