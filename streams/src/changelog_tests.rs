//! Changelog records: there and back, their bytes, and what cannot be read.

#![allow(clippy::unwrap_used, clippy::type_complexity, reason = "a test stops where it is wrong")]

use super::{Change, decode, encode};
use crate::record::{Outgoing, Record};
use crate::thread::fixture::topology;

fn read(outgoing: Outgoing) -> Record {
    Record {
        topic: outgoing.topic,
        partition: outgoing.partition.unwrap(),
        offset: 41,
        timestamp: 0,
        key: outgoing.key,
        value: outgoing.value,
        headers: outgoing.headers,
    }
}

#[test]
fn every_change_comes_back_as_it_was() {
    let topology = topology();
    let changes = [
        Change::Entry(0, b"key", Some(b"value")),
        Change::Entry(1, b"", Some(b"")),
        Change::Entry(1, b"key", None),
        Change::Entry(2, b"timer", Some(b"")),
        Change::Position("v1 offset=3"),
    ];
    for change in changes {
        let record = read(encode(&topology, 3, &change));
        assert_eq!((record.topic.as_ref(), record.partition), ("changelog", 3));
        assert_eq!(decode(&topology, &record).unwrap(), change);
    }
}

#[test]
fn the_bytes_are_these_and_stay_these() {
    let topology = topology();
    let bytes = |change| {
        let outgoing = encode(&topology, 0, &change);
        (outgoing.key.unwrap().to_vec(), outgoing.value.map(|value| value.to_vec()))
    };
    assert_eq!(bytes(Change::Entry(1, b"k", Some(b"v"))), (b"\x01k".to_vec(), Some(b"\x01v".to_vec())));
    assert_eq!(bytes(Change::Entry(1, b"k", None)), (b"\x01k".to_vec(), None));
    assert_eq!(bytes(Change::Entry(2, b"t", Some(b""))), (b"\xfft".to_vec(), Some(b"\x01".to_vec())));
    assert_eq!(bytes(Change::Position("p")), (b"\xfe".to_vec(), Some(b"\x01p".to_vec())));
}

#[test]
fn what_cannot_be_read_says_where_it_stands() {
    let topology = topology();
    let cases: [(Option<&'static [u8]>, Option<&'static [u8]>, &str); 6] = [
        (None, Some(b"\x01v"), "it has no key"),
        (Some(b""), Some(b"\x01v"), "it has no key"),
        (Some(b"\x00k"), Some(b""), "its value is empty"),
        (Some(b"\x00k"), Some(b"\x02v"), "unknown version"),
        (Some(b"\x02k"), Some(b"\x01v"), "does not have"),
        (Some(b"\xfe"), None, "not text"),
    ];
    for (key, value, reason) in cases {
        let mut record = read(encode(&topology, 3, &Change::Position("")));
        record.key = key.map(Into::into);
        record.value = value.map(Into::into);
        let error = decode(&topology, &record).unwrap_err().to_string();
        assert!(error.contains("changelog/3 at offset 41") && error.contains(reason), "{error}");
    }
}
