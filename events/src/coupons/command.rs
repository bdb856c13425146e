//! Commands to the coupon processor: the values of `coupons.inbox`. Imperative; each names the request it came from, so
//! that a repeat is recognised.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CampaignTerms;
use crate::ids::{CampaignId, CouponId, HoldId, OrderId, RequestId, Segment, ShopperId};
use crate::money::Money;
use crate::request::Fingerprint;
use crate::time::Timestamp;

/// What the coupon processor can be told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouponCommand {
    /// Define a campaign, or change its terms.
    DefineCampaign {
        /// The request.
        request: RequestId,
        /// The campaign.
        campaign: CampaignId,
        /// Its terms.
        terms: CampaignTerms,
    },
    /// Stop granting until resumed.
    PauseCampaign {
        /// The request.
        request: RequestId,
        /// The campaign.
        campaign: CampaignId,
    },
    /// Grant again.
    ResumeCampaign {
        /// The request.
        request: RequestId,
        /// The campaign.
        campaign: CampaignId,
    },
    /// Close the claim window for good, before its time.
    EndCampaign {
        /// The request.
        request: RequestId,
        /// The campaign.
        campaign: CampaignId,
    },
    /// A shopper wants a coupon.
    Claim {
        /// The request; a grant derives the coupon's id from it.
        request: RequestId,
        /// What the request said; the same request with another fingerprint is a conflict.
        fingerprint: Fingerprint,
        /// The campaign.
        campaign: CampaignId,
        /// Who claims.
        shopper: ShopperId,
        /// The segments the shopper's token asserted.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        segments: Vec<Segment>,
    },
    /// Set a granted coupon aside for one order.
    Hold {
        /// The request; the hold's id derives from it.
        request: RequestId,
        /// The campaign.
        campaign: CampaignId,
        /// The coupon.
        coupon: CouponId,
        /// Who owns it.
        shopper: ShopperId,
        /// The order it is held for.
        order: OrderId,
        /// What the order's lines cost before the coupon, minor units.
        spend: Money,
        /// When the hold lapses unless it is redeemed or released.
        until: Timestamp,
    },
    /// The order was paid: use the held coupon up.
    Redeem {
        /// The request.
        request: RequestId,
        /// The campaign.
        campaign: CampaignId,
        /// The coupon.
        coupon: CouponId,
        /// Who owns it.
        shopper: ShopperId,
        /// Exactly this hold.
        hold: HoldId,
    },
    /// The order was not paid: give the held coupon back.
    Release {
        /// The request.
        request: RequestId,
        /// The campaign.
        campaign: CampaignId,
        /// The coupon.
        coupon: CouponId,
        /// Who owns it.
        shopper: ShopperId,
        /// Exactly this hold.
        hold: HoldId,
    },
    /// A paid order was undone: give the redeemed coupon back, if the campaign's terms allow.
    Restore {
        /// The request.
        request: RequestId,
        /// The campaign.
        campaign: CampaignId,
        /// The coupon.
        coupon: CouponId,
        /// Who owns it.
        shopper: ShopperId,
        /// The order that redeemed it.
        order: OrderId,
    },
    /// An operator takes a coupon away.
    Revoke {
        /// The request.
        request: RequestId,
        /// The campaign.
        campaign: CampaignId,
        /// The coupon.
        coupon: CouponId,
        /// Who owns it.
        shopper: ShopperId,
    },
}

impl CouponCommand {
    /// The campaign the command is about: the record's key.
    #[must_use]
    pub fn campaign(&self) -> &CampaignId {
        match self {
            Self::DefineCampaign { campaign, .. }
            | Self::PauseCampaign { campaign, .. }
            | Self::ResumeCampaign { campaign, .. }
            | Self::EndCampaign { campaign, .. }
            | Self::Claim { campaign, .. }
            | Self::Hold { campaign, .. }
            | Self::Redeem { campaign, .. }
            | Self::Release { campaign, .. }
            | Self::Restore { campaign, .. }
            | Self::Revoke { campaign, .. } => campaign,
        }
    }

    /// The request the command came from.
    #[must_use]
    pub fn request(&self) -> RequestId {
        match self {
            Self::DefineCampaign { request, .. }
            | Self::PauseCampaign { request, .. }
            | Self::ResumeCampaign { request, .. }
            | Self::EndCampaign { request, .. }
            | Self::Claim { request, .. }
            | Self::Hold { request, .. }
            | Self::Redeem { request, .. }
            | Self::Release { request, .. }
            | Self::Restore { request, .. }
            | Self::Revoke { request, .. } => *request,
        }
    }

    /// What the command says, hashed: a claim brings its own, of any other it is taken from its canonical form.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        match self {
            Self::Claim { fingerprint, .. } => *fingerprint,
            // Encoding cannot fail: the type has string keys only. Its form changes only by fields that older commands lack.
            other => Fingerprint::of(&serde_json::to_vec(other).unwrap_or_default()),
        }
    }

    /// The command's type, as the `event-type` header and metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::DefineCampaign { .. } => "define_campaign",
            Self::PauseCampaign { .. } => "pause_campaign",
            Self::ResumeCampaign { .. } => "resume_campaign",
            Self::EndCampaign { .. } => "end_campaign",
            Self::Claim { .. } => "claim",
            Self::Hold { .. } => "hold",
            Self::Redeem { .. } => "redeem",
            Self::Release { .. } => "release",
            Self::Restore { .. } => "restore",
            Self::Revoke { .. } => "revoke",
        }
    }
}
