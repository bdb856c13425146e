//! What a claim costs, and what a granted coupon takes in the store. Not part of a test run:
//! `cargo test --release -p processors -- --ignored --nocapture what_a_claim_costs`.
#![expect(clippy::disallowed_methods, reason = "a stopwatch needs a clock; no decision sees it")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use events::codec::{decode, encode};
use events::coupons::{CampaignTerms, CouponCommand};
use events::envelope::Envelope;
use events::topics;
use streams::processor::{Context, Processor, StoreId, Timer};
use streams::record::{Outgoing, Record};

use super::account::Account;
use super::campaign::Campaign;
use super::effects::Effects;
use super::fixture::{at, campaign, claim, define, terms};
use super::processor::CouponProcessor;
use super::{machine, rows, stores};
use crate::kit::messaging::Outputs;

const CLAIMS: u32 = 1_000_000;

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

fn record(command: &CouponCommand, reply_to: i32) -> Record {
    let (value, envelope) = encode(command, &Envelope { reply_to: Some(reply_to), ..Envelope::default() }).unwrap();
    Record {
        topic: "inbox".into(),
        partition: 0,
        offset: 0,
        timestamp: 20_000,
        key: Some(command.campaign().as_str().as_bytes().to_vec().into()),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    }
}

fn per_claim(name: &str, work: impl FnOnce()) {
    let begun = Instant::now();
    work();
    eprintln!("{name}: {:.0} ns a claim", begun.elapsed().as_nanos() as f64 / f64::from(CLAIMS));
}

#[test]
#[ignore = "a measurement, not a test"]
fn what_a_claim_costs() {
    let commands: Vec<CouponCommand> =
        (0..CLAIMS).map(|number| claim(&format!("key-{number}"), "sale", &format!("shopper-{number:07}"))).collect();
    let records: Vec<Record> = commands.iter().map(|command| record(command, 1)).collect();
    let terms = CampaignTerms { stock: CLAIMS, ..terms() };

    per_claim("decode the command's JSON", || {
        for record in &records {
            let envelope = Envelope::from_headers(record.header_pairs());
            black_box(decode::<CouponCommand>(record.value.as_deref(), &envelope).unwrap());
        }
    });

    let id = campaign("sale");
    let mut effects = Effects::new(at(0));
    let defined = Campaign::define(&id, 0, &terms, &mut effects);
    let (slow, mut fast) = (rows::write_campaign(&defined), rows::write_counts(&defined.counts));
    per_claim("read rows, decide, write rows", || {
        for command in &commands {
            let mut campaign = rows::read_campaign(&id, &slow).unwrap();
            campaign.counts = rows::read_counts(&fast).unwrap();
            let mut account = Account::default();
            let mut effects = Effects::new(at(20));
            machine::decide(&mut campaign, &mut account, command, &mut effects).unwrap();
            fast = rows::write_counts(&campaign.counts);
            black_box(rows::write_account(&account, campaign.origin));
            black_box(&effects.events);
        }
    });

    let mut maps = Maps::default();
    let outputs = Outputs::new("coupons", &topics::COUPONS_EVENTS).unwrap();
    let mut processor = CouponProcessor::new(outputs);
    processor.process(&record(&define("d", "sale", terms), 1), &mut maps).unwrap();
    per_claim("the whole processor on plain maps", || {
        for record in &records {
            processor.process(record, &mut maps).unwrap();
        }
    });
    let accounts = &maps.stores[&stores::ACCOUNTS];
    let (keys, values) =
        accounts.iter().fold((0, 0), |(keys, values), (key, value)| (keys + key.len(), values + value.len()));
    eprintln!(
        "{} accounts: {} bytes of key and {} of value each; {} bytes written a claim",
        accounts.len(),
        keys / accounts.len(),
        values / accounts.len(),
        maps.written / accounts.len()
    );
}
