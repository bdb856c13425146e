//! What a poll of other shops costs, and what a product takes in the store. Not part of a test run:
//! `cargo test --release -p processors -- --ignored --nocapture what_an_offer_costs`.

use events::envelope::Envelope;
use events::money::Money;
use events::prices::PriceCommand;
use events::time::Timestamp;
use streams::record::Record;

use super::processor::PRODUCTS;
use super::topology;
use crate::kit::testing::measure::{Measured, record};
use crate::kit::testing::names::{sku, source};

const SKUS: u32 = 20_000;
const SOURCES: u32 = 10;

#[test]
#[ignore = "a measurement, not a test"]
fn what_an_offer_costs() {
    let name = |number: u32| sku(&format!("product-{number}"));
    let own = |number| PriceCommand::OwnPrice {
        sku: name(number),
        version: 1,
        at: Timestamp::default(),
        list_price: Money::new(10_000),
        sale: None,
    };
    let poll = |now: i64| -> Vec<Record> {
        let offer = |(number, from): (u32, u32)| PriceCommand::Offer {
            request: None,
            sku: name(number),
            source: source(&format!("shop-{from}")),
            price: Money::new(9_000 + i64::from(from) * 200),
            seen_at: Timestamp::from_millis(now),
            fresh_ms: 30_000,
            until: None,
        };
        let all = (0..SOURCES).flat_map(|from| (0..SKUS).map(move |number| (number, from)));
        all.map(|offered| record(&offer(offered), &Envelope::default(), now)).collect()
    };
    let products: Vec<Record> = (0..SKUS).map(|number| record(&own(number), &Envelope::default(), 1_000)).collect();
    let mut prices = Measured::new(&topology().unwrap());
    prices.run("our price", &products);
    prices.run("first poll", &poll(2_000));
    prices.run("second poll, same prices", &poll(12_000));
    prices.weigh("products of ten offers", PRODUCTS.id());
}
