//! What a posted line costs, and what it takes in the store. Not part of a test run:
//! `cargo test --release -p processors -- --ignored --nocapture what_a_line_costs`.

use events::codec::decode;
use events::envelope::Envelope;
use events::settlement::{Basis, SettlementCommand};
use streams::record::Record;

use super::fixture::{at, line, policy, reached, refunded, request, set_policy};
use super::{stores, topology};
use crate::kit::testing::measure::{self, Measured, timed};

const ORDERS: u32 = 300_000;

fn record(command: &SettlementCommand) -> Record {
    measure::record(command, &Envelope::default(), at("2026-11-23 12:00"))
}

#[test]
#[ignore = "a measurement, not a test"]
fn what_a_line_costs() {
    let noon = at("2026-11-23 12:00");
    let orders: Vec<String> = (0..ORDERS).map(|number| request(&number.to_string()).order().to_string()).collect();
    let step = |basis| {
        let of = |name: &String| reached(name, basis, noon, vec![line("tea-100g", 3, 45_000, 6_750, 5_000)]);
        orders.iter().map(|name| record(&of(name))).collect::<Vec<_>>()
    };
    let (paid, confirmed) = (step(Basis::Paid), step(Basis::Confirmed));
    let back: Vec<_> = orders.iter().map(|name| record(&refunded(name, 1, noon, &[("tea-100g", 1)]))).collect();
    let mut settlement = Measured::new(&topology().unwrap());
    settlement.process(&[record(&set_policy("p", policy()))]);
    settlement.run("a step that does not count, the whole processor on plain maps", &paid);
    settlement.run("a line that is posted", &confirmed);
    settlement.run("the same again", &confirmed);
    settlement.run("a refund of one unit", &back);
    settlement.weigh("orders' lines", stores::LINES.id());
    timed("of it, reading the record", confirmed.len(), || {
        for record in &confirmed {
            let envelope = Envelope::from_headers(record.header_pairs());
            let read: SettlementCommand = decode(record.value.as_deref(), &envelope).unwrap();
            assert!(matches!(read, SettlementCommand::LinesReached { .. }));
        }
    });
}
