//! What batches are worth: rows per second through `apply`, beside one upsert per record. Run by hand:
//! `cargo test --release -p sinks bench -- --ignored --nocapture --test-threads 1`
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "a measurement is printed, and a run that cannot go on should fail"
)]

use std::time::Instant;

use super::Postgres;
use crate::destination::Destination;
use crate::test_support::{Shop, batch, database};

#[tokio::test]
#[ignore = "a measurement"]
async fn bench_postgres_batches_beside_single_rows() {
    let Some(database) = database().await else { return };
    for (partition, size, records) in [(0, 1, 3_000), (1, 50, 40_000), (2, 500, 100_000), (3, 2_000, 200_000)] {
        let records = Shop::new(1, partition).records(records);
        let mut sink = Postgres::new(&database.url, "coupons.events").unwrap();
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
            "postgres: {size:>5} records a batch: {:>8.0} records/s, {:>8.0} rows/s",
            records.len() as f64 / seconds,
            rows as f64 / seconds
        );
    }
    database.drop_now().await;
}
