//! What a product is and costs. Terms are checked when they are read and again by the processor: the log may hold anything.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coupons::TermsError;
use crate::ids::{Category, SellerId};
use crate::money::Money;
use crate::time::{Timestamp, Window};

/// The terms of a product.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductTerms {
    /// Who sells it; never changes.
    pub seller: SellerId,
    /// What shoppers read, 1 to 200 characters.
    pub name: String,
    /// What kind of product it is: commissions may depend on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// What a unit costs outside the time sale, minor units.
    pub list_price: Money,
    /// The time sale, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale: Option<SalePrice>,
    /// What the platform owes the seller for a unit under a supply-price contract, minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supply_price: Option<Money>,
    /// The number of available units below which a fact says that stock is low; nothing: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_stock: Option<u32>,
}

/// A price for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SalePrice {
    /// What a unit costs, minor units; at most the list price.
    pub price: Money,
    /// When.
    pub window: Window,
}

/// What a hold freezes: the terms of one unit at the hold's log time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnitTerms {
    /// Who sells it.
    pub seller: SellerId,
    /// What kind of product it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// What a unit costs outside the time sale, minor units.
    pub list_price: Money,
    /// What a unit costs this shopper, before any coupon, minor units.
    pub unit_price: Money,
    /// What the platform owes the seller for a unit under a supply-price contract, minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supply_price: Option<Money>,
}

impl ProductTerms {
    /// Most characters of a name.
    pub const LONGEST_NAME: usize = 200;

    /// The terms of a unit at this instant.
    #[must_use]
    pub fn unit(&self, at: Timestamp) -> UnitTerms {
        let sale = self.sale.filter(|sale| sale.window.contains(at));
        UnitTerms {
            seller: self.seller.clone(),
            category: self.category.clone(),
            list_price: self.list_price,
            unit_price: sale.map_or(self.list_price, |sale| sale.price),
            supply_price: self.supply_price,
        }
    }

    /// Checks every rule that ties the terms together.
    ///
    /// # Errors
    /// [`TermsError`] with the first field that breaks a rule, and the rule.
    pub fn check(&self) -> Result<(), TermsError> {
        let length = self.name.chars().count();
        let rules = [
            ((1..=Self::LONGEST_NAME).contains(&length), "/name", "must have 1 to 200 characters"),
            (!self.name.chars().any(char::is_control), "/name", "must not hold control characters"),
            (self.list_price.is_plausible(), "/list_price", "must be 0 to 1000000000000"),
            (
                self.sale.is_none_or(|sale| sale.price >= Money::ZERO && sale.price <= self.list_price),
                "/sale/price",
                "must be 0 to the list price",
            ),
            (
                self.sale.is_none_or(|sale| sale.window.from.is_plausible() && sale.window.until.is_plausible()),
                "/sale/window",
                "instants must lie between 1970 and 9999",
            ),
            (
                self.sale.is_none_or(|sale| sale.window.from < sale.window.until),
                "/sale/window",
                "must end after it begins",
            ),
            (self.supply_price.is_none_or(Money::is_plausible), "/supply_price", "must be 0 to 1000000000000"),
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
