//! The settlement processor: what each seller is owed, per day, to the won.
//!
//! Its inbox is keyed by the seller. Orders send it every step and refund, so completely that nothing is kept of an order until
//! its lines count; from then on a refund posts the difference to what was posted, and after the last one every component is zero.
//! A seller's day takes lines until its end and a while of grace, then it is closed: its totals are stamped as a statement, and what
//! comes later is posted on a later day. Nothing is added up at the close; the totals are running.
//!
//! ```text
//! SetPolicy ──▶ policies, each from its day on
//! LinesReached ─▶ the day's policy: its basis reached? ─▶ terms ─▶ LinesPosted ─▶ the day's totals ─▶ DayUpdated
//! LinesRefunded ─▶ the line as it was posted ─▶ LinesPosted (contra) ─▶ the day's totals ─▶ DayUpdated
//! end of the day + grace, or CloseDay ─▶ DayClosed: statement, carry-over, pay-outs
//! ```
//!
//! This file only declares. The rules are in `days` (which day takes a line), `posting`, `closing` and `policies`; how state is kept is
//! in `stores` and `rows`.

mod operators;
mod closing;
mod days;
mod effects;
mod policies;
mod posting;
mod processor;
mod requests;
mod rows;
mod rows_of_lines;
mod rows_of_policies;
mod schedule;
mod seller;
mod stores;
mod sold;

use events::topics;
use streams::topology::{Topology, TopologyError};

use crate::kit::declaration::Declaration;

/// The processor's name: its application id.
pub const NAME: &str = "settlement";

/// The settlement processor's topology.
///
/// # Errors
/// [`TopologyError`] when `topics.yaml` of this build does not name the reply topic; a test makes sure it does.
pub fn topology() -> Result<Topology, TopologyError> {
    Declaration::new(NAME, topics::SETTLEMENT_INBOX, topics::SETTLEMENT_CHANGELOG)
        .table(&stores::SELLERS)
        .table(&stores::POLICIES)
        .table(&stores::FORMER_REQUESTS)
        .table(&stores::LINES)
        .table(&stores::REQUEST_TABLE)
        .writes(&topics::SETTLEMENT_EVENTS)
        .writes(&topics::INGRESS_REPLIES)
        .build(processor::decide, processor::wake)
}

#[cfg(test)]
#[path = "."]
mod tests {
    use super::{effects, requests, rows_of_lines, rows_of_policies, schedule, seller, sold, stores, topology};

    mod fixture;

    mod day_tests;
    mod golden_tests;
    mod policy_tests;
    mod properties_tests;
    mod retention_tests;
    mod rows_tests;
    mod speed_tests;
    mod topology_tests;
}
