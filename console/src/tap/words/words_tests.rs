//! What can be typed, and what it means.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use events::calendar::{Zone, ZoneName};
use events::time::Timestamp;

use super::*;

const NOW: i64 = 1_800_000_000_000;

fn seoul() -> Zone {
    ZoneName::default().zone().unwrap()
}

#[test]
fn places() {
    let at = |millis| Ok(Place::Time(millis));
    let table: [(&str, Result<Place, ()>); 22] = [
        ("beginning", Ok(Place::Beginning)),
        ("end", Ok(Place::End)),
        ("0", Ok(Place::Offset(0))),
        ("120", Ok(Place::Offset(120))),
        ("99999999999999999999", Err(())),
        ("-1", Err(())),
        ("2:100", Ok(Place::Offsets(BTreeMap::from([(2, 100)])))),
        ("0:7,3:9", Ok(Place::Offsets(BTreeMap::from([(0, 7), (3, 9)])))),
        ("0:7,0:9", Err(())),
        ("0:7,", Err(())),
        ("15m", at(NOW - 900_000)),
        ("2h30m", at(NOW - 9_000_000)),
        ("3d", at(NOW - 259_200_000)),
        ("3x", Err(())),
        ("2026-11-28T10:00:00+09:00", at(1_795_827_600_000)),
        ("2026-11-28T01:00:00Z", at(1_795_827_600_000)),
        ("2026-11-28 10:00", at(1_795_827_600_000)),
        ("2026-11-28T10:00:00", at(1_795_827_600_000)),
        ("2026-11-28", at(1_795_791_600_000)),
        ("2026-13-28", Err(())),
        ("yesterday", Err(())),
        ("", Err(())),
    ];
    for (text, expected) in table {
        assert_eq!(place(text, &seoul(), Timestamp::from_millis(NOW)).map_err(drop), expected, "{text}");
    }
}

#[test]
fn the_newest_are_records_or_an_age() {
    let now = Timestamp::from_millis(NOW);
    assert_eq!(last("20", now), Ok(Range::Last(20)));
    assert_eq!(last("1h", now), Ok(Range::Between(Place::Time(NOW - 3_600_000), Place::End)));
    for wrong in ["0", "100001", "", "h", "1h5", "-3", "1.5h"] {
        assert!(last(wrong, now).is_err(), "{wrong}");
    }
}

#[test]
fn one_record_and_partitions() {
    assert_eq!(at("3:17"), Ok(Range::At(3, 17)));
    for wrong in ["17", "3:17,4:1", "x:1", "1:", "1:-2"] {
        assert!(at(wrong).is_err(), "{wrong}");
    }
    assert_eq!(partitions("0,2-3"), Ok(BTreeSet::from([0, 2, 3])));
    for wrong in ["", "a", "3-2", "1-", "-1", "0-999999999", "1,,2"] {
        assert!(partitions(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn durations_amounts_and_samples() {
    assert_eq!(age("90s"), Ok(Duration::from_secs(90)));
    assert_eq!(age("1w2d"), Ok(Duration::from_secs(9 * 86_400)));
    for wrong in ["", "5", "m", "1m5", "99999999999999999999s", "9999999w", "1 h"] {
        assert!(age(wrong).is_err(), "{wrong}");
    }
    assert_eq!(amount("1000"), Ok(Amount::Records(1_000)));
    assert_eq!(amount("64MiB"), Ok(Amount::Bytes(64 << 20)));
    for wrong in ["", "0", "0B", "64MB", "MiB", "99999999999GiB"] {
        assert!(amount(wrong).is_err(), "{wrong}");
    }
    assert_eq!(sample("1/100"), Ok(Sample { of: 100, seed: 0 }));
    assert_eq!(sample("1/8@7"), Ok(Sample { of: 8, seed: 7 }));
    for wrong in ["1/0", "2/3", "1/", "100", "1/8@", "1/8@x"] {
        assert!(sample(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn an_ending_means_a_format() {
    for (ending, format) in [("ndjson", Format::Ndjson), ("csv", Format::Csv), ("parquet", Format::Parquet)] {
        assert_eq!(Format::of_ending(ending), Some(format));
    }
    assert_eq!(Format::of_ending("xlsx"), None);
}
