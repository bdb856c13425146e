//! The coupon processor: who is granted a coupon, and what becomes of it.
//!
//! Its inbox is keyed by the campaign, because a campaign's stock is what a crowd contends for: one partition decides one
//! campaign, record after record, so a coupon is never granted twice and none is lost. This file only declares; the rules are in
//! `machine` and `usage`, what orders are told is in `answers`, what time does is in `expiry`, how state is kept is in `stores` and
//! `rows`.

mod invariants;
mod account;
mod answers;
mod campaign;
mod coupon;
mod effects;
mod machine;
mod processor;
mod rows;
mod stores;
mod expiry;
mod timers;
mod usage;

use events::topics;
use streams::topology::{Topology, TopologyError};

use crate::kit::messaging::Outputs;
use processor::CouponProcessor;

/// The processor's name: its application id.
pub const NAME: &str = "coupons";

/// The coupon processor's topology. Stores are only ever appended: a store's place is part of the state in the log.
///
/// # Errors
/// [`TopologyError`] when `topics.yaml` of this build does not name the reply topic; a test makes sure it does.
pub fn topology() -> Result<Topology, TopologyError> {
    let outputs = Outputs::new(NAME, &topics::COUPONS_EVENTS)?;
    Topology::builder(NAME)
        .source(topics::COUPONS_INBOX.name())
        .changelog(topics::COUPONS_CHANGELOG.name())
        .dead_letters(topics::DEAD_LETTERS.name())
        .store("campaigns")
        .store("counts")
        .store("accounts")
        .store("strangers")
        .sink(topics::COUPONS_EVENTS.name())
        .sink(topics::INGRESS_REPLIES.name())
        .sink(topics::ORDERS_INBOX.name())
        .build(move || Box::new(CouponProcessor::new(outputs.clone())))
}

#[cfg(test)]
#[path = "."]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on should fail"
)]
mod tests {
    use super::{account, answers, campaign, coupon, effects, machine, processor, rows, stores, topology};

    mod fixture;

    mod answers_tests;
    mod claim_tests;
    mod properties_tests;
    mod rows_tests;
    mod speed_tests;
    mod expiry_tests;
    mod topology_tests;
    mod usage_tests;
}
