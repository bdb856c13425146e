//! A hold as the facts tell it.

use events::hold::ReleaseCause;
use events::ids::{OrderId, Sku};
use events::time::Timestamp;

use super::Rule;

/// A hold on some units of a product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StockHold {
    /// The product.
    pub sku: Sku,
    /// The order it was for.
    pub order: OrderId,
    /// How many units.
    pub quantity: u32,
    /// When it lapses unless it ends before.
    pub until: Timestamp,
    /// How it ended, if it has.
    pub end: Option<HoldEnd>,
}

/// How a hold ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HoldEnd {
    /// Its units left with a paid order.
    Committed {
        /// How many of them have come back.
        returned: u32,
    },
    /// Its units are available again.
    Released(ReleaseCause),
}

impl StockHold {
    /// A hold ends once, for its order and with its units.
    pub(super) fn close(&mut self, end: HoldEnd, at: Timestamp, order: &OrderId, quantity: u32) -> Result<(), Rule> {
        let in_time = match end {
            HoldEnd::Committed { .. } => at < self.until,
            HoldEnd::Released(ReleaseCause::Released) => true,
            HoldEnd::Released(ReleaseCause::Lapsed) => at >= self.until,
        };
        let legal = self.end.is_none() && self.order == *order && self.quantity == quantity && in_time;
        self.end = Some(end);
        if legal { Ok(()) } else { Err(Rule::LegalMoves) }
    }

    /// Units come back; a repeat by another request brings none.
    pub(super) fn take_back(&mut self, order: &OrderId, quantity: u32, returned: u32) -> Result<(), Rule> {
        let Some(HoldEnd::Committed { returned: before }) = self.end else { return Err(Rule::LegalMoves) };
        self.end = Some(HoldEnd::Committed { returned });
        let legal = self.order == *order
            && (1..=self.quantity).contains(&returned)
            && before.checked_add(quantity) == Some(returned);
        if legal { Ok(()) } else { Err(Rule::LegalMoves) }
    }
}
