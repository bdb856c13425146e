//! The ledger works out what a price must be, and notices each way in which a log can lie.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use events::ids::{OfferSource, Sku};
use events::inventory::SalePrice;
use events::money::Money;
use events::prices::{BestPrice, PriceCommand, PriceRefusal, Winner};
use events::time::{Timestamp, Window};

use super::{PriceLedger, PriceRule};

const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn sku() -> Sku {
    Sku::new("tea").unwrap()
}

fn source(name: &str) -> OfferSource {
    OfferSource::new(name).unwrap()
}

/// 10,000 won, and 7,000 from 1,000 ms until 2,000 ms.
fn own(version: u64) -> PriceCommand {
    let window = Window { from: at(1_000), until: at(2_000) };
    let sale = Some(SalePrice { price: Money::new(7_000), window });
    PriceCommand::OwnPrice { sku: sku(), version, at: at(0), list_price: Money::new(10_000), sale }
}

fn offer(name: &str, price: i64, seen: i64) -> PriceCommand {
    PriceCommand::Offer {
        request: None,
        sku: sku(),
        source: source(name),
        price: Money::new(price),
        seen_at: at(seen),
        fresh_ms: 500,
        until: None,
    }
}

fn best(version: u64, instant: i64) -> BestPrice {
    BestPrice {
        sku: sku(),
        version,
        at: at(instant),
        price: Money::new(10_000),
        by: Winner::Own,
        own: Money::new(10_000),
        list_price: Money::new(10_000),
        on_sale: false,
        offers: 0,
        valid_until: Some(at(1_000)),
    }
}

#[test]
fn the_price_follows_offers_and_time() {
    let mut ledger = PriceLedger::new();
    ledger.apply(&own(1), at(10));
    ledger.apply(&offer("b", 9_000, 100), at(100));
    ledger.apply(&offer("a", 9_000, 200), at(200));
    // (log time, price, whose, offers compared, until when)
    let table = [
        (200, 9_000, Some("a"), 2, Some(700)),
        (600, 9_000, Some("a"), 1, Some(700)),
        (700, 10_000, None, 0, Some(1_000)),
        (1_000, 7_000, None, 0, Some(2_000)),
        (2_000, 10_000, None, 0, None),
    ];
    for (now, price, by, offers, until) in table {
        ledger.pass(at(now));
        let quote = ledger.due(&sku()).unwrap();
        let found = (quote.price.minor(), quote.by.source().map(|source| source.as_str()), quote.offers);
        assert_eq!(found, (price, by, offers), "at {now}");
        assert_eq!(quote.valid_until, until.map(at), "at {now}");
    }
}

#[test]
fn what_breaks_a_rule_by_itself_is_named() {
    let offer = Winner::Offer { source: source("a") };
    let table: [(BestPrice, Option<PriceRule>); 9] = [
        (best(2, 20), None),
        (BestPrice { version: 1, ..best(2, 20) }, Some(PriceRule::VersionsRise)),
        (BestPrice { at: at(9), ..best(2, 20) }, Some(PriceRule::TimeNeverRunsBack)),
        (BestPrice { price: Money::new(9_999), ..best(2, 20) }, Some(PriceRule::LowestWins)),
        (BestPrice { by: offer.clone(), offers: 1, ..best(2, 20) }, Some(PriceRule::LowestWins)),
        (BestPrice { by: offer, price: Money::new(1), ..best(2, 20) }, Some(PriceRule::LowestWins)),
        (BestPrice { price: Money::new(9), own: Money::new(9), ..best(2, 20) }, Some(PriceRule::OwnPriceIsOurs)),
        (BestPrice { list_price: Money::new(9_999), ..best(2, 20) }, Some(PriceRule::OwnPriceIsOurs)),
        (BestPrice { valid_until: Some(at(20)), ..best(2, 20) }, Some(PriceRule::HoldsForAWhile)),
    ];
    for (second, broken) in table {
        let mut ledger = PriceLedger::new();
        ledger.take(&best(1, 10)).unwrap();
        assert_eq!(ledger.take(&second).err().map(|violation| violation.rule), broken, "{second:?}");
    }
}

#[test]
fn what_was_stated_last_is_what_the_commands_led_to() {
    let mut ledger = PriceLedger::new();
    ledger.apply(&own(1), at(10));
    assert_eq!(ledger.settle().len(), 1, "nothing was stated");
    ledger.take(&best(1, 10)).unwrap();
    assert_eq!(ledger.settle(), [], "our price");
    ledger.apply(&offer("a", 9_000, 20), at(20));
    assert_eq!(ledger.settle().first().map(|violation| violation.rule), Some(PriceRule::FollowsCommands));
    let theirs = BestPrice {
        price: Money::new(9_000),
        by: Winner::Offer { source: source("a") },
        offers: 1,
        valid_until: Some(at(520)),
        ..best(2, 20)
    };
    ledger.take(&theirs).unwrap();
    assert_eq!(ledger.settle(), [], "their price");
    ledger.pass(at(520));
    assert_eq!(ledger.settle().len(), 1, "it is stale and still stated");
    ledger.take(&best(3, 520)).unwrap();
    assert_eq!(ledger.settle(), []);
    ledger.take(&BestPrice { sku: Sku::new("other").unwrap(), ..best(1, 10) }).unwrap();
    assert_eq!(ledger.settle().len(), 1, "a price of a product that nobody defined");
}

#[test]
fn refused_offers_are_counted_and_change_nothing() {
    let mut ledger = PriceLedger::new();
    ledger.apply(&offer("a", 9_000, 10), at(10));
    ledger.apply(&own(1), at(10));
    ledger.apply(&offer("a", 0, 10), at(10));
    ledger.apply(&offer("a", 100_001, 10), at(10));
    ledger.apply(&offer("a", 99, 10), at(10));
    ledger.apply(&offer("a", 9_000, 60_011), at(10));
    ledger.apply(&offer("a", 9_000, 0), at(500));
    let table = [
        (PriceRefusal::UnknownProduct, 1),
        (PriceRefusal::InvalidPrice, 3),
        (PriceRefusal::OfferInFuture, 1),
        (PriceRefusal::OfferStale, 1),
    ];
    assert_eq!(ledger.refused(), &table.into_iter().collect());
    assert_eq!(ledger.offers(), 6);
    assert_eq!(ledger.due(&sku()).unwrap().offers, 0);
}
