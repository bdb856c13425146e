//! Every journey, in reading order: first how the house is kept, then one sale on the simulated log, then on real services.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on should say so and stop"
)]

mod metrics;
mod new_processor;
mod rooms;
mod tidy;
mod words;

mod orders;
mod poison;
mod recipes;
mod replay;
mod repeats;
mod restate;
mod sale;
mod settled;
mod simulation;
mod stories;
mod fixture;
mod roles;
