//! What a poll of other shops costs, and what a product takes in the store. Not part of a test run:
//! `cargo test --release -p processors -- --ignored --nocapture what_an_offer_costs`.
#![expect(clippy::disallowed_methods, reason = "a stopwatch needs a clock; no decision sees it")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use events::codec::encode;
use events::envelope::Envelope;
use events::money::Money;
use events::prices::PriceCommand;
use events::time::Timestamp;
use events::topics;
use streams::processor::{Context, Processor, StoreId, Timer};
use streams::record::{Outgoing, Record};

use super::fixture::{sku, source};
use super::processor::{PRODUCTS, PricesProcessor};
use crate::kit::messaging::Outputs;

const SKUS: u32 = 20_000;
const SOURCES: u32 = 10;

/// Plain maps: what is measured is the processor, not a store.
#[derive(Default)]
struct Maps {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    now: i64,
    stated: usize,
}

impl Context for Maps {
    fn log_time(&self) -> i64 {
        self.now
    }
    fn partition(&self) -> i32 {
        0
    }
    fn get(&self, _: StoreId, key: &[u8]) -> Option<&[u8]> {
        self.rows.get(key).map(Vec::as_slice)
    }
    fn put(&mut self, store: StoreId, key: &[u8], value: &[u8]) {
        assert_eq!(store, PRODUCTS);
        self.rows.insert(key.to_vec(), value.to_vec());
    }
    fn delete(&mut self, _: StoreId, key: &[u8]) {
        self.rows.remove(key);
    }
    fn scan(&self, _: StoreId, _: &[u8], _: Option<&[u8]>, _: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        vec![]
    }
    fn forward(&mut self, _: Outgoing) {
        self.stated += 1;
    }
    fn schedule(&mut self, _: Timer) {}
    fn cancel(&mut self, _: &Timer) {}
}

fn record(command: &PriceCommand, now: i64) -> Record {
    let (value, envelope) = encode(command, &Envelope::default()).unwrap();
    Record {
        topic: "inbox".into(),
        partition: 0,
        offset: 0,
        timestamp: now,
        key: Some(command.sku().as_str().as_bytes().to_vec().into()),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    }
}

fn per_command(name: &str, commands: &[Record], processor: &mut PricesProcessor, maps: &mut Maps) {
    let (begun, stated) = (Instant::now(), maps.stated);
    for record in commands {
        maps.now = record.timestamp;
        processor.process(record, maps).unwrap();
    }
    let each = begun.elapsed().as_nanos() as f64 / commands.len() as f64;
    eprintln!("{name}: {each:.0} ns each, {} of {} stated anew", maps.stated - stated, commands.len());
}

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
        all.map(|offered| record(&offer(offered), now)).collect()
    };
    let mut maps = Maps::default();
    let mut processor = PricesProcessor::new(Outputs::new("prices", &topics::PRICES_BEST).unwrap(), Arc::new(|_| {}));
    let products: Vec<Record> = (0..SKUS).map(|number| record(&own(number), 1_000)).collect();
    per_command("our price", &products, &mut processor, &mut maps);
    per_command("first poll", &poll(2_000), &mut processor, &mut maps);
    per_command("second poll, same prices", &poll(12_000), &mut processor, &mut maps);
    let bytes: usize = maps.rows.iter().map(|(key, row)| key.len() + row.len()).sum();
    eprintln!("{SKUS} products of {SOURCES} offers: {} bytes of key and value each", bytes / maps.rows.len());
}
