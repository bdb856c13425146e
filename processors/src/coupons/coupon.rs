//! One coupon of one shopper, and its legal moves:
//!
//! ```text
//!            hold                redeem
//! Granted ─────────▶ Held ─────────────▶ Redeemed
//!   │  ▲              │ │                   │
//!   │  └─ release, ───┘ │ revoke            │
//!   │     lapse         ▼                   │
//!   ├── revoke ──▶ Revoked                  │
//!   ├── expire ──▶ Expired                  │
//!   ▲                                       │
//!   └────────────── restore ────────────────┘
//! ```
//!
//! No move brings a coupon back to the campaign's stock.

use events::coupons::Restoration;
use events::ids::{CouponId, HoldId, OrderId, RequestId};
use events::money::Money;
use events::request::Fingerprint;
use events::time::Timestamp;

/// A coupon.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Coupon {
    /// The claim that was granted: the coupon's id derives from it, and its repeats are recognised by it.
    pub(crate) claim: RequestId,
    /// The claim, hashed.
    pub(crate) fingerprint: Fingerprint,
    /// When it was granted.
    pub(crate) granted_at: Timestamp,
    /// When it expires unless used: the end of the use window as it was promised with the grant.
    pub(crate) expires_at: Timestamp,
    /// How often it has been restored.
    pub(crate) restored: u8,
    pub(crate) state: CouponState,
}

/// Where a coupon is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum CouponState {
    /// Usable: granted, released, lapsed or restored.
    Granted,
    /// Set aside for one order.
    Held(Hold),
    /// Used up by a paid order.
    Redeemed(Redemption),
    /// Not used in time.
    Expired,
    /// Taken away by an operator.
    Revoked,
}

/// A coupon set aside for an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Hold {
    pub(crate) id: HoldId,
    pub(crate) order: OrderId,
    /// What it takes off the order, fixed when it was held.
    pub(crate) discount: Money,
    /// First instant at which it no longer holds.
    pub(crate) until: Timestamp,
}

/// A coupon used up by an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Redemption {
    pub(crate) hold: HoldId,
    pub(crate) order: OrderId,
    pub(crate) discount: Money,
}

impl Coupon {
    pub(crate) fn id(&self) -> CouponId {
        self.claim.coupon()
    }

    /// Whether it can be used at this instant, held or not.
    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// Whether the terms let it be used once more.
    pub(crate) fn may_be_restored(&self, restoration: Restoration, now: Timestamp) -> bool {
        match restoration {
            Restoration::Never => false,
            Restoration::WithinUseWindow { times } => self.restored < times && !self.has_expired(now),
        }
    }

    /// The hold that has it now, or had it last when it was redeemed.
    pub(crate) fn hold(&self) -> Option<HoldId> {
        match &self.state {
            CouponState::Held(hold) => Some(hold.id),
            CouponState::Redeemed(redemption) => Some(redemption.hold),
            CouponState::Granted | CouponState::Expired | CouponState::Revoked => None,
        }
    }

    /// The hold of this name, if the coupon is held by it; also one whose time is over and that has not lapsed yet.
    pub(crate) fn held_by(&self, hold: HoldId) -> Option<&Hold> {
        match &self.state {
            CouponState::Held(held) if held.id == hold => Some(held),
            _ => None,
        }
    }
}
