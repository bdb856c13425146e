//! Every scenario, against a stage that keeps the HTTP contract: each shopper ends where the scenario leads, nothing is left unknown
//! when answers are lost, and the client log says what was decided.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use audit::client_log::{Answered, Entry, Subject, read};
use events::coupons::Discount;
use events::ids::{CampaignId, CouponId, RequestId};
use events::money::Money;
use events::time::Timestamp;
use web::jwt::TokenIssuer;

use super::scenario::Scenario;
use super::shopper_fixture::{Manner, SECRET, ShopperFixture};
use super::{Appetite, Began, LiveOrders, OrderLoad, Orders, PlannedOrder, Product, Wanted, catalogue, demand, open};

const COUNT: u32 = 300;

struct Played {
    orders: Orders,
    client_log: Vec<Entry>,
    stage: Arc<Mutex<ShopperFixture>>,
    catalogue: Vec<Product>,
    planned: Vec<PlannedOrder>,
}

/// Plays a load of every scenario on a stage.
fn play(manner: Manner, give_up_after: Duration) -> Played {
    let coupons: Vec<Option<CouponId>> =
        (0..COUNT).map(|n| (n % 2 == 0).then(|| RequestId::of("s", "r", &n.to_string()).coupon())).collect();
    let appetite =
        Appetite { wanted: Wanted::Count(COUNT), per_second: 1_000.0, duplicates: 0.2, scenario: None, seed: 3 };
    let mut planned = appetite.planned(&coupons);
    for (planned, scenario) in planned.iter_mut().zip(Scenario::all().into_iter().cycle()) {
        planned.scenario = scenario;
        planned.thinks = Duration::from_millis(1);
        for (_, quantity) in &mut planned.lines {
            *quantity = (*quantity).max(2);
        }
    }
    let now = Timestamp::from_millis(1_790_000_000_000);
    let catalogue = catalogue("sale-1", &demand(&planned), now).unwrap();
    let articles = catalogue.iter().map(|of| (of.sku.to_string(), of.price.minor(), i64::from(of.stock))).collect();
    let (address, stage) = ShopperFixture::open(articles, 1_000, manner);
    let load = OrderLoad {
        ingress: address,
        provider: address,
        campaign: CampaignId::new("sale-1").unwrap(),
        discount: Discount::Fixed { amount: Money::new(5_000) },
        catalogue: catalogue.clone(),
        planned: planned.clone(),
        issuer: Arc::new(TokenIssuer::new(SECRET)),
        connections: 64,
        give_up_after,
    };
    let began = Began { sale: Instant::now(), load: Instant::now() };
    let live = Arc::new(LiveOrders::default());
    let (orders, text) = open(load, Vec::new(), Arc::clone(&live), began).unwrap();
    assert_eq!(live.done.load(std::sync::atomic::Ordering::Relaxed), u64::from(COUNT));
    let mut client_log = Vec::new();
    read(text.as_slice(), |entry| client_log.push(entry)).unwrap();
    Played { orders, client_log, stage, catalogue, planned }
}

/// What is answered is what was decided, and everything that was decided is answered.
fn judge_client_log(played: &Played) {
    let stage = played.stage.lock().unwrap();
    let mut answered = BTreeMap::new();
    for entry in &played.client_log {
        let (status, answer) = &stage.decided[&entry.request];
        match &entry.answered {
            Answered::Applied { order, seen } => {
                assert!(matches!(status, 200 | 201), "{entry:?}: {answer}");
                assert_eq!(answer["order"], order.as_str());
                if let Some(seen) = seen {
                    assert_eq!(answer["version"], seen.version);
                    assert_eq!(answer["state"], seen.state.name());
                }
            }
            Answered::OrderRefused { code } => assert_eq!(answer["code"], code.as_str()),
            other => panic!("{entry:?} was answered {other:?}"),
        }
        answered.insert(entry.request, ());
    }
    assert_eq!(answered.len(), stage.decided.len(), "every request that was decided is in the client log");
    let placements = played.client_log.iter().filter(|entry| matches!(entry.subject, Subject::Placement(_))).count();
    let repeats: usize = played.planned.iter().filter(|planned| planned.sends == 2).count();
    assert_eq!(placements, COUNT as usize + repeats);
    assert!(played.client_log.iter().all(|entry| entry.scenario.is_some()));
}

