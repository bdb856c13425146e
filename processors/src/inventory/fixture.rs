//! For tests: the inventory topology on the test driver. Every fact goes through [`StockLedger`]; holds in the table and own prices that
//! were sent must amount to the same, so that no test can pass over a broken promise.

use std::collections::BTreeMap;

use audit::ledgers::inventory::StockLedger;
use events::ids::{OrderId, RequestId, SellerId, Sku};
use events::inventory::{InventoryCommand, InventoryEvent, InventoryFact, ProductTerms, StockAnswer};
use events::money::Money;
use events::orders::OrderCommand;
use events::prices::PriceCommand;
use events::request::Reply;
use events::topics;
use streams::driver::DriverError;

use super::hold::HoldState;
use super::{stores, topology};
use crate::kit::testing::driver::{Driver, sending_order};
pub(crate) use crate::kit::testing::names::{at, order, request, sku};

pub(crate) struct Fixture {
    pub(crate) driver: Driver,
    pub(crate) ledger: StockLedger,
}

/// What one command led to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Effect {
    pub(crate) events: Vec<InventoryEvent>,
    /// The reply to the merchant; merchants define and adjust only.
    pub(crate) reply: Option<Reply>,
    /// The answer to the order; orders send holds and their ends only.
    pub(crate) answer: Option<StockAnswer>,
}

/// An answer: to which order, about which product, to which request, what.
pub(crate) type Answered = (OrderId, Sku, Option<RequestId>, StockAnswer);

/// Terms that a test changes where they matter to it.
pub(crate) fn terms() -> ProductTerms {
    ProductTerms {
        seller: SellerId::new("seller-1").unwrap(),
        name: "녹차 100 g".into(),
        category: None,
        list_price: Money::new(1_000),
        sale: None,
        supply_price: None,
        low_stock: None,
    }
}

pub(crate) fn define(name: &str, on: &str, terms: ProductTerms) -> InventoryCommand {
    InventoryCommand::DefineProduct { request: request(name), sku: sku(on), terms }
}

pub(crate) fn adjust(name: &str, on: &str, change: i64) -> InventoryCommand {
    InventoryCommand::AdjustStock { request: request(name), sku: sku(on), change }
}

pub(crate) fn hold(name: &str, on: &str, quantity: u32, until: i64) -> InventoryCommand {
    let (request, sku) = (request(name), sku(on));
    InventoryCommand::Hold { request, sku, order: order("order-1"), quantity, until: at(until) }
}

pub(crate) fn commit(name: &str, on: &str, held: &str) -> InventoryCommand {
    InventoryCommand::Commit { request: request(name), sku: sku(on), hold: request(held).hold() }
}

pub(crate) fn release(name: &str, on: &str, held: &str) -> InventoryCommand {
    InventoryCommand::Release { request: request(name), sku: sku(on), hold: request(held).hold() }
}

pub(crate) fn take_back(name: &str, on: &str, held: &str, returned: u32) -> InventoryCommand {
    InventoryCommand::Return { request: request(name), sku: sku(on), hold: request(held).hold(), returned }
}

fn own_price(event: &InventoryEvent) -> Option<PriceCommand> {
    let InventoryFact::ProductDefined { terms, .. } = &event.fact else { return None };
    let (sku, list_price, sale) = (event.sku.clone(), terms.list_price, terms.sale);
    Some(PriceCommand::OwnPrice { sku, version: event.version, at: event.at, list_price, sale })
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self { driver: Driver::new(topology()), ledger: StockLedger::new() }
    }

    /// A fixture in which there is tea, so much of it.
    pub(crate) fn with_tea(quantity: i64) -> Self {
        let mut fixture = Self::new();
        fixture.send(&define("define tea", "tea", terms()), 0).unwrap();
        fixture.send(&adjust("stock tea", "tea", quantity), 0).unwrap();
        fixture
    }

    /// Sends a command. Merchants get a reply, orders an answer.
    pub(crate) fn send(&mut self, command: &InventoryCommand, at_ms: i64) -> Result<Effect, DriverError> {
        self.driver.send(command, at_ms)?;
        let events = self.events();
        let request = command.request();
        let of_merchants =
            matches!(command, InventoryCommand::DefineProduct { .. } | InventoryCommand::AdjustStock { .. });
        let reply = self.driver.reply(of_merchants.then_some(request), command);
        let mut answers = self.answers();
        // A lapse that was due is answered first.
        answers.retain(|(_, _, request_of, _)| request_of.is_some());
        assert_eq!(answers.len(), usize::from(!of_merchants), "orders get an answer: {command:?}");
        let answer = answers.pop().map(|(order, sku, request_of, answer)| {
            assert_eq!((&order, &sku, request_of), (&sending_order(), command.sku(), Some(request)));
            answer
        });
        Ok(Effect { events, reply, answer })
    }

    /// Lets time pass until nothing is due any more.
    pub(crate) fn tick(&mut self, at_ms: i64) -> Vec<InventoryEvent> {
        self.driver.pass(at_ms, 4);
        self.events()
    }

    /// The answers to orders since the last call.
    pub(crate) fn answers(&mut self) -> Vec<Answered> {
        self.driver.answers(|answer| match answer {
            OrderCommand::StockAnswered { order, sku, request, answer } => Some((order, sku, request, answer)),
            _ => None,
        })
    }

    /// The facts since the last call, each judged by the ledger.
    pub(crate) fn events(&mut self) -> Vec<InventoryEvent> {
        let events = self.driver.facts(&topics::INVENTORY_EVENTS);
        // Every definition, and nothing else, sends the own price to the prices processor.
        let defined: Vec<_> = events.iter().filter_map(own_price).collect();
        assert_eq!(self.driver.notices(&topics::PRICES_INBOX), defined);
        for event in &events {
            if let Err(violation) = self.ledger.apply(event) {
                panic!("{violation}: {event:?}");
            }
        }
        self.compare_holds();
        events
    }

    /// What is held, by the holds that are kept, is what the levels say.
    fn compare_holds(&self) {
        let mut held: BTreeMap<Sku, u64> = BTreeMap::new();
        for (_, hold) in self.driver.rows(0, &stores::HOLDS).unwrap() {
            if let HoldState::Held { .. } = hold.state {
                *held.entry(hold.sku).or_default() += u64::from(hold.quantity);
            }
        }
        for (sku, level) in self.ledger.levels() {
            assert_eq!(held.get(sku).copied().unwrap_or(0), level.held, "{sku}");
        }
    }
}
