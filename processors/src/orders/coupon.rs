//! The coupon of an order. It is held after the stock, because what it takes off depends on the prices that the holds freeze.
//!
//! ```text
//! Wanted ──▶ Asked ──▶ Held ──▶ Redeeming ──▶ Redeemed
//!    │         │        │  │        │
//!    │         │        │  └────────┴──▶ Lost      lapsed, taken away, or not there any more when the order was paid
//!    ▼         ▼        ▼
//!  Ended ◀── Releasing ◀┘
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
    Wanted,
    /// The hold is asked for.
    Asked,
    /// It is held.
    Held,
    /// The redemption is asked for.
    Redeeming,
    /// It is used up.
    Redeemed,
    /// The release is asked for.
    Releasing,
    /// Nothing is held.
    Ended,
    /// The hold ended otherwise than the order asked.
    Lost,
}

impl CouponState {
    /// Whether an answer is awaited.
    pub(crate) fn is_awaited(self) -> bool {
        matches!(self, Self::Asked | Self::Redeeming | Self::Releasing)
    }
}

impl Coupon {
    /// A coupon that the shopper wants to use.
    pub(crate) fn wanted(campaign: CampaignId, id: CouponId) -> Self {
        Self { campaign, id, discount: Money::ZERO, state: CouponState::Wanted, restoring: false }
    }

    /// How many of its steps are unanswered.
    pub(crate) fn awaited(&self) -> u16 {
        u16::from(self.state.is_awaited()) + u16::from(self.restoring)
    }
}
