//! Refunds: why, of what, and whether the goods come back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LineAmounts;
use crate::ids::Sku;

/// Why a paid order, or a part of it, is undone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundCause {
    /// The shopper cancelled before the shipment.
    Cancelled,
    /// The shopper has sent it back.
    ChangedMind,
    /// The seller cannot deliver.
    Undeliverable,
    /// It is not what was ordered, or broken.
    Faulty,
    /// The shopper broke the rules: the coupon stays used.
    Misuse,
    /// Nobody has shipped it in time.
    NotShipped,
    /// The hold on its goods was gone when it was paid.
    StockLost,
    /// It was paid after it had been given up.
    PaidLate,
}

impl RefundCause {
    /// What an operator may name.
    pub const OF_OPERATORS: [Self; 4] = [Self::ChangedMind, Self::Undeliverable, Self::Faulty, Self::Misuse];

    /// Whether the coupon is asked back once the whole order is undone. The campaign's terms have the last word.
    #[must_use]
    pub fn restores_coupon(self) -> bool {
        self != Self::Misuse
    }

    /// The name in HTTP, SQL and what the payment provider is told.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::ChangedMind => "changed_mind",
            Self::Undeliverable => "undeliverable",
            Self::Faulty => "faulty",
            Self::Misuse => "misuse",
            Self::NotShipped => "not_shipped",
            Self::StockLost => "stock_lost",
            Self::PaidLate => "paid_late",
        }
    }
}

/// What becomes of the goods of a refund.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Goods {
    /// They never left, or are back, and can be sold again.
    Returned,
    /// They cannot be sold again.
    Gone,
}

/// What a refund gives back of a line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RefundLine {
    /// The line.
    pub sku: Sku,
    /// How many units this refund covers.
    pub quantity: u32,
    /// What they amount to.
    pub amounts: LineAmounts,
    /// How many of the line's units are refunded after it.
    pub refunded_quantity: u32,
    /// What they amount to, all of them.
    pub refunded: LineAmounts,
}
