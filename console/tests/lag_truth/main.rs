//! Whether lag is true: each case makes a situation on a real broker and compares the scraped series with what it did.
//!
//! Skipped without `TIMESALE_TEST_KAFKA_BOOTSTRAP`. `scripts/bench/lag-truth` counts how many of the fourteen cases hold.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at once"
)]

mod cases;
mod fixture;
mod more_cases;
mod outages;
mod peers;
