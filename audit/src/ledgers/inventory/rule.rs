//! What the ledger holds a log to: a closed list.

use events::ids::Sku;

/// A rule that facts must keep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rule {
    /// Every request has at most one decision.
    OneDecisionPerRequest,
    /// A product's facts begin with its definition.
    NothingBeforeTheDefinition,
    /// A product's facts are numbered from 1 without a gap.
    GaplessVersions,
    /// Log time never runs back.
    TimeNeverRunsBack,
    /// `received = available + held + sold`, all of them at least 0.
    StockIdentity,
    /// The numbers a fact carries are what the facts so far amount to.
    NumbersFollowFacts,
    /// A hold's id derives from the request.
    IdsAreDerived,
    /// A hold ends once, for its order, with its units, and never after its time but by lapsing; no more units come back than left.
    LegalMoves,
    /// A hold freezes the terms of its instant, and a product's seller never changes.
    PromisesAreKept,
    /// A refusal's reason was true at that moment, as far as the facts tell.
    RefusalsAreTrue,
    /// When fewer units are available than the terms call enough, the next fact says so, and no other.
    LowStockIsTold,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 11] = [
        Self::OneDecisionPerRequest,
        Self::NothingBeforeTheDefinition,
        Self::GaplessVersions,
        Self::TimeNeverRunsBack,
        Self::StockIdentity,
        Self::NumbersFollowFacts,
        Self::IdsAreDerived,
        Self::LegalMoves,
        Self::PromisesAreKept,
        Self::RefusalsAreTrue,
        Self::LowStockIsTold,
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
            Self::IdsAreDerived => "ids_are_derived",
            Self::LegalMoves => "legal_moves",
            Self::PromisesAreKept => "promises_are_kept",
            Self::RefusalsAreTrue => "refusals_are_true",
            Self::LowStockIsTold => "low_stock_is_told",
        }
    }
}

/// A fact that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} is broken by {fact}, version {version} of product {sku}", rule.name())]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// The fact's product.
    pub sku: Sku,
    /// The fact's number in its product.
    pub version: u64,
    /// The fact's type.
    pub fact: &'static str,
}
