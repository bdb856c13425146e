//! Taps and stories over HTTP, at a console that runs on a real broker: every shape, streams that are cut, who may see what, and requests
//! that mean no good.
//!
//! Skipped without `TIMESALE_TEST_KAFKA_BOOTSTRAP` and `TIMESALE_RUN`: each test has a broker of its own, since it writes to the topics of a
//! whole installation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may stop at once"
)]

mod client;
mod hostile;
mod installation;
mod limits;
mod privacy;
mod resume;
mod shapes;
#[path = "../shared/mod.rs"]
mod shared;
