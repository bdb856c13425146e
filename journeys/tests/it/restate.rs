//! Products that were defined before there was a prices processor: told again, they have a best price; told once more, or late,
//! nothing changes. First on the test driver, inventory's facts on one side and the prices processor on the other; then by the
//! shipped binary, while a sale goes on, whose proof is that nothing has changed that should not.

use std::collections::BTreeMap;
use std::process::Output;
use std::thread::sleep;
use std::time::Duration;

use audit::ledgers::prices::PriceLedger;
use console::restate::Definitions;
use events::codec::{Message, decode, encode};
use events::envelope::Envelope;
use events::ids::{OfferSource, RequestId, SellerId, Sku};
use events::inventory::{InventoryCommand, InventoryEvent, ProductTerms};
use events::money::Money;
use events::prices::{BestPrice, PriceCommand};
use events::time::Timestamp;
use events::topics;
use streams::driver::TestDriver;
use streams::record::Outgoing;

use crate::fixture::{Fixture, judge};

fn sku(name: &str) -> Sku {
    Sku::new(name).expect("a sku")
}

fn define(name: &str, number: u32, list_price: i64) -> InventoryCommand {
    let terms = ProductTerms {
        seller: SellerId::new("teahouse").expect("a seller"),
        name: name.into(),
        category: None,
        list_price: Money::new(list_price),
        sale: None,
        supply_price: None,
        low_stock: None,
    };
    InventoryCommand::DefineProduct { request: RequestId::of("op", name, &number.to_string()), sku: sku(name), terms }
}

fn pipe<M: Message>(driver: &mut TestDriver, command: &M, at_ms: i64) {
    let (value, _) = encode(command, &Envelope::default()).expect("a value");
    driver.pipe(command.key().as_bytes(), &value, &[("schema-version", b"1")], at_ms).expect("it is decided");
}

fn read<M: Message>(outgoing: &Outgoing) -> M {
    let headers = outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()));
    decode(outgoing.value.as_deref(), &Envelope::from_headers(headers)).expect("a message")
}

/// The prices processor, judged by its ledger, and what it shows.
struct Prices {
    driver: TestDriver,
    ledger: PriceLedger,
    shown: BTreeMap<Sku, BestPrice>,
}

impl Prices {
    /// A processor that has heard nothing.
    fn begin() -> Self {
        let driver = TestDriver::new(processors::prices::topology(|_| {}).expect("a topology"));
        Self { driver, ledger: PriceLedger::new(), shown: BTreeMap::new() }
    }

    /// Tells it something; how much it has stated anew.
    fn hear(&mut self, commands: &[PriceCommand], at_ms: i64) -> usize {
        for command in commands {
            pipe(&mut self.driver, command, at_ms);
            self.ledger.apply(command, Timestamp::from_millis(at_ms));
        }
        let stated: Vec<BestPrice> = self.driver.take(topics::PRICES_BEST.name()).iter().map(read).collect();
        for best in &stated {
            self.ledger.take(best).expect("a lawful price");
            self.shown.insert(best.sku.clone(), best.clone());
        }
        assert_eq!(self.ledger.settle(), [], "what is shown is what was said");
        stated.len()
    }

    fn shows(&self) -> Vec<(&str, i64)> {
        self.shown.iter().map(|(sku, best)| (sku.as_str(), best.price.minor())).collect()
    }
}

/// Inventory, and all that it has stated.
struct Shop {
    driver: TestDriver,
    facts: Vec<InventoryEvent>,
}

impl Shop {
    /// Does something; what prices are told of it.
    fn happen(&mut self, command: &InventoryCommand, at_ms: i64) -> Vec<PriceCommand> {
        pipe(&mut self.driver, command, at_ms);
        self.facts.extend(self.driver.take(topics::INVENTORY_EVENTS.name()).iter().map(read::<InventoryEvent>));
        self.driver.take(topics::PRICES_INBOX.name()).iter().map(read).collect()
    }

    /// What `prices restate` would tell now.
    fn restated(&self) -> Vec<PriceCommand> {
        let mut definitions = Definitions::default();
        self.facts.iter().for_each(|event| definitions.take(event));
        definitions.commands().cloned().collect()
    }
}

#[test]
fn products_from_before_there_were_prices_have_one_once_they_are_told_again() {
    let driver = TestDriver::new(processors::inventory::topology().expect("a topology"));
    let mut shop = Shop { driver, facts: Vec::new() };
    // Nobody is there to hear it.
    for (number, (name, price)) in (1_u32..).zip([("tea", 1_000), ("rice", 500), ("tea", 900), ("oil", 700)]) {
        assert_eq!(shop.happen(&define(name, number, price), i64::from(number)).len(), 1);
    }
    let adjust =
        InventoryCommand::AdjustStock { request: RequestId::of("op", "tea", "more"), sku: sku("tea"), change: 9 };
    assert!(shop.happen(&adjust, 5).is_empty());
    let absurd = define("oil", 6, -1);
    assert!(shop.happen(&absurd, 6).is_empty(), "a refused definition is none");

    let mut prices = Prices::begin();
    // One of them is defined again, as was the only remedy: its old definition is in the facts, too.
    let anew = shop.happen(&define("rice", 7, 550), 7);
    assert_eq!(prices.hear(&anew, 10), 1);
    let early = shop.restated();
    assert_eq!(prices.hear(&early, 20), 2, "rice is known");
    assert_eq!(prices.shows(), [("oil", 700), ("rice", 550), ("tea", 900)]);
    assert_eq!(prices.hear(&shop.restated(), 30), 0, "told twice, nothing is new");

    // Restated while the shop goes on: what was read before the newest definition comes after it.
    let newest = shop.happen(&define("tea", 8, 800), 8);
    assert_eq!(prices.hear(&newest, 40), 1);
    assert_eq!(prices.hear(&early, 50), 0, "an old definition changes nothing");
    let offer = PriceCommand::Offer {
        request: None,
        sku: sku("tea"),
        source: OfferSource::new("elsewhere").expect("a source"),
        price: Money::new(750),
        seen_at: Timestamp::from_millis(60),
        fresh_ms: 1_000,
        until: None,
    };
    assert_eq!(prices.hear(&[offer], 60), 1);
    assert_eq!(prices.hear(&early, 70) + prices.hear(&shop.restated(), 80), 0, "offers stay as they are");
    prices.driver.crash_and_restore().expect("restored");
    assert_eq!(prices.hear(&shop.restated(), 90), 0);
    assert_eq!(prices.shows(), [("oil", 700), ("rice", 550), ("tea", 750)]);
}

/// How many products the verb has told of.
fn told(output: &Output) -> u64 {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    stdout.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{stdout}{stderr}"))
}

#[test]
fn prices_are_told_again_while_the_shop_runs_and_the_outcome_is_proven() {
    let Some(fixture) = Fixture::enter() else { return };
    let sale = fixture.begin_sale(&[
        "--shoppers",
        "600",
        "--stock",
        "150",
        "--rate",
        "300",
        "--orders",
        "all",
        "--order-rate",
        "30",
    ]);
    let restate = || told(&fixture.timesale(&["prices", "restate"]).output().expect("prices restate"));
    let mut counts = Vec::new();
    for _ in 0..8 {
        counts.push(restate());
        sleep(Duration::from_secs(1));
    }
    let result = judge(&sale.wait_with_output().expect("the sale's output"));
    assert!(counts.is_sorted() && counts.last() > Some(&0), "products are never fewer: {counts:?} {result}");
    assert_eq!(result["proof"]["best_prices_are_what_offers_and_time_lead_to"], true, "{result}");
}
