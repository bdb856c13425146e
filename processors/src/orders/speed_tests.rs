//! What an order costs from its placement to the wait for its payment, what it takes in the store, and how long it takes to give
//! up a hundred thousand at once. Not part of a test run:
//! `cargo test --release -p processors -- --ignored --nocapture what_an_order_costs`.

use events::codec::encode;
use events::envelope::Envelope;
use events::inventory::StockAnswer;
use events::orders::{OrderCommand, Step};
use events::topics;
use streams::driver::TestDriver;

use super::fixture::{at, place, sku, unit, units};
use super::processor::ORDERS;
use super::topology;
use crate::kit::testing::measure::{timed, weigh};

const ORDERS_PLACED: usize = 100_000;

fn bytes(message: &OrderCommand) -> (Vec<u8>, Vec<u8>) {
    let (value, _) = encode(message, &Envelope::default()).unwrap();
    (message.order().as_str().as_bytes().to_vec(), value)
}

/// What is written is counted and thrown away.
fn drain(driver: &mut TestDriver) -> usize {
    [topics::ORDERS_EVENTS.name(), topics::INVENTORY_INBOX.name()]
        .into_iter()
        .map(|topic| driver.take(topic).len())
        .sum()
}

#[test]
#[ignore = "a measurement, not a test"]
fn what_an_order_costs() {
    let mut messages = vec![];
    for number in 0..ORDERS_PLACED {
        let command = place(&format!("order {number}"), vec![units("tea", 2), units("cup", 1)], None);
        let order = command.order().clone();
        messages.push(bytes(&command));
        for name in ["tea", "cup"] {
            let sku = sku(name);
            let request = Step::HoldStock(&sku).request(&order);
            let answer = StockAnswer::Held { hold: request.hold(), quantity: 1, unit: unit(1000), until: at(600_000) };
            let (order, request) = (order.clone(), Some(request));
            messages.push(bytes(&OrderCommand::StockAnswered { order, sku, request, answer }));
        }
    }
    let mut driver = TestDriver::new(topology().unwrap());
    timed("from placement to price", ORDERS_PLACED, || {
        for (key, value) in &messages {
            driver.pipe(key, value, &[("schema-version", b"1")], 1_000).unwrap();
            drain(&mut driver);
        }
    });
    weigh("orders", driver.entries(0, ORDERS.id()).iter().map(|(key, row)| (key.len(), row.len())));
    timed("given up when their time to pay ends", ORDERS_PLACED, || driver.advance_to(102_000).unwrap());
    assert_eq!(drain(&mut driver), 3 * ORDERS_PLACED);
}
