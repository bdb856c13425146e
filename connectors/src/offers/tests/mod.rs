//! The connector against stubs and against servers that are worse, over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod hostile_tests;
mod sources_tests;
mod fixture;
