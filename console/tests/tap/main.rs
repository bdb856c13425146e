//! Taps on a real broker: ranges that end, values that are those of a plain consumer, transactions that are told apart, exports that go on
//! after a kill, and personal fields that never leave.
//!
//! Skipped without `TIMESALE_TEST_KAFKA_BOOTSTRAP`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at once"
)]

mod content;
mod ends;
mod export;
mod fixture;
mod privacy;
mod ranges;
mod shadow;
mod transactions;
