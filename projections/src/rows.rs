//! The rows of campaigns and coupons: from `coupons.events`. A row's fields are absolute, never a difference, so that writing a row
//! twice is writing it once.

use events::coupons::{CampaignStatus, CampaignTerms, StockCount};
use events::ids::{CampaignId, CouponId, HoldId, OrderId, RequestId, ShopperId};
use events::money::Money;
use events::time::Timestamp;

/// Where in its topic a row's latest fact stands. What the row is about lives in one partition of one topic, so a greater offset
/// is a later fact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Source {
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

/// A campaign.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CampaignRow {
    /// Its id.
    pub campaign: CampaignId,
    /// The partition it lives in.
    pub partition: i32,
    /// The number of its latest fact; the row with the greater version wins.
    pub version: u64,
    /// What operators have made of it; nothing when no fact at hand says so.
    pub status: Option<CampaignStatus>,
    /// Its terms; nothing when no fact at hand says so.
    pub terms: Option<CampaignTerms>,
    /// Where its coupons are.
    pub stock: StockCount,
    /// Log time of the latest fact.
    pub updated_at: Timestamp,
}

/// Where a coupon is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CouponState {
    /// Usable.
    Granted,
    /// Set aside for an order.
    Held,
    /// Used by a paid order.
    Redeemed,
    /// Not used in time.
    Expired,
    /// Taken away by an operator.
    Revoked,
}

/// A coupon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouponRow {
    /// Its id.
    pub coupon: CouponId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// Its owner.
    pub shopper: ShopperId,
    /// The claim it was granted for; nothing when the grant is not among the facts at hand.
    pub request: Option<RequestId>,
    /// Where it is.
    pub state: CouponState,
    /// When it expires unless used; nothing when the grant is not among the facts at hand.
    pub expires_at: Option<Timestamp>,
    /// The order it is held for or was used on.
    pub order: Option<OrderId>,
    /// The hold, also the one that was redeemed.
    pub hold: Option<HoldId>,
    /// When the hold lapses, while there is one.
    pub hold_until: Option<Timestamp>,
    /// What it takes off the order, minor units.
    pub discount: Option<Money>,
    /// How often it has been restored, as far as the facts at hand say; it never shrinks.
    pub restored: u8,
    /// Log time of the latest fact.
    pub updated_at: Timestamp,
    /// The latest fact; the row with the greater source wins.
    pub source: Source,
}

named!(CouponState {
    Granted => "granted",
    Held => "held",
    Redeemed => "redeemed",
    Expired => "expired",
    Revoked => "revoked",
});

impl CouponRow {
    /// How long Redis shows a coupon after its use window: 7 days. Postgres shows it after that.
    pub const REMEMBERED_MS: i64 = 7 * 24 * 60 * 60 * 1000;

    /// The instant from which on Redis need not hold the row. A shopper's coupons leave together, with the last of them.
    #[must_use]
    pub fn forgotten_at(&self) -> Option<Timestamp> {
        self.expires_at.map(|expires_at| expires_at.plus_millis(Self::REMEMBERED_MS))
    }
}
