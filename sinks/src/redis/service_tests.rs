//! On a real Redis: equal to a fold of the log, whatever is lost in between, and readers are never told too early.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on should fail")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use events::coupons::{CouponEvent, CouponFact, Refusal, StockCount};
use events::ids::{CampaignId, RequestId, ShopperId};
use events::projections::{CouponRow, RedisKeys};
use events::time::Timestamp;
use prometheus::Registry;
use redis::Commands;
use streams::record::Record;
use streams::service::{Health, shutdown};
use tokio::task::JoinHandle;

use super::Redis;
use crate::destination::{Applied, Destination, Trouble};
use crate::monitor::Metrics;
use crate::test_support::{
    Log, LogInlet, PrivateRedis, Shop, batch, expected, own_prefix, record, redis_url, rows_in_redis,
};
use crate::worker::{self, Pace};

fn sink(url: &str, keys: &RedisKeys, partitions: i32) -> Redis {
    let gauge = Metrics::register(&Registry::new()).unwrap().epoch("redis");
    Redis::new(url, keys.clone(), partitions, gauge).unwrap()
}

/// Removes what a test left in a shared Redis.
fn tidy(url: &str, keys: &RedisKeys) {
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let mut left: Vec<String> =
        connection.scan_match(format!("{}:*", keys.prefix())).unwrap().map(Result::unwrap).collect();
    left.push(keys.epoch());
    let _: i64 = connection.del(left).unwrap();
}

/// A worker on a log; stopped by its handle.
fn start(url: &str, log: &Log, partitions: &[i32]) -> (streams::service::ShutdownHandle, JoinHandle<()>) {
    let (handle, signal) = shutdown();
    let monitor = Metrics::register(&Registry::new()).unwrap().of("redis", Health::default());
    let pace = Pace { records: 200, linger: Duration::from_millis(3) };
    let (log, assigned) = (log.clone(), partitions.to_vec());
    let destination = sink(url, &RedisKeys::default(), i32::try_from(partitions.len()).unwrap());
    let inlet = move || Ok(LogInlet::new(&log, &assigned, 50));
    (handle, tokio::spawn(worker::run(destination, inlet, pace, monitor, signal)))
}

async fn until_equal(url: &str, log: &Log) {
    let wanted = expected(&log.all());
    let began = Instant::now();
    while rows_in_redis(url, &RedisKeys::default()).as_ref() != Some(&wanted) {
        assert!(began.elapsed() < Duration::from_secs(30), "redis does not become equal to the log");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rewinds_by_random_amounts_change_nothing() {
    let Some(url) = redis_url() else { return };
    let keys = RedisKeys::new(&own_prefix());
    let records = Shop::new(21, 0).records(1_500);
    let mut random = fastrand::Rng::with_seed(21);
    let mut sink = sink(&url, &keys, 1);
    sink.open().await.unwrap();
    assert_eq!(sink.claim(0).await, Ok(None));
    sink.apply(&batch(None, &records)).await.unwrap();
    assert_eq!(rows_in_redis(&url, &keys), None, "readers are not told before the end was reached");
    sink.caught_up(0).await.unwrap();
    let wanted = Some(expected(&records));
    assert_eq!(rows_in_redis(&url, &keys), wanted);
    let mut connection = redis::Client::open(url.as_str()).unwrap().get_connection().unwrap();
    for _ in 0..10 {
        let back = random.usize(0..records.len());
        let to = records[back].offset;
        let _: i64 = connection.hset(keys.positions(sink.epoch.as_ref().unwrap()), 0, to).unwrap();
        let stray = sink.apply(&batch(Some(to + 1_000_000), &records[back..])).await;
        assert!(matches!(stray, Err(Trouble::Lost(_))), "{stray:?}");
        assert_eq!(sink.claim(0).await, Ok(Some(to)));
        let applied = sink.apply(&batch(Some(to), &records[back..])).await.unwrap();
        assert_eq!(applied.rows, 0, "nothing is new the second time");
        assert_eq!(rows_in_redis(&url, &keys), wanted);
    }
    tidy(&url, &keys);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_redis_is_noticed_and_rebuilt() {
    let Some(redis) = PrivateRedis::start() else { return };
    let log = Log::default();
    let (mut first, mut second) = (Shop::new(22, 0), Shop::new(22, 1));
    let (handle, task) = start(&redis.url(), &log, &[0, 1]);
    for _ in 0..6 {
        log.append(first.records(300));
        log.append(second.records(200));
        tokio::time::sleep(Duration::from_millis(15)).await;
        redis.command(&["FLUSHALL"]);
    }
    until_equal(&redis.url(), &log).await;
    // Also when nothing is being written.
    redis.command(&["FLUSHALL"]);
    assert_eq!(rows_in_redis(&redis.url(), &RedisKeys::default()), None);
    until_equal(&redis.url(), &log).await;
    handle.request();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_is_rebuilt_and_what_an_earlier_epoch_left_is_swept() {
    let Some(mut redis) = PrivateRedis::start() else { return };
    let log = Log::default();
    let mut shop = Shop::new(23, 0);
    let (handle, task) = start(&redis.url(), &log, &[0]);
    for _ in 0..3 {
        log.append(shop.records(300));
        tokio::time::sleep(Duration::from_millis(100)).await;
        redis.kill();
        log.append(shop.records(100));
        redis.launch();
    }
    redis.command(&["SET", "ts:1000000000000x000000:request:{old}", "left over"]);
    redis.command(&["SET", "unrelated:key:of:others", "stays"]);
    until_equal(&redis.url(), &log).await;
    let began = Instant::now();
    while redis.command(&["EXISTS", "ts:1000000000000x000000:request:{old}"]) != redis::Value::Int(0) {
        assert!(began.elapsed() < Duration::from_secs(10), "the earlier epoch is not swept");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(redis.command(&["EXISTS", "unrelated:key:of:others"]), redis::Value::Int(1));
    handle.request();
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_snapshot_is_caught_up_before_readers_trust_it() {
    let Some(mut redis) = PrivateRedis::start() else { return };
    let keys = RedisKeys::default();
    let records = Shop::new(24, 0).records(400);
    let mut sink = sink(&redis.url(), &keys, 1);
    sink.open().await.unwrap();
    let early = batch(None, &records[..200]);
    sink.claim(0).await.unwrap();
    sink.apply(&early).await.unwrap();
    sink.caught_up(0).await.unwrap();
    redis.command(&["SAVE"]);
    let late = batch(Some(early.next), &records[200..]);
    sink.apply(&late).await.unwrap();
    redis.kill();
    redis.launch();
    assert!(matches!(sink.check().await, Err(Trouble::Wait(_))), "the connection is gone");
    assert!(matches!(sink.check().await, Err(Trouble::Lost(_))), "it is another run of the server");
    sink.open().await.unwrap();
    assert_eq!(rows_in_redis(&redis.url(), &keys), None, "readers are told not to trust what is older than it was");
    assert_eq!(sink.claim(0).await, Ok(Some(early.next)), "positions went back with what they count");
    sink.apply(&late).await.unwrap();
    sink.caught_up(0).await.unwrap();
    assert_eq!(rows_in_redis(&redis.url(), &keys), Some(expected(&records)));
}

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
    let mut sink = sink(&url, &keys, 1);
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
    let mut sink = sink(url, &keys, 1);
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
