//! What merchants and operators do to a product: one command, one product and the log time in; facts and the decision out. It
//! reads no store and no clock. A refused command changes nothing but the record of the refusal.

use events::ids::{RequestId, Sku};
use events::inventory::{InventoryCommand, InventoryFact, ProductTerms, StockRefusal};

use super::journal::Journal;
use super::product::Product;
use super::requests::Decided;

/// A merchant's wish.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wish<'a> {
    Define(&'a ProductTerms),
    Adjust(i64),
}

impl<'a> Wish<'a> {
    /// The wish of a merchant's command; nothing for what orders send.
    pub(crate) fn of(command: &'a InventoryCommand) -> Option<Self> {
        match command {
            InventoryCommand::DefineProduct { terms, .. } => Some(Self::Define(terms)),
            InventoryCommand::AdjustStock { change, .. } => Some(Self::Adjust(*change)),
            InventoryCommand::Hold { .. }
            | InventoryCommand::Commit { .. }
            | InventoryCommand::Release { .. }
            | InventoryCommand::Return { .. } => None,
        }
    }
}

/// Makes a product of a wish for one that does not exist. Only a definition can.
pub(crate) fn begin(
    sku: &Sku,
    request: RequestId,
    wish: Wish<'_>,
    journal: &mut Journal,
) -> Result<Product, StockRefusal> {
    let Wish::Define(terms) = wish else { return Err(StockRefusal::UnknownProduct) };
    terms.check().map_err(|_| StockRefusal::InvalidTerms)?;
    let mut product = Product::define(sku, terms);
    product.state(InventoryFact::ProductDefined { request, terms: terms.clone() }, journal);
    Ok(product)
}

/// Decides a wish that has not been seen before. Exactly one fact names its request; it may be followed by the one that the stock
/// is low.
pub(crate) fn decide(product: &mut Product, request: RequestId, wish: Wish<'_>, journal: &mut Journal) -> Decided {
    product.watched(journal, |product, journal| match step(product, wish) {
        Ok(()) => {
            let fact = match wish {
                Wish::Define(terms) => InventoryFact::ProductDefined { request, terms: terms.clone() },
                Wish::Adjust(change) => InventoryFact::StockAdjusted { request, change },
            };
            product.state(fact, journal);
            Decided::Applied { version: product.version, stock: product.level }
        }
        Err(reason) => {
            product.state(InventoryFact::ProductRefused { request, reason }, journal);
            Decided::Refused(reason)
        }
    })
}

fn step(product: &mut Product, wish: Wish<'_>) -> Result<(), StockRefusal> {
    match wish {
        Wish::Define(terms) => {
            terms.check().map_err(|_| StockRefusal::InvalidTerms)?;
            product.redefine(terms)
        }
        Wish::Adjust(change) => product.adjust(change),
    }
}
