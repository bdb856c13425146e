//! Fills a topic for `scripts/bench/tap`: `tap_fill RECORDS`. Some 380 bytes a value, four partitions by key, and everything that makes
//! readers stumble: aborted transactions, tombstones, empty values, newlines, values of nearly 1 MiB, repeated headers.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program for a bench may stop at once, and its output is its result"
)]

use std::collections::BTreeMap;

use events::topics::INVENTORY_EVENTS;
use streams::kafka::ClusterConfig;
use streams::kafka::testing::PlainProducer;
use streams::partitioner::partition_for_key;

/// Records of a transaction, and of how many transactions one is aborted after some records.
const TRANSACTION: u64 = 20_000;
const ABORTED: u64 = 10;

const TYPES: [&str; 10] = [
    "product_defined",
    "stock_counted",
    "stock_held",
    "stock_committed",
    "stock_released",
    "stock_lapsed",
    "stock_refused",
    "restocked",
    "low_stock",
    "price_changed",
];

fn main() {
    let records: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).expect("tap_fill RECORDS");
    let bootstrap = std::env::var("KAFKA_BOOTSTRAP").expect("KAFKA_BOOTSTRAP");
    let cluster = ClusterConfig { bootstrap, client: BTreeMap::from([("compression.type".into(), "none".into())]) };
    let producer = PlainProducer::bulk(&cluster, "tap-fill");
    let large = format!("{{\"large\":\"{}\"}}", "x".repeat(1_000_000));
    let (mut number, mut transaction) = (0, 0);
    while number < records {
        producer.begin();
        let is_aborted = transaction % ABORTED == ABORTED - 1;
        let until = if is_aborted { number + TRANSACTION / 20 } else { (number + TRANSACTION).min(records) };
        for place in number..until {
            write(&producer, place, &large);
        }
        if is_aborted {
            producer.abort();
        } else {
            producer.commit();
            number = until;
        }
        transaction += 1;
    }
    println!("{number}");
}

fn write(producer: &PlainProducer, number: u64, large: &str) {
    let key = format!("sku-{:05}", number * 7_919 % 20_000);
    let event = TYPES[usize::try_from(number % 10).unwrap_or(0) % TYPES.len()];
    let value = value(number, &key, event);
    let value: Option<&[u8]> = match number % 10_000 {
        17 => None,
        18 => Some(b""),
        19 => Some(b"{\n  \"two\": \"lines\"\n}"),
        // A few only: they are large.
        20 if number < 400_000 => Some(large.as_bytes()),
        _ => Some(value.as_bytes()),
    };
    let trace = format!("00-{:032x}-{:016x}-01", u128::from(number) * 0x9e37_79b9_7f4a_7c15, number);
    let headers: [(&str, Option<&[u8]>); 4] = [
        ("event-type", Some(event.as_bytes())),
        ("schema-version", Some(b"1")),
        ("traceparent", Some(trace.as_bytes())),
        ("event-type", Some(event.as_bytes())),
    ];
    let timestamp = 1_795_827_600_000 + i64::try_from(number).unwrap_or(0);
    let partition = partition_for_key(key.as_bytes(), 4);
    producer.write(INVENTORY_EVENTS.name(), partition, (Some(key.as_bytes()), value), &headers, timestamp);
}

fn value(number: u64, key: &str, event: &str) -> String {
    let rest = "abcdefghij".repeat(17);
    format!(
        "{{\"sku\":\"{key}\",\"version\":{number},\"at\":{},\"fact\":{{\"{event}\":{{\"order\":\"order-{number:012}\",\"units\":{},\"price\":{},\
         \"left\":{},\"note\":\"{rest}\"}}}},\"request\":\"01980000-0000-7000-8000-{number:012x}\"}}",
        1_795_827_600_000 + number,
        number % 7 + 1,
        number % 90_000 + 1_000,
        number % 500,
    )
}
