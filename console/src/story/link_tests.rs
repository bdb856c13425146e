//! Causes in an order's story, as its records were in a sale: a command, its fact, what that asked of others, and their answers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use std::sync::Arc;

use serde_json::{Value, json};
use streams::kafka::tap::{KeptRecord, TimeKind};
use streams::record::Record;

use super::link;
use crate::story::entry::Entry;

const PLACE: &str = "37b0de4f2e21dc7667492f632971a93c";
const PAY: &str = "77583f1076be5a9101bf6c6cbeacfe86";

fn entry(
    topic: &str,
    (partition, offset): (i32, i64),
    timestamp: i64,
    event: &str,
    trace: &str,
    value: &Value,
) -> Entry {
    let header = |name: &str, value: String| (name.into(), value.into_bytes().into());
    let record = Record {
        topic: Arc::from(topic),
        partition,
        offset,
        timestamp,
        key: Some("ord_1".into()),
        value: Some(value.to_string().into_bytes().into()),
        headers: vec![
            header("event-type", event.to_owned()),
            header("traceparent", format!("00-{trace}-2e6896415a6de482-00")),
        ],
    };
    Entry::of(KeptRecord { record, time: TimeKind::Create })
}

fn story() -> Vec<Entry> {
    vec![
        entry("orders.inbox", (0, 3), 1170, "place", PLACE, &json!({"place": {"request": "req_p", "order": "ord_1"}})),
        entry(
            "orders.events",
            (0, 3),
            1189,
            "order_placed",
            PLACE,
            &json!({"order": "ord_1", "at": 1170, "fact": {"order_placed": {}}}),
        ),
        entry(
            "inventory.inbox",
            (1, 10),
            1200,
            "hold",
            PLACE,
            &json!({"hold": {"request": "req_h", "sku": "a", "order": "ord_1"}}),
        ),
        entry(
            "inventory.events",
            (1, 16),
            1257,
            "stock_held",
            PLACE,
            &json!({"at": 1200, "fact": {"stock_held": {"request": "req_h", "hold": "hld_1"}}}),
        ),
        entry(
            "orders.inbox",
            (0, 21),
            1304,
            "stock_answered",
            PLACE,
            &json!({"stock_answered": {"order": "ord_1", "request": "req_h", "answer": {}}}),
        ),
        entry(
            "orders.events",
            (0, 19),
            1327,
            "order_priced",
            PLACE,
            &json!({"at": 1304, "fact": {"order_priced": {"request": "req_p"}}}),
        ),
        entry("ingress.replies", (2, 7), 1330, "reply", PLACE, &json!({"request": "req_p", "at": 1304, "outcome": {}})),
        entry("orders.inbox", (0, 184), 2449, "pay", PAY, &json!({"pay": {"request": "req_y", "order": "ord_1"}})),
        entry(
            "orders.events",
            (0, 99),
            2455,
            "payment_started",
            PAY,
            &json!({"at": 2449, "fact": {"payment_started": {}}}),
        ),
        entry(
            "payments.inbox",
            (0, 10),
            2491,
            "confirm",
            PAY,
            &json!({"confirm": {"request": "req_c", "order": "ord_1"}}),
        ),
        entry(
            "payments.events",
            (0, 5),
            2528,
            "charged",
            PAY,
            &json!({"order": "ord_1", "request": "req_c", "at": 2527, "answer": {}}),
        ),
        entry(
            "orders.inbox",
            (0, 219),
            2549,
            "payment_answered",
            PAY,
            &json!({"payment_answered": {"request": "req_c", "answer": {}}}),
        ),
        entry("orders.events", (0, 117), 2580, "order_paid", PAY, &json!({"at": 2549, "fact": {"order_paid": {}}})),
        entry(
            "settlement.inbox",
            (1, 28),
            2624,
            "lines_reached",
            PAY,
            &json!({"lines_reached": {"order": "ord_1", "at": 2549}}),
        ),
    ]
}

#[test]
fn each_record_has_its_cause_and_what_comes_from_outside_has_none() {
    let mut entries = story();
    entries.reverse();
    link(&mut entries);
    let events: Vec<&str> = entries.iter().map(|entry| entry.event.as_str()).collect();
    let expected: Vec<String> = story().into_iter().map(|entry| entry.event).collect();
    assert_eq!(events, expected, "by time");
    let causes: Vec<Option<usize>> = entries.iter().map(|entry| entry.cause).collect();
    let expected = [
        None,
        Some(0),
        Some(1),
        Some(2),
        Some(3),
        Some(4),
        Some(5),
        None,
        Some(7),
        Some(8),
        // The connector's clock is its own: its fact is found by the request.
        Some(9),
        Some(10),
        Some(11),
        Some(12),
    ];
    assert_eq!(causes, expected);
}

#[test]
fn a_cause_that_is_not_in_the_story_is_none() {
    let mut entries: Vec<Entry> = story().into_iter().filter(|entry| entry.event != "order_placed").collect();
    link(&mut entries);
    let hold = entries.iter().find(|entry| entry.event == "hold").unwrap();
    assert_eq!(hold.cause, None);
}