#[test]
fn every_course_ends_where_it_leads() {
    let played = play(Manner::Well, Duration::from_secs(20));
    let orders = &played.orders;
    assert_eq!(orders.surprises, BTreeMap::new());
    assert_eq!((orders.sent, orders.unknown, orders.turned_away), (u64::from(COUNT), 0, 0));
    assert_eq!(orders.placed + orders.rejected, orders.sent);
    assert!(orders.refusals["INSUFFICIENT_STOCK"] > 5, "the scarce article runs out: {orders:?}");
    for code in ["PRICE_CHANGED", "PAYMENT_DECLINED", "AMOUNT_MISMATCH", "ALREADY_SHIPPED", "NOT_AWAITING_PAYMENT"] {
        assert!(orders.refusals.contains_key(code), "{code}: {orders:?}");
    }
    let stage = played.stage.lock().unwrap();
    let in_state = |state| stage.orders.values().filter(|order| order.state == state).count() as u64;
    assert_eq!(orders.placed, stage.orders.len() as u64);
    assert_eq!((orders.expired, orders.refunded), (in_state("expired"), in_state("refunded")));
    assert_eq!(orders.cancelled, in_state("cancelled"));
    assert_eq!(in_state("awaiting_payment"), 0, "whoever does not pay waits until the order is gone");
    let paid = stage.orders.values().filter(|order| order.paid == order.due).count() as u64;
    assert_eq!(orders.paid, paid);
    let partly = stage.orders.values().filter(|order| order.refunded > 0 && order.refunded < order.paid).count();
    assert_eq!(orders.refunded_partly, partly as u64);
    assert!(stage.left(played.catalogue[0].sku.as_str()) < i64::from(played.catalogue[0].stock) / 2);
    drop(stage);
    assert!(orders.place_to_decision_ms.p50 > 0.0 && orders.pay_to_decision_ms.p50 > 0.0);
    judge_client_log(&played);
}

#[test]
fn lost_and_late_answers_are_pursued_until_they_are_known() {
    let played = play(Manner::Badly, Duration::from_secs(20));
    assert_eq!(played.orders.unknown, 0);
    assert!(played.orders.retries > 20, "{:?}", played.orders);
    assert!(played.client_log.iter().any(|entry| matches!(entry.answered, Answered::Applied { seen: None, .. })));
    judge_client_log(&played);
}

#[test]
fn a_shop_that_is_closed_is_given_up_after_the_shoppers_deadline() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let appetite = Appetite { wanted: Wanted::Count(5), per_second: 1_000.0, duplicates: 0.0, scenario: None, seed: 1 };
    let planned = appetite.planned(&[None; 5]);
    let catalogue = catalogue("sale-1", &demand(&planned), Timestamp::from_millis(1)).unwrap();
    let load = OrderLoad {
        ingress: address,
        provider: address,
        campaign: CampaignId::new("sale-1").unwrap(),
        discount: Discount::Fixed { amount: Money::new(5_000) },
        catalogue,
        planned,
        issuer: Arc::new(TokenIssuer::new(SECRET)),
        connections: 2,
        give_up_after: Duration::from_millis(200),
    };
    let began = Began { sale: Instant::now(), load: Instant::now() };
    let (orders, client_log) = open(load, Vec::new(), Arc::default(), began).unwrap();
    assert_eq!((orders.sent, orders.unknown, orders.placed), (5, 5, 0));
    let mut entries = 0;
    read(client_log.as_slice(), |entry| {
        assert!(matches!(entry.answered, Answered::Unknown { .. }));
        entries += 1;
    })
    .unwrap();
    assert_eq!(entries, 5);
}
