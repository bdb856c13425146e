//! A writer's transaction is visible as a whole, one writer of an id works at a time, and records are found by their places.

use std::collections::BTreeSet;

use super::*;
use crate::kafka::{RecordsAt, TransactionalWriter};

const WITHIN: Duration = Duration::from_mins(1);

#[test]
fn a_writer_writes_all_of_a_transaction_and_is_fenced_by_the_next() {
    let Some(cluster) = cluster() else { return };
    let (out, id) = (topic(&cluster, "writer", 1), unique("writer"));
    let mut first = TransactionalWriter::open(&cluster, &id, WITHIN).unwrap();
    first.write(&[outgoing(&out, 0, "a"), outgoing(&out, 0, "b")]).unwrap();
    assert_eq!(committed_values(&cluster, &out), ["a", "b"], "what is committed can be read at once");
    let mut second = TransactionalWriter::open(&cluster, &id, WITHIN).unwrap();
    let failure = first.write(&[outgoing(&out, 0, "too late")]).unwrap_err();
    assert!(matches!(failure, BrokerError::Fenced(_)), "{failure:?}");
    second.write(&[outgoing(&out, 0, "c")]).unwrap();
    until("only the second's is seen", || (committed_values(&cluster, &out) == ["a", "b", "c"]).then_some(()));
}

#[test]
fn a_transaction_with_a_record_that_is_refused_leaves_nothing() {
    let Some(cluster) = cluster() else { return };
    let out = topic(&cluster, "refused", 1);
    let mut writer = TransactionalWriter::open(&cluster, &unique("writer"), WITHIN).unwrap();
    let large = Outgoing { value: Some(vec![b'x'; 3_000_000].into()), ..outgoing(&out, 0, "") };
    let failure = writer.write(&[outgoing(&out, 0, "a"), large]).unwrap_err();
    assert!(matches!(failure, BrokerError::Fatal(_)), "{failure:?}");
    let mut next = TransactionalWriter::open(&cluster, &unique("writer"), WITHIN).unwrap();
    next.write(&[outgoing(&out, 0, "b")]).unwrap();
    until("the next is seen", || committed_values(&cluster, &out).contains(&"b".to_owned()).then_some(()));
    assert_eq!(committed_values(&cluster, &out), ["b"]);
}

#[test]
fn records_are_found_by_their_places_among_aborted_ones_and_markers() {
    let Some(cluster) = cluster() else { return };
    let log = topic(&cluster, "places", 2);
    let mut broker = broker(&cluster, &unique("group"), "0", &log);
    init(&mut broker);
    for (value, kept) in [("a", true), ("x", false), ("b", true)] {
        broker.begin().unwrap();
        for n in 0..10 {
            broker.send(outgoing(&log, 0, &format!("{value}{n}"))).unwrap();
        }
        broker.drain().unwrap();
        if kept { broker.commit().unwrap() } else { broker.abort().unwrap() }
    }
    // Ten records and a marker each: 0 to 9, 11 to 20 aborted, 22 to 31.
    let wanted: BTreeSet<i64> = [-1, 3, 9, 10, 15, 22, 31, 32, 1_000].into();
    let mut reader = RecordsAt::new(&cluster, &log).unwrap();
    for _ in 0..2 {
        let found = reader.read(0, &wanted).unwrap();
        let found: Vec<_> = found.into_values().map(|record| (record.offset, values(&[record]).concat())).collect();
        let expected = [(3, "a3"), (9, "a9"), (22, "b0"), (31, "b9")];
        assert_eq!(found, expected.map(|(offset, value)| (offset, value.to_owned())));
    }
    assert!(reader.read(1, &wanted).unwrap().is_empty(), "an empty partition");
    assert!(reader.read(2, &wanted).is_err(), "no such partition");
    let nowhere = RecordsAt::new(&cluster, "no-such-topic").unwrap().read(0, &wanted);
    assert!(nowhere.is_err(), "{nowhere:?}");
}
