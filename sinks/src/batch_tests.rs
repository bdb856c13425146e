//! What a record comes to before any destination sees it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use bytes::Bytes;
use streams::record::Record;

use super::{fold, read};
use crate::test_support::{Shop, newer_record, record, undecodable_record};

fn good() -> Record {
    Shop::new(1, 0).records(1).remove(0)
}

#[test]
fn records_are_told_apart() {
    let event = read(good()).unwrap().reading.unwrap();
    let with = |change: fn(&mut events::coupons::CouponEvent)| {
        let mut event = event.clone();
        change(&mut event);
        record(0, 0, &event)
    };
    let table: [(&str, Record, Option<&str>); 7] = [
        ("good", good(), None),
        ("garbage", undecodable_record(0, 0), Some("undecodable")),
        ("tombstone", Record { value: None, ..good() }, Some("undecodable")),
        ("no headers", Record { headers: Vec::new(), ..good() }, Some("undecodable")),
        ("empty", Record { value: Some(Bytes::new()), ..good() }, Some("undecodable")),
        ("unbalanced", with(|event| event.stock.held += 1), Some("impossible")),
        ("giant version", with(|event| event.version = u64::MAX), Some("impossible")),
    ];
    for (name, record, cause) in table {
        let item = read(record).unwrap();
        assert_eq!(item.reading.as_ref().err().map(|unusable| unusable.cause), cause, "{name}");
        assert_eq!(fold(&[item]).is_empty(), cause.is_some(), "{name}");
    }
}

#[test]
fn a_newer_version_is_not_garbage() {
    let newer = read(newer_record(0, 7)).unwrap_err();
    assert_eq!(newer.offset, 7);
}
