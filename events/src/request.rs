//! What becomes of a request: the answer a processor sends back to ingress, and what `GET /v1/requests/{request}` shows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::Day;
use crate::coupons::Refusal;
use crate::ids::{CampaignId, CouponId, OfferSource, OrderId, RequestId, SellerId, ShopperId, Sku};
use crate::inventory::{StockLevel, StockRefusal};
use crate::money::Money;
use crate::orders::{OrderAmounts, OrderState, Reason};
use crate::prices::PriceRefusal;
use crate::settlement::{DayTotals, SettlementRefusal};
use crate::time::Timestamp;

/// For how long a request is recognised when it is repeated, milliseconds: 24 hours, what clients are told about `Idempotency-Key`.
/// After that it may be decided as if it were new. What was accepted is recognised that long whatever comes between, and longer where
/// what it changed remembers it: a granted claim as long as its campaign, a command to an order as long as there is room.
pub const RETRY_WINDOW_MS: i64 = 24 * 60 * 60 * 1000;

/// What a request said, hashed: the same request with another fingerprint is a conflict, never a second effect.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint with this number.
    #[must_use]
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The fingerprint of a request's canonical form: of what was understood, not of the bytes that were sent.
    #[must_use]
    pub fn of(canonical: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("timesale Fingerprint 1");
        hasher.update(canonical);
        let mut bytes = [0; 8];
        hasher.finalize_xof().fill(&mut bytes);
        // JSON numbers are safe up to 2^53 in every reader.
        Self(u64::from_le_bytes(bytes) >> 11)
    }
}

/// A processor's answer to one request: the value of `ingress.replies`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reply {
    /// The request.
    pub request: RequestId,
    /// When it was decided (log time).
    pub at: Timestamp,
    /// What was decided.
    pub outcome: Outcome,
}

/// What was decided about a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The claim was granted.
    Granted {
        /// The coupon.
        coupon: CouponId,
        /// Its campaign.
        campaign: CampaignId,
        /// Its owner.
        shopper: ShopperId,
        /// When it expires unless used.
        expires_at: Timestamp,
    },
    /// The command was carried out; `version` is the campaign's.
    Applied {
        /// The campaign.
        campaign: CampaignId,
        /// Its version after the command.
        version: u64,
    },
    /// The command was refused.
    Refused {
        /// Why.
        reason: Refusal,
    },
    /// The command to a product was carried out; `version` is the product's.
    ProductApplied {
        /// The product.
        sku: Sku,
        /// Its version after the command.
        version: u64,
        /// Its units after the command.
        stock: StockLevel,
    },
    /// The command to a product was refused.
    ProductRefused {
        /// Why.
        reason: StockRefusal,
    },
    /// The order was placed, or the command to it was carried out; `version` is the order's.
    OrderApplied {
        /// The order.
        order: OrderId,
        /// Its version after the command.
        version: u64,
        /// Where it is after the command.
        state: OrderState,
        /// What it amounts to after the command.
        amounts: OrderAmounts,
        /// When it moves by itself if nothing else moves it: after a placement, the time to pay.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Timestamp>,
    },
    /// The order was rejected, or the command to it was refused.
    OrderRefused {
        /// The order.
        order: OrderId,
        /// Why.
        reason: Reason,
    },
    /// The seller's policy was set; `version` is the seller's.
    PolicyApplied {
        /// The seller.
        seller: SellerId,
        /// Its version after the command.
        version: u64,
        /// Counts the seller's policies, from 1.
        number: u32,
        /// The first day that the policy applies to.
        from: Day,
    },
    /// The seller's day was closed; `version` is the seller's.
    DayClosed {
        /// The seller.
        seller: SellerId,
        /// Its version after the command.
        version: u64,
        /// The day.
        day: Day,
        /// What it amounts to.
        totals: DayTotals,
        /// What is paid out for it, minor units.
        payable: Money,
    },
    /// The command to settle a seller so, or to close a day, was refused.
    SettlementRefused {
        /// Why.
        reason: SettlementRefusal,
    },
    /// The offer counts, or is withdrawn; `version` is the best price's.
    OfferApplied {
        /// The product.
        sku: Sku,
        /// Whose offer.
        source: OfferSource,
        /// The version of the product's best price after the command: unchanged if the command changed nothing of it.
        version: u64,
    },
    /// The offer, or its withdrawal, was refused.
    OfferRefused {
        /// Why.
        reason: PriceRefusal,
    },
}

impl Outcome {
    /// The outcome's type, as metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Granted { .. } => "granted",
            Self::Applied { .. } => "applied",
            Self::Refused { .. } => "refused",
            Self::ProductApplied { .. } => "product_applied",
            Self::ProductRefused { .. } => "product_refused",
            Self::OrderApplied { .. } => "order_applied",
            Self::OrderRefused { .. } => "order_refused",
            Self::PolicyApplied { .. } => "policy_applied",
            Self::DayClosed { .. } => "day_closed",
            Self::SettlementRefused { .. } => "settlement_refused",
            Self::OfferApplied { .. } => "offer_applied",
            Self::OfferRefused { .. } => "offer_refused",
        }
    }
}
