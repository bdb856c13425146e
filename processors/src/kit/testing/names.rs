//! Ids, instants and other small values, as tests write them.

use events::ids::{CampaignId, OfferSource, OrderId, RequestId, SellerId, ShopperId, Sku};
use events::time::Timestamp;

/// So many seconds after the beginning of time.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

/// The request with this name.
pub(crate) fn request(name: &str) -> RequestId {
    RequestId::derive(&[name.as_bytes()])
}

/// The product with this name.
pub(crate) fn sku(name: &str) -> Sku {
    Sku::new(name).unwrap()
}

/// The order with this name.
pub(crate) fn order(name: &str) -> OrderId {
    OrderId::new(name).unwrap()
}

/// The seller with this name.
pub(crate) fn seller(name: &str) -> SellerId {
    SellerId::new(name).unwrap()
}

/// The shopper with this name.
pub(crate) fn shopper(name: &str) -> ShopperId {
    ShopperId::new(name).unwrap()
}

/// The campaign with this name.
pub(crate) fn campaign(name: &str) -> CampaignId {
    CampaignId::new(name).unwrap()
}

/// The other shop with this name.
pub(crate) fn source(name: &str) -> OfferSource {
    OfferSource::new(name).unwrap()
}
