//! The prices processor: which price of each product is the lowest, ours or another shop's, and until when that holds.
//!
//! Inventory sends our own prices, connectors and operators those of other shops. An offer is believed for as long as its source says,
//! counted from when it was seen; a time sale begins and ends by itself. So a best price is stated with the first instant at which it
//! may change by the passing of time alone, and at that instant a timer states the next one. This file only declares. The rules are in
//! `offer` (which are believed) and `product` (which wins, and until when); `processor` applies them to records.

mod offer;
mod processor;
mod product;

use events::prices::PriceRefusal;
use events::topics;
use streams::topology::{Topology, TopologyError};

use crate::kit::declaration::Declaration;

/// The processor's name: its application id.
pub const NAME: &str = "prices";

/// The prices processor's topology. `refused` is called for each offer that is refused, whether or not a reply is asked for: when the
/// offer is decided, not when the decision is committed, so again after an abort. No decision depends on it.
///
/// # Errors
/// [`TopologyError`] when `topics.yaml` of this build does not name the reply topic; a test makes sure it does.
pub fn topology(refused: impl Fn(PriceRefusal) + Send + Sync + 'static) -> Result<Topology, TopologyError> {
    Declaration::new(NAME, topics::PRICES_INBOX, topics::PRICES_CHANGELOG)
        .table(&processor::PRODUCTS)
        .writes(&topics::PRICES_BEST)
        .writes(&topics::INGRESS_REPLIES)
        .build(move |command, step| processor::decide(command, step, &refused), processor::wake)
}

#[cfg(test)]
#[path = "."]
mod tests {
    use super::{offer, processor, product, topology};

    mod fixture;
    mod table;

    mod price_tests;
    mod properties_tests;
    mod refusal_tests;
    mod rows_tests;
    mod speed_tests;
    mod topology_tests;
}
