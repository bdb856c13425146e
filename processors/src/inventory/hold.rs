//! A hold on some units of one product for one order, and its legal moves:
//!
//! ```text
//!             commit                 return: units come back
//! Held ─────────────────▶ Committed ─┐
//!   │                         ▲      │
//!   └─ release, lapse ──▶ Released   └──┘
//! ```
//!
//! A hold ends once. It is kept for a while after its end, so that a repeat gets to know how it ended.

use events::hold::ReleaseCause;
use events::ids::{HoldId, OrderId, RequestId, Sku};
use events::inventory::{InventoryCommand, StockAnswer, StockRefusal, UnitTerms};
use events::request::Fingerprint;
use events::time::Timestamp;

use crate::kit::requests::{Answer, Remembered, Requests, Seen, Standing};
use crate::policy;

/// A hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Hold {
    pub(crate) id: HoldId,
    pub(crate) sku: Sku,
    pub(crate) order: OrderId,
    /// How many units.
    pub(crate) quantity: u32,
    /// The command that obtained it, hashed; its request is where the id derives from.
    pub(crate) fingerprint: Fingerprint,
    pub(crate) state: HoldState,
    /// Requests about it that were decided.
    pub(crate) requests: Requests<StepAnswer>,
}

/// Where a hold is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum HoldState {
    /// The units are set aside.
    Held {
        /// The terms of a unit, frozen.
        unit: UnitTerms,
        /// First instant at which it no longer holds.
        until: Timestamp,
    },
    /// The units have left with the order.
    Committed {
        /// How many of them have come back.
        returned: u32,
    },
    /// The units are available again.
    Released {
        /// Why.
        cause: ReleaseCause,
    },
}

/// What was decided about a request about a hold: why not, if it was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StepAnswer(pub(crate) Option<StockRefusal>);

impl Answer for StepAnswer {
    fn standing(&self) -> Standing {
        if self.0.is_some() { Standing::Refused } else { Standing::Accepted }
    }
}

impl StepAnswer {
    /// The answer under its request. It is kept as long as the hold, so the time does not matter.
    pub(crate) fn to(self, request: RequestId, fingerprint: Fingerprint) -> Remembered<Self> {
        Remembered { request, fingerprint, at: Timestamp::default(), answer: self }
    }
}

impl Hold {
    /// What is known of a request about the hold.
    pub(crate) fn recall(&self, request: RequestId, fingerprint: Fingerprint) -> Option<Seen<Option<StockRefusal>>> {
        Some(self.requests.recall(request, fingerprint)?.map(|known| known.answer.0))
    }

    /// Remembers a request about it.
    pub(crate) fn remember(&mut self, request: RequestId, fingerprint: Fingerprint, refused: Option<StockRefusal>) {
        let known = StepAnswer(refused).to(request, fingerprint);
        self.requests.remember(known, known.at, &policy::REQUESTS_PER_HOLD);
    }
}

/// The answer to an order's command: a function of the command, of why it was refused (if it was), and of the hold that it is about (if
/// there is one) as it is now. So a repeat gets what is true now.
pub(crate) fn answer_to(command: &InventoryCommand, refused: Option<StockRefusal>, hold: Option<&Hold>) -> StockAnswer {
    if let Some(reason) = refused {
        return StockAnswer::Refused { reason };
    }
    let answer = hold.and_then(|hold| match (command, &hold.state) {
        (InventoryCommand::Hold { .. }, HoldState::Held { unit, until }) => {
            Some(StockAnswer::Held { hold: hold.id, quantity: hold.quantity, unit: unit.clone(), until: *until })
        }
        (InventoryCommand::Commit { .. }, HoldState::Committed { .. }) => {
            Some(StockAnswer::Committed { hold: hold.id })
        }
        (InventoryCommand::Release { .. }, HoldState::Released { cause }) => {
            Some(StockAnswer::Released { hold: hold.id, cause: *cause })
        }
        (InventoryCommand::Return { .. }, HoldState::Committed { returned }) => {
            Some(StockAnswer::Returned { hold: hold.id, returned: *returned })
        }
        _ => None,
    });
    answer.unwrap_or(StockAnswer::Refused { reason: StockRefusal::NotHeld })
}
