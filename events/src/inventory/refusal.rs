//! Why the inventory processor refuses: a closed list. Where several rules are broken the one listed first is named.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rule that a refused command broke.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StockRefusal {
    /// The same request was sent before with other content.
    IdempotencyConflict,
    /// So many requests were accepted within a day that no more can be remembered, and what cannot be remembered is not done.
    TooManyRequests,
    /// No such product.
    UnknownProduct,
    /// Not a quantity that can be held: none, or more than one order may have.
    InvalidQuantity,
    /// Fewer units are available.
    InsufficientStock,
    /// The hold is not there: never was, has ended, or is another product's.
    NotHeld,
    /// The terms break a rule of their own.
    InvalidTerms,
    /// The change would break a promise already given: another seller.
    TermsFrozen,
    /// The change would leave fewer units than none, or than are held, or more than a product may have.
    InvalidChange,
}

impl StockRefusal {
    /// Every refusal, in order of precedence.
    pub const ALL: [Self; 9] = [
        Self::IdempotencyConflict,
        Self::TooManyRequests,
        Self::UnknownProduct,
        Self::InvalidQuantity,
        Self::InsufficientStock,
        Self::NotHeld,
        Self::InvalidTerms,
        Self::TermsFrozen,
        Self::InvalidChange,
    ];

    /// The code, as HTTP, SQL, Redis and metrics name it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::IdempotencyConflict => "IDEMPOTENCY_CONFLICT",
            Self::TooManyRequests => "TOO_MANY_REQUESTS",
            Self::UnknownProduct => "UNKNOWN_PRODUCT",
            Self::InvalidQuantity => "INVALID_QUANTITY",
            Self::InsufficientStock => "INSUFFICIENT_STOCK",
            Self::NotHeld => "NOT_HELD",
            Self::InvalidTerms => "INVALID_TERMS",
            Self::TermsFrozen => "TERMS_FROZEN",
            Self::InvalidChange => "INVALID_CHANGE",
        }
    }

    /// Whether the same, sent as a new request later, may be granted.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::TooManyRequests | Self::InsufficientStock | Self::UnknownProduct)
    }
}
