//! What the prices processor is told: what a product costs with us, in the transaction that states its definition.

use events::inventory::{InventoryEvent, InventoryFact};
use events::prices::PriceCommand;

/// What the prices processor is told with a fact, if it is one that says what a product costs.
pub(crate) fn own_price(event: &InventoryEvent) -> Option<PriceCommand> {
    let InventoryFact::ProductDefined { terms, .. } = &event.fact else { return None };
    let (sku, version, at) = (event.sku.clone(), event.version, event.at);
    Some(PriceCommand::OwnPrice { sku, version, at, list_price: terms.list_price, sale: terms.sale })
}
