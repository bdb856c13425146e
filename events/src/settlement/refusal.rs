//! Why the settlement processor refuses: a closed list. Where several rules are broken the one listed first is named.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rule that a refused command broke.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SettlementRefusal {
    /// The same request was sent before with other content.
    IdempotencyConflict,
    /// So many requests were accepted within a day that no more can be remembered, and what cannot be remembered is not done.
    TooManyRequests,
    /// No policy was ever set for this seller, and nothing was sold.
    UnknownSeller,
    /// The policy breaks a rule of its own, or begins on a day that is over, before the newest one, or with too many still to come.
    InvalidPolicy,
    /// The change would break a promise already given: another time zone.
    TermsFrozen,
    /// The day is closed, or its time is over and nothing was posted on it.
    DayClosed,
    /// The day has not begun.
    DayAhead,
}

impl SettlementRefusal {
    /// Every refusal, in order of precedence.
    pub const ALL: [Self; 7] = [
        Self::IdempotencyConflict,
        Self::TooManyRequests,
        Self::UnknownSeller,
        Self::InvalidPolicy,
        Self::TermsFrozen,
        Self::DayClosed,
        Self::DayAhead,
    ];

    /// The code, as HTTP, SQL, Redis and metrics name it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::IdempotencyConflict => "IDEMPOTENCY_CONFLICT",
            Self::TooManyRequests => "TOO_MANY_REQUESTS",
            Self::UnknownSeller => "UNKNOWN_SELLER",
            Self::InvalidPolicy => "INVALID_POLICY",
            Self::TermsFrozen => "TERMS_FROZEN",
            Self::DayClosed => "DAY_CLOSED",
            Self::DayAhead => "DAY_AHEAD",
        }
    }

    /// Whether the same, sent as a new request later, may be granted.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(self, Self::TooManyRequests | Self::UnknownSeller | Self::DayAhead)
    }
}
