//! Stock: one message of every kind, with every field filled.

use super::{UNTIL, hold, order, request, sku};
use crate::hold::ReleaseCause;
use crate::ids::{Category, SellerId};
use crate::inventory::{
    InventoryCommand, InventoryEvent, InventoryFact, ProductTerms, SalePrice, StockAnswer, StockLevel, StockRefusal,
    UnitTerms,
};
use crate::money::Money;
use crate::time::{Timestamp, Window};

/// Terms with every field filled.
pub fn terms() -> ProductTerms {
    ProductTerms {
        seller: SellerId::new("seller-1").unwrap(),
        name: "녹차 100 g".into(),
        category: Some(Category::new("food").unwrap()),
        list_price: Money::new(20_000),
        sale: Some(SalePrice {
            price: Money::new(15_000),
            window: Window { from: Timestamp::from_millis(1_790_000_000_000), until: UNTIL },
        }),
        supply_price: Some(Money::new(9_000)),
        low_stock: Some(10),
    }
}

/// A unit's terms.
pub fn unit() -> UnitTerms {
    terms().unit(Timestamp::from_millis(1_790_000_000_000))
}

/// A stock level.
pub fn stock() -> StockLevel {
    StockLevel { received: 100, available: 90, held: 3, sold: 7 }
}

/// Every command.
pub fn commands() -> Vec<InventoryCommand> {
    let (request, sku, hold) = (request(), sku(), hold());
    vec![
        InventoryCommand::DefineProduct { request, sku: sku.clone(), terms: terms() },
        InventoryCommand::AdjustStock { request, sku: sku.clone(), change: -5 },
        InventoryCommand::Hold { request, sku: sku.clone(), order: order(), quantity: 3, until: UNTIL },
        InventoryCommand::Commit { request, sku: sku.clone(), hold },
        InventoryCommand::Release { request, sku: sku.clone(), hold },
        InventoryCommand::Return { request, sku, hold, returned: 2 },
    ]
}

/// Every fact.
pub fn facts() -> Vec<InventoryFact> {
    let (request, hold, order) = (request(), hold(), order());
    vec![
        InventoryFact::ProductDefined { request, terms: terms() },
        InventoryFact::StockAdjusted { request, change: -5 },
        InventoryFact::ProductRefused { request, reason: StockRefusal::TermsFrozen },
        InventoryFact::StockHeld { request, hold, order: order.clone(), quantity: 3, unit: unit(), until: UNTIL },
        InventoryFact::StockRefused { request, order: Some(order.clone()), reason: StockRefusal::InsufficientStock },
        InventoryFact::StockReleased {
            request: Some(request),
            hold,
            order: order.clone(),
            quantity: 3,
            cause: ReleaseCause::Released,
        },
        InventoryFact::StockCommitted { request, hold, order: order.clone(), quantity: 3 },
        InventoryFact::StockReturned { request, hold, order, quantity: 1, returned: 2 },
        InventoryFact::StockLow { threshold: 10 },
    ]
}

/// An event for every fact.
pub fn events() -> Vec<InventoryEvent> {
    let event = |fact| InventoryEvent { sku: sku(), version: 17, at: UNTIL, stock: stock(), fact };
    facts().into_iter().map(event).collect()
}

/// An answer of every kind.
pub fn answers() -> Vec<StockAnswer> {
    let hold = hold();
    vec![
        StockAnswer::Held { hold, quantity: 3, unit: unit(), until: UNTIL },
        StockAnswer::Committed { hold },
        StockAnswer::Released { hold, cause: ReleaseCause::Lapsed },
        StockAnswer::Returned { hold, returned: 2 },
        StockAnswer::Refused { reason: StockRefusal::NotHeld },
    ]
}
