//! What the ledger holds a log to: a closed list.

use events::ids::Sku;

/// A rule that best prices must keep.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PriceRule {
    /// A product's values are numbered upwards.
    VersionsRise,
    /// Log time never runs back.
    TimeNeverRunsBack,
    /// The lowest price wins, and a tie is ours.
    LowestWins,
    /// Our price is the list price unless the time sale is on, and never above it.
    OwnPriceIsOurs,
    /// What is stated holds for a while.
    HoldsForAWhile,
    /// What was stated last is what commands and time have led to.
    FollowsCommands,
}

impl PriceRule {
    /// Every rule.
    pub const ALL: [Self; 6] = [
        Self::VersionsRise,
        Self::TimeNeverRunsBack,
        Self::LowestWins,
        Self::OwnPriceIsOurs,
        Self::HoldsForAWhile,
        Self::FollowsCommands,
    ];

    /// The rule's name in a proof.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VersionsRise => "best_prices_are_numbered_upwards",
            Self::TimeNeverRunsBack => "time_of_prices_never_runs_back",
            Self::LowestWins => "the_lowest_price_wins",
            Self::OwnPriceIsOurs => "our_price_is_the_list_price_or_the_sales",
            Self::HoldsForAWhile => "a_best_price_holds_for_a_while",
            Self::FollowsCommands => "best_prices_are_what_offers_and_time_lead_to",
        }
    }
}

/// A best price that breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} is broken by the best price of {sku}, version {version}", rule.name())]
pub struct PriceViolation {
    /// The rule.
    pub rule: PriceRule,
    /// The product.
    pub sku: Sku,
    /// The number of the value; 0 when there is none.
    pub version: u64,
}
