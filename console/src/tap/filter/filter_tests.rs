//! Records against words, and what a mask refuses to be asked.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use bytes::Bytes;
use events::manifest::Manifest;
use streams::kafka::tap::{KeptRecord, TimeKind};
use streams::record::Record;

use super::*;
use crate::tap::fixture;
use crate::tap::words::MaskMode;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn record(key: Option<&str>, value: Option<&[u8]>) -> KeptRecord {
    let headers =
        [("event-type", "sold_out"), ("traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-01")), ("n", "12")];
    let record = Record {
        topic: "t".into(),
        partition: 0,
        offset: 1,
        timestamp: 0,
        key: key.map(|key| Bytes::copy_from_slice(key.as_bytes())),
        value: value.map(Bytes::copy_from_slice),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).into(), Bytes::copy_from_slice(value.as_bytes())))
            .collect(),
    };
    KeptRecord { record, time: TimeKind::Create }
}

fn judged(change: impl FnOnce(&mut Words)) -> Verdict {
    let mut words = fixture::words();
    change(&mut words);
    Filter::new(&words).unwrap().judge(&record(Some("k1"), Some(b"{\"a\":1}")).view())
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn each_filter_lets_the_right_record_through() {
    type Change = fn(&mut Words);
    let table: [(Change, Verdict); 16] = [
        (|_| {}, Verdict::Match),
        (|w| w.keys = words(&["k0", "k1"]), Verdict::Match),
        (|w| w.keys = words(&["k"]), Verdict::NoMatch),
        (|w| w.events = words(&["granted", "sold_out"]), Verdict::Match),
        (|w| w.events = words(&["granted"]), Verdict::NoMatch),
        (|w| w.headers = words(&["n=12"]), Verdict::Match),
        (|w| w.headers = words(&["n=1"]), Verdict::NoMatch),
        (|w| w.headers = words(&["n~^[0-9]+$", "event-type~out"]), Verdict::Match),
        (|w| w.headers = words(&["m~."]), Verdict::NoMatch),
        (|w| w.trace = Some(TRACE.into()), Verdict::Match),
        (|w| w.trace = Some("0".repeat(32)), Verdict::NoMatch),
        (|w| w.contains = Some("\"a\":".into()), Verdict::Match),
        (|w| w.contains = Some("b".into()), Verdict::NoMatch),
        (|w| w.condition = Some("value.a == 1".into()), Verdict::Match),
        (|w| w.sample = Some(Sample { of: 1, seed: 9 }), Verdict::Match),
        (|w| w.condition = Some("value.a == 2".into()), Verdict::NoMatch),
    ];
    for (place, (change, expected)) in table.into_iter().enumerate() {
        assert_eq!(judged(change), expected, "row {place}");
    }
}

#[test]
fn a_sample_has_its_share_and_is_the_same_every_time() {
    let mut words = fixture::words();
    words.sample = Some(Sample { of: 10, seed: 3 });
    let taken = |words: &Words| -> Vec<usize> {
        let mut filter = Filter::new(words).unwrap();
        let is_taken = |number: &usize| filter.judge(&record(Some(&number.to_string()), None).view()) == Verdict::Match;
        (0..5_000).filter(is_taken).collect()
    };
    let first = taken(&words);
    assert!((400..600).contains(&first.len()), "{}", first.len());
    assert_eq!(taken(&words), first);
    words.sample = Some(Sample { of: 10, seed: 4 });
    assert_ne!(taken(&words), first);
}

#[test]
fn wrong_words_are_named() {
    type Change = fn(&mut Words);
    let table: [Change; 6] = [
        |w| w.headers = words(&["n"]),
        |w| w.headers = words(&["=x"]),
        |w| w.headers = words(&["n~("]),
        |w| w.trace = Some("abc".into()),
        |w| w.trace = Some(TRACE.to_uppercase()),
        |w| w.condition = Some("value.".into()),
    ];
    for change in table {
        let mut words = fixture::words();
        change(&mut words);
        assert!(matches!(Filter::new(&words), Err(FilterError::Word(_))), "{words:?}");
    }
}

#[test]
fn what_the_mask_hides_cannot_be_asked() {
    let manifest = Manifest::embedded().unwrap();
    let orders = events::topics::ORDERS_EVENTS.name();
    let personal = Mask::of_topic(&manifest, orders, MaskMode::Hash, None);
    let unknown = Mask::of_topic(&manifest, "nobody.knows", MaskMode::Hash, None);
    type Change = fn(&mut Words);
    let table: [(Change, bool, bool); 12] = [
        (|w| w.keys = words(&["o-1"]), true, false),
        (|w| w.sample = Some(Sample { of: 2, seed: 0 }), true, false),
        (|w| w.events = words(&["order_paid"]), true, false),
        (|w| w.headers = words(&["n=1"]), true, false),
        (|w| w.contains = Some("kim".into()), false, false),
        (|w| w.condition = Some("value.order == 'o-1'".into()), true, false),
        (|w| w.condition = Some("value.shopper == 'kim'".into()), false, false),
        (|w| w.condition = Some("has(value.fact.order_refused.shopper)".into()), false, false),
        (|w| w.condition = Some("has(value.fact.order_refused)".into()), false, false),
        (|w| w.condition = Some("value['shop' + 'per'] == 'kim'".into()), false, false),
        (|w| w.condition = Some("size(string(value)) > 1".into()), false, false),
        (|w| w.condition = Some("partition == 1".into()), true, true),
    ];
    for (place, (change, with_pii, with_unknown)) in table.into_iter().enumerate() {
        let mut words = fixture::words();
        change(&mut words);
        let filter = Filter::new(&words).unwrap();
        assert_eq!(filter.check(orders, &personal).is_ok(), with_pii, "row {place} of a topic with personal fields");
        assert_eq!(filter.check("nobody.knows", &unknown).is_ok(), with_unknown, "row {place} of an unknown topic");
        assert!(filter.check(orders, &Mask::none()).is_ok(), "row {place} unmasked");
    }
}

#[test]
fn keys_are_looked_for_where_producers_put_them() {
    let mut words = fixture::words();
    assert_eq!(partitions_of_keys(&words, 4), None);
    words.keys = ["foobar".to_owned(), "abc".to_owned()].into();
    let found = partitions_of_keys(&words, 4).unwrap();
    assert_eq!(found, BTreeSet::from([partition_for_key(b"foobar", 4), partition_for_key(b"abc", 4)]));
    words.everywhere = true;
    assert_eq!(partitions_of_keys(&words, 4), None);
}
