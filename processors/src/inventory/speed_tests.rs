//! What a hold costs, and what a committed one takes in the store. Not part of a test run:
//! `cargo test --release -p processors -- --ignored --nocapture what_a_hold_costs`.
#![expect(clippy::disallowed_methods, reason = "a stopwatch needs a clock; no decision sees it")]

use std::collections::BTreeMap;
use std::time::Instant;

use events::codec::encode;
use events::envelope::Envelope;
use events::inventory::InventoryCommand;
use events::topics;
use streams::processor::{Context, Processor, StoreId, Timer};
use streams::record::{Outgoing, Record};

use super::fixture::{adjust, at, define, request, sku, terms};
use super::processor::InventoryProcessor;
use super::stores;
use crate::kit::messaging::Outputs;

const HOLDS: u32 = 500_000;

/// Plain maps: what is measured is the processor, not a store.
#[derive(Default)]
struct Maps {
    stores: BTreeMap<StoreId, BTreeMap<Vec<u8>, Vec<u8>>>,
    written: usize,
}

impl Context for Maps {
    fn log_time(&self) -> i64 {
        20_000
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
    fn scan(&self, _: StoreId, _: &[u8], _: Option<&[u8]>, _: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        vec![]
    }
    fn forward(&mut self, outgoing: Outgoing) {
        self.written += outgoing.value.map_or(0, |value| value.len());
    }
    fn schedule(&mut self, _: Timer) {}
    fn cancel(&mut self, _: &Timer) {}
}

fn record(command: &InventoryCommand) -> Record {
    let context = Envelope { answer_to: Some(request("place").order()), ..Envelope::default() };
    let (value, envelope) = encode(command, &context).unwrap();
    Record {
        topic: "inbox".into(),
        partition: 0,
        offset: 0,
        timestamp: 20_000,
        key: Some(command.sku().as_str().as_bytes().to_vec().into()),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    }
}

fn per_command(name: &str, commands: &[Record], processor: &mut InventoryProcessor, maps: &mut Maps) {
    let (begun, written) = (Instant::now(), maps.written);
    for record in commands {
        processor.process(record, maps).unwrap();
    }
    let count = commands.len();
    eprintln!(
        "{name}: {:.0} ns each, {} bytes written each",
        begun.elapsed().as_nanos() as f64 / count as f64,
        (maps.written - written) / count
    );
}

#[test]
#[ignore = "a measurement, not a test"]
fn what_a_hold_costs() {
    let requests: Vec<_> = (0..HOLDS).map(|number| request(&format!("hold {number}"))).collect();
    let held = |place: &events::ids::RequestId| InventoryCommand::Hold {
        request: *place,
        sku: sku("tea"),
        order: place.order(),
        quantity: 1,
        until: at(100),
    };
    let holds: Vec<Record> = requests.iter().map(|request| record(&held(request))).collect();
    let commits: Vec<Record> = (0..HOLDS)
        .zip(&requests)
        .map(|(number, held)| InventoryCommand::Commit {
            request: request(&format!("commit {number}")),
            sku: sku("tea"),
            hold: held.hold(),
        })
        .map(|command| record(&command))
        .collect();
    let mut maps = Maps::default();
    let mut processor = InventoryProcessor::new(Outputs::new("inventory", &topics::INVENTORY_EVENTS).unwrap());
    for command in [define("d", "tea", terms()), adjust("a", "tea", HOLDS.into())] {
        processor.process(&record(&command), &mut maps).unwrap();
    }
    per_command("hold, the whole processor on plain maps", &holds, &mut processor, &mut maps);
    per_command("commit", &commits, &mut processor, &mut maps);
    let kept = &maps.stores[&stores::HOLDS];
    let bytes: usize = kept.iter().map(|(key, value)| key.len() + value.len()).sum();
    eprintln!("{} committed holds: {} bytes of key and value each", kept.len(), bytes / kept.len());
}
