//! The ledger: a fold of `inventory.events` that believes nothing. At every fact it checks what must be true, so a log that it
//! read to the end was right at each of its prefixes. `timesale verify` and the tests across rooms use it.
//!
//! It keeps no rows to show (that is `projections`) and only what it needs to judge, some 250 bytes per hold. It
//! expects every fact of a product once, in order, from the first. Whether a hold ended as its order did is for whoever reads
//! both logs to say; [`StockLedger::holds`] tells how each ended.

mod hold;
mod product;
mod rule;

use std::collections::BTreeMap;

use crate::ledgers::decisions::{Decision, Decisions};
use events::ids::{HoldId, Sku};
use events::inventory::{InventoryEvent, InventoryFact, StockLevel, StockRefusal};

pub use hold::{HoldEnd, StockHold};
use product::Product;
pub use rule::{Rule, Violation};

/// Judges facts as they come.
#[derive(Debug, Default)]
pub struct StockLedger {
    products: BTreeMap<Sku, Product>,
    holds: BTreeMap<HoldId, StockHold>,
    requests: Decisions,
}

impl StockLedger {
    /// A ledger that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next fact of its partition.
    ///
    /// # Errors
    /// [`Violation`] names the first rule that the fact breaks. What follows may then break others as a consequence.
    pub fn apply(&mut self, event: &InventoryEvent) -> Result<(), Violation> {
        self.judge(event).map_err(|rule| Violation {
            rule,
            sku: event.sku.clone(),
            version: event.version,
            fact: event.fact.kind(),
        })
    }

    /// Where a product's units are, as far as the facts go.
    #[must_use]
    pub fn level(&self, sku: &Sku) -> Option<StockLevel> {
        Some(self.products.get(sku)?.stock)
    }

    /// Every product and where its units are, in order of sku.
    pub fn levels(&self) -> impl Iterator<Item = (&Sku, StockLevel)> {
        self.products.iter().map(|(sku, product)| (sku, product.stock))
    }

    /// Every hold there has been and how it ended, in order of id.
    pub fn holds(&self) -> impl Iterator<Item = (HoldId, &StockHold)> {
        self.holds.iter().map(|(id, hold)| (*id, hold))
    }

    /// A hold.
    #[must_use]
    pub fn hold(&self, id: HoldId) -> Option<&StockHold> {
        self.holds.get(&id)
    }

    /// How many requests were decided.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.len()
    }

    fn judge(&mut self, event: &InventoryEvent) -> Result<(), Rule> {
        if event.fact.request().is_some_and(|request| !self.requests.take(request, event.at, decision(&event.fact))) {
            return Err(Rule::OneDecisionPerRequest);
        }
        let Some(product) = self.products.get_mut(&event.sku) else {
            return self.judge_first(event);
        };
        product.follow(event)?;
        judge_hold(&mut self.holds, event)?;
        product.count(event)?;
        product.judge_numbers(event)
    }

    /// A product begins with its definition; before that, everything is refused and nothing is counted.
    fn judge_first(&mut self, event: &InventoryEvent) -> Result<(), Rule> {
        let reason = match &event.fact {
            InventoryFact::ProductDefined { terms, .. } => {
                let product = Product::begin(terms, event);
                let judged = match event.version {
                    1 if terms.check().is_err() => Err(Rule::PromisesAreKept),
                    1 => product.judge_numbers(event),
                    _ => Err(Rule::GaplessVersions),
                };
                self.products.insert(event.sku.clone(), product);
                return judged;
            }
            InventoryFact::ProductRefused { reason, .. } | InventoryFact::StockRefused { reason, .. } => *reason,
            _ => return Err(Rule::NothingBeforeTheDefinition),
        };
        match (reason, event.version) {
            (StockRefusal::UnknownProduct, 0) => Ok(()),
            (StockRefusal::InvalidTerms, 0) if matches!(event.fact, InventoryFact::ProductRefused { .. }) => Ok(()),
            (StockRefusal::UnknownProduct | StockRefusal::InvalidTerms, _) => Err(Rule::GaplessVersions),
            _ => Err(Rule::NothingBeforeTheDefinition),
        }
    }
}

fn decision(fact: &InventoryFact) -> Decision {
    match fact {
        InventoryFact::ProductRefused { .. } | InventoryFact::StockRefused { .. } => Decision::Refused,
        _ => Decision::Applied,
    }
}

fn judge_hold(holds: &mut BTreeMap<HoldId, StockHold>, event: &InventoryEvent) -> Result<(), Rule> {
    match &event.fact {
        InventoryFact::StockHeld { request, hold, order, quantity, until, .. } => {
            if request.hold() != *hold {
                return Err(Rule::IdsAreDerived);
            }
            let fair = (1..=events::inventory::MOST_QUANTITY).contains(quantity) && *until > event.at;
            let (sku, order) = (event.sku.clone(), order.clone());
            let new = StockHold { sku, order, quantity: *quantity, until: *until, end: None };
            if holds.insert(*hold, new).is_some() || !fair {
                return Err(Rule::LegalMoves);
            }
            Ok(())
        }
        InventoryFact::StockCommitted { hold, order, quantity, .. } => {
            named(holds, event, hold)?.close(HoldEnd::Committed { returned: 0 }, event.at, order, *quantity)
        }
        InventoryFact::StockReleased { hold, order, quantity, cause, .. } => {
            named(holds, event, hold)?.close(HoldEnd::Released(*cause), event.at, order, *quantity)
        }
        InventoryFact::StockReturned { hold, order, quantity, returned, .. } => {
            named(holds, event, hold)?.take_back(order, *quantity, *returned)
        }
        InventoryFact::ProductDefined { .. }
        | InventoryFact::StockAdjusted { .. }
        | InventoryFact::ProductRefused { .. }
        | InventoryFact::StockRefused { .. }
        | InventoryFact::StockLow { .. } => Ok(()),
    }
}

/// The hold that a fact names, which must be of the fact's product.
fn named<'a>(
    holds: &'a mut BTreeMap<HoldId, StockHold>,
    event: &InventoryEvent,
    id: &HoldId,
) -> Result<&'a mut StockHold, Rule> {
    holds.get_mut(id).filter(|hold| hold.sku == event.sku).ok_or(Rule::LegalMoves)
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
