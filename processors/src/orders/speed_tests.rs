//! What an order costs from its placement to the wait for its payment, what it takes in the store, and how long it takes to give
//! up a hundred thousand at once. Not part of a test run:
//! `cargo test --release -p processors -- --ignored --nocapture what_an_order_costs`.
#![expect(clippy::disallowed_methods, reason = "a stopwatch needs a clock; no decision sees it")]

use std::time::Instant;

use events::codec::encode;
use events::envelope::Envelope;
use events::inventory::StockAnswer;
use events::orders::{OrderCommand, Step};
use events::topics;
use streams::driver::TestDriver;

use super::fixture::{at, place, sku, unit, units};
use super::processor::ORDERS;
use super::topology;

const ORDERS_PLACED: u32 = 100_000;

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
            messages.push(bytes(&OrderCommand::StockAnswered {
                order: order.clone(),
                sku,
                request: Some(request),
                answer,
            }));
        }
    }
    let mut driver = TestDriver::new(topology().unwrap());
    let begun = Instant::now();
    for (key, value) in &messages {
        driver.pipe(key, value, &[("schema-version", b"1")], 1_000).unwrap();
        drain(&mut driver);
    }
    let placed = begun.elapsed();
    let rows = driver.entries(0, ORDERS.id());
    let row: usize = rows.iter().map(|(key, value)| key.len() + value.len()).sum();
    let begun = Instant::now();
    driver.advance_to(102_000).unwrap();
    let lapsed = begun.elapsed();
    let written = drain(&mut driver);
    eprintln!(
        "{:.1} us from placement to price; {} bytes of key and row; {ORDERS_PLACED} given up in {lapsed:?}, {written} records",
        placed.as_secs_f64() * 1e6 / f64::from(ORDERS_PLACED),
        row / rows.len(),
    );
    assert_eq!(written, 3 * ORDERS_PLACED as usize);
}
