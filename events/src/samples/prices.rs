//! Prices: one message of every kind, with every field filled.

use super::{UNTIL, inventory, request, sku, source};
use crate::money::Money;
use crate::prices::{BestPrice, PriceCommand, Winner};

/// Every command.
pub fn commands() -> Vec<PriceCommand> {
    let (request, sku, source) = (Some(request()), sku(), source());
    let terms = inventory::terms();
    vec![
        PriceCommand::OwnPrice {
            sku: sku.clone(),
            version: 17,
            at: UNTIL,
            list_price: terms.list_price,
            sale: terms.sale,
        },
        PriceCommand::Offer {
            request,
            sku: sku.clone(),
            source: source.clone(),
            price: Money::new(6_900),
            seen_at: UNTIL,
            fresh_ms: 30_000,
            until: Some(UNTIL.plus_millis(20_000)),
        },
        PriceCommand::WithdrawOffer { request, sku, source },
    ]
}

/// A best price of ours, and one of somebody else's.
pub fn best() -> Vec<BestPrice> {
    let ours = BestPrice {
        sku: sku(),
        version: 17,
        at: UNTIL,
        price: Money::new(7_000),
        by: Winner::Own,
        own: Money::new(7_000),
        list_price: Money::new(10_000),
        on_sale: true,
        offers: 2,
        valid_until: Some(UNTIL.plus_millis(20_000)),
    };
    let theirs = BestPrice { price: Money::new(6_900), by: Winner::Offer { source: source() }, ..ours.clone() };
    vec![ours, theirs]
}
