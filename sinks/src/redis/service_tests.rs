//! On a real Redis: equal to a fold of the log, whatever is lost in between, and readers never trust it too early.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on should fail")]

use std::time::{Duration, Instant};

use projections::{Epoch, RedisKeys};
use prometheus::Registry;
use redis::Commands;
use streams::record::Record;
use streams::service::{Health, shutdown};
use tokio::task::JoinHandle;

use super::Redis;
use crate::destination::{Destination, SinkError};
use crate::monitor::Metrics;
use crate::stream::Stream;
use crate::test_support::{
    Market, MemoryFeed, MemoryLog, PrivateRedis, Shop, Tags, batch, expected, expected_in_redis, own_prefix, records,
    redis_url, rows_in_redis,
};
use crate::worker::{self, Pace};

/// A sink of one topic that is the only one.
pub(super) fn sink(url: &str, keys: &RedisKeys, stream: Stream, partitions: i32) -> Redis {
    sink_among(url, keys, stream, &shares(&[stream], partitions))
}

/// A sink of one topic among others.
fn sink_among(url: &str, keys: &RedisKeys, stream: Stream, shares: &[String]) -> Redis {
    let gauge = Metrics::register(&Registry::new()).unwrap().epoch("redis");
    Redis::new(url, keys.clone(), stream.topic(), shares.to_vec(), gauge).unwrap()
}

fn shares(streams: &[Stream], partitions: i32) -> Vec<String> {
    let of = |stream: &Stream| {
        let topic = stream.topic();
        (0..partitions).map(move |partition| RedisKeys::partition_field(topic, partition))
    };
    streams.iter().flat_map(of).collect()
}

/// Removes what a test left in a shared Redis.
pub(super) fn tidy(url: &str, keys: &RedisKeys) {
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let mut left: Vec<String> =
        connection.scan_match(format!("{}:*", keys.prefix())).unwrap().map(Result::unwrap).collect();
    left.push(keys.epoch());
    let _: i64 = connection.del(left).unwrap();
}

/// A worker on each topic's log, stopped together.
struct Workers {
    handle: streams::service::ShutdownHandle,
    tasks: Vec<JoinHandle<()>>,
}

impl Workers {
    fn start(url: &str, logs: &[(Stream, MemoryLog)], partitions: i32) -> Self {
        let (handle, signal) = shutdown();
        let pace = Pace { records: 200, linger: Duration::from_millis(3) };
        let streams: Vec<Stream> = logs.iter().map(|(stream, _)| *stream).collect();
        let all = shares(&streams, partitions);
        let start = |(stream, log): &(Stream, MemoryLog)| {
            let monitor = Metrics::register(&Registry::new()).unwrap().of("redis", *stream, Health::default());
            let destination = sink_among(url, &RedisKeys::default(), *stream, &all);
            let (log, assigned) = (log.clone(), (0..partitions).collect::<Vec<_>>());
            let feed = move || Ok(MemoryFeed::of_group(&log, &assigned, 50));
            tokio::spawn(worker::run(destination, feed, pace, monitor, signal.clone()))
        };
        let tasks = logs.iter().map(start).collect();
        Self { handle, tasks }
    }

