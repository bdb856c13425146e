//! What a campaign promises. Terms are checked when they are read and again by the processor: the log may hold anything.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::Segment;
use crate::money::{BasisPoints, Money};
use crate::time::Window;

/// The terms of a coupon campaign.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignTerms {
    /// How many coupons there are, `1..=100_000_000`.
    pub stock: u32,
    /// When a coupon can be claimed.
    pub claim: Window,
    /// When a granted coupon can be used; ends no earlier than the claim window.
    pub usable: Window,
    /// How many coupons one shopper may be granted, `1..=100`.
    #[serde(default = "one")]
    pub per_shopper: u8,
    /// Who may claim.
    #[serde(default)]
    pub eligibility: Eligibility,
    /// What a coupon takes off an order.
    pub discount: Discount,
    /// The smallest order a coupon can be used on, minor units.
    #[serde(default)]
    pub minimum_spend: Money,
    /// The most the campaign may cost, minor units. Each granted coupon reserves the most it can take off; what is not used
    /// returns. Needs a discount with an upper bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    /// The platform's share of the discount; the seller bears the rest.
    #[serde(default = "whole")]
    pub platform_share: BasisPoints,
    /// Whether the campaign is the seller's own initiative. A seller bears more than half of a discount only by its own initiative (Act on Fair
    /// Transactions in Large Retail Business).
    #[serde(default, skip_serializing_if = "is_no")]
    pub seller_initiated: bool,
    /// What becomes of a redeemed coupon when its order is undone.
    #[serde(default)]
    pub restoration: Restoration,
}

fn one() -> u8 {
    1
}

fn is_no(flag: &bool) -> bool {
    !flag
}

fn whole() -> BasisPoints {
    BasisPoints::WHOLE
}

/// Who may claim a coupon.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Eligibility {
    /// Any shopper.
    #[default]
    Everyone,
    /// A shopper whose token asserts one of these segments, `1..=32` of them.
    Segments(Vec<Segment>),
}

impl Eligibility {
    /// Whether a shopper with these segments may claim.
    #[must_use]
    pub fn admits(&self, segments: &[Segment]) -> bool {
        match self {
            Self::Everyone => true,
            Self::Segments(any) => any.iter().any(|segment| segments.contains(segment)),
        }
    }
}

/// What a coupon takes off an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Discount {
    /// A fixed amount, never more than the order.
    Fixed {
        /// Minor units, at least 1.
        amount: Money,
    },
    /// A share of the order, rounded down, at most the cap.
    Percent {
        /// Hundredths of a percent, `1..=10_000`.
        share: BasisPoints,
        /// Minor units, at least 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cap: Option<Money>,
    },
}

impl Discount {
    /// What the coupon takes off an order of this amount.
    #[must_use]
    pub fn on(&self, spend: Money) -> Money {
        match self {
            Self::Fixed { amount } => (*amount).min(spend),
            Self::Percent { share, cap } => {
                let off = spend.share(*share);
                cap.map_or(off, |cap| off.min(cap))
            }
        }
    }

    /// The most the coupon can take off any order; nothing for a percentage without a cap.
    #[must_use]
    pub fn most(&self) -> Option<Money> {
        match self {
            Self::Fixed { amount } => Some(*amount),
            Self::Percent { cap, .. } => *cap,
        }
    }
}

/// What becomes of a redeemed coupon when its order is cancelled or refunded. A restored coupon never restores stock, and each
/// coupon is restored at most `times`: buy, refund, repeat ends there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Restoration {
    /// It stays redeemed.
    #[default]
    Never,
    /// It becomes usable again until the use window ends.
    WithinUseWindow {
        /// How often one coupon may be restored, at least 1.
        times: u8,
    },
}

/// Why terms are not terms.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct TermsError {
    /// The field, as a JSON pointer below the terms.
    pub field: &'static str,
    /// The rule it breaks.
    pub rule: &'static str,
}

impl CampaignTerms {
    /// Most coupons of one campaign.
    pub const MOST_STOCK: u32 = 100_000_000;
    /// Most coupons of one shopper in one campaign.
    pub const MOST_PER_SHOPPER: u8 = 100;
    /// The least that the platform bears of a discount that is not the seller's own initiative.
    pub const LEAST_PLATFORM_SHARE: BasisPoints = BasisPoints::new(5_000);
    /// Most segments in an eligibility rule, and in a shopper's token.
    pub const MOST_SEGMENTS: usize = 32;

    /// Checks every rule that ties the terms together.
    ///
    /// # Errors
    /// [`TermsError`] with the first field that breaks a rule, and the rule.
    pub fn check(&self) -> Result<(), TermsError> {
        let rules = [
            ((1..=Self::MOST_STOCK).contains(&self.stock), "/stock", "must be 1 to 100000000"),
            (
                [self.claim.from, self.claim.until, self.usable.from, self.usable.until]
                    .iter()
                    .all(|instant| instant.is_plausible()),
                "/claim",
                "instants must lie between 1970 and 9999",
            ),
            (self.claim.from < self.claim.until, "/claim", "must end after it begins"),
            (self.usable.from < self.usable.until, "/usable", "must end after it begins"),
            (self.usable.until >= self.claim.until, "/usable/until", "must not end before the claim window"),
            ((1..=Self::MOST_PER_SHOPPER).contains(&self.per_shopper), "/per_shopper", "must be 1 to 100"),
            (self.minimum_spend.is_plausible(), "/minimum_spend", "must be 0 to 1000000000000"),
            (self.platform_share.is_plausible(), "/platform_share", "must be at most 10000"),
            (
                self.seller_initiated || self.platform_share >= Self::LEAST_PLATFORM_SHARE,
                "/platform_share",
                "must be at least 5000 unless the campaign is seller_initiated",
            ),
            (
                match &self.eligibility {
                    Eligibility::Everyone => true,
                    Eligibility::Segments(any) => (1..=Self::MOST_SEGMENTS).contains(&any.len()),
                },
                "/eligibility/segments",
                "must name 1 to 32 segments",
            ),
            (
                match self.discount {
                    Discount::Fixed { amount } => amount > Money::ZERO && amount.is_plausible(),
                    Discount::Percent { share, cap } => {
                        share > BasisPoints::new(0)
                            && share.is_plausible()
                            && cap.is_none_or(|cap| cap > Money::ZERO && cap.is_plausible())
                    }
                },
                "/discount",
                "amounts must be 1 to 1000000000000, a share 1 to 10000",
            ),
            (
                self.budget.is_none_or(|budget| budget > Money::ZERO && budget.is_plausible()),
                "/budget",
                "must be 1 to 1000000000000",
            ),
            (
                self.budget.is_none() || self.discount.most().is_some(),
                "/budget",
                "needs a discount with an upper bound: a fixed amount, or a percentage with a cap",
            ),
            (
                !matches!(self.restoration, Restoration::WithinUseWindow { times: 0 }),
                "/restoration",
                "must allow at least one restoration, or be never",
            ),
        ];
        match rules.into_iter().find(|(holds, _, _)| !holds) {
            Some((_, field, rule)) => Err(TermsError { field, rule }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "terms_tests.rs"]
mod tests;
