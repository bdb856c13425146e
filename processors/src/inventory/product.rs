//! A product as the machine sees it: its terms, and where its units are. Every change of a unit's place goes through
//! [`Product::carry`] or [`Product::adjust`], so that the numbers cannot drift from the facts.

use events::ids::Sku;
use events::inventory::{InventoryEvent, InventoryFact, MOST_STOCK, ProductTerms, StockLevel, StockRefusal};

use super::effects::Effects;
use crate::kit::machine::{CorruptState, Violation};

/// A product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Product {
    pub(crate) sku: Sku,
    pub(crate) terms: ProductTerms,
    /// Facts stated so far.
    pub(crate) version: u64,
    pub(crate) level: StockLevel,
}

/// The part of a product that changes with every fact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Level {
    pub(crate) version: u64,
    pub(crate) stock: StockLevel,
}

/// Where a unit can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Available,
    Held,
    Sold,
}

impl Product {
    /// A product's beginning, without stock. `terms` have been checked.
    pub(crate) fn define(sku: &Sku, terms: &ProductTerms) -> Self {
        Self { sku: sku.clone(), terms: terms.clone(), version: 0, level: StockLevel::default() }
    }

    /// Changes the terms. The seller stays: settlements are kept by seller. Holds keep the terms they froze.
    pub(crate) fn redefine(&mut self, terms: &ProductTerms) -> Result<(), StockRefusal> {
        if terms.seller != self.terms.seller {
            return Err(StockRefusal::TermsFrozen);
        }
        self.terms = terms.clone();
        Ok(())
    }

    /// Units arrive, or are gone. What is held or sold cannot be taken away.
    pub(crate) fn adjust(&mut self, change: i64) -> Result<(), StockRefusal> {
        let after = |count: u64| count.checked_add_signed(change).ok_or(StockRefusal::InvalidChange);
        let (available, received) = (after(self.level.available)?, after(self.level.received)?);
        let level = StockLevel { available, received, ..self.level };
        if change == 0 || level.on_hand() > MOST_STOCK {
            return Err(StockRefusal::InvalidChange);
        }
        self.level = level;
        Ok(())
    }

    /// Moves units.
    pub(crate) fn carry(&mut self, from: Place, to: Place, quantity: u32) -> Result<(), CorruptState> {
        let source = self.at(from);
        *source = source.checked_sub(quantity.into()).ok_or(CorruptState("units left a place that had fewer"))?;
        let target = self.at(to);
        *target = target.checked_add(quantity.into()).ok_or(CorruptState("more units than can be counted"))?;
        Ok(())
    }

    fn at(&mut self, place: Place) -> &mut u64 {
        match place {
            Place::Available => &mut self.level.available,
            Place::Held => &mut self.level.held,
            Place::Sold => &mut self.level.sold,
        }
    }

    /// The number that the terms call enough, if fewer units are available.
    fn shortage(&self) -> Option<u32> {
        self.terms.low_stock.filter(|enough| self.level.available < u64::from(*enough))
    }

    /// Takes a step and says so when the stock has become low with it.
    pub(crate) fn watched<T>(&mut self, effects: &mut Effects, step: impl FnOnce(&mut Self, &mut Effects) -> T) -> T {
        let before = self.shortage();
        let done = step(self, effects);
        if let (None, Some(threshold)) = (before, self.shortage()) {
            self.state(InventoryFact::StockLow { threshold }, effects);
        }
        done
    }

    /// Puts a fact on record: the next version, with the numbers as they are now.
    pub(crate) fn state(&mut self, fact: InventoryFact, effects: &mut Effects) {
        self.version += 1;
        effects.events.push(InventoryEvent {
            sku: self.sku.clone(),
            version: self.version,
            at: effects.at(),
            stock: self.level,
            fact,
        });
    }

    /// Every unit is in exactly one place.
    pub(crate) fn check(&self) -> Result<(), Violation> {
        if self.level.is_balanced() { Ok(()) } else { Err(Violation("received = available + held + sold")) }
    }
}
