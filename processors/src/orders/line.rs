//! One line of an order: what was ordered, what became of its units, what it amounts to.
//!
//! ```text
//! Requested ──▶ Held ──▶ Committing ──▶ Committed
//!   │            │  │        │
//!   │            │  └────────┴──▶ Lost      lapsed, or not there any more when the order was paid
//!   ▼            ▼
//!  Releasing ──▶ Ended                      a refused hold is ended at once
//! ```

use events::ids::Sku;
use events::inventory::UnitTerms;
use events::orders::LineAmounts;

/// A line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    pub(crate) sku: Sku,
    pub(crate) quantity: u32,
    pub(crate) stock: Stock,
    /// Frozen by the hold.
    pub(crate) unit: Option<UnitTerms>,
    /// Zero until the order is priced.
    pub(crate) amounts: LineAmounts,
    /// How many units are refunded.
    pub(crate) refunded: u32,
    /// How many of these go back to the stock.
    pub(crate) returned: u32,
    /// Whether the answer to the return is awaited.
    pub(crate) returning: bool,
}

/// Where a line's units are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stock {
    /// The hold is requested.
    Requested,
    /// They are held.
    Held,
    /// The commit is requested.
    Committing,
    /// They have left the stock for good.
    Committed,
    /// The release is requested.
    Releasing,
    /// Nothing is held.
    Ended,
    /// The hold ended, and not by a command of the order.
    Lost,
}

impl Stock {
    /// Whether an answer is awaited.
    pub(crate) fn is_awaited(self) -> bool {
        matches!(self, Self::Requested | Self::Committing | Self::Releasing)
    }
}

impl Line {
    /// A line whose hold is requested.
    pub(crate) fn requested(sku: Sku, quantity: u32) -> Self {
        Self {
            sku,
            quantity,
            stock: Stock::Requested,
            unit: None,
            amounts: LineAmounts::default(),
            refunded: 0,
            returned: 0,
            returning: false,
        }
    }

    /// How many of its steps are unanswered.
    pub(crate) fn awaited(&self) -> u16 {
        u16::from(self.stock.is_awaited()) + u16::from(self.returning)
    }

    /// Units that are not refunded.
    pub(crate) fn left(&self) -> u32 {
        self.quantity.saturating_sub(self.refunded)
    }
}
