//! Why the prices processor refuses: a closed list. Where several rules are broken the one listed first is named.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rule that a refused command broke.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PriceRefusal {
    /// No such product.
    UnknownProduct,
    /// The offer breaks a rule of its own: believed for no time or for too long, or instants outside 1970 to 9999.
    InvalidOffer,
    /// Nothing or less, or absurd beside our list price: more than ten times as much, or less than a hundredth.
    InvalidPrice,
    /// It claims to have been seen later than now.
    OfferInFuture,
    /// It is not believed any longer, or a newer one of the same source is known.
    OfferStale,
    /// As many other sources as a product may have offer it.
    TooManyOffers,
}

impl PriceRefusal {
    /// Every refusal, in order of precedence.
    pub const ALL: [Self; 6] = [
        Self::UnknownProduct,
        Self::InvalidOffer,
        Self::InvalidPrice,
        Self::OfferInFuture,
        Self::OfferStale,
        Self::TooManyOffers,
    ];

    /// The code, as HTTP, SQL, Redis and metrics name it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownProduct => "UNKNOWN_PRODUCT",
            Self::InvalidOffer => "INVALID_OFFER",
            Self::InvalidPrice => "INVALID_PRICE",
            Self::OfferInFuture => "OFFER_IN_FUTURE",
            Self::OfferStale => "OFFER_STALE",
            Self::TooManyOffers => "TOO_MANY_OFFERS",
        }
    }

    /// Whether the same, sent as a new request later, may be granted.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::UnknownProduct | Self::OfferInFuture | Self::TooManyOffers)
    }
}
