//! The rows. A row's fields are absolute, never a difference, so that writing a row twice is writing it once.

use crate::coupons::{CampaignStatus, CampaignTerms, Refusal, StockCount};
use crate::ids::{CampaignId, CouponId, HoldId, OrderId, RequestId, ShopperId};
use crate::money::Money;
use crate::time::Timestamp;

/// Where in `coupons.events` a row's latest fact stands. A coupon and a request live in one partition, so a greater offset is
/// a later fact.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Source {
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

/// What one fact changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The campaign, unless there is none.
    pub campaign: Option<CampaignRow>,
    /// The coupon, if the fact is about one and was not a refusal.
    pub coupon: Option<CouponRow>,
    /// The request that was decided, unless time alone led to the fact.
    pub request: Option<RequestRow>,
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

/// What a request was about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RequestKind {
    /// A shopper's claim.
    Claim,
    /// An operator's command to a campaign.
    Campaign,
    /// A hold, redemption, release, restoration or revocation of a coupon.
    Coupon,
}

/// What was decided.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RequestStatus {
    /// The claim was granted a coupon.
    Granted,
    /// The command was carried out.
    Applied,
    /// It was refused.
    Refused,
}

/// A decided request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestRow {
    /// Its id.
    pub request: RequestId,
    /// The campaign it was about.
    pub campaign: CampaignId,
    /// Who claimed, or who owns the coupon; nobody for an operator's command to a campaign.
    pub shopper: Option<ShopperId>,
    /// What it was about.
    pub kind: RequestKind,
    /// What was decided.
    pub status: RequestStatus,
    /// Why it was refused.
    pub reason: Option<Refusal>,
    /// The coupon, if there is one.
    pub coupon: Option<CouponId>,
    /// Log time of the decision.
    pub decided_at: Timestamp,
    /// The fact; the row with the greater source wins.
    pub source: Source,
}

/// Enumerations that SQL and Redis know by name.
macro_rules! named {
    ($type:ident { $($variant:ident => $name:literal),+ $(,)? }) => {
        impl $type {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in HTTP, SQL and Redis.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }

            /// The value of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

named!(CouponState {
    Granted => "granted",
    Held => "held",
    Redeemed => "redeemed",
    Expired => "expired",
    Revoked => "revoked",
});
named!(RequestKind { Claim => "claim", Campaign => "campaign", Coupon => "coupon" });
named!(RequestStatus { Granted => "granted", Applied => "applied", Refused => "refused" });

impl RequestRow {
    /// How long Redis answers for a decided request: 24 h after the decision, far beyond any client's retry window. Postgres
    /// answers after that.
    pub const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1000;

    /// The instant from which on Redis does not hold the row.
    #[must_use]
    pub fn forgotten_at(&self) -> Timestamp {
        self.decided_at.plus_millis(Self::REMEMBERED_MS)
    }
}

impl CouponRow {
    /// How long Redis shows a coupon after its use window: 7 days. Postgres shows it after that.
    pub const REMEMBERED_MS: i64 = 7 * 24 * 60 * 60 * 1000;

    /// The instant from which on Redis need not hold the row. A shopper's coupons leave together, with the last of them.
    #[must_use]
    pub fn forgotten_at(&self) -> Option<Timestamp> {
        self.expires_at.map(|expires_at| expires_at.plus_millis(Self::REMEMBERED_MS))
    }
}
