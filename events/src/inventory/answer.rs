//! What the inventory processor answers to the order that asked, or that holds the units. The answer to a repeated command says
//! what is true now, so that it can be given at any time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{StockRefusal, UnitTerms};
use crate::hold::ReleaseCause;
use crate::ids::HoldId;
use crate::time::Timestamp;

/// An answer about one product's units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StockAnswer {
    /// The units are set aside for the order.
    Held {
        /// The hold.
        hold: HoldId,
        /// How many units.
        quantity: u32,
        /// The terms of a unit, frozen with the hold.
        unit: UnitTerms,
        /// When the hold lapses.
        until: Timestamp,
    },
    /// The units have left the stock for good.
    Committed {
        /// The hold it fulfilled.
        hold: HoldId,
    },
    /// The hold has ended, the units are available again. Also told, unasked, when the hold lapses.
    Released {
        /// The hold.
        hold: HoldId,
        /// Why it ended.
        cause: ReleaseCause,
    },
    /// Units that had left are available again.
    Returned {
        /// The hold with which they had left.
        hold: HoldId,
        /// How many of the hold's units have come back by now.
        returned: u32,
    },
    /// What was asked was not done.
    Refused {
        /// Why.
        reason: StockRefusal,
    },
}

impl StockAnswer {
    /// The answer's type, as metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Held { .. } => "stock_held",
            Self::Committed { .. } => "stock_committed",
            Self::Released { .. } => "stock_released",
            Self::Returned { .. } => "stock_returned",
            Self::Refused { .. } => "stock_refused",
        }
    }
}
