//! Reads against the real Redis and Postgres, where the environment names them; else skipped, and it says so.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::sync::Arc;
use std::time::Duration;

use events::ids::{RequestId, ShopperId};
use projections::{Epoch, RedisKeys};
use prometheus::Registry;
use streams::testing::service;

use super::{Reads, Redis};
use crate::metrics::Metrics;

fn redis_url() -> Option<String> {
    service("Redis", "TIMESALE_TEST_REDIS_URL")
}

#[tokio::test]
async fn coupons_are_read_under_the_epoch_that_holds() {
    let Some(url) = redis_url() else { return };
    let redis = Redis::new(&url).unwrap();
    let mut raw = redis::Client::open(url.as_str()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let keys = RedisKeys::default();
    let shopper = ShopperId::new("reader-test").unwrap();
    let coupon = RequestId::derive(&[b"reader-test"]).coupon().to_string();
    for epoch in ["readertest1", "readertest2"] {
        let epoch = Epoch::new(epoch).unwrap();
        let value = format!("7|0|sale-{epoch}|granted||||||||9");
        let () = redis::cmd("HSET")
            .arg(keys.coupons(&epoch, &shopper))
            .arg(&coupon)
            .arg(value)
            .query_async(&mut raw)
            .await
            .unwrap();
        let () = redis::cmd("SET").arg(keys.epoch()).arg(epoch.as_str()).query_async(&mut raw).await.unwrap();
        let rows = redis.coupons(&shopper).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.campaign.to_string()).collect::<Vec<_>>(), [format!("sale-{epoch}")]);
    }
    let () = redis::cmd("DEL").arg(keys.epoch()).query_async(&mut raw).await.unwrap();
    assert!(redis.coupons(&shopper).await.is_err(), "without an epoch nothing is trusted");
}

#[tokio::test]
async fn sources_that_are_gone_are_503_within_their_deadlines() {
    // Ports that nobody listens on: refused at once, or not answered.
    let reads = Reads {
        redis: Some(Redis::new("redis://127.0.0.1:1").unwrap()),
        postgres: Some(Arc::new(
            super::Postgres::new("postgres://127.0.0.1:1/x", 1, Duration::from_millis(300)).unwrap(),
        )),
        shop: None,
        accounts: None,
        redis_deadline: Duration::from_millis(100),
        postgres_deadline: Duration::from_millis(300),
    };
    let metrics = Metrics::new(&Registry::new(), &[]).unwrap();
    let shopper = ShopperId::new("a").unwrap();
    let answer = tokio::time::timeout(Duration::from_mins(1), reads.coupons(&shopper, &metrics)).await;
    assert_eq!(answer.expect("not for ever").unwrap_err().write("id").status(), 503);
}
