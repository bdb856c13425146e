//! Commission: which rule applies to a line, and the terms that are copied onto it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{Category, Sku};
use crate::money::{BasisPoints, Money};

/// What a rule takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fee {
    /// A share of the base, rounded half up to a whole minor unit.
    Rate(BasisPoints),
    /// So much a unit, minor units.
    Fixed(Money),
}

/// What a rule applies to. The most specific rule wins: product, category, seller, market.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RuleMatch {
    /// One product.
    Product(Sku),
    /// Every product of a category.
    Category(Category),
    /// Everything the seller sells.
    Seller,
}

/// A rule of commission.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommissionRule {
    /// What it applies to.
    pub applies_to: RuleMatch,
    /// What it takes.
    pub fee: Fee,
    /// The least it takes a unit, minor units; never more than the base.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub minimum: Money,
}

/// Value added tax on commission: ten percent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Vat {
    /// The commission contains it: told, not deducted again.
    #[default]
    Included,
    /// It is deducted beside the commission.
    Added,
    /// There is none.
    None,
}

/// Which kind of rule applied to a line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// A rule for the product.
    Product,
    /// A rule for its category.
    Category,
    /// A rule for everything the seller sells.
    Seller,
    /// The market's rate, since the seller's policy has no rule for it.
    Market,
    /// A supply-price contract: the platform owes a price a unit, and takes no commission.
    SupplyPrice,
}

/// What a line is settled by, copied onto it when it is posted: later policies do not change it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LineTerms {
    /// Which rule applied.
    pub rule: RuleKind,
    /// What it takes.
    pub fee: Fee,
    /// The least it takes a unit, minor units.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub minimum: Money,
    /// What of it is tax.
    pub vat: Vat,
}

fn is_nothing(amount: &Money) -> bool {
    *amount == Money::ZERO
}

impl RuleKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Product, Self::Category, Self::Seller, Self::Market, Self::SupplyPrice];

    /// The name in SQL and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Category => "category",
            Self::Seller => "seller",
            Self::Market => "market",
            Self::SupplyPrice => "supply_price",
        }
    }
}

impl Vat {
    /// The name in SQL and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Included => "included",
            Self::Added => "added",
            Self::None => "none",
        }
    }
}

impl LineTerms {
    /// What the market takes where no rule of the seller applies: ten percent, the middle of what Korean marketplaces take.
    pub const MARKET_FEE: Fee = Fee::Rate(BasisPoints::new(1_000));

    /// The terms where no rule applies.
    #[must_use]
    pub fn market(vat: Vat) -> Self {
        Self { rule: RuleKind::Market, fee: Self::MARKET_FEE, minimum: Money::ZERO, vat }
    }

    /// The terms under a supply-price contract.
    #[must_use]
    pub fn supply_price(vat: Vat) -> Self {
        Self { rule: RuleKind::SupplyPrice, fee: Fee::Fixed(Money::ZERO), minimum: Money::ZERO, vat }
    }
}

impl CommissionRule {
    /// Which kind of rule it is if it applies to this product; the least is the most specific.
    #[must_use]
    pub fn kind_for(&self, sku: &Sku, category: Option<&Category>) -> Option<RuleKind> {
        match &self.applies_to {
            RuleMatch::Product(product) => (product == sku).then_some(RuleKind::Product),
            RuleMatch::Category(of) => (Some(of) == category).then_some(RuleKind::Category),
            RuleMatch::Seller => Some(RuleKind::Seller),
        }
    }

    /// The rule's part of a line's terms.
    #[must_use]
    pub fn terms(&self, rule: RuleKind, vat: Vat) -> LineTerms {
        LineTerms { rule, fee: self.fee, minimum: self.minimum, vat }
    }
}
