//! The inventory processor: what products are and cost, how many units of each can be sold, and whose they are.
//!
//! Its inbox is keyed by the sku, because a product's units are what orders contend for: one partition decides one product,
//! record after record, so a unit is never sold twice. This file only declares; the rules are in `machine` (merchants) and `moves`
//! (orders), what orders are answered is in `hold`, how state is kept is in `stores` and `rows`. Every definition is sent to
//! the prices processor.

mod hold;
mod effects;
mod machine;
mod moves;
mod processor;
mod product;
mod requests;
mod rows;
mod stores;

use events::topics;
use streams::topology::{Topology, TopologyError};

use crate::kit::declaration::Declaration;

/// The processor's name: its application id.
pub const NAME: &str = "inventory";

/// The inventory processor's topology.
///
/// # Errors
/// [`TopologyError`] when `topics.yaml` of this build does not name the reply topic; a test makes sure it does.
pub fn topology() -> Result<Topology, TopologyError> {
    Declaration::new(NAME, topics::INVENTORY_INBOX, topics::INVENTORY_CHANGELOG)
        .table(&stores::PRODUCTS)
        .table(&stores::LEVELS)
        .table(&stores::FORMER_REQUESTS)
        .table(&stores::HOLDS)
        .table(&stores::REQUEST_TABLE)
        .writes(&topics::INVENTORY_EVENTS)
        .writes(&topics::INGRESS_REPLIES)
        .writes(&topics::ORDERS_INBOX)
        .writes(&topics::PRICES_INBOX)
        .build(processor::decide, processor::wake)
}

#[cfg(test)]
#[path = "."]
mod tests {
    use super::{effects, hold, product, requests, stores, topology};

    mod fixture;
    mod table;

    mod merchant_tests;
    mod order_tests;
    mod properties_tests;
    mod retention_tests;
    mod rows_tests;
    mod speed_tests;
    mod topology_tests;
}
