//! Dead letters on a real broker, handled with the program itself: each is replayed once, whatever dies and whoever else replays.
//!
//! Skipped without `TIMESALE_TEST_KAFKA_BOOTSTRAP` and `TIMESALE_RUN`: each test has a broker of its own, since it writes to the topics of a
//! whole installation. They stand here because the program is what is killed. How a record comes to be repaired is told in `builds`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may stop at once"
)]

mod builds;
mod http;
mod installation;
mod kills;
mod refusals;
#[path = "../shared/mod.rs"]
mod shared;
