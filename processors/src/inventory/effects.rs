//! What one step leads to beside the new state: facts, notices to orders that did not ask, and changes of timers. Data only;
//! the processor carries it out.

use events::ids::{HoldId, OrderId, Sku};
use events::inventory::{InventoryEvent, StockAnswer};
use events::time::Timestamp;

/// What an order is told unasked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Notice {
    pub(crate) order: OrderId,
    pub(crate) sku: Sku,
    pub(crate) answer: StockAnswer,
}

/// A wake-up of a hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Wakeup {
    /// Its time is over.
    Lapse { sku: Sku, hold: HoldId },
    /// It need not be kept any longer.
    Forget { hold: HoldId },
}

/// A change of timers that a step asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum TimerChange {
    Set(Timestamp, Wakeup),
    Cancel(Timestamp, Wakeup),
}

/// Facts, notices and timer changes of one step, each in order.
#[derive(Debug)]
pub(crate) struct Effects {
    at: Timestamp,
    pub(crate) events: Vec<InventoryEvent>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) timers: Vec<TimerChange>,
}

impl Effects {
    /// The effects of a step at this log time.
    pub(crate) fn new(at: Timestamp) -> Self {
        Self { at, events: Vec::new(), notices: Vec::new(), timers: Vec::new() }
    }

    /// The step's log time: the only time a decision knows.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// Notes that a hold is to be woken.
    pub(crate) fn wake(&mut self, at: Timestamp, wakeup: Wakeup) {
        self.timers.push(TimerChange::Set(at, wakeup));
    }

    /// Notes that a hold need not be woken.
    pub(crate) fn cancel(&mut self, at: Timestamp, wakeup: Wakeup) {
        self.timers.push(TimerChange::Cancel(at, wakeup));
    }
}
