//! Facts by hand, and what they count to.

use events::coupons::{CouponEvent, CouponFact, Refusal, StockCount};
use events::ids::{CampaignId, RequestId, ShopperId, Sku};
use events::inventory::{InventoryEvent, InventoryFact, StockLevel};
use events::money::Money;
use events::orders::{OrderAmounts, OrderEvent, OrderFact, OrderState};
use events::time::Timestamp;

use super::{Counts, Invariant, Since};

fn request() -> RequestId {
    RequestId::derive(&[b"test"])
}

fn coupon(version: u64, remaining: u32, granted: u32, fact: CouponFact) -> CouponEvent {
    let stock = StockCount { stock: 10, remaining, granted, ..StockCount::default() };
    let campaign = CampaignId::new("spring").unwrap();
    CouponEvent { campaign, version, at: Timestamp::from_millis(i64::try_from(version).unwrap()), stock, fact }
}

fn refused(version: u64, remaining: u32) -> CouponEvent {
    let fact = CouponFact::ClaimRefused {
        request: request(),
        shopper: ShopperId::new("kim").unwrap(),
        reason: Refusal::SoldOut,
    };
    coupon(version, remaining, 10 - remaining, fact)
}

fn order(version: u64, state: OrderState, deadline_ms: Option<i64>, fact: OrderFact) -> OrderEvent {
    OrderEvent {
        order: request().order(),
        version,
        at: Timestamp::from_millis(1),
        shopper: None,
        state: Some(state),
        amounts: OrderAmounts { paid: Money::new(500), ..OrderAmounts::default() },
        awaited: 0,
        deadline: deadline_ms.map(Timestamp::from_millis),
        fact,
    }
}

fn paid() -> OrderFact {
    OrderFact::OrderPaid { request: None, attempt: 1, payment_key: None, method: None }
}

fn violations(counts: &Counts, invariant: Invariant) -> u64 {
    counts.violations[Invariant::ALL.iter().position(|other| *other == invariant).unwrap()]
}

#[test]
fn history_makes_gauges_right_and_counts_nothing() {
    let mut counts = Counts::default();
    counts.coupon(&refused(1, 10), Since::Before);
    counts.order(&order(1, OrderState::Paid, Some(9), paid()), Since::Before);
    assert_eq!((counts.claims.len(), counts.paid, counts.orders.len(), counts.campaigns.len()), (0, 0, 1, 1));
    counts.coupon(&refused(2, 10), Since::Now);
    counts.order(&order(2, OrderState::Paid, Some(9), paid()), Since::Now);
    assert_eq!((counts.claims["SOLD_OUT"], counts.paid), (1, 500));
    assert_eq!(counts.violations, [0; 4]);
}

#[test]
fn an_oversell_that_a_fact_pretends_is_a_violation() {
    let mut counts = Counts::default();
    counts.coupon(&refused(1, 10), Since::Now);
    let fact = CouponFact::CampaignPaused { request: request() };
    counts.coupon(&coupon(2, 0, 11, fact), Since::Now);
    assert_eq!(violations(&counts, Invariant::CouponsBalanced), 1);
    assert!(counts.newest_violation.as_ref().unwrap().contains("campaign spring, version 2"), "{counts:?}");
    let sku = Sku::new("tea").unwrap();
    let stock = StockLevel { received: 5, available: 4, held: 0, sold: 2 };
    let fact = InventoryFact::StockAdjusted { request: request(), change: 5 };
    counts.product(&InventoryEvent { sku, version: 1, at: Timestamp::from_millis(1), stock, fact });
    assert_eq!(violations(&counts, Invariant::GoodsBalanced), 1);
}

#[test]
fn a_version_that_is_missing_or_comes_twice_is_a_violation() {
    let mut counts = Counts::default();
    for version in [1, 2, 2, 4] {
        counts.coupon(&refused(version, 10), Since::Now);
    }
    counts.coupon(&refused(0, 0), Since::Now);
    assert_eq!(violations(&counts, Invariant::VersionsWithoutGap), 2);
    let mut counts = Counts::default();
    counts.order(&order(3, OrderState::Paid, Some(9), paid()), Since::Now);
    assert_eq!(violations(&counts, Invariant::VersionsWithoutGap), 0, "it may have ended before, and be known no more");
    counts.order(&order(5, OrderState::Paid, Some(9), paid()), Since::Now);
    assert_eq!(violations(&counts, Invariant::VersionsWithoutGap), 1);
}

#[test]
fn an_order_that_nothing_moves_is_a_violation() {
    let mut counts = Counts::default();
    counts.order(&order(1, OrderState::AwaitingPayment, None, OrderFact::StepsAnswered), Since::Now);
    assert_eq!(violations(&counts, Invariant::OrderHasDeadlineOrEnd), 1);
}

#[test]
fn open_orders_are_overdue_five_seconds_after_their_deadline() {
    let mut counts = Counts::default();
    counts.order(&order(1, OrderState::AwaitingPayment, Some(10_000), OrderFact::StepsAnswered), Since::Now);
    let at = |ms| counts.open_and_overdue(Timestamp::from_millis(ms))["awaiting_payment"];
    assert_eq!((at(15_000), at(15_001)), ((1, 0), (1, 1)));
    assert_eq!(counts.open_and_overdue(Timestamp::from_millis(0))["paid"], (0, 0), "every open state is there");
    counts.order(&order(2, OrderState::Expired, None, OrderFact::OrderExpired), Since::Now);
    assert_eq!(counts.ended[&("expired", "")], 1);
    assert!(counts.orders.is_empty());
    counts.order(&order(3, OrderState::Expired, None, OrderFact::StepsAnswered), Since::Now);
    assert_eq!(counts.ended[&("expired", "")], 1, "an order ends once");
}
