//! On a real Redis: what must not come back, because it has expired or because something newer is there.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on should fail")]

use std::time::{SystemTime, UNIX_EPOCH};

use events::coupons::{CouponEvent, CouponFact, Refusal, StockCount};
use events::ids::{CampaignId, RequestId, ShopperId, Sku};
use events::money::Money;
use events::orders::{Confirmer, OrderAmounts, OrderEvent, OrderFact, OrderState};
use events::prices::{BestPrice, Winner};
use events::time::Timestamp;
use projections::{CouponRow, RedisKeys};
use streams::record::Record;

use super::service_tests::{sink, tidy};
use crate::destination::{Applied, Destination};
use crate::stream::Stream;
use crate::test_support::{PrivateRedis, batch, own_prefix, record, record_of, redis_url, rows_in_redis};

fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    Timestamp::from_millis(i64::try_from(now).unwrap())
}

fn event(at: Timestamp, fact: CouponFact) -> CouponEvent {
    CouponEvent { campaign: CampaignId::new("sale").unwrap(), version: 0, at, stock: StockCount::default(), fact }
}

fn grant(request: RequestId, at: Timestamp, expires_at: Timestamp) -> CouponEvent {
    let shopper = ShopperId::new("kim").unwrap();
    event(at, CouponFact::CouponGranted { request, coupon: request.coupon(), shopper, expires_at })
}

