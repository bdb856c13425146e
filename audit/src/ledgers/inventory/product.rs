//! A product as the facts tell it.

use events::inventory::{InventoryEvent, InventoryFact, MOST_QUANTITY, ProductTerms, StockLevel, StockRefusal};
use events::time::Timestamp;

use super::Rule;

#[derive(Debug)]
pub(super) struct Product {
    version: u64,
    at: Timestamp,
    terms: ProductTerms,
    /// What the facts so far amount to.
    pub(super) stock: StockLevel,
    /// The fact that must come next: the stock has become low.
    owed: Option<u32>,
}

impl Product {
    pub(super) fn begin(terms: &ProductTerms, event: &InventoryEvent) -> Self {
        let (version, at) = (event.version, event.at);
        Self { version, at, terms: terms.clone(), stock: StockLevel::default(), owed: None }
    }

    /// Version and time go on, and what was owed is reported.
    pub(super) fn follow(&mut self, event: &InventoryEvent) -> Result<(), Rule> {
        let next = self.version.checked_add(1) == Some(event.version);
        let later = event.at >= self.at;
        (self.version, self.at) = (event.version, event.at);
        let reported = match event.fact {
            InventoryFact::StockLow { threshold } => Some(threshold),
            _ => None,
        };
        let owed = self.owed.take();
        match (next, later) {
            (false, _) => Err(Rule::GaplessVersions),
            (true, false) => Err(Rule::TimeNeverRunsBack),
            (true, true) if owed != reported => Err(Rule::LowStockIsTold),
            (true, true) => Ok(()),
        }
    }

    /// Takes in a fact about the product itself, or about a hold that was judged.
    pub(super) fn count(&mut self, event: &InventoryEvent) -> Result<(), Rule> {
        let shortage = self.shortage();
        let StockLevel { received, available, held, sold } = &mut self.stock;
        match &event.fact {
            InventoryFact::ProductDefined { terms, .. } => {
                let same_seller = terms.seller == self.terms.seller;
                self.terms = terms.clone();
                if !same_seller || terms.check().is_err() {
                    return Err(Rule::PromisesAreKept);
                }
            }
            InventoryFact::StockAdjusted { change, .. } => {
                let after = |count: u64| count.checked_add_signed(*change).ok_or(Rule::StockIdentity);
                (*received, *available) = (after(*received)?, after(*available)?);
            }
            InventoryFact::StockHeld { quantity, unit, .. } => {
                shift(available, held, *quantity)?;
                if *unit != self.terms.unit(event.at) {
                    return Err(Rule::PromisesAreKept);
                }
            }
            InventoryFact::StockReleased { quantity, .. } => shift(held, available, *quantity)?,
            InventoryFact::StockCommitted { quantity, .. } => shift(held, sold, *quantity)?,
            InventoryFact::StockReturned { quantity, .. } => shift(sold, available, *quantity)?,
            InventoryFact::ProductRefused { reason, .. } => Self::judge_product_refusal(*reason)?,
            InventoryFact::StockRefused { reason, .. } => self.judge_stock_refusal(*reason)?,
            InventoryFact::StockLow { .. } => {}
        }
        if shortage.is_none() {
            self.owed = self.shortage();
        }
        Ok(())
    }

    /// The numbers that a fact carries, once it is counted.
    pub(super) fn judge_numbers(&self, event: &InventoryEvent) -> Result<(), Rule> {
        if !event.stock.is_balanced() {
            return Err(Rule::StockIdentity);
        }
        if event.stock == self.stock { Ok(()) } else { Err(Rule::NumbersFollowFacts) }
    }

    fn shortage(&self) -> Option<u32> {
        self.terms.low_stock.filter(|enough| self.stock.available < u64::from(*enough))
    }

    /// What a merchant or an operator can be refused for. What the command said is not on record.
    fn judge_product_refusal(reason: StockRefusal) -> Result<(), Rule> {
        match reason {
            StockRefusal::InvalidTerms | StockRefusal::TermsFrozen | StockRefusal::InvalidChange => Ok(()),
            _ => Err(Rule::RefusalsAreTrue),
        }
    }

    /// What an order can be refused for. The quantity is not on record, but it is at most one order's.
    fn judge_stock_refusal(&self, reason: StockRefusal) -> Result<(), Rule> {
        match reason {
            StockRefusal::InvalidQuantity | StockRefusal::NotHeld => Ok(()),
            StockRefusal::InsufficientStock if self.stock.available < u64::from(MOST_QUANTITY) => Ok(()),
            _ => Err(Rule::RefusalsAreTrue),
        }
    }
}

/// Moves units from a count to another.
fn shift(from: &mut u64, to: &mut u64, quantity: u32) -> Result<(), Rule> {
    *from = from.checked_sub(quantity.into()).ok_or(Rule::StockIdentity)?;
    *to = to.checked_add(quantity.into()).ok_or(Rule::StockIdentity)?;
    Ok(())
}
