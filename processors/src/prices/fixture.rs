//! For tests: the prices topology on the test driver, and the small language of the tables. Every command and every best price
//! that any test brings about goes through [`PriceLedger`], which must have worked out the same, so that no table can pass over a
//! broken promise.
//!
//! ```text
//! <second>  <what happens>  =>  <reply, or nothing>  <best price, if it is stated anew>
//! ```
//!
//! A best price is written `<price> by <whose> of <offers compared> until <second>`, with `sale` before it while the sale is on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use audit::ledgers::prices::PriceLedger;
use events::codec::{decode, encode};
use events::envelope::Envelope;
use events::ids::{OfferSource, RequestId, Sku};
use events::inventory::SalePrice;
use events::money::Money;
use events::prices::{BestPrice, PriceCommand, PriceRefusal, Winner};
use events::request::{Outcome, Reply};
use events::time::{Timestamp, Window};
use events::topics;
use streams::driver::{DriverError, TestDriver};
use streams::record::Outgoing;

use super::counted_topology;
use super::processor::PRODUCTS;

/// The partition of replies that every test asks for.
const REPLY_TO: i32 = 3;

pub(crate) struct Fixture {
    pub(crate) driver: TestDriver,
    pub(crate) ledger: PriceLedger,
    /// How many offers were refused, as whoever runs the processor is told.
    refused: Arc<Mutex<BTreeMap<PriceRefusal, u64>>>,
}

/// What one command led to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Effect {
    pub(crate) best: Vec<BestPrice>,
    /// What whoever asked was told; inventory asks nothing, and a connector need not.
    pub(crate) reply: Option<Reply>,
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

pub(crate) fn request(name: &str) -> RequestId {
    RequestId::derive(&[name.as_bytes()])
}

pub(crate) fn sku(name: &str) -> Sku {
    Sku::new(name).unwrap()
}

pub(crate) fn source(name: &str) -> OfferSource {
    OfferSource::new(name).unwrap()
}

/// So much for tea, and less for a while.
pub(crate) fn own(version: u64, list_price: i64, sale: Option<(i64, i64, i64)>) -> PriceCommand {
    let sale = sale.map(|(price, from, until)| SalePrice {
        price: Money::new(price),
        window: Window { from: at(from), until: at(until) },
    });
    PriceCommand::OwnPrice { sku: sku("tea"), version, at: at(0), list_price: Money::new(list_price), sale }
}

/// An offer of tea, seen at this second and fresh for so many.
pub(crate) fn offer(name: &str, price: i64, seen: i64, fresh: u32) -> PriceCommand {
    PriceCommand::Offer {
        request: Some(request(name)),
        sku: sku("tea"),
        source: source(name),
        price: Money::new(price),
        seen_at: at(seen),
        fresh_ms: fresh * 1000,
        until: None,
    }
}

pub(crate) fn withdraw(name: &str) -> PriceCommand {
    PriceCommand::WithdrawOffer { request: Some(request(name)), sku: sku("tea"), source: source(name) }
}

fn envelope_of(outgoing: &Outgoing) -> Envelope {
    Envelope::from_headers(outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref())))
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let refused: Arc<Mutex<BTreeMap<PriceRefusal, u64>>> = Arc::default();
        let counts = Arc::clone(&refused);
        let count = move |reason| *counts.lock().unwrap().entry(reason).or_default() += 1;
        let driver = TestDriver::with_partitions(counted_topology(count).unwrap(), 1);
        Self { driver, ledger: PriceLedger::new(), refused }
    }

    /// A fixture in which tea costs this with us.
    pub(crate) fn with_tea(list_price: i64) -> Self {
        let mut fixture = Self::new();
        fixture.send(&own(1, list_price, None), 0).unwrap();
        fixture
    }

    /// Sends a command and reads what it led to.
    pub(crate) fn send(&mut self, command: &PriceCommand, at_ms: i64) -> Result<Effect, DriverError> {
        let context = Envelope { reply_to: Some(REPLY_TO), ..Envelope::default() };
        let (value, envelope) = encode(command, &context).unwrap();
        let headers: Vec<(&str, Vec<u8>)> = envelope.to_headers();
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        self.driver.pipe(command.sku().as_str().as_bytes(), &value, &headers, at_ms)?;
        self.ledger.hear(command, Timestamp::from_millis(at_ms));
        assert_eq!(*self.refused.lock().unwrap(), *self.ledger.refused(), "every refused offer is counted, once");
        let best = self.best();
        let mut replies = self.driver.take(topics::INGRESS_REPLIES.name());
        assert_eq!(replies.len(), usize::from(command.request().is_some()), "who asks is told: {command:?}");
        let reply = replies.pop().map(|reply| {
            assert_eq!(reply.partition, Some(REPLY_TO));
            let reply: Reply = decode(reply.value.as_deref(), &envelope_of(&reply)).unwrap();
            assert_eq!(Some(reply.request), command.request());
            reply
        });
        Ok(Effect { best, reply })
    }

    /// Lets time pass to this instant.
    pub(crate) fn tick(&mut self, at_ms: i64) -> Vec<BestPrice> {
        self.driver.advance_to(at_ms).unwrap();
        self.ledger.pass(Timestamp::from_millis(at_ms));
        self.best()
    }

    /// The best prices since the last look, each judged by the ledger; the last of each is what the ledger has worked out, and what
    /// the store holds.
    pub(crate) fn best(&mut self) -> Vec<BestPrice> {
        let read = |outgoing: Outgoing| -> BestPrice {
            let best: BestPrice = decode(outgoing.value.as_deref(), &envelope_of(&outgoing)).unwrap();
            assert_eq!(outgoing.partition, Some(0), "best prices go to the task's own partition");
            assert_eq!(outgoing.key.as_deref(), Some(best.sku.as_str().as_bytes()));
            best
        };
        let best: Vec<BestPrice> = self.driver.take(topics::PRICES_BEST.name()).into_iter().map(read).collect();
        for best in &best {
            if let Err(violation) = self.ledger.take(best) {
                panic!("{violation}: {best:?}");
            }
        }
        let wrong = self.ledger.settle();
        assert!(wrong.is_empty(), "{wrong:?}: {:?} instead of {:?}", best, self.ledger.due(&sku("tea")));
        for told in self.ledger.told() {
            let product = self.driver.row(0, &PRODUCTS, &told.sku).unwrap().unwrap();
            assert_eq!(product.stated.as_ref(), Some(told));
        }
        best
    }
}

