//! Ranges as they are typed, against logs that begin late, end in open transactions, or are empty.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use streams::kafka::PartitionEnds;

use super::*;

fn known(ends: &[(i64, i64, i64)]) -> Known {
    let topic: Arc<str> = "t".into();
    let of = |(partition, (first, stable, end)): (i32, &(i64, i64, i64))| {
        ((Arc::clone(&topic), partition), PartitionEnds { first: *first, stable: *stable, end: *end })
    };
    Known { ends: (0..).zip(ends).map(of).collect(), times: BTreeMap::new() }
}

/// The spans as text: `partition:from-to`.
fn told(range: &Range, known: &Known) -> String {
    told_of(range, &[], false, Isolation::Committed, known)
}

fn told_of(range: &Range, wanted: &[i32], follow: bool, isolation: Isolation, known: &Known) -> String {
    let wanted: BTreeSet<i32> = wanted.iter().copied().collect();
    let spans = match spans(range, &wanted, follow, isolation, known) {
        Ok(spans) => spans,
        Err(error) => return error.to_string(),
    };
    let tell = |span: &Span| {
        let to = span.to.map_or("".to_owned(), |to| to.to_string());
        format!("{}:{}-{to}", span.partition, span.from)
    };
    spans.iter().map(tell).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_range_is_cut_to_the_log() {
    let known = known(&[(5, 20, 25), (0, 0, 0)]);
    let table = [
        (Range::Between(Place::Beginning, Place::End), "0:5-20 1:0-0"),
        (Range::Between(Place::Offset(0), Place::Offset(10)), "0:5-10 1:0-0"),
        (Range::Between(Place::Offset(7), Place::Offset(99)), "0:7-20 1:0-0"),
        (Range::Between(Place::Offset(99), Place::End), "0:20-20 1:0-0"),
        (Range::Between(Place::Offset(9), Place::Offset(7)), "0:9-7 1:0-0"),
        (Range::Between(Place::Offset(9), Place::Beginning), "0:9-5 1:0-0"),
        (Range::At(0, 6), "0:6-7"),
        (Range::At(0, 2), "0:5-5"),
        (Range::At(0, 22), "0:20-20"),
        (Range::At(2, 0), "t has no partition 2"),
    ];
    for (range, expected) in table {
        assert_eq!(told(&range, &known), expected, "{range:?}");
    }
}

#[test]
fn offsets_of_partitions_read_only_those() {
    let known = known(&[(0, 9, 9), (0, 9, 9), (0, 9, 9)]);
    let from = Place::Offsets(BTreeMap::from([(0, 3), (2, 4)]));
    assert_eq!(told(&Range::Between(from.clone(), Place::End), &known), "0:3-9 2:4-9");
    let to = Place::Offsets(BTreeMap::from([(2, 6)]));
    assert_eq!(told(&Range::Between(from, to), &known), "0:3-9 2:4-6");
    let absent = Place::Offsets(BTreeMap::from([(7, 3)]));
    assert_eq!(told(&Range::Between(absent, Place::End), &known), "t has no partition 7");
}

#[test]
fn a_time_after_everything_is_the_end() {
    let mut known = known(&[(0, 9, 9), (0, 9, 9)]);
    known.times.insert(1_000, BTreeMap::from([(("t".into(), 0), 4)]));
    known.times.insert(2_000, BTreeMap::from([(("t".into(), 0), 7)]));
    let range = Range::Between(Place::Time(1_000), Place::Time(2_000));
    assert_eq!(times(&range), BTreeSet::from([1_000, 2_000]));
    assert_eq!(told(&range, &known), "0:4-7 1:9-9");
}

#[test]
fn uncommitted_records_end_behind_the_stable_end() {
    let known = known(&[(0, 5, 9)]);
    let all = Range::Between(Place::Beginning, Place::End);
    assert_eq!(told_of(&all, &[], false, Isolation::Uncommitted, &known), "0:0-9");
    assert_eq!(told_of(&all, &[], false, Isolation::Committed, &known), "0:0-5");
}

#[test]
fn who_follows_has_no_end() {
    let known = known(&[(2, 5, 5), (0, 3, 3)]);
    let from_end = Range::Between(Place::End, Place::End);
    assert_eq!(told_of(&from_end, &[], true, Isolation::Committed, &known), "0:5- 1:3-");
    assert_eq!(told_of(&from_end, &[1], true, Isolation::Committed, &known), "1:3-");
    assert_eq!(told_of(&from_end, &[4], true, Isolation::Committed, &known), "t has no partition 4");
}
