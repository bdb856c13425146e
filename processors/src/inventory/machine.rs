//! What merchants and operators do to a product: one command, one product and the log time in; facts and the decision out. It
//! reads no store and no clock. A refused command changes nothing but the record of the refusal.

use events::ids::{RequestId, Sku};
use events::inventory::{InventoryCommand, InventoryFact, ProductTerms, StockRefusal};

use super::effects::Effects;
use super::product::Product;
use super::requests::Decided;

/// A merchant's command.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MerchantCommand<'a> {
    Define(&'a ProductTerms),
    Adjust(i64),
}

impl<'a> MerchantCommand<'a> {
    /// A merchant's command; nothing for what orders send.
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

/// Decides a command about a product that does not exist. Only a definition can.
pub(crate) fn begin(
    sku: &Sku,
    request: RequestId,
    requested: MerchantCommand<'_>,
    effects: &mut Effects,
) -> Result<Product, StockRefusal> {
    let MerchantCommand::Define(terms) = requested else { return Err(StockRefusal::UnknownProduct) };
    terms.check().map_err(|_| StockRefusal::InvalidTerms)?;
    let mut product = Product::define(sku, terms);
    product.state(InventoryFact::ProductDefined { request, terms: terms.clone() }, effects);
    Ok(product)
}

/// Decides a command that is not remembered, unless it is refused already. Exactly one fact names its request; it may be followed
/// by the one that the stock is low.
pub(crate) fn decide(
    product: &mut Product,
    request: RequestId,
    requested: Result<MerchantCommand<'_>, StockRefusal>,
    effects: &mut Effects,
) -> Decided {
    product.watched(effects, |product, effects| {
        match requested.and_then(|requested| step(product, requested).map(|()| requested)) {
            Ok(requested) => {
                let fact = match requested {
                    MerchantCommand::Define(terms) => InventoryFact::ProductDefined { request, terms: terms.clone() },
                    MerchantCommand::Adjust(change) => InventoryFact::StockAdjusted { request, change },
                };
                product.state(fact, effects);
                Decided::Applied { version: product.version, stock: product.level }
            }
            Err(reason) => {
                product.state(InventoryFact::ProductRefused { request, reason }, effects);
                Decided::Refused(reason)
            }
        }
    })
}

fn step(product: &mut Product, requested: MerchantCommand<'_>) -> Result<(), StockRefusal> {
    match requested {
        MerchantCommand::Define(terms) => {
            terms.check().map_err(|_| StockRefusal::InvalidTerms)?;
            product.redefine(terms)
        }
        MerchantCommand::Adjust(change) => product.adjust(change),
    }
}
