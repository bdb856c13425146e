//! What is typed becomes the words that are meant, and saved taps can be typed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should fail")]

use clap::Parser;
use console::tap::words::{Format, Place, Range, Words};
use events::manifest::Manifest;
use events::time::Timestamp;

use super::words::{asked, digest};
use crate::cli::{Cli, Verb};

fn typed(line: &[&str]) -> super::cli::Tap {
    match Cli::try_parse_from(["timesale", "tap"].iter().chain(line)).unwrap().verb {
        Verb::Tap(tap) => *tap,
        other => panic!("{other:?}"),
    }
}

fn words_of(line: &[&str], is_terminal: bool) -> Result<Words, String> {
    let manifest = Manifest::embedded().unwrap();
    asked(typed(line), &manifest, is_terminal, Timestamp::from_millis(1_800_000_000_000)).map(|asked| asked.words)
}

#[test]
fn without_a_range_the_newest_are_shown_and_never_everything() {
    assert_eq!(words_of(&["t"], false).unwrap().range, Range::Last(20));
    assert_eq!(words_of(&["t", "--follow"], false).unwrap().range, Range::Last(20));
    assert_eq!(words_of(&["t", "--all"], false).unwrap().range, Range::Between(Place::Beginning, Place::End));
    let to = words_of(&["t", "--to", "7"], false).unwrap().range;
    assert_eq!(to, Range::Between(Place::Beginning, Place::Offset(7)));
}

#[test]
fn the_format_follows_the_word_the_ending_and_the_terminal() {
    let table: [(&[&str], bool, Option<Format>); 7] = [
        (&["t"], true, Some(Format::Pretty)),
        (&["t"], false, Some(Format::Ndjson)),
        (&["t", "-o", "a.parquet"], true, Some(Format::Parquet)),
        (&["t", "-o", "a.bin"], true, None),
        (&["t", "-o", "a.bin", "--format", "values"], true, Some(Format::Values)),
        (&["t", "--format", "kcat"], true, Some(Format::Kcat)),
        (&["t", "--columns", "a=/a"], true, Some(Format::Ndjson)),
    ];
    for (line, is_terminal, format) in table {
        assert_eq!(words_of(line, is_terminal).ok().map(|words| words.format), format, "{line:?}");
    }
}

#[test]
fn wrong_words_are_refused() {
    let lines: [&[&str]; 12] = [
        &["t", "--from", "yesterday"],
        &["t", "--last", "0"],
        &["t", "--at", "3"],
        &["t", "--partition", "x"],
        &["t", "--zone", "Mars/Olympus"],
        &["t", "--sample", "1/0"],
        &["t", "--max-scan", "1MB"],
        &["t", "--for", "5"],
        &["t", "--rate", "5"],
        &["t", "--unmask", " "],
        &["@nothing"],
        &["t", "--to", "0:x"],
    ];
    for line in lines {
        assert!(words_of(line, false).is_err(), "{line:?}");
    }
    let refused: [&[&str]; 7] = [
        &["t", "--to-topic", "shadow.t", "-o", "a.csv"],
        &["t", "--to-topic", "shadow.t", "--format", "csv"],
        &["t", "--all", "--last", "5"],
        &["t", "--from", "1", "--at", "0:1"],
        &["t", "--resume", "state"],
        &["t", "--limit", "0"],
        &[],
    ];
    for line in refused {
        assert!(Cli::try_parse_from(["timesale", "tap"].iter().chain(line)).is_err(), "{line:?}");
    }
}

#[test]
fn every_saved_tap_can_be_typed_and_what_is_typed_wins() {
    let manifest = Manifest::embedded().unwrap();
    assert!(!manifest.taps.is_empty());
    for name in manifest.taps.keys() {
        let words = words_of(&[&format!("@{name}")], false).unwrap();
        for topic in &words.topics {
            assert!(manifest.topics.contains_key(topic), "@{name} names {topic}");
        }
    }
    let saved = words_of(&["@sold-out"], false).unwrap();
    assert_eq!(saved.events, ["claim_refused"]);
    let changed = words_of(&["@sold-out", "--all", "--event", "coupon_granted"], false).unwrap();
    assert_eq!(changed.range, Range::Between(Place::Beginning, Place::End));
    assert_eq!(changed.events, ["coupon_granted"]);
    assert_eq!(changed.condition, saved.condition);
}

#[test]
fn an_export_is_continued_by_what_decides_its_content() {
    let one = digest(&typed(&["t", "--last", "1d", "-o", "a.csv", "--rate", "1MiB"]));
    assert_eq!(one, digest(&typed(&["t", "--last", "1d", "-o", "a.csv", "--quiet"])));
    assert_ne!(one, digest(&typed(&["t", "--last", "2d", "-o", "a.csv"])));
    assert_ne!(one, digest(&typed(&["t", "--last", "1d", "-o", "a.csv", "--mask", "drop"])));
    let copy = digest(&typed(&["t", "--last", "1d", "--to-topic", "shadow.t", "--resume", "state"]));
    assert_ne!(copy, digest(&typed(&["t", "--last", "1d", "--to-topic", "shadow.u", "--resume", "state"])));
}
