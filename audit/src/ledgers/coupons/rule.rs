//! What the ledger holds a log to: a closed list.

use events::ids::CampaignId;

/// A rule that facts must keep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// Every request has at most one decision.
    OneDecisionPerRequest,
    /// A campaign's facts begin with its definition.
    NothingBeforeTheDefinition,
    /// A campaign's facts are numbered from 1 without a gap.
    GaplessVersions,
    /// Log time never runs back.
    TimeNeverRunsBack,
    /// `stock = remaining + granted + held + redeemed + expired + revoked`.
    StockIdentity,
    /// The numbers a fact carries are what the facts so far amount to.
    NumbersFollowFacts,
    /// Coupons are granted while the campaign is open, not paused and not ended, and expire with the use window.
    GrantsWithinTheTerms,
    /// Nobody is granted more coupons than the terms allow.
    LimitPerShopper,
    /// What is spent and reserved never exceeds the budget.
    Budget,
    /// A coupon's and a hold's id derive from the request.
    IdsAreDerived,
    /// A coupon moves only as drawn, by its owner, under the exact hold and for the same order.
    LegalMoves,
    /// After the first grant nothing that was promised changes.
    PromisesAreKept,
    /// A refusal's reason was true at that moment: "sold out" means that nothing remained.
    RefusalsAreTrue,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 13] = [
        Self::OneDecisionPerRequest,
        Self::NothingBeforeTheDefinition,
        Self::GaplessVersions,
        Self::TimeNeverRunsBack,
        Self::StockIdentity,
        Self::NumbersFollowFacts,
        Self::GrantsWithinTheTerms,
        Self::LimitPerShopper,
        Self::Budget,
        Self::IdsAreDerived,
        Self::LegalMoves,
        Self::PromisesAreKept,
        Self::RefusalsAreTrue,
    ];

    /// The rule's name in a proof.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OneDecisionPerRequest => "one_decision_per_request",
            Self::NothingBeforeTheDefinition => "nothing_before_the_definition",
            Self::GaplessVersions => "gapless_versions",
            Self::TimeNeverRunsBack => "time_never_runs_back",
            Self::StockIdentity => "stock_identity",
            Self::NumbersFollowFacts => "numbers_follow_facts",
            Self::GrantsWithinTheTerms => "grants_within_the_terms",
            Self::LimitPerShopper => "limit_per_shopper",
            Self::Budget => "budget",
            Self::IdsAreDerived => "ids_are_derived",
            Self::LegalMoves => "legal_moves",
            Self::PromisesAreKept => "promises_are_kept",
            Self::RefusalsAreTrue => "refusals_are_true",
        }
    }
}

/// A fact that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} is broken by {fact}, version {version} of campaign {campaign}", rule.name())]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The fact's campaign.
    pub campaign: CampaignId,
    /// The fact's number in its campaign.
    pub version: u64,
    /// The fact's type.
    pub fact: &'static str,
}
