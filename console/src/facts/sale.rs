//! The numbers of the facts, as the console shows them.

use events::coupons::StockCount;
use events::ids::{CampaignId, Sku};
use events::inventory::StockLevel;
use events::time::Timestamp;
use serde::Serialize;

use super::counts::{Invariant, recent};
use super::follow::Facts;

/// The numbers at a moment.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Sale {
    /// When they were taken, milliseconds since 1970.
    pub at_ms: i64,
    /// Whether every topic has been read up to its end: before that the numbers are those of an earlier time.
    pub is_warm: bool,
    /// Campaigns, the most recently active first.
    pub campaigns: Vec<CampaignView>,
    /// Products, the most recently active first.
    pub products: Vec<ProductView>,
    /// Claims decided since the process began, by outcome.
    pub claims: Vec<Counted>,
    /// Orders that are open, by state; and those of them whose deadline passed more than five seconds ago.
    pub orders: Vec<OrdersView>,
    /// Orders that ended since the process began.
    pub ended: u64,
    /// What was paid since the process began, minor units.
    pub paid: i64,
    /// What was given back since the process began, minor units.
    pub refunded: i64,
    /// Facts that broke an invariant.
    pub violations: Vec<Counted>,
    /// The newest of them, in a sentence.
    pub newest_violation: Option<String>,
    /// Dead letters that nobody has handled.
    pub dead_letters: u64,
    /// Facts counted since the process began.
    pub facts: u64,
    /// Facts, old ones too, that this build cannot read: they are missing in all of these numbers.
    pub unreadable: u64,
}

/// A number with a name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Counted {
    /// The name.
    pub name: &'static str,
    /// The number.
    pub count: u64,
}

/// A campaign's coupons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CampaignView {
    /// The campaign.
    pub campaign: String,
    /// All of them.
    pub stock: u32,
    /// Not yet granted.
    pub remaining: u32,
    /// Granted and usable.
    pub granted: u32,
    /// Set aside for an order.
    pub held: u32,
    /// Used by a paid order.
    pub redeemed: u32,
    /// Not used in time.
    pub expired: u32,
    /// Taken away by an operator.
    pub revoked: u32,
}

/// A product's units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProductView {
    /// The product.
    pub sku: String,
    /// Can be bought.
    pub available: u64,
    /// Set aside for orders.
    pub held: u64,
    /// Left with paid orders.
    pub sold: u64,
}

/// Open orders in a state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OrdersView {
    /// The state.
    pub state: &'static str,
    /// How many.
    pub open: u64,
    /// Those whose deadline has passed.
    pub overdue: u64,
}

impl From<(&CampaignId, &StockCount)> for CampaignView {
    fn from((campaign, coupons): (&CampaignId, &StockCount)) -> Self {
        let StockCount { stock, remaining, granted, held, redeemed, expired, revoked } = *coupons;
        Self { campaign: campaign.to_string(), stock, remaining, granted, held, redeemed, expired, revoked }
    }
}

impl From<(&Sku, &StockLevel)> for ProductView {
    fn from((sku, units): (&Sku, &StockLevel)) -> Self {
        let StockLevel { available, held, sold, .. } = *units;
        Self { sku: sku.to_string(), available, held, sold }
    }
}

impl Facts {
    /// The numbers now.
    #[must_use]
    pub fn sale(&self, now: Timestamp) -> Sale {
        let known = self.known();
        let counts = &known.counts;
        let open = counts.open_and_overdue(now);
        Sale {
            at_ms: now.as_millis(),
            is_warm: known.warming.is_empty(),
            campaigns: recent(&counts.campaigns).map(CampaignView::from).collect(),
            products: recent(&counts.products).map(ProductView::from).collect(),
            claims: counts.claims.iter().map(|(name, count)| Counted { name, count: *count }).collect(),
            orders: open.into_iter().map(|(state, (open, overdue))| OrdersView { state, open, overdue }).collect(),
            ended: counts.ended.values().sum(),
            paid: counts.paid,
            refunded: counts.refunded,
            violations: Invariant::ALL
                .iter()
                .zip(counts.violations)
                .map(|(invariant, count)| Counted { name: invariant.word(), count })
                .collect(),
            newest_violation: counts.newest_violation.clone(),
            dead_letters: known.dead_letters.total(),
            facts: counts.facts.values().sum(),
            unreadable: known.unreadable.values().sum(),
        }
    }
}
