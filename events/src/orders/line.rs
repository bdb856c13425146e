//! The lines of an order: as the shopper asks for them, and as they are frozen when everything is held.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LineAmounts;
use crate::ids::{CampaignId, CouponId, HoldId, Sku};
use crate::inventory::UnitTerms;

/// Most lines of one order.
pub const MOST_LINES: usize = 50;

/// Some units of a product. An order names a product once: whoever reads an order from outside adds repeated lines up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Units {
    /// The product.
    pub sku: Sku,
    /// How many units, at least 1.
    pub quantity: u32,
}

/// The coupon that a shopper wants to use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderCoupon {
    /// Its campaign.
    pub campaign: CampaignId,
    /// The coupon.
    pub coupon: CouponId,
}

/// A line with everything that payment, refund and settlement ever need, frozen when the order's holds were complete.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OrderLine {
    /// The product: it names the line within its order.
    pub sku: Sku,
    /// How many units.
    pub quantity: u32,
    /// The hold on them.
    pub hold: HoldId,
    /// The terms of a unit.
    pub unit: UnitTerms,
    /// What the line amounts to.
    pub amounts: LineAmounts,
}
