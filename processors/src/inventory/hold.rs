//! A hold on some units of one product for one order, and its legal moves:
//!
//! ```text
//!             commit                 return: units come back
//! Held ─────────────────▶ Committed ─┐
//!   │                         ▲      │
//!   └─ release, lapse ──▶ Released   └──┘
//! ```
//!
//! A hold ends once. It is kept for a while after its end, so that repeats are told how it ended.

use events::hold::ReleaseCause;
use events::ids::{HoldId, OrderId, RequestId, Sku};
use events::inventory::{StockRefusal, UnitTerms};
use events::request::Fingerprint;
use events::time::Timestamp;

use super::requests::Seen;
use crate::policy;

/// A hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Hold {
    pub(crate) id: HoldId,
    pub(crate) sku: Sku,
    pub(crate) order: OrderId,
    /// How many units.
    pub(crate) quantity: u32,
    /// What the command said that obtained it; its request is where the id derives from.
    pub(crate) fingerprint: Fingerprint,
    pub(crate) state: HoldState,
    /// Requests about it that were decided, oldest first.
    pub(crate) requests: Vec<StepTaken>,
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

/// A request about a hold, and what was decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StepTaken {
    pub(crate) request: RequestId,
    pub(crate) fingerprint: Fingerprint,
    /// Why not, if it was refused.
    pub(crate) refused: Option<StockRefusal>,
}

impl Hold {
    /// What is known of a request about the hold.
    pub(crate) fn recall(&self, request: RequestId, fingerprint: Fingerprint) -> Option<Seen<Option<StockRefusal>>> {
        let known = self.requests.iter().rev().find(|known| known.request == request)?;
        Some(Seen::of(known.fingerprint == fingerprint, || known.refused))
    }

    /// Remembers a request about it. Beyond [`policy::REQUESTS_PER_HOLD`] the oldest is forgotten: its repeat is decided anew, and
    /// a hold still ends once.
    pub(crate) fn remember(&mut self, step: StepTaken) {
        let over = (self.requests.len() + 1).saturating_sub(policy::REQUESTS_PER_HOLD);
        self.requests.drain(..over);
        self.requests.push(step);
    }
}
