//! A seller's lines of one order as they were posted: what a refund is measured against.

use events::ids::Sku;
use events::money::Money;
use events::orders::LineAmounts;
use events::settlement::{LineTerms, Settled};

/// The lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SoldLines {
    /// The policy that they were posted by; 0: the market's.
    pub(crate) policy: u32,
    /// Days since 1970 (UTC) when they last changed: how long they are kept counts from there.
    pub(crate) touched: u32,
    pub(crate) lines: Vec<SettledLine>,
}

/// A line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SettledLine {
    pub(crate) sku: Sku,
    pub(crate) quantity: u32,
    /// How many units are refunded.
    pub(crate) refunded: u32,
    /// What the platform owes for a unit, if the terms are those of a supply-price contract.
    pub(crate) supply_price: Option<Money>,
    /// What all units amounted to.
    pub(crate) amounts: LineAmounts,
    /// What it is settled by.
    pub(crate) terms: LineTerms,
}

impl SettledLine {
    /// What the line amounts to when so many units are refunded.
    pub(crate) fn settled(&self, refunded: u32) -> Option<Settled> {
        Settled::of(&self.amounts, self.quantity, refunded, self.supply_price, &self.terms)
    }

    /// Units that are not refunded.
    pub(crate) fn left(&self) -> u32 {
        self.quantity.saturating_sub(self.refunded)
    }
}
