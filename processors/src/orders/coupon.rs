//! The coupon of an order. It is held after the stock, because what it takes off depends on the prices that the holds freeze.
//!
//! ```text
//! Waiting ──▶ Requested ──▶ Held ──▶ Redeeming ──▶ Redeemed
//!    │            │          │  │        │
//!    │            │          │  └────────┴──▶ Lost   lapsed, revoked, or not there any more when the order was paid
//!    ▼            ▼          ▼
//!  Ended ◀─── Releasing ◀────┘
//! ```

use events::ids::{CampaignId, CouponId};
use events::money::Money;

/// An order's coupon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Coupon {
    pub(crate) campaign: CampaignId,
    pub(crate) id: CouponId,
    /// What it takes off; zero until it is held.
    pub(crate) discount: Money,
    pub(crate) state: CouponState,
    /// Whether the answer to the restoration is awaited.
    pub(crate) restoring: bool,
}

/// Where the coupon is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CouponState {
    /// The stock is not held yet.
    Waiting,
    /// The hold is requested.
    Requested,
    /// It is held.
    Held,
    /// The redemption is requested.
    Redeeming,
    /// It is used up.
    Redeemed,
    /// The release is requested.
    Releasing,
    /// Nothing is held.
    Ended,
    /// The hold ended, and not by a command of the order.
    Lost,
}

impl CouponState {
    /// Whether an answer is awaited.
    pub(crate) fn is_awaited(self) -> bool {
        matches!(self, Self::Requested | Self::Redeeming | Self::Releasing)
    }
}

impl Coupon {
    /// A coupon that the shopper uses with the order.
    pub(crate) fn waiting(campaign: CampaignId, id: CouponId) -> Self {
        Self { campaign, id, discount: Money::ZERO, state: CouponState::Waiting, restoring: false }
    }

    /// How many of its steps are unanswered.
    pub(crate) fn awaited(&self) -> u16 {
        u16::from(self.state.is_awaited()) + u16::from(self.restoring)
    }
}
