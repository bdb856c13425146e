//! How a seller is settled. Policies are checked when they are read and again by the processor: the log may hold anything.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CommissionRule, Fee, LineTerms, PayOut, RuleKind, Vat};
use crate::calendar::{Day, ZoneName};
use crate::coupons::TermsError;
use crate::ids::{Category, Sku};

/// The step of an order with which its lines count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The order is paid.
    Paid,
    /// The goods are on their way.
    Shipped,
    /// The goods are with the shopper.
    Delivered,
    /// The purchase is confirmed.
    #[default]
    Confirmed,
}

impl Basis {
    /// Every step, in order: reaching one is reaching those before it.
    pub const ALL: [Self; 4] = [Self::Paid, Self::Shipped, Self::Delivered, Self::Confirmed];

    /// The name in SQL and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Confirmed => "confirmed",
        }
    }
}

/// How a seller is settled from a day on, until the day from which the next policy is effective. The default is the market's: a
/// seller without a policy is settled by it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SellerPolicy {
    /// The first day that it applies to; nothing: the first day that is not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<Day>,
    /// The step of an order with which its lines count.
    #[serde(default)]
    pub basis: Basis,
    /// Where days begin and end; never changes.
    #[serde(default)]
    pub time_zone: ZoneName,
    /// What commission is taken, at most [`SellerPolicy::MOST_RULES`] rules. Where none applies the market's rate does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commission: Vec<CommissionRule>,
    /// Tax on commission.
    #[serde(default)]
    pub vat: Vat,
    /// When money is paid out.
    #[serde(default)]
    pub pay_out: PayOut,
    /// How long after its end a day still takes what happened on it, milliseconds.
    #[serde(default)]
    pub grace_ms: GraceMs,
}

/// A span of grace, milliseconds; ten minutes unless something else is said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct GraceMs(pub i64);

impl Default for GraceMs {
    fn default() -> Self {
        Self(10 * 60 * 1000)
    }
}

impl SellerPolicy {
    /// Most rules of commission in one policy.
    pub const MOST_RULES: usize = 256;
    /// The longest grace, milliseconds: seven days.
    pub const LONGEST_GRACE_MS: i64 = 7 * 24 * 60 * 60 * 1000;

    /// The terms of a line of this product: the most specific rule's.
    #[must_use]
    pub fn terms_of(&self, sku: &Sku, category: Option<&Category>) -> LineTerms {
        let applies =
            |rule: &CommissionRule| rule.kind_for(sku, category).map(|kind| (kind, rule.terms(kind, self.vat)));
        let best = self.commission.iter().filter_map(applies).min_by_key(|(kind, _)| *kind);
        best.map_or_else(|| LineTerms::market(self.vat), |(_, terms)| terms)
    }

    /// Whether some rule of the policy gives these terms.
    #[must_use]
    pub fn gives(&self, terms: &LineTerms) -> bool {
        match terms.rule {
            RuleKind::SupplyPrice => *terms == LineTerms::supply_price(self.vat),
            RuleKind::Market => *terms == LineTerms::market(self.vat),
            kind => self.commission.iter().any(|rule| {
                let is_of_kind = match rule.applies_to {
                    super::RuleMatch::Product(_) => kind == RuleKind::Product,
                    super::RuleMatch::Category(_) => kind == RuleKind::Category,
                    super::RuleMatch::Seller => kind == RuleKind::Seller,
                };
                is_of_kind && rule.terms(kind, self.vat) == *terms
            }),
        }
    }

    /// Checks every rule that ties the policy together.
    ///
    /// # Errors
    /// [`TermsError`] with the first field that breaks a rule, and the rule.
    pub fn check(&self) -> Result<(), TermsError> {
        let mut matches: Vec<_> = self.commission.iter().map(|rule| &rule.applies_to).collect();
        matches.sort_unstable();
        let rate_is_whole = |fee: &Fee| !matches!(fee, Fee::Rate(rate) if !rate.is_plausible());
        let amount_is_plausible = |fee: &Fee| !matches!(fee, Fee::Fixed(amount) if !amount.is_plausible());
        let rules = [
            (
                self.time_zone.zone().is_some(),
                "/time_zone",
                "must be the name of an IANA time zone, such as Asia/Seoul",
            ),
            (self.commission.len() <= Self::MOST_RULES, "/commission", "must have at most 256 rules"),
            (
                matches.is_sorted_by(|one, other| one < other),
                "/commission/applies_to",
                "must not name the same product, category or seller twice",
            ),
            (
                self.commission.iter().all(|rule| rate_is_whole(&rule.fee)),
                "/commission/fee/rate",
                "must be at most 10000",
            ),
            (
                self.commission.iter().all(|rule| amount_is_plausible(&rule.fee)),
                "/commission/fee/fixed",
                "must be 0 to 1000000000000",
            ),
            (
                self.commission.iter().all(|rule| rule.minimum.is_plausible()),
                "/commission/minimum",
                "must be 0 to 1000000000000",
            ),
            ((0..=Self::LONGEST_GRACE_MS).contains(&self.grace_ms.0), "/grace_ms", "must be 0 to 604800000"),
        ];
        match rules.into_iter().find(|(holds, _, _)| !holds) {
            Some((_, field, rule)) => Err(TermsError { field, rule }),
            None => self.pay_out.check(),
        }
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
