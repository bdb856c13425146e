//! What the ledger holds a log to: a closed list.

use events::ids::SellerId;

/// A rule that facts must keep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SettlementRule {
    /// Every request has at most one decision.
    OneDecisionPerRequest,
    /// A seller's facts are numbered from 1 without a gap.
    GaplessVersions,
    /// A seller's lines are numbered from 1 without a gap.
    GaplessLines,
    /// Log time never runs back.
    TimeNeverRunsBack,
    /// `gross = due + platform's share + seller's share`, and `net = base - commission`, less added tax.
    LineIdentity,
    /// A line's terms are those of the policy that its day has; a contra line's are its sale's.
    TermsFollowPolicy,
    /// A line is sold once, no more is taken back than is left, and when no unit is left every component is zero.
    PostingsAddUp,
    /// What is stated of a day is the sum of its lines.
    TotalsFollowLines,
    /// Nothing is posted on a closed day, it is not closed again, and days are closed in order.
    ClosedDaysNeverChange,
    /// A line is posted on the day on which it happened, or the first one after it that is not over.
    DaysFollowTime,
    /// A day is closed after its end, or because an operator asked, and never before it begins.
    ClosedInTime,
    /// A statement pays out what is owed, by its policy's cycle, and carries on what is not.
    StatementsAddUp,
    /// A day is stated at most once a second.
    SnapshotsAreApart,
    /// A policy is one, begins on a day that is not over and not before the newest one, in the seller's zone.
    PromisesAreKept,
    /// A refusal's reason was true at that moment, as far as the facts tell.
    RefusalsAreTrue,
}

impl SettlementRule {
    /// Every rule.
    pub const ALL: [Self; 15] = [
        Self::OneDecisionPerRequest,
        Self::GaplessVersions,
        Self::GaplessLines,
        Self::TimeNeverRunsBack,
        Self::LineIdentity,
        Self::TermsFollowPolicy,
        Self::PostingsAddUp,
        Self::TotalsFollowLines,
        Self::ClosedDaysNeverChange,
        Self::DaysFollowTime,
        Self::ClosedInTime,
        Self::StatementsAddUp,
        Self::SnapshotsAreApart,
        Self::PromisesAreKept,
        Self::RefusalsAreTrue,
    ];

    /// The rule's name in a proof.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OneDecisionPerRequest => "one_decision_per_request",
            Self::GaplessVersions => "gapless_versions",
            Self::GaplessLines => "gapless_lines",
            Self::TimeNeverRunsBack => "time_never_runs_back",
            Self::LineIdentity => "line_identity",
            Self::TermsFollowPolicy => "terms_follow_policy",
            Self::PostingsAddUp => "postings_add_up",
            Self::TotalsFollowLines => "totals_follow_lines",
            Self::ClosedDaysNeverChange => "closed_days_never_change",
            Self::DaysFollowTime => "days_follow_time",
            Self::ClosedInTime => "closed_in_time",
            Self::StatementsAddUp => "statements_add_up",
            Self::SnapshotsAreApart => "snapshots_are_apart",
            Self::PromisesAreKept => "promises_are_kept",
            Self::RefusalsAreTrue => "refusals_are_true",
        }
    }
}

/// A fact that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} is broken by {fact}, version {version} of seller {seller}", rule.name())]
pub struct SettlementViolation {
    /// The rule.
    pub rule: SettlementRule,
    /// The fact's seller.
    pub seller: SellerId,
    /// The fact's number at its seller.
    pub version: u64,
    /// The fact's type.
    pub fact: &'static str,
}
