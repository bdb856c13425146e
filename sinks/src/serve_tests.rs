//! All of it on real services: a topic of the test's own, two groups, Postgres and Redis; both are lost in the middle.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use projections::RedisKeys;
use prometheus::Registry;
use streams::emitter::Emitter;
use streams::kafka::testing::cluster;
use streams::kafka::{Admin, EmitterConfig, Feed, FeedConfig, KafkaEmitter, TopicToCreate};
use streams::record::{Outgoing, Record};
use streams::service::{Health, shutdown};

use crate::config::Config;
use crate::monitor::Metrics;
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::stream::Stream;
use crate::test_support::{PrivateRedis, Shop, database, expected, rows_in_postgres, rows_in_redis};
use crate::worker::{self, Pace};

const PARTITIONS: i32 = 2;

/// Appends the records in order; answers them as the log has them, with the offsets they were given.
async fn append(emitter: &KafkaEmitter, topic: &Arc<str>, records: Vec<Record>) -> Vec<Record> {
    let mut deliveries = Vec::new();
    for record in records {
        let outgoing = Outgoing {
            topic: topic.clone(),
            partition: Some(record.partition),
            key: record.key.clone(),
            value: record.value.clone(),
            headers: record.headers.clone(),
        };
        deliveries.push((record, emitter.emit(outgoing).unwrap()));
    }
    let mut placed = Vec::new();
    for (record, delivery) in deliveries {
        placed.push(Record { offset: delivery.await.unwrap().offset, ..record });
    }
    placed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_projections_survive_being_lost_while_the_log_grows() {
    let (Some(cluster), Some(database), Some(redis)) = (cluster(), database().await, PrivateRedis::start()) else {
        return;
    };
    let name: &'static str = format!("test-sinks-{:016x}", fastrand::u64(..)).leak();
    let topic: Arc<str> = Arc::from(name);
    let admin = Admin::new(&cluster).unwrap();
    let new = TopicToCreate { name: name.into(), partitions: PARTITIONS, replication: 1, config: BTreeMap::new() };
    admin.create(&new).unwrap();
    let emitter = KafkaEmitter::without_metrics(&cluster, EmitterConfig::default()).unwrap();

    let (handle, signal) = shutdown();
    let health = Health::default();
    let metrics = Metrics::register(&Registry::new()).unwrap();
    let pace = Pace::of(&Config::default());
    let feed = |group: &str| {
        let (cluster, group) = (cluster.clone(), format!("{name}-{group}"));
        move || Feed::of_group(&cluster, &group, "0", name, FeedConfig::default())
    };
    let postgres = Postgres::new(&database.url, name).unwrap();
    let keys = RedisKeys::default();
    let shares = (0..PARTITIONS).map(|partition| RedisKeys::partition_field(name, partition)).collect();
    let cache = Redis::new(&redis.url(), keys.clone(), name, shares, metrics.epoch("redis")).unwrap();
    let monitor = |sink| metrics.of(sink, Stream::Coupons, health.clone());
    let monitors = (monitor("postgres"), monitor("redis"));
    let tasks = [
        tokio::spawn(worker::run(postgres, feed("postgres"), pace, monitors.0, signal.clone())),
        tokio::spawn(worker::run(cache, feed("redis"), pace, monitors.1, signal)),
    ];

    let mut shops: Vec<Shop> = (0..PARTITIONS).map(|partition| Shop::new(31, partition)).collect();
    let mut log = Vec::new();
    for round in 0..6 {
        for shop in &mut shops {
            log.extend(append(&emitter, &topic, shop.records(300)).await);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        if round == 2 {
            redis.command(&["FLUSHALL"]);
            database.drop_now().await;
        }
    }
    let wanted = expected(&log);
    let began = Instant::now();
    loop {
        let rows = match database.try_connect().await {
            Ok(mut connection) => {
                match sqlx::query("select from coupons, requests, campaigns limit 1").execute(&mut connection).await {
                    Ok(_) => Some(rows_in_postgres(&mut connection).await),
                    Err(_) => None,
                }
            }
            Err(_) => None,
        };
        if rows.as_ref() == Some(&wanted) && rows_in_redis(&redis.url(), &keys).as_ref() == Some(&wanted) {
            break;
        }
        assert!(began.elapsed() < Duration::from_mins(3), "the projections do not become equal: {:?}", health.parts());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    handle.request();
    for task in tasks {
        tokio::time::timeout(Duration::from_mins(1), task).await.unwrap().unwrap();
    }
    database.drop_now().await;
}
