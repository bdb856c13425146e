//! What is known of first records, and what is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use streams::kafka::{FirstRecord, Place};

use super::super::round::{Moment, Partition};
use super::{Known, Reads};

fn partition() -> Partition {
    (Arc::from("facts"), 0)
}

fn at(position: i64) -> Place {
    Place { topic: Arc::from("facts"), partition: 0, position }
}

fn now(elapsed_ms: i64) -> Moment {
    Moment { wall_ms: 1_000_000 + elapsed_ms, elapsed_ms }
}

fn answered(reads: &mut Reads, position: i64, stable: i64, answer: FirstRecord, when: Moment) -> u64 {
    reads.ask(&at(position), stable);
    reads.take(&BTreeMap::from([(at(position), answer)]), when)
}

#[test]
fn a_record_grows_older_by_itself() {
    let mut reads = Reads::default();
    assert_eq!(reads.of(&partition(), 7, 10, now(0)), Known::Ask(7));
    let record = FirstRecord::Record { offset: 8, timestamp: 1_000_000 - 5_000 };
    assert_eq!(answered(&mut reads, 7, 10, record, now(0)), 0);
    assert_eq!(reads.of(&partition(), 7, 10, now(0)), Known::Age(5_000));
    assert_eq!(reads.of(&partition(), 7, 900, now(3_000)), Known::Age(8_000));
    let set_back = Moment { wall_ms: 0, elapsed_ms: 4_000 };
    assert_eq!(reads.of(&partition(), 7, 900, set_back), Known::Age(9_000), "a clock that is set back changes nothing");
}

#[test]
fn a_record_of_the_future_has_no_age() {
    let mut reads = Reads::default();
    let record = FirstRecord::Record { offset: 7, timestamp: 1_000_000 + 60_000 };
    assert_eq!(answered(&mut reads, 7, 10, record, now(0)), 1);
    assert_eq!(reads.of(&partition(), 7, 10, now(0)), Known::Age(0));
}

#[test]
fn where_nothing_was_readable_only_what_came_since_is_read() {
    let mut reads = Reads::default();
    answered(&mut reads, 7, 10, FirstRecord::None, now(0));
    assert_eq!(reads.of(&partition(), 7, 10, now(0)), Known::Nothing);
    assert_eq!(reads.of(&partition(), 7, 12, now(0)), Known::Ask(10));
    answered(&mut reads, 10, 12, FirstRecord::None, now(1_000));
    assert_eq!(reads.of(&partition(), 7, 12, now(1_000)), Known::Nothing);
    answered(&mut reads, 12, 15, FirstRecord::Record { offset: 13, timestamp: 1_000_000 }, now(2_000));
    assert_eq!(reads.of(&partition(), 7, 15, now(2_000)), Known::Age(2_000));
}

#[test]
fn the_end_that_was_known_when_it_was_asked_counts_not_a_later_one() {
    let mut reads = Reads::default();
    reads.ask(&at(7), 10);
    reads.ask(&at(7), 50);
    reads.take(&BTreeMap::from([(at(7), FirstRecord::None)]), now(0));
    assert_eq!(reads.of(&partition(), 7, 50, now(0)), Known::Ask(10));
}

#[test]
fn what_is_refused_is_not_asked_again_and_what_nobody_asked_is_not_taken() {
    let mut reads = Reads::default();
    answered(&mut reads, 7, 10, FirstRecord::Refused, now(0));
    assert_eq!(reads.of(&partition(), 7, 10, now(0)), Known::Refused);
    reads.take(&BTreeMap::from([(at(8), FirstRecord::None)]), now(0));
    assert_eq!(reads.of(&partition(), 8, 10, now(0)), Known::Ask(8));
}

#[test]
fn only_what_somebody_stands_at_is_remembered() {
    let mut reads = Reads::default();
    answered(&mut reads, 7, 10, FirstRecord::None, now(0));
    answered(&mut reads, 10, 12, FirstRecord::None, now(0));
    answered(&mut reads, 3, 12, FirstRecord::Record { offset: 3, timestamp: 0 }, now(0));
    reads.ask(&at(12), 14);
    reads.ask(&at(4), 14);
    assert_eq!(reads.len(), 5);
    reads.keep(&BTreeMap::from([(partition(), BTreeSet::from([7]))]));
    assert_eq!(reads.len(), 3, "7, 10 and 12 are reached from 7");
    reads.keep(&BTreeMap::new());
    assert_eq!(reads.len(), 0);
}
