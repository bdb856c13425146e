//! What the coupon processor answers to the order that asked, or that holds the coupon. The answer to a repeated command says
//! what is true now, so that it can be given at any time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::hold::ReleaseCause;
use crate::ids::HoldId;
use crate::money::{BasisPoints, Money};
use crate::time::Timestamp;

/// An answer about one coupon.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouponAnswer {
    /// It is set aside for the order.
    Held {
        /// The hold.
        hold: HoldId,
        /// What it takes off the order, minor units.
        discount: Money,
        /// The platform's share of the discount, as the campaign promised it; the sellers bear the rest.
        platform_share: BasisPoints,
        /// When the hold lapses.
        until: Timestamp,
    },
    /// It is used up by the order.
    Redeemed {
        /// The hold it fulfilled.
        hold: HoldId,
    },
    /// The hold has ended, the coupon is usable again. Also told, unasked, when the hold lapses.
    Released {
        /// The hold.
        hold: HoldId,
        /// Why it ended.
        cause: ReleaseCause,
    },
    /// An operator took the held coupon away. Told unasked.
    Revoked {
        /// The hold that ended with it.
        hold: HoldId,
    },
    /// It is usable again after the order was undone.
    Restored {
        /// How often it has been restored by now.
        restored: u8,
    },
    /// What was asked was not done.
    Refused {
        /// Why.
        reason: Refusal,
    },
}

impl CouponAnswer {
    /// The answer's type, as metrics name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Held { .. } => "coupon_held",
            Self::Redeemed { .. } => "coupon_redeemed",
            Self::Released { .. } => "coupon_released",
            Self::Revoked { .. } => "coupon_revoked",
            Self::Restored { .. } => "coupon_restored",
            Self::Refused { .. } => "coupon_refused",
        }
    }
}
