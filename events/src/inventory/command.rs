//! Commands to the inventory processor: the values of `inventory.inbox`. Imperative; each names the request it came from, so
//! that a repeat is recognised.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ProductTerms;
use crate::ids::{HoldId, OrderId, RequestId, Sku};
use crate::request::Fingerprint;
use crate::time::Timestamp;

/// Most units of one product in one order.
pub const MOST_QUANTITY: u32 = 1_000;

/// Most units of one product on hand.
pub const MOST_STOCK: u64 = 100_000_000;

/// What the inventory processor can be told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InventoryCommand {
    /// Define a product, or change its terms. A new product has no stock.
    DefineProduct {
        /// The request.
        request: RequestId,
        /// The product.
        sku: Sku,
        /// Its terms.
        terms: ProductTerms,
    },
    /// Units have arrived, or are gone.
    AdjustStock {
        /// The request.
        request: RequestId,
        /// The product.
        sku: Sku,
        /// How many more units are on hand; negative: how many fewer.
        change: i64,
    },
    /// Set units aside for one order.
    Hold {
        /// The request; the hold's id derives from it.
        request: RequestId,
        /// The product.
        sku: Sku,
        /// The order they are held for.
        order: OrderId,
        /// How many units, `1..=`[`MOST_QUANTITY`].
        quantity: u32,
        /// When the hold lapses unless it is committed or released.
        until: Timestamp,
    },
    /// The order was paid: the held units leave the stock.
    Commit {
        /// The request.
        request: RequestId,
        /// The product.
        sku: Sku,
        /// Exactly this hold.
        hold: HoldId,
    },
    /// The order was not paid: the held units are available again.
    Release {
        /// The request.
        request: RequestId,
        /// The product.
        sku: Sku,
        /// Exactly this hold.
        hold: HoldId,
    },
    /// Units of a paid order have come back and can be sold again.
    Return {
        /// The request.
        request: RequestId,
        /// The product.
        sku: Sku,
        /// Exactly this hold, which was committed.
        hold: HoldId,
        /// How many of the hold's units have come back in all, this time included: a repeat changes nothing.
        returned: u32,
    },
}

impl InventoryCommand {
    /// The product the command is about: the record's key.
    #[must_use]
    pub fn sku(&self) -> &Sku {
        match self {
            Self::DefineProduct { sku, .. }
            | Self::AdjustStock { sku, .. }
            | Self::Hold { sku, .. }
            | Self::Commit { sku, .. }
            | Self::Release { sku, .. }
            | Self::Return { sku, .. } => sku,
        }
    }

    /// The request the command came from.
    #[must_use]
    pub fn request(&self) -> RequestId {
        match self {
            Self::DefineProduct { request, .. }
            | Self::AdjustStock { request, .. }
            | Self::Hold { request, .. }
            | Self::Commit { request, .. }
            | Self::Release { request, .. }
            | Self::Return { request, .. } => *request,
        }
    }

    /// What the command says, hashed.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        // Encoding cannot fail: the type has string keys only. Its form changes only by fields that older commands lack.
        Fingerprint::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// The command's type, as the `event-type` header and metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::DefineProduct { .. } => "define_product",
            Self::AdjustStock { .. } => "adjust_stock",
            Self::Hold { .. } => "hold",
            Self::Commit { .. } => "commit",
            Self::Release { .. } => "release",
            Self::Return { .. } => "return",
        }
    }
}
