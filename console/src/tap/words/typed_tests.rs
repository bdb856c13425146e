//! Words as they are typed, and what a saved tap has said before.

use events::manifest::Manifest;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn typed(words: &[(&str, &str)]) -> Result<Typed, WordError> {
    let mut typed = Typed { topics: "t".to_owned(), ..Typed::default() };
    words.iter().try_for_each(|(name, value)| typed.set(name, value))?;
    Ok(typed)
}

fn words(words: &[(&str, &str)]) -> Result<Words, WordError> {
    typed(words)?.words(Format::Ndjson, NOW)
}

#[test]
fn a_word_that_is_wrong_is_named() {
    let table: [(&str, &str); 18] = [
        ("from", "yesterday"),
        ("to", "0:x"),
        ("last", "0"),
        ("at", "3"),
        ("all", "maybe"),
        ("follow", "1"),
        ("partition", "x"),
        ("zone", "Mars/Olympus"),
        ("sample", "1/0"),
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "99999999999999999999999"),
        ("max-scan", "1MB"),
        ("for", "5"),
        ("isolation", "serializable"),
        ("mask", "none"),
        ("unmask", "me"),
        ("rate", "1MiB"),
    ];
    for (name, value) in table {
        assert_eq!(words(&[(name, value)]).unwrap_err().word, name, "{name}={value}");
    }
}

#[test]
fn a_range_is_named_once() {
    for pair in [
        [("all", ""), ("last", "5")],
        [("from", "1"), ("at", "0:1")],
        [("during", "summer"), ("to", "end")],
        [("last", "1h"), ("at", "0:1")],
    ] {
        assert!(words(&pair).is_err(), "{pair:?}");
    }
    assert_eq!(words(&[]).unwrap().range, Range::Last(20));
    assert_eq!(words(&[("all", "false")]).unwrap().range, Range::Last(20));
    assert_eq!(words(&[("all", "")]).unwrap().range, Range::Between(Place::Beginning, Place::End));
    assert_eq!(words(&[("during", "summer")]).unwrap().during.as_deref(), Some("summer"));
}

#[test]
fn every_saved_tap_can_be_asked_and_what_is_given_wins() {
    let manifest = Manifest::embedded().unwrap();
    for (name, saved) in &manifest.taps {
        let mut typed = Typed::default();
        typed.take_saved(&saved.words, &BTreeSet::new()).unwrap_or_else(|error| panic!("@{name}: {error}"));
        assert!(typed.words(Format::Ndjson, NOW).is_ok(), "@{name}");
    }
    let saved = &manifest.taps["sold-out"];
    let mut typed = typed(&[("all", ""), ("event", "coupon_granted")]).unwrap();
    typed.take_saved(&saved.words, &BTreeSet::from(["all".to_owned(), "event".to_owned()])).unwrap();
    let words = typed.words(Format::Ndjson, NOW).unwrap();
    assert_eq!((words.topics, words.events), (vec!["coupons.events".to_owned()], vec!["coupon_granted".to_owned()]));
    assert_eq!(words.range, Range::Between(Place::Beginning, Place::End));
    assert!(words.condition.is_some());
}

#[test]
fn words_are_known_by_name() {
    for name in ["from", "key", "where", "for", "all", "by-time", "strict", "zone"] {
        assert!(Typed::is_word(name), "{name}");
    }
    for name in ["condition", "topics", "unmask", "rate", "output", "time", ""] {
        assert!(!Typed::is_word(name), "{name}");
    }
    assert!(Typed::is_repeated("key") && !Typed::is_repeated("event"));
}
