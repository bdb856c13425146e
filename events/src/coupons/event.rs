//! Facts the coupon processor has decided: the values of `coupons.events`. Past tense. Each carries the campaign's numbers
//! after it, as absolute values, so that a projection never has to add.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CampaignTerms, Refusal};
use crate::hold::ReleaseCause;
use crate::ids::{CampaignId, CouponId, HoldId, OrderId, RequestId, ShopperId};
use crate::money::Money;
use crate::time::Timestamp;

/// A fact about a campaign or one of its coupons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CouponEvent {
    /// The campaign: the record's key.
    pub campaign: CampaignId,
    /// Counts the campaign's events, from 1, without a gap. Refusals for an unknown campaign carry 0.
    pub version: u64,
    /// The log time of the record that led to the fact.
    pub at: Timestamp,
    /// The campaign's coupons after the fact.
    pub stock: StockCount,
    /// The fact.
    pub fact: CouponFact,
}

/// Where a campaign's coupons are. At every prefix of the log `stock` equals the sum of the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct StockCount {
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
    /// Not used before the use window ended.
    pub expired: u32,
    /// Taken away by an operator.
    pub revoked: u32,
}

impl StockCount {
    /// Whether `stock = remaining + granted + held + redeemed + expired + revoked`.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let parts = [self.remaining, self.granted, self.held, self.redeemed, self.expired, self.revoked];
        u64::from(self.stock) == parts.iter().map(|part| u64::from(*part)).sum::<u64>()
    }
}

/// What an operator has made of a campaign. Whether it is open follows from its terms and the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignStatus {
    /// Grants coupons within its claim window.
    #[default]
    Running,
    /// Grants nothing until resumed.
    Paused,
    /// Grants nothing any more.
    Ended,
}

impl CampaignStatus {
    /// The status, as HTTP, SQL and Redis name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouponFact {
    /// A campaign was defined, or its terms were changed.
    CampaignDefined {
        /// The request.
        request: RequestId,
        /// The terms from now on.
        terms: CampaignTerms,
    },
    /// A campaign grants nothing until resumed.
    CampaignPaused {
        /// The request.
        request: RequestId,
    },
    /// A campaign grants again.
    CampaignResumed {
        /// The request.
        request: RequestId,
    },
    /// A campaign was ended before its time.
    CampaignEnded {
        /// The request.
        request: RequestId,
    },
    /// An operator's command was refused.
    CampaignRefused {
        /// The request.
        request: RequestId,
        /// Why.
        reason: Refusal,
    },
    /// A shopper was granted a coupon.
    CouponGranted {
        /// The request.
        request: RequestId,
        /// The new coupon.
        coupon: CouponId,
        /// Its owner.
        shopper: ShopperId,
        /// When it expires unless used.
        expires_at: Timestamp,
    },
    /// A shopper's claim was refused.
    ClaimRefused {
        /// The request.
        request: RequestId,
        /// Who claimed.
        shopper: ShopperId,
        /// Why.
        reason: Refusal,
    },
    /// A coupon was set aside for an order.
    CouponHeld {
        /// The request.
        request: RequestId,
        /// The coupon.
        coupon: CouponId,
        /// Its owner.
        shopper: ShopperId,
        /// The hold.
        hold: HoldId,
        /// The order it is held for.
        order: OrderId,
        /// What it takes off the order, minor units.
        discount: Money,
        /// When the hold lapses.
        until: Timestamp,
    },
    /// A hold, redemption, release, restoration or revocation was refused.
    CouponRefused {
        /// The request.
        request: RequestId,
        /// The coupon.
        coupon: CouponId,
        /// Who was said to own it.
        shopper: ShopperId,
        /// Why.
        reason: Refusal,
    },
    /// A hold ended without being redeemed; the coupon is usable again (or expires at once if its time is over).
    CouponReleased {
        /// The request, unless the hold lapsed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// The coupon.
        coupon: CouponId,
        /// Its owner.
        shopper: ShopperId,
        /// The hold that ended.
        hold: HoldId,
        /// Why it ended.
        cause: ReleaseCause,
    },
    /// A held coupon was used up.
    CouponRedeemed {
        /// The request.
        request: RequestId,
        /// The coupon.
        coupon: CouponId,
        /// Its owner.
        shopper: ShopperId,
        /// The hold it fulfils.
        hold: HoldId,
        /// The order it was used on.
        order: OrderId,
        /// What it took off the order, minor units.
        discount: Money,
    },
    /// A redeemed coupon is usable again.
    CouponRestored {
        /// The request.
        request: RequestId,
        /// The coupon.
        coupon: CouponId,
        /// Its owner.
        shopper: ShopperId,
        /// The order that had redeemed it.
        order: OrderId,
        /// How often the coupon has been restored by now, this time included.
        restored: u8,
    },
    /// A coupon was not used before its time was over.
    CouponExpired {
        /// The coupon.
        coupon: CouponId,
        /// Its owner.
        shopper: ShopperId,
    },
    /// An operator took a coupon away.
    CouponRevoked {
        /// The request.
        request: RequestId,
        /// The coupon.
        coupon: CouponId,
        /// Its owner.
        shopper: ShopperId,
    },
}

impl CouponFact {
    /// The types of all facts, as [`CouponFact::kind`] names them.
    pub const KINDS: [&'static str; 14] = [
        "campaign_defined",
        "campaign_paused",
        "campaign_resumed",
        "campaign_ended",
        "campaign_refused",
        "coupon_granted",
        "claim_refused",
        "coupon_held",
        "coupon_refused",
        "coupon_released",
        "coupon_redeemed",
        "coupon_restored",
        "coupon_expired",
        "coupon_revoked",
    ];

    /// The fact's type, as the `event-type` header and metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CampaignDefined { .. } => "campaign_defined",
            Self::CampaignPaused { .. } => "campaign_paused",
            Self::CampaignResumed { .. } => "campaign_resumed",
            Self::CampaignEnded { .. } => "campaign_ended",
            Self::CampaignRefused { .. } => "campaign_refused",
            Self::CouponGranted { .. } => "coupon_granted",
            Self::ClaimRefused { .. } => "claim_refused",
            Self::CouponHeld { .. } => "coupon_held",
            Self::CouponRefused { .. } => "coupon_refused",
            Self::CouponReleased { .. } => "coupon_released",
            Self::CouponRedeemed { .. } => "coupon_redeemed",
            Self::CouponRestored { .. } => "coupon_restored",
            Self::CouponExpired { .. } => "coupon_expired",
            Self::CouponRevoked { .. } => "coupon_revoked",
        }
    }

    /// The request that the fact decides, unless time alone led to it.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::CampaignDefined { request, .. }
            | Self::CampaignPaused { request }
            | Self::CampaignResumed { request }
            | Self::CampaignEnded { request }
            | Self::CampaignRefused { request, .. }
            | Self::CouponGranted { request, .. }
            | Self::ClaimRefused { request, .. }
            | Self::CouponHeld { request, .. }
            | Self::CouponRefused { request, .. }
            | Self::CouponRedeemed { request, .. }
            | Self::CouponRestored { request, .. }
            | Self::CouponRevoked { request, .. } => Some(*request),
            Self::CouponReleased { request, .. } => *request,
            Self::CouponExpired { .. } => None,
        }
    }
}