fn one(offset: i64, event: &CouponEvent) -> Record {
    record(0, offset, event)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_expired_is_not_resurrected_by_a_late_replay() {
    let Some(url) = redis_url() else { return };
    let keys = RedisKeys::new(&own_prefix());
    let mut sink = sink(&url, &keys, Stream::Coupons, 1);
    sink.open().await.unwrap();
    sink.claim(0).await.unwrap();
    let day = 86_400_000;
    let long_ago = now().plus_millis(-30 * day);
    let (old, lost, fresh) =
        (RequestId::from_bytes([1; 16]), RequestId::from_bytes([2; 16]), RequestId::from_bytes([3; 16]));
    let shopper = ShopperId::new("kim").unwrap();
    let records = [
        // Expired and forgotten, and what happened to it later.
        one(0, &grant(old, long_ago, long_ago.plus_millis(day))),
        one(1, &event(long_ago, CouponFact::CouponExpired { coupon: old.coupon(), shopper: shopper.clone() })),
        // Its grant is not in the log any more.
        one(2, &event(now(), CouponFact::CouponExpired { coupon: lost.coupon(), shopper: shopper.clone() })),
        one(3, &grant(fresh, now(), now().plus_millis(day))),
        one(4, &event(long_ago, CouponFact::ClaimRefused { request: lost, shopper, reason: Refusal::SoldOut })),
    ];
    sink.apply(&batch(None, &records)).await.unwrap();
    sink.caught_up(0).await.unwrap();
    let rows = rows_in_redis(&url, &keys).unwrap();
    assert_eq!(rows.coupons.keys().copied().collect::<Vec<_>>(), [fresh.coupon()]);
    assert_eq!(rows.requests.keys().copied().collect::<Vec<_>>(), [fresh]);
    let mut connection = redis::Client::open(url.as_str()).unwrap().get_connection().unwrap();
    let epoch = sink.epoch.clone().unwrap();
    for (key, least) in
        [(keys.coupons(&epoch, &ShopperId::new("kim").unwrap()), 7 * day), (keys.request(&epoch, &fresh), 0)]
    {
        let left: i64 = redis::cmd("PTTL").arg(&key).query(&mut connection).unwrap();
        assert!(left > least && left < least + 2 * day, "{key} leaves in {left} ms");
    }
    tidy(&url, &keys);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_ended_long_ago_is_not_shown_as_it_was_before() {
    let Some(url) = redis_url() else { return };
    let keys = RedisKeys::new(&own_prefix());
    let mut sink = sink(&url, &keys, Stream::Orders, 1);
    sink.open().await.unwrap();
    sink.claim(0).await.unwrap();
    let day = 86_400_000;
    let long_ago = now().plus_millis(-30 * day);
    let request = RequestId::from_bytes([4; 16]);
    let shipped = OrderEvent {
        order: request.order(),
        version: 1,
        at: long_ago,
        shopper: Some(ShopperId::new("kim").unwrap()),
        state: Some(OrderState::Shipped),
        amounts: OrderAmounts::default(),
        awaited: 0,
        deadline: Some(long_ago.plus_millis(28 * day)),
        fact: OrderFact::OrderShipped { request },
    };
    let confirmed = OrderEvent {
        version: 2,
        state: Some(OrderState::PurchaseConfirmed),
        deadline: None,
        fact: OrderFact::PurchaseConfirmed { request: None, by: Confirmer::Time },
        ..shipped.clone()
    };
    let record = |offset, event: &OrderEvent| record_of(Stream::Orders, 0, offset, event.at, event);
    let (first, second) = (batch(None, &[record(0, &shipped)]), batch(Some(1), &[record(1, &confirmed)]));
    sink.apply(&first).await.unwrap();
    sink.caught_up(0).await.unwrap();
    assert_eq!(rows_in_redis(&url, &keys).unwrap().orders.len(), 1, "its deadline was two days ago");
    sink.apply(&second).await.unwrap();
    assert_eq!(rows_in_redis(&url, &keys).unwrap().orders.len(), 0);
    tidy(&url, &keys);
}

/// A best price leaves at its very instant, and neither an older one nor one whose time is over comes in its place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_best_price_leaves_at_the_instant_at_which_it_may_no_longer_be_shown() {
    let Some(url) = redis_url() else { return };
    let keys = RedisKeys::new(&own_prefix());
    let mut sink = sink(&url, &keys, Stream::Prices, 1);
    sink.open().await.unwrap();
    sink.claim(0).await.unwrap();
    sink.caught_up(0).await.unwrap();
    let sku = Sku::new("tea").unwrap();
    let best = |version, price, valid_until| BestPrice {
        sku: sku.clone(),
        version,
        at: now(),
        price: Money::new(price),
        by: Winner::Own,
        own: Money::new(price),
        list_price: Money::new(1_000),
        on_sale: true,
        offers: 0,
        valid_until,
    };
    let shown = || rows_in_redis(&url, &keys).unwrap().prices.into_values().next().map(|row| row.best.price.minor());
    let mut connection = redis::Client::open(url.as_str()).unwrap().get_connection().unwrap();
    let key = keys.price(&sink.epoch.clone().unwrap(), &sku);
    let mut leaves = || redis::cmd("PEXPIRETIME").arg(&key).query::<i64>(&mut connection).unwrap();
    let soon = now().plus_millis(2_500);
    let mut expected = None;
    // (version, price, until when, what is shown then, when it leaves: -1 is never, -2 is gone)
    let table = [
        (2, 900, Some(soon), Some(900), soon.as_millis()),
        (1, 800, None, Some(900), soon.as_millis()),
        (3, 700, None, Some(700), -1),
        (2, 900, Some(soon), Some(700), -1),
        (4, 600, Some(now().plus_millis(-1)), None, -2),
        (5, 500, Some(soon), Some(500), soon.as_millis()),
    ];
    for (offset, (version, price, until, then, at)) in (0_i64..).zip(table) {
        let record = record_of(Stream::Prices, 0, offset, now(), &best(version, price, until));
        let one = batch(expected, &[record]);
        sink.apply(&one).await.unwrap();
        expected = Some(one.next);
        assert_eq!((shown(), leaves()), (then, at), "after version {version}");
    }
    while now() < soon {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!((shown(), leaves()), (None, -2), "it has left by itself");
    tidy(&url, &keys);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_beyond_two_to_the_53_are_told_apart() {
    let Some(url) = redis_url() else { return };
    assert_eq!(giant_versions(&url, |library| library).await, Ok(()));
}

/// The test of the test above: with numbers instead of texts it must fail. On a Redis of its own, since functions are shared.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_versions_as_numbers_the_test_fails() {
    let Some(redis) = PrivateRedis::start() else { return };
    let seeded = |library: String| {
        let bug = library.replace("return #a > #b", "return tonumber(a) > tonumber(b)");
        let bug = bug.replace("return a > b", "return tonumber(a) > tonumber(b)");
        assert_ne!(bug, library);
        bug
    };
    assert!(giant_versions(&redis.url(), seeded).await.is_err(), "the seeded bug was not caught");
}

async fn giant_versions(url: &str, seed: impl Fn(String) -> String) -> Result<(), String> {
    const GIANT: i64 = 9_007_199_254_740_992; // 2^53
    let keys = RedisKeys::new(&own_prefix());
    let mut sink = sink(url, &keys, Stream::Coupons, 1);
    sink.library = seed(sink.library);
    sink.open().await.unwrap();
    sink.claim(0).await.unwrap();
    let request = RequestId::from_bytes([9; 16]);
    let shopper = ShopperId::new("kim").unwrap();
    let first = batch(None, &[one(GIANT, &grant(request, now(), now().plus_millis(60_000)))]);
    sink.apply(&first).await.unwrap();
    let gone = CouponFact::CouponExpired { coupon: request.coupon(), shopper };
    let second = batch(Some(first.next), &[one(GIANT + 1, &event(now(), gone))]);
    let applied = sink.apply(&second).await.unwrap();
    sink.caught_up(0).await.unwrap();
    let rows = rows_in_redis(url, &keys).unwrap();
    tidy(url, &keys);
    let offset = rows.coupons.values().next().map(|row: &CouponRow| row.source.offset);
    if applied != (Applied { rows: 1, stale: 0, dead: 0 }) || offset != Some(GIANT + 1) {
        return Err(format!("{applied:?}, the coupon's fact stands at {offset:?}"));
    }
    Ok(())
}
