//! For tests: one message of every kind, with every field filled.
#![allow(clippy::unwrap_used, reason = "a sample that is none should fail")]

pub mod coupons;
pub mod inventory;
pub mod orders;
pub mod payments;
pub mod prices;
pub mod settlement;

use crate::coupons::Refusal;
use crate::ids::{CampaignId, CouponId, HoldId, OfferSource, OrderId, PaymentKey, RequestId, SellerId, ShopperId, Sku};
use crate::inventory::StockRefusal;
use crate::orders::{OrderState, Reason};
use crate::prices::PriceRefusal;
use crate::request::{Outcome, Reply};
use crate::settlement::SettlementRefusal;
use crate::time::Timestamp;

const UNTIL: Timestamp = Timestamp::from_millis(1_790_000_100_000);

fn request() -> RequestId {
    RequestId::of("shopper-1", "POST /v1/campaigns/summer/claims", "key-1")
}

fn campaign() -> CampaignId {
    CampaignId::new("summer").unwrap()
}

fn shopper() -> ShopperId {
    ShopperId::new("shopper-1").unwrap()
}

fn order() -> OrderId {
    OrderId::new("order-1").unwrap()
}

fn sku() -> Sku {
    Sku::new("tea-100g").unwrap()
}

fn seller() -> SellerId {
    SellerId::new("seller-1").unwrap()
}

fn source() -> OfferSource {
    OfferSource::new("corner-shop").unwrap()
}

fn coupon() -> CouponId {
    request().coupon()
}

fn hold() -> HoldId {
    request().hold()
}

fn payment_key() -> PaymentKey {
    PaymentKey::new("tviva20260901120000abcd1").unwrap()
}

/// A reply for every outcome.
pub fn replies() -> Vec<Reply> {
    let outcomes = [
        Outcome::Granted {
            coupon: coupon(),
            campaign: campaign(),
            shopper: shopper(),
            expires_at: coupons::terms().usable.until,
        },
        Outcome::Applied { campaign: campaign(), version: 17 },
        Outcome::Refused { reason: Refusal::SoldOut },
        Outcome::ProductApplied { sku: sku(), version: 17, stock: inventory::stock() },
        Outcome::ProductRefused { reason: StockRefusal::InvalidChange },
        Outcome::OrderApplied {
            order: order(),
            version: 2,
            state: OrderState::AwaitingPayment,
            amounts: orders::amounts(),
            deadline: Some(UNTIL),
        },
        Outcome::OrderRefused {
            order: order(),
            reason: Reason::Stock { sku: sku(), refusal: StockRefusal::InsufficientStock },
        },
        Outcome::PolicyApplied { seller: seller(), version: 17, number: 2, from: settlement::day() },
        Outcome::DayClosed {
            seller: seller(),
            version: 17,
            day: settlement::day(),
            totals: settlement::totals(),
            payable: settlement::totals().amounts.net,
        },
        Outcome::SettlementRefused { reason: SettlementRefusal::DayAhead },
        Outcome::OfferApplied { sku: sku(), source: source(), version: 17 },
        Outcome::OfferRefused { reason: PriceRefusal::OfferInFuture },
    ];
    outcomes.into_iter().map(|outcome| Reply { request: request(), at: UNTIL, outcome }).collect()
}
