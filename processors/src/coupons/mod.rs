//! The coupon processor: who is granted a coupon, and what becomes of it.
//!
//! Its inbox is keyed by the campaign, because a campaign's stock is what shoppers compete for: one partition decides one
//! campaign, record after record, so a coupon is never granted twice and none is lost. This file only declares; the rules are in
//! `machine` and `usage`, what orders are answered is in `answers`, what time does is in `expiry`, how state is kept is in `stores` and
//! `rows`.

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
mod usage;

use events::topics;
use streams::topology::{Topology, TopologyError};

use crate::kit::declaration::Declaration;

/// The processor's name: its application id.
pub const NAME: &str = "coupons";

/// The coupon processor's topology.
///
/// # Errors
/// [`TopologyError`] when `topics.yaml` of this build does not name the reply topic; a test makes sure it does.
pub fn topology() -> Result<Topology, TopologyError> {
    Declaration::new(NAME, topics::COUPONS_INBOX, topics::COUPONS_CHANGELOG)
        .table(&stores::CAMPAIGNS)
        .table(&stores::COUNTS)
        .table(&stores::ACCOUNTS)
        .table(&stores::REQUEST_TABLE)
        .writes(&topics::COUPONS_EVENTS)
        .writes(&topics::INGRESS_REPLIES)
        .writes(&topics::ORDERS_INBOX)
        .build(processor::decide, processor::wake)
}

#[cfg(test)]
#[path = "."]
mod tests {
    use super::{account, answers, campaign, coupon, effects, machine, stores, topology};

    mod fixture;
    mod table;

    mod answers_tests;
    mod claim_tests;
    mod properties_tests;
    mod rows_tests;
    mod speed_tests;
    mod expiry_tests;
    mod topology_tests;
    mod usage_tests;
}
