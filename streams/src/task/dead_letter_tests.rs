//! Dead letters: whole, named, never too large.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use super::{dead_letter, header};
use crate::record::{Outgoing, Record};
use crate::task::size;
use crate::thread::fixture::topology;

fn record(value: Vec<u8>, headers: &[(&str, &[u8])]) -> Record {
    Record {
        topic: "in".into(),
        partition: 2,
        offset: 9,
        timestamp: 77,
        key: Some(b"key".as_slice().into()),
        value: Some(value.into()),
        headers: headers.iter().map(|(name, value)| ((*name).into(), value.to_vec().into())).collect(),
    }
}

fn header_text<'a>(letter: &'a Outgoing, name: &str) -> Option<&'a str> {
    letter.headers.iter().find(|(found, _)| found == name).map(|(_, value)| std::str::from_utf8(value).unwrap())
}

#[test]
fn a_dead_letter_keeps_the_record_with_its_origin_and_the_reason() {
    let record = record(b"bytes".to_vec(), &[("event-type", b"order"), ("schema-version", b"7")]);
    let letter = dead_letter(&topology(), &record, "no such key", 10_000);
    assert_eq!((letter.key, letter.value), (record.key, record.value));
    assert_eq!(letter.headers.first(), record.headers.first());
    let letter = Outgoing { key: None, value: None, ..letter };
    for (name, value) in [
        (header::PROCESSOR, "counter"),
        (header::TOPIC, "in"),
        (header::PARTITION, "2"),
        (header::OFFSET, "9"),
        (header::TIMESTAMP, "77"),
        (header::REASON, "no such key"),
        (header::SCHEMA_VERSION, "7"),
    ] {
        assert_eq!(header_text(&letter, name), Some(value), "{name}");
    }
    assert_eq!(header_text(&letter, header::CUT), None);
}

#[test]
fn a_dead_letter_is_never_too_large_itself() {
    let long = "é".repeat(10_000);
    let version = vec![b'1'; 5_000];
    for (value, headers) in [
        (vec![1; 50_000], vec![]),
        (vec![1; 10], vec![("bulk", long.as_bytes())]),
        (vec![1; 50_000], vec![("schema-version", version.as_slice())]),
    ] {
        let record = record(value, &headers);
        let letter = dead_letter(&topology(), &record, &long, 10_000);
        assert!(size(&letter) <= 10_000, "{}", size(&letter));
        assert!(header_text(&letter, header::CUT).unwrap().parse::<usize>().unwrap() > 0);
    }
}
