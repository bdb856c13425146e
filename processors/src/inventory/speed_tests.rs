//! What a hold costs, and what a committed one takes in the store. Not part of a test run:
//! `cargo test --release -p processors -- --ignored --nocapture what_a_hold_costs`.

use events::envelope::Envelope;
use events::ids::RequestId;
use events::inventory::InventoryCommand;
use streams::record::Record;

use super::fixture::{adjust, at, define, request, sku, terms};
use super::{stores, topology};
use crate::kit::testing::measure::{self, Measured};

const HOLDS: u32 = 500_000;

fn record(command: &InventoryCommand) -> Record {
    let context = Envelope { answer_to: Some(request("place").order()), ..Envelope::default() };
    measure::record(command, &context, 20_000)
}

#[test]
#[ignore = "a measurement, not a test"]
fn what_a_hold_costs() {
    let requests: Vec<_> = (0..HOLDS).map(|number| request(&format!("hold {number}"))).collect();
    let held = |place: &RequestId| InventoryCommand::Hold {
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
    let mut inventory = Measured::new(&topology().unwrap());
    inventory.process(&[record(&define("d", "tea", terms())), record(&adjust("a", "tea", HOLDS.into()))]);
    inventory.run("hold, the whole processor on plain maps", &holds);
    inventory.run("commit", &commits);
    inventory.weigh("committed holds", stores::HOLDS.id());
}
