//! What this room's tests share: a seeded shop that writes a plausible log, and real services of the test's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on should fail; a skipped test says why"
)]

mod books;
mod market;
mod order_rows;
mod rows;
mod services;
mod settlement_rows;
mod shop;
mod tags;

pub(crate) use books::Books;
pub(crate) use market::Market;
pub(crate) use rows::{dump, rows_in_postgres, rows_in_redis};
pub(crate) use services::{Database, PrivateRedis, database, own_prefix, redis_url};
pub(crate) use shop::{Shop, newer_record, record, record_of, undecodable_record};
pub(crate) use streams::simulated::{MemoryFeed, MemoryLog};
pub(crate) use tags::Tags;

use events::time::Timestamp;
use projections::Projection;
use streams::record::Record;

use crate::batch::{Batch, fold, read};
use crate::stream::Stream;

/// The first `count` records of a partition of a topic.
pub(crate) fn records(stream: Stream, seed: u64, partition: i32, count: usize) -> Vec<Record> {
    match stream {
        Stream::Coupons => Shop::new(seed, partition).records(count),
        Stream::Prices => Tags::new(seed, partition).records(count),
        Stream::Settlement => Books::new(seed, partition).records(count),
        _ => Market::new(stream, seed, partition).records(count),
    }
}

/// Which topic a record stands in.
fn stream_of(record: &Record) -> Stream {
    Stream::IN_POSTGRES
        .into_iter()
        .chain(Stream::IN_REDIS)
        .find(|stream| stream.topic() == record.topic.as_ref())
        .unwrap()
}

/// What all the records amount to.
pub(crate) fn expected(records: &[Record]) -> Projection {
    let items: Vec<_> = records.iter().cloned().filter_map(|record| read(stream_of(&record), record).ok()).collect();
    fold(&items)
}

/// What of it Redis holds.
pub(crate) fn expected_in_redis(records: &[Record]) -> Projection {
    let mut rows = expected(records);
    rows.orders.values_mut().for_each(|row| *row = row.without_details());
    (rows.lines, rows.timeline, rows.payments) = Default::default();
    // Redis drops what may no longer be shown.
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let now = Timestamp::from_millis(i64::try_from(now).unwrap());
    rows.prices.retain(|_, row| row.best.is_valid_at(now));
    rows
}

/// Records as a batch that begins where `expected` says.
pub(crate) fn batch(expected: Option<i64>, records: &[Record]) -> Batch {
    let items: Vec<_> = records.iter().cloned().map(|record| read(stream_of(&record), record).unwrap()).collect();
    let last = items.last().unwrap();
    Batch { partition: last.record.partition, expected, next: last.record.offset + 1, items }
}
