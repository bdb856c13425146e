//! The contract of the prices processor with its topics.

use events::money::Money;
use events::prices::PriceCommand;
use events::topics;

use super::table::{offer, own};
use super::topology;
use crate::kit::testing::contract::{Contract, contract_tests};
use crate::kit::testing::names::{at, sku};

contract_tests!(
    contract,
    "\
processor prices
  reads  prices.inbox
  keeps  products in prices.changelog
  writes ingress.replies
  writes prices.best
  poison dead-letters
"
);

fn contract() -> Contract<PriceCommand> {
    let price = |name| {
        let (sku, list_price) = (sku(name), Money::new(1_000));
        PriceCommand::OwnPrice { sku, version: 1, at: at(0), list_price, sale: None }
    };
    Contract {
        topology,
        facts: topics::PRICES_BEST.name(),
        asks: &[],
        at_ms: 1_000,
        before: vec![own(1, 1_000, None)],
        replied: offer("a", 900, 1, 30),
        unreplied: vec![own(2, 900, None)],
        impossible: vec![
            ("less than nothing", own(2, -1, None)),
            ("a sale above the list price", own(2, 1_000, Some((1_001, 1, 2)))),
            ("a sale that ends before it begins", own(2, 1_000, Some((900, 2, 2)))),
        ],
        spread: ["rice", "salt", "oil", "soap", "milk"].map(price).into(),
    }
}
