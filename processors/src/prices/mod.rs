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

use std::sync::Arc;

use events::prices::PriceRefusal;
use events::topics;
use streams::topology::{Topology, TopologyError};

use crate::kit::messaging::Outputs;
use processor::PricesProcessor;

/// The processor's name: its application id.
pub const NAME: &str = "prices";

/// Is told why an offer was refused.
pub(crate) type Refused = Arc<dyn Fn(PriceRefusal) + Send + Sync>;

/// The prices processor's topology. Stores are only ever appended: a store's place is part of the state in the log.
///
/// # Errors
/// [`TopologyError`] when `topics.yaml` of this build does not name the reply topic; a test makes sure it does.
pub fn topology() -> Result<Topology, TopologyError> {
    counted_topology(|_| {})
}

/// The same, for whoever runs it and wants to see how many offers are refused: `refused` is told of each, with its reason, whether or
/// not somebody waits for a reply. It is told when the offer is decided, not when the decision is committed, so one that is
/// decided again after an abort is told again. It is for counting: no decision knows of it.
///
/// # Errors
/// As for [`topology`].
pub fn counted_topology(refused: impl Fn(PriceRefusal) + Send + Sync + 'static) -> Result<Topology, TopologyError> {
    let outputs = Outputs::new(NAME, &topics::PRICES_BEST)?;
    let refused: Refused = Arc::new(refused);
    Topology::builder(NAME)
        .source(topics::PRICES_INBOX.name())
        .changelog(topics::PRICES_CHANGELOG.name())
        .dead_letters(topics::DEAD_LETTERS.name())
        .store("products")
        .sink(topics::PRICES_BEST.name())
        .sink(topics::INGRESS_REPLIES.name())
        .build(move || Box::new(PricesProcessor::new(outputs.clone(), Arc::clone(&refused))))
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
    use super::{counted_topology, offer, processor, product, rows, topology};

    mod fixture;

    mod price_tests;
    mod properties_tests;
    mod refusal_tests;
    mod rows_tests;
    mod speed_tests;
    mod topology_tests;
}
