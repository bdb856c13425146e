//! For tests: the prices topology on the test driver. Every command and every best price goes through [`PriceLedger`], which must have
//! worked out the same; every refused offer is counted once; what was stated last is what the table holds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use audit::ledgers::prices::PriceLedger;
use events::prices::{BestPrice, PriceCommand, PriceRefusal};
use events::request::Reply;
use events::time::Timestamp;
use events::topics;
use streams::driver::DriverError;

use super::counted_topology;
use super::processor::PRODUCTS;
use super::table::own;
use crate::kit::testing::driver::Driver;

pub(crate) struct Fixture {
    pub(crate) driver: Driver,
    pub(crate) ledger: PriceLedger,
    refused: Arc<Mutex<BTreeMap<PriceRefusal, u64>>>,
}

/// What one command led to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Effect {
    pub(crate) best: Vec<BestPrice>,
    pub(crate) reply: Option<Reply>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let refused: Arc<Mutex<BTreeMap<PriceRefusal, u64>>> = Arc::default();
        let counts = Arc::clone(&refused);
        let topology = counted_topology(move |reason| *counts.lock().unwrap().entry(reason).or_default() += 1);
        Self { driver: Driver::new(topology), ledger: PriceLedger::new(), refused }
    }

    /// A fixture in which tea has this list price.
    pub(crate) fn with_tea(list_price: i64) -> Self {
        let mut fixture = Self::new();
        fixture.send(&own(1, list_price, None), 0).unwrap();
        fixture
    }

    /// Sends a command.
    pub(crate) fn send(&mut self, command: &PriceCommand, at_ms: i64) -> Result<Effect, DriverError> {
        self.driver.send(command, at_ms)?;
        self.ledger.hear(command, Timestamp::from_millis(at_ms));
        assert_eq!(*self.refused.lock().unwrap(), *self.ledger.refused(), "every refused offer is counted, once");
        Ok(Effect { best: self.best(), reply: self.driver.reply(command.request(), command) })
    }

    /// Lets time pass to this instant.
    pub(crate) fn tick(&mut self, at_ms: i64) -> Vec<BestPrice> {
        self.driver.pass(at_ms, 1);
        self.ledger.pass(Timestamp::from_millis(at_ms));
        self.best()
    }

    /// The best prices that were stated since the last call.
    pub(crate) fn best(&mut self) -> Vec<BestPrice> {
        let best = self.driver.facts(&topics::PRICES_BEST);
        best.iter().for_each(|best| self.ledger.take(best).unwrap_or_else(|violation| panic!("{violation}: {best:?}")));
        let wrong = self.ledger.settle();
        assert!(wrong.is_empty(), "{wrong:?} is not what the ledger worked out: {best:?}");
        for stated in self.ledger.told() {
            let product = self.driver.row(0, &PRODUCTS, &stated.sku).unwrap().unwrap();
            assert_eq!(product.stated.as_ref(), Some(stated));
        }
        best
    }
}
