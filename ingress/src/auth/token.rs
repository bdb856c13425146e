//! What a token says. An identity provider mints it (in development `timesale token`); ingress only verifies.

use events::ids::{Segment, SellerId, ShopperId};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What a caller may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Claims coupons and sees their own.
    Shopper,
    /// Runs the shop: campaigns, products, orders, offers, settlement.
    Operator,
    /// Sees what the seller that the token names is owed.
    Seller,
}

/// The claims of a token that matter here; issuer, audience and expiry are checked by the verifier. Other claims are ignored.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) sub: ShopperId,
    #[serde(default)]
    pub(super) roles: Vec<KnownRole>,
    #[serde(default)]
    pub(super) segments: Vec<Segment>,
    #[serde(default)]
    pub(super) seller: Option<SellerId>,
    #[serde(default)]
    pub(super) iat: u64,
}

/// A role, or a word that means nothing here and grants nothing.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum KnownRole {
    Known(Role),
    Other(IgnoredAny),
}

impl web::token::Claims for Claims {
    fn issued_at(&self) -> u64 {
        self.iat
    }
}
