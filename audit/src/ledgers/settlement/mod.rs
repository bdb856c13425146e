//! The ledger: a fold of `settlement.events` that believes nothing. At every fact it checks what must be true, so a log that it read
//! to the end was right at each of its prefixes. `timesale verify` and the tests across rooms use it.
//!
//! It expects every fact of a seller once, in order, from the first, and keeps every line, some 300 bytes each. Whether the lines are
//! the orders' own is for whoever reads both logs to say; [`SellerBook::lines`] tells what is owed for each.

mod book;
mod postings;
mod rule;

use std::collections::{BTreeMap, BTreeSet};

use events::ids::{RequestId, SellerId};
use events::settlement::{SettlementEvent, SettlementFact, SettlementRefusal};

pub use book::{LineRecord, SellerBook};
pub use rule::{SettlementRule, SettlementViolation};

/// Judges facts as they come.
#[derive(Debug, Default)]
pub struct SettlementLedger {
    sellers: BTreeMap<SellerId, SellerBook>,
    requests: BTreeSet<RequestId>,
}

impl SettlementLedger {
    /// A ledger that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next fact of its partition.
    ///
    /// # Errors
    /// [`SettlementViolation`] names the first rule that the fact breaks. What follows may then break others as a consequence.
    pub fn apply(&mut self, event: &SettlementEvent) -> Result<(), SettlementViolation> {
        self.judge(event).map_err(|rule| SettlementViolation {
            rule,
            seller: event.seller.clone(),
            version: event.version,
            fact: event.fact.kind(),
        })
    }

    /// What the facts tell of a seller.
    #[must_use]
    pub fn seller(&self, seller: &SellerId) -> Option<&SellerBook> {
        self.sellers.get(seller)
    }

    /// Every seller, in order of id.
    pub fn sellers(&self) -> impl Iterator<Item = (&SellerId, &SellerBook)> {
        self.sellers.iter()
    }

    /// How many requests were decided.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.len()
    }

    fn judge(&mut self, event: &SettlementEvent) -> Result<(), SettlementRule> {
        if event.fact.request().is_some_and(|request| !self.requests.insert(request)) {
            return Err(SettlementRule::OneDecisionPerRequest);
        }
        match self.sellers.get_mut(&event.seller) {
            Some(book) => book.take(event),
            None if event.version == 0 => judge_without_seller(event),
            None => {
                let mut book = SellerBook::default();
                let judged = book.take(event);
                self.sellers.insert(event.seller.clone(), book);
                judged
            }
        }
    }
}

/// Before a seller's first policy or line there are only refusals.
fn judge_without_seller(event: &SettlementEvent) -> Result<(), SettlementRule> {
    match &event.fact {
        SettlementFact::CloseRefused { reason: SettlementRefusal::UnknownSeller, .. }
        | SettlementFact::PolicyRefused { reason: SettlementRefusal::InvalidPolicy, .. } => Ok(()),
        SettlementFact::CloseRefused { .. } | SettlementFact::PolicyRefused { .. } => {
            Err(SettlementRule::RefusalsAreTrue)
        }
        _ => Err(SettlementRule::GaplessVersions),
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