    async fn stop(self) {
        self.handle.request();
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

async fn until_equal(url: &str, logs: &[(Stream, MemoryLog)]) {
    let all: Vec<Record> = logs.iter().flat_map(|(_, log)| log.all()).collect();
    let wanted = expected_in_redis(&all);
    let began = Instant::now();
    while rows_in_redis(url, &RedisKeys::default()).as_ref() != Some(&wanted) {
        assert!(began.elapsed() < Duration::from_mins(2), "redis does not become equal to the log");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// A log for every topic that Redis holds, and who writes it.
fn markets(seed: u64) -> (Vec<(Stream, MemoryLog)>, Shop, Market, Market) {
    let logs = Stream::IN_REDIS.into_iter().map(|stream| (stream, MemoryLog::default())).collect();
    (logs, Shop::new(seed, 0), Market::new(Stream::Inventory, seed, 0), Market::new(Stream::Orders, seed, 0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rewinds_by_random_amounts_change_nothing() {
    let Some(url) = redis_url() else { return };
    for stream in Stream::IN_REDIS {
        let keys = RedisKeys::new(&own_prefix());
        let records = records(stream, 21, 0, 1_500);
        let mut random = fastrand::Rng::with_seed(21);
        let mut sink = sink(&url, &keys, stream, 1);
        sink.open().await.unwrap();
        assert_eq!(sink.claim(0).await, Ok(None));
        sink.apply(&batch(None, &records)).await.unwrap();
        assert_eq!(rows_in_redis(&url, &keys), None, "readers do not trust it before the end was reached");
        sink.caught_up(0).await.unwrap();
        let wanted = Some(expected_in_redis(&records));
        assert_eq!(rows_in_redis(&url, &keys), wanted, "{stream:?}");
        let mut connection = redis::Client::open(url.as_str()).unwrap().get_connection().unwrap();
        for _ in 0..10 {
            let back = random.usize(0..records.len());
            let to = records[back].offset;
            let positions = keys.positions(sink.epoch.as_ref().unwrap());
            let _: i64 = connection.hset(positions, RedisKeys::partition_field(stream.topic(), 0), to).unwrap();
            let stray = sink.apply(&batch(Some(to + 1_000_000), &records[back..])).await;
            assert!(matches!(stray, Err(SinkError::Lost(_))), "{stray:?}");
            assert_eq!(sink.claim(0).await, Ok(Some(to)));
            let applied = sink.apply(&batch(Some(to), &records[back..])).await.unwrap();
            assert_eq!(applied.rows, 0, "nothing is new the second time: {stream:?}");
            assert_eq!(rows_in_redis(&url, &keys), wanted, "{stream:?}");
        }
        tidy(&url, &keys);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_redis_is_noticed_and_rebuilt() {
    let Some(redis) = PrivateRedis::start() else { return };
    let (logs, mut shop, mut warehouse, mut orders) = markets(22);
    let (mut second, mut tags) = (Shop::new(22, 1), Tags::new(22, 0));
    let workers = Workers::start(&redis.url(), &logs, 2);
    for _ in 0..6 {
        logs[0].1.append(shop.records(300));
        logs[0].1.append(second.records(200));
        logs[1].1.append(warehouse.records(100));
        logs[2].1.append(orders.records(200));
        logs[3].1.append(tags.records(100));
        tokio::time::sleep(Duration::from_millis(15)).await;
        redis.command(&["FLUSHALL"]);
    }
    until_equal(&redis.url(), &logs).await;
    // Also when nothing is being written.
    redis.command(&["FLUSHALL"]);
    assert_eq!(rows_in_redis(&redis.url(), &RedisKeys::default()), None);
    until_equal(&redis.url(), &logs).await;
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_is_rebuilt_and_what_an_earlier_epoch_left_is_swept() {
    let Some(mut redis) = PrivateRedis::start() else { return };
    let (logs, mut shop, mut warehouse, mut orders) = markets(23);
    let workers = Workers::start(&redis.url(), &logs, 1);
    for _ in 0..3 {
        logs[0].1.append(shop.records(300));
        logs[1].1.append(warehouse.records(50));
        tokio::time::sleep(Duration::from_millis(100)).await;
        redis.kill();
        logs[0].1.append(shop.records(100));
        logs[2].1.append(orders.records(100));
        redis.launch();
    }
    redis.command(&["SET", "ts:1000000000000x000000:request:{old}", "left over"]);
    redis.command(&["SET", "unrelated:key:of:others", "stays"]);
    until_equal(&redis.url(), &logs).await;
    let began = Instant::now();
    while redis.command(&["EXISTS", "ts:1000000000000x000000:request:{old}"]) != redis::Value::Int(0) {
        assert!(began.elapsed() < Duration::from_mins(2), "the earlier epoch is not swept");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(redis.command(&["EXISTS", "unrelated:key:of:others"]), redis::Value::Int(1));
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_snapshot_is_caught_up_by_every_topic_while_the_workers_run() {
    let Some(mut redis) = PrivateRedis::start() else { return };
    let (logs, mut shop, mut warehouse, mut orders) = markets(25);
    let mut tags = Tags::new(25, 0);
    let workers = Workers::start(&redis.url(), &logs, 1);
    for _ in 0..3 {
        logs[0].1.append(shop.records(200));
        logs[2].1.append(orders.records(200));
        logs[3].1.append(tags.records(100));
        until_equal(&redis.url(), &logs).await;
        redis.command(&["SAVE"]);
        // Three of four topics go back with the snapshot; the fourth has nothing to catch up with.
        logs[0].1.append(shop.records(100));
        logs[3].1.append(tags.records(100));
        logs[1].1.append(warehouse.records(100));
        until_equal(&redis.url(), &logs).await;
        redis.kill();
        redis.launch();
        until_equal(&redis.url(), &logs).await;
    }
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_version_thought_whole_is_not_trusted() {
    let Some(url) = redis_url() else { return };
    let keys = RedisKeys::new(&own_prefix());
    let records = Market::new(Stream::Orders, 26, 0).records(50);
    let mut connection = redis::Client::open(url.as_str()).unwrap().get_connection().unwrap();
    let epoch = Epoch::new("1000000000000x000000").unwrap();
    let () = connection.mset(&[(keys.epoch(), epoch.as_str()), (keys.writing(), epoch.as_str())]).unwrap();
    // As it was when there was one topic, and positions were named by partition alone.
    let () = connection.hset_multiple(keys.positions(&epoch), &[("0", "17"), ("caught:0", "1")]).unwrap();
    let mut sink = sink(&url, &keys, Stream::Orders, 1);
    sink.open().await.unwrap();
    assert_eq!(rows_in_redis(&url, &keys), None);
    assert_eq!(sink.claim(0).await, Ok(None));
    sink.apply(&batch(None, &records)).await.unwrap();
    sink.caught_up(0).await.unwrap();
    assert_eq!(rows_in_redis(&url, &keys), Some(expected_in_redis(&records)));
    tidy(&url, &keys);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_trust_redis_when_the_last_topic_is_up_to_date() {
    let Some(url) = redis_url() else { return };
    let keys = RedisKeys::new(&own_prefix());
    let all = shares(&Stream::IN_REDIS, 2);
    let mut left = all.len();
    for stream in Stream::IN_REDIS {
        let mut sink = sink_among(&url, &keys, stream, &all);
        sink.open().await.unwrap();
        for partition in 0..2 {
            assert_eq!(rows_in_redis(&url, &keys), None, "{left} are missing");
            assert_eq!(sink.claim(partition).await, Ok(None));
            sink.caught_up(partition).await.unwrap();
            left -= 1;
        }
    }
    assert_eq!(rows_in_redis(&url, &keys).map(|rows| rows.len()), Some(0));
    tidy(&url, &keys);
}

/// An order that may be forgotten leaves, and no older line stays behind that had longer to live.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_snapshot_is_caught_up_before_readers_trust_it() {
    let Some(mut redis) = PrivateRedis::start() else { return };
    let keys = RedisKeys::default();
    let records = Shop::new(24, 0).records(400);
    let mut sink = sink(&redis.url(), &keys, Stream::Coupons, 1);
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
    assert!(matches!(sink.check().await, Err(SinkError::Wait(_))), "the connection is gone");
    assert!(matches!(sink.check().await, Err(SinkError::Lost(_))), "it is another run of the server");
    sink.open().await.unwrap();
    assert_eq!(rows_in_redis(&redis.url(), &keys), None, "readers do not trust what is older than it was");
    assert_eq!(sink.claim(0).await, Ok(Some(early.next)), "positions went back with what they count");
    sink.apply(&late).await.unwrap();
    sink.caught_up(0).await.unwrap();
    assert_eq!(rows_in_redis(&redis.url(), &keys), Some(expected(&records)));
}
