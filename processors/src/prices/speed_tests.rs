//! What a poll of other shops costs, and what a product takes in the store. Not part of a test run:
//! `cargo test --release -p processors -- --ignored --nocapture what_an_offer_costs`.

use events::envelope::Envelope;
use streams::record::Record;

use super::processor::PRODUCTS;
use super::table::{offer, own, silent, under};
use super::topology;
use crate::kit::testing::measure::{Measured, record};

const SKUS: u32 = 20_000;

#[test]
#[ignore = "a measurement, not a test"]
fn what_an_offer_costs() {
    let record = |number: u32, command, second| {
        record(&under(&format!("product-{number}"), command), &Envelope::default(), second * 1_000)
    };
    let poll = |second: i64| -> Vec<Record> {
        let all = (0..10).flat_map(|shop| (0..SKUS).map(move |number| (number, shop)));
        let offered = |shop: i64| silent(offer(&format!("shop-{shop}"), 9_000 + shop * 200, second, 30));
        all.map(|(number, shop)| record(number, offered(shop), second)).collect()
    };
    let mut prices = Measured::new(&topology(|_| {}).unwrap());
    prices.run("our price", &(0..SKUS).map(|number| record(number, own(1, 10_000, None), 1)).collect::<Vec<_>>());
    prices.run("first poll", &poll(2));
    prices.run("second poll, same prices", &poll(12));
    prices.weigh("products of ten offers", PRODUCTS.id());
}
