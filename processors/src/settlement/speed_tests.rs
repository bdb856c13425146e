//! What a posted line costs, and what it takes in the store. Not part of a test run:
//! `cargo test --release -p processors -- --ignored --nocapture what_a_line_costs`.
#![expect(clippy::disallowed_methods, reason = "a stopwatch needs a clock; no decision sees it")]

use std::collections::BTreeMap;
use std::time::Instant;

use events::codec::{decode, encode};
use events::envelope::Envelope;
use events::settlement::{Basis, SettlementCommand};
use events::topics;
use streams::processor::{Context, Processor, StoreId, Timer};
use streams::record::{Outgoing, Record};

use super::fixture::{at, line, policy, refunded, request, set_policy};
use super::stores;
use crate::kit::messaging::Outputs;
use crate::settlement::processor::SettlementProcessor;

const ORDERS: u32 = 300_000;

/// Plain maps: what is measured is the processor, not a store.
#[derive(Default)]
struct Maps {
    stores: BTreeMap<StoreId, BTreeMap<Vec<u8>, Vec<u8>>>,
    written: usize,
}

impl Context for Maps {
    fn log_time(&self) -> i64 {
        at("2026-11-23 12:00")
    }
    fn partition(&self) -> i32 {
        0
    }
    fn get(&self, store: StoreId, key: &[u8]) -> Option<&[u8]> {
        self.stores.get(&store)?.get(key).map(Vec::as_slice)
    }
    fn put(&mut self, store: StoreId, key: &[u8], value: &[u8]) {
        self.stores.entry(store).or_default().insert(key.to_vec(), value.to_vec());
    }
    fn delete(&mut self, store: StoreId, key: &[u8]) {
        self.stores.entry(store).or_default().remove(key);
    }
    fn scan(&self, store: StoreId, prefix: &[u8], _: Option<&[u8]>, limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let Some(kept) = self.stores.get(&store) else { return vec![] };
        let rows = kept.iter().filter(|(key, _)| key.starts_with(prefix)).take(limit);
        rows.map(|(key, row)| (key.clone(), row.clone())).collect()
    }
    fn forward(&mut self, outgoing: Outgoing) {
        self.written += outgoing.value.map_or(0, |value| value.len());
    }
    fn schedule(&mut self, _: Timer) {}
    fn cancel(&mut self, _: &Timer) {}
}

fn record(command: &SettlementCommand) -> Record {
    let (value, envelope) = encode(command, &Envelope::default()).unwrap();
    Record {
        topic: "inbox".into(),
        partition: 0,
        offset: 0,
        timestamp: at("2026-11-23 12:00"),
        key: Some(command.seller().as_str().as_bytes().to_vec().into()),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    }
}

fn per_record(name: &str, records: &[Record], processor: &mut SettlementProcessor, maps: &mut Maps) {
    let (begun, written) = (Instant::now(), maps.written);
    for record in records {
        processor.process(record, maps).unwrap();
    }
    let count = records.len();
    eprintln!(
        "{name}: {:.0} ns each, {} bytes read and {} written each",
        begun.elapsed().as_nanos() as f64 / count as f64,
        records.iter().filter_map(|record| record.value.as_ref()).map(|value| value.len()).sum::<usize>() / count,
        (maps.written - written) / count
    );
}

#[test]
#[ignore = "a measurement, not a test"]
fn what_a_line_costs() {
    let noon = at("2026-11-23 12:00");
    let orders: Vec<String> = (0..ORDERS).map(|number| request(&number.to_string()).order().to_string()).collect();
    let step = |basis| {
        let of =
            |name: &String| super::fixture::reached(name, basis, noon, vec![line("tea-100g", 3, 45_000, 6_750, 5_000)]);
        orders.iter().map(|name| record(&of(name))).collect::<Vec<_>>()
    };
    let (paid, confirmed) = (step(Basis::Paid), step(Basis::Confirmed));
    let back: Vec<_> = orders.iter().map(|name| record(&refunded(name, 1, noon, &[("tea-100g", 1)]))).collect();
    let mut maps = Maps::default();
    let mut processor = SettlementProcessor::new(Outputs::new("settlement", &topics::SETTLEMENT_EVENTS).unwrap());
    processor.process(&record(&set_policy("p", policy())), &mut maps).unwrap();
    per_record("a step that does not count, the whole processor on plain maps", &paid, &mut processor, &mut maps);
    per_record("a line that is posted", &confirmed, &mut processor, &mut maps);
    per_record("the same again", &confirmed, &mut processor, &mut maps);
    per_record("a refund of one unit", &back, &mut processor, &mut maps);
    let kept = &maps.stores[&stores::LINES];
    let bytes: usize = kept.iter().map(|(key, value)| key.len() + value.len()).sum();
    eprintln!("{} orders' lines: {} bytes of key and value each", kept.len(), bytes / kept.len());
    let begun = Instant::now();
    for record in &confirmed {
        let envelope = Envelope::from_headers(record.header_pairs());
        let read: SettlementCommand = decode(record.value.as_deref(), &envelope).unwrap();
        assert!(matches!(read, SettlementCommand::LinesReached { .. }));
    }
    eprintln!("of it, reading the record: {:.0} ns", begun.elapsed().as_nanos() as f64 / f64::from(ORDERS));
}
