//! The orders processor: the saga of an order, from the holds to the confirmed purchase, and back from wherever it fails.
//!
//! Its inbox is keyed by the order: commands of shoppers, merchants and operators, webhooks, and the answers of stock, coupons
//! and payment arrive in one sequence, and their order decides every race. The order names each step ([`Step`]) and repeats
//! it until it is answered; nothing after the charge may fail for business reasons, and whatever was held or charged for an
//! order that ends is given back. The states are drawn at [`OrderState`].
//!
//! This file only declares. `machine` is the way in; the rules are in `placing`, `paying`, `depositing`, `refunding`, `looking`, commands to
//! others in `steps`, what they answer in `answers`, what settlement gets in `settling`; how an order is kept is in `order` and `rows`.
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
mod rows_of_payments;
mod settling;
mod steps;

use events::topics;
use streams::topology::{Topology, TopologyError};

use crate::kit::declaration::Declaration;

/// The processor's name: its application id.
pub const NAME: &str = "orders";

/// The orders processor's topology.
///
/// # Errors
/// [`TopologyError`] when `topics.yaml` of this build does not name the reply topic; a test makes sure it does.
pub fn topology() -> Result<Topology, TopologyError> {
    Declaration::new(NAME, topics::ORDERS_INBOX, topics::ORDERS_CHANGELOG)
        .table(&processor::ORDERS)
        .writes(&topics::ORDERS_EVENTS)
        .writes(&topics::INGRESS_REPLIES)
        .writes(&topics::INVENTORY_INBOX)
        .writes(&topics::COUPONS_INBOX)
        .writes(&topics::PAYMENTS_INBOX)
        .writes(&topics::SETTLEMENT_INBOX)
        .build(processor::decide, processor::wake)
}

#[cfg(test)]
#[path = "."]
mod tests {
    use super::{effects, line, order, payment, placing, processor, requests, topology};

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
