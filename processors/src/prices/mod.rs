//! The prices processor: what is the lowest price of each product that is known, ours or another shop's, and until when.
//!
//! Its inbox is keyed by the sku. Inventory tells it what a product costs with us, connectors and operators what it costs elsewhere. An
//! offer is believed for as long as its source says and never longer, counted from when it was seen; the time sale begins and ends
//! by itself. So a best price is stated with the first instant at which it may change by the passing of time alone, and at that
//! instant a timer states the next one: the old one disappears in every copy, even where the new one comes late.
//!
//! ```text
//! OwnPrice ──▶ list price, time sale ─┐
//! Offer ─────▶ judged, kept ──────────┼─▶ the lowest of what is believed now ─▶ BestPrice, if it says anything new
//! WithdrawOffer ─▶ forgotten ─────────┤
//! a sale's edge, an offer's end ──────┘
//! ```
//!
//! This file only declares. The rules are in `offer` (which are believed) and `product` (which wins, and until when); how state is
//! kept is in `rows`.

mod invariants;
mod offer;
mod processor;
mod product;
mod rows;
mod timers;

use events::prices::PriceRefusal;
use events::topics;
use streams::topology::{Topology, TopologyError};

use crate::kit::declaration::Declaration;

/// The processor's name: its application id.
pub const NAME: &str = "prices";

/// The prices processor's topology.
///
/// # Errors
/// [`TopologyError`] when `topics.yaml` of this build does not name the reply topic; a test makes sure it does.
pub fn topology() -> Result<Topology, TopologyError> {
    counted_topology(|_| {})
}

/// The same, for whoever runs it and wants to see how many offers are refused: `refused` is called for each with its reason, whether or
/// not somebody waits for a reply. It is called when the offer is decided, not when the decision is committed, so one that is
/// decided again after an abort is counted again. No decision depends on it.
///
/// # Errors
/// As for [`topology`].
pub fn counted_topology(refused: impl Fn(PriceRefusal) + Send + Sync + 'static) -> Result<Topology, TopologyError> {
    Declaration::new(NAME, topics::PRICES_INBOX, topics::PRICES_CHANGELOG)
        .table(&processor::PRODUCTS)
        .writes(&topics::PRICES_BEST)
        .writes(&topics::INGRESS_REPLIES)
        .build(move |command, step| processor::decide(command, step, &refused), processor::wake)
}

#[cfg(test)]
#[path = "."]
mod tests {
    use super::{counted_topology, offer, processor, product, topology};

    mod fixture;
    mod table;

    mod price_tests;
    mod properties_tests;
    mod refusal_tests;
    mod rows_tests;
    mod speed_tests;
    mod topology_tests;
}
