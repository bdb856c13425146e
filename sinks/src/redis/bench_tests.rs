//! How fast a lost Redis comes back: keys per second through `apply`. Run by hand as the Postgres measurement.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "a measurement is printed, and a run that cannot go on should fail"
)]

use std::time::Instant;

use projections::RedisKeys;
use prometheus::Registry;

use super::Redis;
use crate::destination::Destination;
use crate::monitor::Metrics;
use crate::stream::Stream;
use crate::test_support::{PrivateRedis, Shop, batch};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn bench_redis_rebuild() {
    let Some(redis) = PrivateRedis::start() else { return };
    for (partition, size, records) in [(0, 1, 20_000), (1, 200, 100_000), (2, 2_000, 200_000)] {
        let records = Shop::new(1, partition).records(records);
        let gauge = Metrics::register(&Registry::new()).unwrap().epoch("redis");
        let mut sink =
            Redis::new(&redis.url(), RedisKeys::default(), Stream::Coupons.topic(), Vec::new(), gauge).unwrap();
        sink.open().await.unwrap();
        sink.claim(partition).await.unwrap();
        let batches: Vec<_> = records
            .chunks(size)
            .scan(None, |position, chunk| {
                let batch = batch(*position, chunk);
                *position = Some(batch.next);
                Some(batch)
            })
            .collect();
        let began = Instant::now();
        let mut rows = 0;
        for batch in &batches {
            rows += sink.apply(batch).await.unwrap().rows;
        }
        let seconds = began.elapsed().as_secs_f64();
        eprintln!(
            "redis: {size:>5} records a batch: {:>8.0} records/s, {:>8.0} keys/s",
            records.len() as f64 / seconds,
            rows as f64 / seconds
        );
    }
}