/// Plays a table twice: as it is, and with a crash after every row. Both must say what the table says.
pub(crate) fn check(table: &str) {
    for crashes in 0..2 {
        let mut fixture = Fixture::new();
        for row in table.lines().map(str::trim).filter(|row| !row.is_empty() && !row.starts_with('#')) {
            let (what, expected) = row.split_once("=>").expect("a row has an arrow");
            let mut words = what.split_whitespace();
            let second: i64 = words.next().unwrap().parse().expect("a row begins with a second");
            let words: Vec<&str> = words.collect();
            let found = happen(&mut fixture, second, &words);
            let expected = expected.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(found, expected, "\n({crashes} crashes a row): {row}\n");
            (0..crashes).for_each(|_| fixture.driver.crash_and_restore().unwrap());
        }
        assert!(fixture.driver.take_dead_letters().is_empty());
    }
}

fn happen(fixture: &mut Fixture, second: i64, words: &[&str]) -> String {
    let (best, reply) = match words[0] {
        "tick" => (fixture.tick(second * 1000), None),
        _ => {
            let effect = fixture.send(&command(words, second), second * 1000).unwrap();
            (effect.best, effect.reply)
        }
    };
    let said = reply.map(|reply| match reply.outcome {
        Outcome::OfferApplied { version, .. } => format!("applied {version}"),
        Outcome::OfferRefused { reason } => reason.code().to_owned(),
        other => unreachable!("an offer is not {}", other.kind()),
    });
    said.into_iter().chain(best.iter().map(in_words)).collect::<Vec<_>>().join(" ")
}

fn in_words(best: &BestPrice) -> String {
    let sale = if best.on_sale { "sale " } else { "" };
    let by = match &best.by {
        Winner::Own => "us",
        Winner::Offer { source } => source.as_str(),
    };
    let until = best.valid_until.map_or("ever".into(), |until| (until.as_millis() / 1000).to_string());
    format!("{sale}{} by {by} of {} until {until}", best.price, best.offers)
}

fn command(words: &[&str], second: i64) -> PriceCommand {
    let argument = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let number = |name: &str| argument(name).map(|text| text.parse::<i64>().expect("a number"));
    match words {
        ["own", price, ..] => {
            // sale=700@10..20
            let sale = argument("sale").map(|text| {
                let (price, window) = text.split_once('@').expect("a sale is written 700@10..20");
                let (from, until) = window.split_once("..").expect("a window is written 10..20");
                (price.parse().unwrap(), from.parse().unwrap(), until.parse().unwrap())
            });
            own(number("version").expect("a version").try_into().unwrap(), price.parse().unwrap(), sale)
        }
        ["offer", name, price, ..] => {
            let fresh = number("fresh").unwrap_or(30).try_into().unwrap();
            match offer(name, price.parse().unwrap(), number("seen").unwrap_or(second), fresh) {
                PriceCommand::Offer { request, sku, source, price, seen_at, fresh_ms, .. } => {
                    let until = number("until").map(at);
                    PriceCommand::Offer { request, sku, source, price, seen_at, fresh_ms, until }
                }
                other => other,
            }
        }
        ["withdraw", name] => withdraw(name),
        other => panic!("no such words: {other:?}"),
    }
}
