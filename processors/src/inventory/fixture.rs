//! For tests: the inventory topology on the test driver, and the small language of the tables. Every fact that any test brings
//! about goes through [`StockLedger`], so that no table can pass over a broken promise.
//!
//! ```text
//! <second>  <what happens>  =>  <reply or answer> [+ <facts that followed>]  <available/held/sold>
//! ```
//!
//! `again` before an answer says that no fact was stated. A request has a name of its own unless `as=` gives one, and a repeat
//! is a row with the name of an earlier one.

use std::collections::BTreeMap;

use audit::ledgers::inventory::StockLedger;
use events::codec::{decode, encode};
use events::envelope::Envelope;
use events::hold::ReleaseCause;
use events::ids::{OrderId, RequestId, SellerId, Sku};
use events::inventory::{
    InventoryCommand, InventoryEvent, InventoryFact, ProductTerms, SalePrice, StockAnswer, StockLevel,
};
use events::money::Money;
use events::orders::OrderCommand;
use events::prices::PriceCommand;
use events::request::{Outcome, Reply};
use events::time::{Timestamp, Window};
use events::topics;
use streams::driver::{DriverError, TestDriver};
use streams::record::Outgoing;

use super::hold::HoldState;
use super::{stores, topology};

/// The partition of replies that every test asks for.
const REPLY_TO: i32 = 3;

pub(crate) struct Fixture {
    pub(crate) driver: TestDriver,
    pub(crate) ledger: StockLedger,
}

/// What one command led to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Effect {
    pub(crate) events: Vec<InventoryEvent>,
    /// What the merchant was told; merchants define and adjust only.
    pub(crate) reply: Option<Reply>,
    /// What the order that asked was told; orders ask for holds and their ends only.
    pub(crate) answer: Option<StockAnswer>,
}

/// What an order was told: who, about which product, in answer to which request.
pub(crate) type Told = (OrderId, Sku, Option<RequestId>, StockAnswer);

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

pub(crate) fn request(name: &str) -> RequestId {
    RequestId::derive(&[name.as_bytes()])
}

pub(crate) fn sku(name: &str) -> Sku {
    Sku::new(name).unwrap()
}

pub(crate) fn order(name: &str) -> OrderId {
    OrderId::new(name).unwrap()
}

/// The order that every test asks for, whatever it asks.
pub(crate) fn asking() -> OrderId {
    order("order-that-asks")
}

/// Terms that a table changes where it cares.
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

fn is_of_merchants(command: &InventoryCommand) -> bool {
    matches!(command, InventoryCommand::DefineProduct { .. } | InventoryCommand::AdjustStock { .. })
}

