//! The connector against a stub, over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod answers_tests;
mod dispatcher_tests;
mod kafka_tests;
mod secret_tests;
mod stub_tests;
mod fixture;
