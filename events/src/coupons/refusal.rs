//! Why the coupon processor refuses: a closed list. A refusal is an outcome, not an error. Where several rules are broken the
//! one listed first is named.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rule that a refused command broke.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Refusal {
    /// The same request was sent before with other content.
    IdempotencyConflict,
    /// So many requests were accepted within a day that no more can be remembered, and what cannot be remembered is not done.
    TooManyRequests,
    /// No such campaign.
    UnknownCampaign,
    /// The claim window has not begun.
    NotOpen,
    /// The claim window is over, or the campaign was ended.
    Closed,
    /// An operator has paused the campaign.
    Paused,
    /// The shopper has as many coupons of the campaign as the terms allow.
    AlreadyClaimed,
    /// The terms do not admit the shopper.
    NotEligible,
    /// No coupon remains.
    SoldOut,
    /// What remains of the money budget does not cover another coupon.
    BudgetExhausted,
    /// The shopper does not own the coupon, or there is none.
    NotOwner,
    /// The coupon is held, redeemed, expired or revoked, the hold is not the one named, or the use window is not open.
    NotUsable,
    /// The order is smaller than the campaign's minimum spend.
    MinSpend,
    /// The terms of restoration do not allow it.
    NotRestorable,
    /// The terms break a rule of their own.
    InvalidTerms,
    /// The change would break a promise already given: fewer coupons than granted, other terms after the first grant.
    TermsFrozen,
}

impl Refusal {
    /// Every refusal, in order of precedence.
    pub const ALL: [Self; 16] = [
        Self::IdempotencyConflict,
        Self::TooManyRequests,
        Self::UnknownCampaign,
        Self::NotOpen,
        Self::Closed,
        Self::Paused,
        Self::AlreadyClaimed,
        Self::NotEligible,
        Self::SoldOut,
        Self::BudgetExhausted,
        Self::NotOwner,
        Self::NotUsable,
        Self::MinSpend,
        Self::NotRestorable,
        Self::InvalidTerms,
        Self::TermsFrozen,
    ];

    /// The code, as HTTP, SQL, Redis and metrics name it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::IdempotencyConflict => "IDEMPOTENCY_CONFLICT",
            Self::TooManyRequests => "TOO_MANY_REQUESTS",
            Self::UnknownCampaign => "UNKNOWN_CAMPAIGN",
            Self::NotOpen => "NOT_OPEN",
            Self::Closed => "CLOSED",
            Self::Paused => "PAUSED",
            Self::AlreadyClaimed => "ALREADY_CLAIMED",
            Self::NotEligible => "NOT_ELIGIBLE",
            Self::SoldOut => "SOLD_OUT",
            Self::BudgetExhausted => "BUDGET_EXHAUSTED",
            Self::NotOwner => "NOT_OWNER",
            Self::NotUsable => "NOT_USABLE",
            Self::MinSpend => "MIN_SPEND",
            Self::NotRestorable => "NOT_RESTORABLE",
            Self::InvalidTerms => "INVALID_TERMS",
            Self::TermsFrozen => "TERMS_FROZEN",
        }
    }

    /// Whether the same, sent as a new request later, may be granted.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::TooManyRequests
                | Self::NotOpen
                | Self::Paused
                | Self::SoldOut
                | Self::BudgetExhausted
                | Self::UnknownCampaign
        )
    }
}
