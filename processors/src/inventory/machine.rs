//! What merchants and operators do to a product: one command, one product and the log time in; facts and the decision out. It
//! reads no store and no clock. A refused command changes nothing but the record of the refusal.

use events::ids::{RequestId, Sku};
use events::inventory::{InventoryCommand, InventoryFact, ProductTerms, StockRefusal};

use super::effects::Effects;
use super::product::Product;
use super::requests::Decided;

/// What a merchant asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MerchantCommand<'a> {
    Define(&'a ProductTerms),
    Adjust(i64),
}

impl<'a> MerchantCommand<'a> {
    /// The merchant_command of a merchant's command; nothing for what orders send.
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

/// Makes a product of a merchant_command for one that does not exist. Only a definition can.
pub(crate) fn begin(
    sku: &Sku,
    request: RequestId,
    merchant_command: MerchantCommand<'_>,
    effects: &mut Effects,
) -> Result<Product, StockRefusal> {
    let MerchantCommand::Define(terms) = merchant_command else { return Err(StockRefusal::UnknownProduct) };
    terms.check().map_err(|_| StockRefusal::InvalidTerms)?;
    let mut product = Product::define(sku, terms);
    product.state(InventoryFact::ProductDefined { request, terms: terms.clone() }, effects);
    Ok(product)
}

/// Decides a merchant_command that has not been seen before, unless it is refused already. Exactly one fact names its request; it may be followed
/// by the one that the stock is low.
pub(crate) fn decide(
    product: &mut Product,
    request: RequestId,
    merchant_command: Result<MerchantCommand<'_>, StockRefusal>,
    effects: &mut Effects,
) -> Decided {
    product.watched(effects, |product, effects| {
        match merchant_command.and_then(|merchant_command| step(product, merchant_command).map(|()| merchant_command)) {
            Ok(merchant_command) => {
                let fact = match merchant_command {
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

fn step(product: &mut Product, merchant_command: MerchantCommand<'_>) -> Result<(), StockRefusal> {
    match merchant_command {
        MerchantCommand::Define(terms) => {
            terms.check().map_err(|_| StockRefusal::InvalidTerms)?;
            product.redefine(terms)
        }
        MerchantCommand::Adjust(change) => product.adjust(change),
    }
}
