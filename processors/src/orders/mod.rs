//! The orders processor: the saga of an order, from the holds to the confirmed purchase, and back from wherever it breaks.
//!
//! Its inbox is keyed by the order: commands of shoppers, merchants and operators, webhooks, and the answers of stock, coupons
//! and payment arrive in one sequence, and their order decides every race. The order asks others by name ([`Step`]) and asks
//! again until it is answered; nothing after the charge may fail for business reasons, and whatever was held or charged for an
//! order that ends is given back. The states are drawn at [`OrderState`].
//!
//! This file only declares. `machine` is the way in; the rules are in `placing`, `paying`, `depositing`, `refunding`, `looking`, what is asked
//! of others in `steps`, what they answer in `answers`, what settlement is told in `settling`; how an order is kept is in `order` and `rows`.
//!
//! [`Step`]: events::orders::Step
//! [`OrderState`]: events::orders::OrderState

mod invariants;
mod answers;
mod coupon;
mod depositing;
mod effects;
mod line;
mod looking;
mod machine;
mod order;
mod paying;
mod payment;
mod placing;
mod processor;
mod refunding;
mod requests;
mod rows;
mod rows_of_lines;
mod rows_of_payments;
mod settling;
mod steps;
mod timers;

use events::manifest::Manifest;
use events::topics;
use streams::topology::{Topology, TopologyError};

use processor::{OrderProcessor, Outputs};

/// The processor's name: its application id.
pub const NAME: &str = "orders";

/// The orders processor's topology. Stores are only ever appended: a store's place is part of the state in the log.
///
/// # Errors
/// [`TopologyError`] when `topics.yaml` of this build does not name the reply topic; a test makes sure it does.
pub fn topology() -> Result<Topology, TopologyError> {
    let reply_partitions = Manifest::embedded()
        .ok()
        .and_then(|manifest| Some(manifest.topics.get(topics::INGRESS_REPLIES.name())?.partitions))
        .ok_or_else(|| TopologyError::Missing { topology: NAME.into(), missing: "the reply topic in topics.yaml" })?;
    let outputs = Outputs {
        events: topics::ORDERS_EVENTS.name().into(),
        replies: topics::INGRESS_REPLIES.name().into(),
        inventory: topics::INVENTORY_INBOX.name().into(),
        coupons: topics::COUPONS_INBOX.name().into(),
        payments: topics::PAYMENTS_INBOX.name().into(),
        settlement: topics::SETTLEMENT_INBOX.name().into(),
        reply_partitions,
    };
    Topology::builder(NAME)
        .source(topics::ORDERS_INBOX.name())
        .changelog(topics::ORDERS_CHANGELOG.name())
        .dead_letters(topics::DEAD_LETTERS.name())
        .store("orders")
        .sink(topics::ORDERS_EVENTS.name())
        .sink(topics::INGRESS_REPLIES.name())
        .sink(topics::INVENTORY_INBOX.name())
        .sink(topics::COUPONS_INBOX.name())
        .sink(topics::PAYMENTS_INBOX.name())
        .sink(topics::SETTLEMENT_INBOX.name())
        .build(move || Box::new(OrderProcessor::new(outputs.clone())))
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
    use super::{effects, line, order, payment, placing, processor, requests, rows, topology};

    mod fake_services;
    mod table;
    mod fixture;

    mod deposit_tests;
    mod fulfilment_tests;
    mod payment_tests;
    mod placement_tests;
    mod properties_tests;
    mod race_tests;
    mod refund_tests;
    mod rows_tests;
    mod saga_tests;
    mod settling_tests;
    mod speed_tests;
    mod topology_tests;
}
