//! What the prices processor states: the values of `prices.best`. The latest of a product replaces all before it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{OfferSource, Sku};
use crate::money::Money;
use crate::time::Timestamp;

/// The lowest price of a product that is known, and until when that holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BestPrice {
    /// The product: the record's key.
    pub sku: Sku,
    /// Counts what was stated about the product, from 1, without a gap; compaction leaves the newest.
    pub version: u64,
    /// The log time of the record that led to it.
    pub at: Timestamp,
    /// The lowest price of a unit, minor units.
    pub price: Money,
    /// Whose it is.
    pub by: Winner,
    /// What a unit costs with us, minor units.
    pub own: Money,
    /// What a unit costs with us outside the time sale, minor units.
    pub list_price: Money,
    /// Whether the time sale is on.
    pub on_sale: bool,
    /// How many sources' offers were compared with ours.
    pub offers: u32,
    /// The first instant at which this is no longer to be shown: the time sale begins or ends, or the winner's offer is no longer
    /// believed. What holds then is stated then. Nothing: until something is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

/// Whose price is the lowest. A tie is ours.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Winner {
    /// Ours.
    Own,
    /// Somebody else's.
    Offer {
        /// Who offers it; of several who ask the same, the first by name.
        source: OfferSource,
    },
}

impl BestPrice {
    /// Whether it may be shown at this instant. Every copy asks its own clock, so that it disappears in time even where the next one
    /// comes late.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.valid_until.is_none_or(|until| now < until)
    }
}

impl Winner {
    /// The source of the offer that won; nothing when we did.
    #[must_use]
    pub fn source(&self) -> Option<&OfferSource> {
        match self {
            Self::Own => None,
            Self::Offer { source } => Some(source),
        }
    }
}
