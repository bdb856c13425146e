//! What this room's tests share: a seeded shop that writes a plausible log, that log as an inlet, and real services of the test's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on should fail; a skipped test says why"
)]

mod log;
mod rows;
mod services;
mod shop;

pub(crate) use log::{Log, LogInlet};
pub(crate) use rows::{dump, rows_in_postgres, rows_in_redis};
pub(crate) use services::{Database, PrivateRedis, database, own_prefix, redis_url};
pub(crate) use shop::{Shop, newer_record, record, undecodable_record};

use events::projections::Projection;
use streams::record::Record;

use crate::batch::{Batch, fold, read};

/// What all the records amount to.
pub(crate) fn expected(records: &[Record]) -> Projection {
    let items: Vec<_> = records.iter().cloned().filter_map(|record| read(record).ok()).collect();
    fold(&items)
}

/// Records as a batch that begins where `expected` says.
pub(crate) fn batch(expected: Option<i64>, records: &[Record]) -> Batch {
    let items: Vec<_> = records.iter().cloned().map(|record| read(record).unwrap()).collect();
    let last = items.last().unwrap();
    Batch { partition: last.record.partition, expected, next: last.record.offset + 1, items }
}
