//! Load tests of single rooms, small enough for a test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

#[path = "../../examples/payments/load_test/mod.rs"]
mod load_test;
mod payments;
