//! For tests: the prices topology on the test driver. Every command and every best price goes through [`PriceLedger`], which must have
//! worked out the same; every refused offer is counted once; what was stated last is what the table holds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use audit::ledgers::prices::PriceLedger;
use events::prices::{BestPrice, PriceCommand, PriceRefusal};
use events::time::Timestamp;
use events::topics;
use streams::driver::DriverError;

use super::processor::PRODUCTS;
use super::topology;
use crate::kit::testing::driver::{Driver, Effect};

pub(crate) struct Fixture {
    pub(crate) driver: Driver,
    pub(crate) ledger: PriceLedger,
    refused: Arc<Mutex<BTreeMap<PriceRefusal, u64>>>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let refused: Arc<Mutex<BTreeMap<PriceRefusal, u64>>> = Arc::default();
        let counts = Arc::clone(&refused);
        let topology = topology(move |reason| *counts.lock().unwrap().entry(reason).or_default() += 1);
        Self { driver: Driver::new(topology), ledger: PriceLedger::new(), refused }
    }

    /// Sends a command.
    pub(crate) fn send(&mut self, command: &PriceCommand, at_ms: i64) -> Result<Effect<BestPrice>, DriverError> {
        self.driver.send(command, at_ms)?;
        self.ledger.apply(command, Timestamp::from_millis(at_ms));
        assert_eq!(*self.refused.lock().unwrap(), *self.ledger.refused(), "every refused offer is counted, once");
        Ok(Effect { events: self.best(), reply: self.driver.reply(command.request(), command) })
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
        for stated in self.ledger.stated() {
            let product = self.driver.row(0, &PRODUCTS, &stated.sku).unwrap().unwrap();
            assert_eq!(product.stated.as_ref(), Some(stated));
        }
        best
    }
}
