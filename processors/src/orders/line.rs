//! One line of an order: what was ordered, what became of its units, what it amounts to.
//!
//! ```text
//! Asked ──▶ Held ──▶ Committing ──▶ Committed
//!   │        │  │        │
//!   │        │  └────────┴──▶ Lost          lapsed, or not there any more when the order was paid
//!   ▼        ▼
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
    /// The hold is asked for.
    Asked,
    /// They are held.
    Held,
    /// The commit is asked for.
    Committing,
    /// They have left the stock for good.
    Committed,
    /// The release is asked for.
    Releasing,
    /// Nothing is held.
    Ended,
    /// The hold ended otherwise than the order asked.
    Lost,
}

impl Stock {
    /// Whether an answer is awaited.
    pub(crate) fn is_awaited(self) -> bool {
        matches!(self, Self::Asked | Self::Committing | Self::Releasing)
    }
}

impl Line {
    /// A line whose hold is asked for.
    pub(crate) fn asked(sku: Sku, quantity: u32) -> Self {
        Self {
            sku,
            quantity,
            stock: Stock::Asked,
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
