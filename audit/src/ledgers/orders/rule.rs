//! What the ledger holds a log to: a closed list.

use events::ids::OrderId;

/// A rule that facts about orders must keep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum OrderRule {
    /// Every request has at most one decision.
    OneDecisionPerRequest,
    /// An order's facts begin with its placement; before that, commands are refused.
    NothingBeforeThePlacement,
    /// An order's facts are numbered from 1 without a gap.
    GaplessVersions,
    /// Log time never runs back.
    TimeNeverRunsBack,
    /// An order stays its shopper's.
    OwnerNeverChanges,
    /// The order's id derives from the request that placed it, a hold's from the step that asked for it.
    IdsAreDerived,
    /// An order moves only as drawn.
    LegalMoves,
    /// Totals are the sums of the lines, and are frozen with them.
    TotalsFollowLines,
    /// What is paid is nothing or what is due, and it is charged once.
    PaidOnce,
    /// A refund is what its units amount to, ends as it began, and after the last one nothing is left.
    RefundsAddUp,
    /// An order that was given up keeps no money.
    UndoneKeepsNoMoney,
    /// Every order has a deadline, or is at its end and awaits nothing.
    DeadlineOrEnd,
    /// "All is answered" is said when something was awaited and nothing is.
    StepsAreAnswered,
}

impl OrderRule {
    /// Every rule.
    pub const ALL: [Self; 13] = [
        Self::OneDecisionPerRequest,
        Self::NothingBeforeThePlacement,
        Self::GaplessVersions,
        Self::TimeNeverRunsBack,
        Self::OwnerNeverChanges,
        Self::IdsAreDerived,
        Self::LegalMoves,
        Self::TotalsFollowLines,
        Self::PaidOnce,
        Self::RefundsAddUp,
        Self::UndoneKeepsNoMoney,
        Self::DeadlineOrEnd,
        Self::StepsAreAnswered,
    ];

    /// The rule's name in a proof.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OneDecisionPerRequest => "one_decision_per_request",
            Self::NothingBeforeThePlacement => "nothing_before_the_placement",
            Self::GaplessVersions => "gapless_versions",
            Self::TimeNeverRunsBack => "time_never_runs_back",
            Self::OwnerNeverChanges => "owner_never_changes",
            Self::IdsAreDerived => "ids_are_derived",
            Self::LegalMoves => "legal_moves",
            Self::TotalsFollowLines => "totals_follow_lines",
            Self::PaidOnce => "paid_once",
            Self::RefundsAddUp => "refunds_add_up",
            Self::UndoneKeepsNoMoney => "undone_keeps_no_money",
            Self::DeadlineOrEnd => "deadline_or_end",
            Self::StepsAreAnswered => "steps_are_answered",
        }
    }
}

/// A fact that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} is broken by {fact}, version {version} of order {order}", rule.name())]
pub struct OrderViolation {
    /// The rule.
    pub rule: OrderRule,
    /// The fact's order.
    pub order: OrderId,
    /// The fact's number in its order.
    pub version: u64,
    /// The fact's type.
    pub fact: &'static str,
}
