//! The contract of the prices processor with its topics.

use events::prices::PriceCommand;
use events::topics;

use super::table::{offer, own, under};
use super::topology;
use crate::kit::testing::contract::{Contract, contract_tests};

contract_tests!(
    contract,
    "\
processor prices
  reads  prices.inbox
  keeps  products in prices.changelog
  writes ingress.replies
  writes prices.best
  poison dead-letters
  parked processors.control
"
);

fn contract() -> Contract<PriceCommand> {
    let spread = ["rice", "salt", "oil", "soap", "milk"].map(|name| under(name, own(1, 1_000, None)));
    Contract::new(|| topology(|_| {}), &topics::PRICES_BEST, 1_000, offer("a", 900, 1, 30), spread)
        .before(own(1, 1_000, None))
        .unreplied(own(2, 900, None))
}
