//! State proves itself: a changelog with a hole, a source with more partitions and a topic that was made anew are refused by name, each with
//! its partition, and nothing is decided on top of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it is wrong")]

use bytes::Bytes;

use super::fixture::{Fixture, TestThread};
use crate::record::Outgoing;
use crate::service::Condition;
use crate::simulated::Tombstones;

fn parked(thread: &TestThread) -> String {
    match thread.condition() {
        Condition::Degraded(reason) if reason.contains("is parked") => reason,
        other => panic!("{other:?}"),
    }
}

/// A cluster on which some keys of two partitions were counted, and nobody runs.
fn counted() -> Fixture {
    let fixture = Fixture::new(2);
    let mut thread = fixture.thread("a");
    for n in 0..20 {
        fixture.put(n % 2, &format!("k{n}"), "x");
        fixture.run(&mut [&mut thread], 10);
    }
    fixture.run(&mut [&mut thread], 50);
    assert_eq!(fixture.values("out").len(), 20);
    fixture
}

fn changelog(partition: i32, key: &str, value: Option<&[u8]>) -> Outgoing {
    let key = Bytes::from([&[0], key.as_bytes()].concat());
    let value = value.map(Bytes::copy_from_slice);
    Outgoing { topic: "changelog".into(), partition: Some(partition), key: Some(key), value, headers: Vec::new() }
}

/// What a thread says of a cluster on which this was done; the other partition goes on.
fn said(fixture: &Fixture) -> String {
    let mut thread = fixture.thread("a");
    fixture.put(0, "k0", "x");
    fixture.put(1, "k1", "x");
    fixture.run(&mut [&mut thread], 500);
    let values = fixture.values("out");
    assert!(values.contains(&"k0=2".to_owned()), "the neighbour goes on: {values:?}");
    assert!(!values.iter().any(|value| value.starts_with("k1=") && value != "k1=1"), "{values:?}");
    parked(&thread)
}

#[test]
fn a_changelog_that_lost_a_key_or_has_one_too_many_is_refused() {
    let cases: [(&str, &str, Option<&[u8]>, &str); 4] = [
        ("a key is deleted", "k3", None, "counts has 9 entries and had 10"),
        ("a key too many", "k99", Some(b"\x011"), "counts has 11 entries and had 10"),
        ("another value", "k3", Some(b"\x017"), "counts has other values"),
        ("the one that is read next", "k1", Some(b"\x017"), "counts has other values"),
    ];
    for (name, key, value, expected) in cases {
        let fixture = counted();
        fixture.cluster.produce(changelog(1, key, value)).unwrap();
        let said = said(&fixture);
        assert!(said.contains("changelog does not hold the state") && said.contains(expected), "{name}: {said}");
    }
}

#[test]
fn compaction_takes_nothing_that_the_state_needs() {
    let fixture = counted();
    for tombstones in [Tombstones::Keep, Tombstones::Drop] {
        for partition in 0..2 {
            assert!(fixture.cluster.compact("changelog", partition, tombstones).is_ok());
        }
    }
    let mut thread = fixture.thread("a");
    fixture.put(1, "k1", "x");
    fixture.run(&mut [&mut thread], 300);
    assert_eq!(thread.condition(), Condition::Ready);
    assert!(fixture.values("out").contains(&"k1=2".to_owned()));
}

#[test]
fn records_that_were_deleted_from_a_changelog_are_missed() {
    let fixture = counted();
    fixture.cluster.delete_records("changelog", 1, 5).unwrap();
    let said = said(&fixture);
    assert!(said.contains("counts has") && said.contains("entries and had 10"), "{said}");
}

#[test]
fn a_source_with_more_partitions_stops_all_of_them() {
    let fixture = counted();
    let mut thread = fixture.thread("a");
    fixture.run(&mut [&mut thread], 100);
    assert_eq!(thread.condition(), Condition::Ready);
    fixture.cluster.add_partitions("in", 4);
    fixture.cluster.rebalance("counter");
    fixture.run(&mut [&mut thread], 2_000);
    (0..4).for_each(|partition| fixture.put(partition, &format!("k{partition}"), "x"));
    fixture.run(&mut [&mut thread], 500);
    assert_eq!(fixture.values("out").len(), 20, "nothing is decided");
    assert!(parked(&thread).contains("in/0: the topic has 4 partitions, and had 2"), "{}", parked(&thread));
}

#[test]
fn a_topic_that_was_made_anew_is_told_from_the_one_before() {
    for records in [0, 5, 40] {
        let fixture = counted();
        fixture.cluster.advance(60_000);
        fixture.cluster.recreate_topic("in");
        (0..records).for_each(|n| fixture.put(n % 2, "new", "x"));
        let mut thread = fixture.thread("a");
        fixture.run(&mut [&mut thread], 500);
        let expected = if records < 20 { "outside the log" } else { "the topic was made anew" };
        assert!(parked(&thread).contains(expected), "{records}: {}", parked(&thread));
        assert_eq!(fixture.values("out").len(), 20, "{records}: nothing is decided");
    }
}
