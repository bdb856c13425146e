//! Facts the inventory processor has decided: the values of `inventory.events`. Past tense. Each carries the product's numbers
//! after it, as absolute values, so that a projection never has to add.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ProductTerms, StockRefusal, UnitTerms};
use crate::hold::ReleaseCause;
use crate::ids::{HoldId, OrderId, RequestId, Sku};
use crate::time::Timestamp;

/// A fact about a product or a hold on its units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct InventoryEvent {
    /// The product: the record's key.
    pub sku: Sku,
    /// Counts the product's events, from 1, without a gap. Refusals for an unknown product carry 0.
    pub version: u64,
    /// The log time of the record that led to the fact.
    pub at: Timestamp,
    /// The product's units after the fact.
    pub stock: StockLevel,
    /// The fact.
    pub fact: InventoryFact,
}

/// Where a product's units are. At every prefix of the log `received` equals the sum of the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct StockLevel {
    /// Every unit there has been: all adjustments added up.
    pub received: u64,
    /// Can be held.
    pub available: u64,
    /// Set aside for orders.
    pub held: u64,
    /// Left with paid orders and not come back.
    pub sold: u64,
}

impl StockLevel {
    /// Whether `received = available + held + sold`.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let sum = self.available.checked_add(self.held).and_then(|sum| sum.checked_add(self.sold));
        sum == Some(self.received)
    }

    /// Units in the warehouse: available or held.
    #[must_use]
    pub fn on_hand(&self) -> u64 {
        self.available.saturating_add(self.held)
    }
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InventoryFact {
    /// A product was defined, or its terms were changed.
    ProductDefined {
        /// The request.
        request: RequestId,
        /// The terms from now on.
        terms: ProductTerms,
    },
    /// Units arrived, or were found to be gone.
    StockAdjusted {
        /// The request.
        request: RequestId,
        /// How many more, or fewer.
        change: i64,
    },
    /// A merchant's or operator's command was refused.
    ProductRefused {
        /// The request.
        request: RequestId,
        /// Why.
        reason: StockRefusal,
    },
    /// Units were set aside for an order.
    StockHeld {
        /// The request.
        request: RequestId,
        /// The hold.
        hold: HoldId,
        /// The order they are held for.
        order: OrderId,
        /// How many units.
        quantity: u32,
        /// The terms of a unit, frozen with the hold.
        unit: UnitTerms,
        /// When the hold lapses.
        until: Timestamp,
    },
    /// A hold, commit, release or return was refused.
    StockRefused {
        /// The request.
        request: RequestId,
        /// The order that asked, if it said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<OrderId>,
        /// Why.
        reason: StockRefusal,
    },
    /// A hold ended without being committed.
    StockReleased {
        /// The request, unless the hold lapsed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// The hold that ended.
        hold: HoldId,
        /// The order it was for.
        order: OrderId,
        /// How many units.
        quantity: u32,
        /// Why it ended.
        cause: ReleaseCause,
    },
    /// Held units left the stock with a paid order.
    StockCommitted {
        /// The request.
        request: RequestId,
        /// The hold it fulfils.
        hold: HoldId,
        /// The order.
        order: OrderId,
        /// How many units.
        quantity: u32,
    },
    /// Units of a paid order came back and can be sold again.
    StockReturned {
        /// The request.
        request: RequestId,
        /// The hold with which they had left.
        hold: HoldId,
        /// The order.
        order: OrderId,
        /// How many units came back this time.
        quantity: u32,
        /// How many of the hold's units have come back by now.
        returned: u32,
    },
    /// Fewer units are available than the terms call enough. Stated once each time the number falls below it.
    StockLow {
        /// The number that the terms name.
        threshold: u32,
    },
}

impl InventoryFact {
    /// The types of all facts, as [`InventoryFact::kind`] names them.
    pub const KINDS: [&'static str; 9] = [
        "product_defined",
        "stock_adjusted",
        "product_refused",
        "stock_held",
        "stock_refused",
        "stock_released",
        "stock_committed",
        "stock_returned",
        "stock_low",
    ];

    /// The fact's type, as the `event-type` header and metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ProductDefined { .. } => "product_defined",
            Self::StockAdjusted { .. } => "stock_adjusted",
            Self::ProductRefused { .. } => "product_refused",
            Self::StockHeld { .. } => "stock_held",
            Self::StockRefused { .. } => "stock_refused",
            Self::StockReleased { .. } => "stock_released",
            Self::StockCommitted { .. } => "stock_committed",
            Self::StockReturned { .. } => "stock_returned",
            Self::StockLow { .. } => "stock_low",
        }
    }

    /// The request that the fact decides, unless time alone or another fact led to it.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::ProductDefined { request, .. }
            | Self::StockAdjusted { request, .. }
            | Self::ProductRefused { request, .. }
            | Self::StockHeld { request, .. }
            | Self::StockRefused { request, .. }
            | Self::StockCommitted { request, .. }
            | Self::StockReturned { request, .. } => Some(*request),
            Self::StockReleased { request, .. } => *request,
            Self::StockLow { .. } => None,
        }
    }
}