fn envelope_of(outgoing: &Outgoing) -> Envelope {
    Envelope::from_headers(outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref())))
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self { driver: TestDriver::with_partitions(topology().unwrap(), 1), ledger: StockLedger::new() }
    }

    /// A fixture in which there is tea, so much of it.
    pub(crate) fn with_tea(quantity: i64) -> Self {
        let mut fixture = Self::new();
        fixture.send(&define("define tea", "tea", terms()), 0).unwrap();
        fixture.send(&adjust("stock tea", "tea", quantity), 0).unwrap();
        fixture
    }

    /// Sends a command and reads what it led to.
    pub(crate) fn send(&mut self, command: &InventoryCommand, at_ms: i64) -> Result<Effect, DriverError> {
        let context = Envelope { reply_to: Some(REPLY_TO), answer_to: Some(asking()), ..Envelope::default() };
        let (value, envelope) = encode(command, &context).unwrap();
        let headers: Vec<(&str, Vec<u8>)> = envelope.to_headers();
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        self.driver.pipe(command.sku().as_str().as_bytes(), &value, &headers, at_ms)?;
        let events = self.events();
        let mut replies = self.driver.take(topics::INGRESS_REPLIES.name());
        assert_eq!(replies.len(), usize::from(is_of_merchants(command)), "merchants get a reply: {command:?}");
        let reply = replies.pop().map(|reply| {
            assert_eq!(reply.partition, Some(REPLY_TO));
            let envelope = envelope_of(&reply);
            let reply: Reply = decode(reply.value.as_deref(), &envelope).unwrap();
            assert_eq!(reply.request, command.request());
            reply
        });
        let mut answers = self.told();
        // A lapse that was due is told first.
        answers.retain(|(_, _, asked, _)| asked.is_some());
        assert_eq!(answers.len(), usize::from(!is_of_merchants(command)), "orders get an answer: {command:?}");
        let answer = answers.pop().map(|(order, sku, asked, answer)| {
            assert_eq!((&order, &sku, asked), (&asking(), command.sku(), Some(command.request())));
            answer
        });
        Ok(Effect { events, reply, answer })
    }

    /// Lets time pass until nothing is due any more.
    pub(crate) fn tick(&mut self, at_ms: i64) -> Vec<InventoryEvent> {
        for step in 0..4 {
            self.driver.advance_to(at_ms + step).unwrap();
        }
        self.events()
    }

    /// What orders were told since the last look.
    pub(crate) fn told(&mut self) -> Vec<Told> {
        let read = |outgoing: Outgoing| {
            let envelope = envelope_of(&outgoing);
            assert_eq!((envelope.answer_to.clone(), envelope.reply_to), (None, None), "an answer is not answered");
            let command: OrderCommand = decode(outgoing.value.as_deref(), &envelope).unwrap();
            assert_eq!(outgoing.partition, None, "the key decides where an order is");
            assert_eq!(outgoing.key.as_deref(), Some(command.order().as_str().as_bytes()));
            match command {
                OrderCommand::StockAnswered { order, sku, request, answer } => (order, sku, request, answer),
                other => panic!("an order was told {other:?}"),
            }
        };
        self.driver.take(topics::ORDERS_INBOX.name()).into_iter().map(read).collect()
    }

    /// The facts since the last look, each judged by the ledger; the holds in the store must amount to the same.
    pub(crate) fn events(&mut self) -> Vec<InventoryEvent> {
        let read = |outgoing: Outgoing| -> InventoryEvent {
            let event: InventoryEvent = decode(outgoing.value.as_deref(), &envelope_of(&outgoing)).unwrap();
            assert_eq!(outgoing.partition, Some(0), "facts go to the task's own partition");
            assert_eq!(outgoing.key.as_deref(), Some(event.sku.as_str().as_bytes()));
            event
        };
        let events: Vec<InventoryEvent> =
            self.driver.take(topics::INVENTORY_EVENTS.name()).into_iter().map(read).collect();
        self.compare_prices(&events);
        for event in &events {
            if let Err(violation) = self.ledger.apply(event) {
                panic!("{violation}: {event:?}");
            }
        }
        self.compare_holds();
        events
    }

    /// Prices are told what products cost with every definition, and of nothing else.
    fn compare_prices(&mut self, events: &[InventoryEvent]) {
        let read = |outgoing: Outgoing| -> PriceCommand {
            let envelope = envelope_of(&outgoing);
            assert_eq!((envelope.answer_to.clone(), envelope.reply_to), (None, None), "nobody waits for an answer");
            assert_eq!(outgoing.partition, None, "the key decides where a product is");
            decode(outgoing.value.as_deref(), &envelope).unwrap()
        };
        let told = self.driver.take(topics::PRICES_INBOX.name()).into_iter().map(read);
        let defined = events.iter().filter_map(|event| match &event.fact {
            InventoryFact::ProductDefined { terms, .. } => Some(PriceCommand::OwnPrice {
                sku: event.sku.clone(),
                version: event.version,
                at: event.at,
                list_price: terms.list_price,
                sale: terms.sale,
            }),
            _ => None,
        });
        assert_eq!(told.collect::<Vec<_>>(), defined.collect::<Vec<_>>());
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

/// Plays a table twice: as it is, and with a crash after every row. Both must say what the table says.
pub(crate) fn check(table: &str) {
    for crash in [Crash::Never, Crash::AfterEveryRow] {
        play(table, crash);
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Crash {
    Never,
    AfterEveryRow,
}

fn play(table: &str, crash: Crash) {
    let mut fixture = Fixture::new();
    let rows = table.lines().map(str::trim).enumerate().filter(|(_, row)| !row.is_empty() && !row.starts_with('#'));
    for (number, row) in rows {
        let (what, expected) = row.split_once("=>").expect("a row has an arrow");
        let mut words = what.split_whitespace();
        let second: i64 = words.next().unwrap().parse().expect("a row begins with a second");
        let words: Vec<&str> = words.collect();
        let found = happen(&mut fixture, second, &words, number);
        let expected = expected.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(found, expected, "\nrow {number} ({crash:?}): {row}\n");
        if crash == Crash::AfterEveryRow {
            fixture.driver.crash_and_restore().unwrap();
        }
    }
    assert!(fixture.driver.take_dead_letters().is_empty());
}

fn happen(fixture: &mut Fixture, second: i64, words: &[&str], row: usize) -> String {
    let told = if words[0] == "tick" {
        let events = fixture.tick(second * 1000);
        let told: Vec<String> = fixture.told().into_iter().map(|(_, _, _, answer)| answer_in_words(&answer)).collect();
        format!("({}) told ({})", kinds(&events).join(" "), told.join(", "))
    } else {
        let command = command(words, row);
        let Effect { events, reply, answer } = fixture.send(&command, second * 1000).unwrap();
        let said = match (&reply, &answer) {
            (Some(reply), None) => reply_in_words(reply),
            (None, Some(answer)) => answer_in_words(answer),
            _ => unreachable!("either a merchant or an order asks"),
        };
        match events.as_slice() {
            [] => format!("again {said}"),
            [decision] => {
                assert_eq!(decision.fact.request(), Some(command.request()));
                said
            }
            [_, more @ ..] => format!("{said} + {}", kinds(more).join(" ")),
        }
    };
    let level = fixture.ledger.level(&sku(argument(words, "on").unwrap_or("tea")));
    let numbers =
        level.map_or(String::new(), |StockLevel { available, held, sold, .. }| format!(" {available}/{held}/{sold}"));
    told + &numbers
}

fn reply_in_words(reply: &Reply) -> String {
    match &reply.outcome {
        Outcome::ProductApplied { version, stock, .. } => format!("applied {version} {}", stock.available),
        Outcome::ProductRefused { reason } => reason.code().to_owned(),
        other => unreachable!("a product's command is not {}", other.kind()),
    }
}

fn answer_in_words(answer: &StockAnswer) -> String {
    match answer {
        StockAnswer::Held { quantity, unit, until, .. } => {
            format!("held {quantity} at {} until {}", unit.unit_price, until.as_millis() / 1000)
        }
        StockAnswer::Committed { .. } => "committed".into(),
        StockAnswer::Released { cause: ReleaseCause::Released, .. } => "released".into(),
        StockAnswer::Released { cause: ReleaseCause::Lapsed, .. } => "lapsed".into(),
        StockAnswer::Returned { returned, .. } => format!("returned {returned}"),
        StockAnswer::Refused { reason } => reason.code().to_owned(),
    }
}

fn kinds(events: &[InventoryEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.fact.kind()).collect()
}

fn argument<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

fn number<T: std::str::FromStr>(words: &[&str], name: &str) -> Option<T> {
    argument(words, name).map(|text| text.parse().ok().unwrap_or_else(|| panic!("{name}={text}")))
}

/// Terms as a row writes them.
fn written_terms(words: &[&str]) -> ProductTerms {
    let usual = terms();
    ProductTerms {
        seller: argument(words, "seller").map_or(usual.seller, |name| SellerId::new(name).unwrap()),
        name: argument(words, "name").map_or(usual.name, Into::into),
        list_price: number(words, "list").map_or(usual.list_price, Money::new),
        // sale=700@10..20
        sale: argument(words, "sale").map(|text| {
            let (price, window) = text.split_once('@').expect("a sale is written 700@10..20");
            let (from, until) = window.split_once("..").expect("a window is written 10..20");
            let window = Window { from: at(from.parse().unwrap()), until: at(until.parse().unwrap()) };
            SalePrice { price: Money::new(price.parse().unwrap()), window }
        }),
        low_stock: number(words, "low"),
        ..usual
    }
}

fn command(words: &[&str], row: usize) -> InventoryCommand {
    let sku = sku(argument(words, "on").unwrap_or("tea"));
    let line = format!("row {row}");
    let request = request(argument(words, "as").unwrap_or(&line));
    let hold = || self::request(words[1]).hold();
    match words[0] {
        "define" => InventoryCommand::DefineProduct { request, sku, terms: written_terms(words) },
        "adjust" => InventoryCommand::AdjustStock { request, sku, change: words[1].parse().unwrap() },
        "hold" => InventoryCommand::Hold {
            request,
            sku,
            order: order(argument(words, "order").unwrap_or("order-1")),
            quantity: words[1].parse().unwrap(),
            until: at(number(words, "until").expect("until when")),
        },
        "commit" => InventoryCommand::Commit { request, sku, hold: hold() },
        "release" => InventoryCommand::Release { request, sku, hold: hold() },
        "return" => InventoryCommand::Return { request, sku, hold: hold(), returned: words[2].parse().unwrap() },
        other => panic!("no such word: {other}"),
    }
}
