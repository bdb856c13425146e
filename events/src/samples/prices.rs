//! Prices: one message of every kind, with every field filled.

use super::{UNTIL, inventory, request, sku, source};
use crate::inventory::ProductTerms;
use crate::money::Money;
use crate::prices::{BestPrice, PriceCommand, Winner};

/// Every command.
pub fn commands() -> Vec<PriceCommand> {
    let (request, sku, source, until) = (Some(request()), sku(), source(), Some(UNTIL.plus_millis(20_000)));
    let ProductTerms { list_price, sale, .. } = inventory::terms();
    let (offered, by, price) = (sku.clone(), source.clone(), Money::new(6_900));
    vec![
        PriceCommand::OwnPrice { sku: sku.clone(), version: 17, at: UNTIL, list_price, sale },
        PriceCommand::Offer { request, sku: offered, source: by, price, seen_at: UNTIL, fresh_ms: 30_000, until },
        PriceCommand::WithdrawOffer { request, sku, source },
    ]
}

/// A best price of ours, and one of another shop's.
pub fn best() -> Vec<BestPrice> {
    let (at, own, list_price) = (UNTIL, Money::new(7_000), Money::new(10_000));
    let (by, valid_until) = (Winner::Own, Some(UNTIL.plus_millis(20_000)));
    let (version, offers, on_sale) = (17, 2, true);
    let ours = BestPrice { sku: sku(), version, at, price: own, by, own, list_price, on_sale, offers, valid_until };
    let theirs = BestPrice { price: Money::new(6_900), by: Winner::Offer { source: source() }, ..ours.clone() };
    vec![ours, theirs]
}
