//! Words that do not go together are refused before anything is read, and each that may go together is not.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use events::calendar::ZoneName;
use events::manifest::Manifest;
use events::topics::{COUPONS_CHANGELOG, INGRESS_REPLIES, INVENTORY_EVENTS, ORDERS_EVENTS};
use streams::kafka::ClusterConfig;

use super::*;
use crate::tap::fixture;
use crate::tap::words::Words;

/// Whether a tap of this topic is refused, and why.
fn refused(topic: &str, is_resumed: bool, change: impl FnOnce(&mut Words)) -> Option<String> {
    let resume = is_resumed.then(|| (PathBuf::from("state"), String::new()));
    refused_into(topic, Target::File { path: PathBuf::from("out"), resume }, change)
}

fn refused_into(topic: &str, target: Target, change: impl FnOnce(&mut Words)) -> Option<String> {
    let (cluster, manifest, stop) = (ClusterConfig::default(), Manifest::embedded().unwrap(), AtomicBool::new(false));
    let mut words = Words { topics: vec![topic.to_owned()], ..fixture::words() };
    change(&mut words);
    let tap = Tap {
        cluster: &cluster,
        manifest: &manifest,
        words,
        user: "test".to_owned(),
        mask_key: None,
        zone: ZoneName::default().zone().unwrap(),
        has_colour: false,
        rate: None,
        share: None,
        frames: None,
        spans: None,
        target,
        audit: &|| Ok(()),
        stop: &stop,
    };
    tap.check().and_then(|()| tap.masks().map(drop)).err().map(|error| error.to_string())
}

#[test]
fn words_that_do_not_go_together() {
    type Change = fn(&mut Words);
    let table: [(Change, bool, bool); 18] = [
        (|_| {}, false, false),
        (|_| {}, true, false),
        (|w| w.topics.clear(), false, true),
        (|w| w.topics.push(w.topics[0].clone()), false, true),
        (|w| w.follow = true, false, false),
        (|w| (w.follow, w.range) = (true, Range::At(0, 1)), false, true),
        (|w| (w.follow, w.range) = (true, Range::Between(Place::Beginning, Place::Offset(9))), false, true),
        (|w| (w.follow, w.by_time) = (true, true), false, true),
        (|w| (w.follow, w.latest) = (true, true), false, true),
        (|w| (w.follow, w.format) = (true, Format::Parquet), false, true),
        (|w| w.follow = true, true, true),
        (|w| w.format = Format::Parquet, false, false),
        (|w| w.format = Format::Parquet, true, true),
        (|w| w.by_time = true, true, true),
        (|w| w.isolation = Isolation::Uncommitted, true, true),
        (|w| w.everywhere = true, false, true),
        (|w| (w.columns, w.format) = (Some("a=/a".into()), Format::Values), false, true),
        (|w| w.columns = Some("a=/a:number".into()), false, true),
    ];
    for (place, (change, is_resumed, is_refused)) in table.into_iter().enumerate() {
        let found = refused(INVENTORY_EVENTS.name(), is_resumed, change);
        assert_eq!(found.is_some(), is_refused, "row {place}: {found:?}");
    }
}

#[test]
fn a_key_is_looked_for_only_where_it_tells_the_partition() {
    let by_key = |topic: &str, everywhere: bool, is_unmasked: bool| {
        refused(topic, false, |words| {
            words.keys = vec!["k".to_owned()];
            (words.everywhere, words.is_unmasked) = (everywhere, is_unmasked);
        })
    };
    assert_eq!(by_key(ORDERS_EVENTS.name(), false, false), None);
    assert!(by_key(INGRESS_REPLIES.name(), false, false).unwrap().contains("--everywhere"));
    assert_eq!(by_key(INGRESS_REPLIES.name(), true, false), None);
    assert!(by_key(COUPONS_CHANGELOG.name(), true, false).unwrap().contains("personal"));
    assert_eq!(by_key(COUPONS_CHANGELOG.name(), true, true), None);
    assert!(by_key("nobody.knows", false, true).is_some(), "nobody has said how its keys tell the partition");
}

/// Why a copy is refused, if it is.
fn copy_refused(topic: &str, to: &str, change: impl FnOnce(&mut Words)) -> Option<String> {
    let target = Target::Topic { name: to.to_owned(), resume: None };
    refused_into(topic, target, change)
}

#[test]
fn a_copy_goes_to_a_shadow_topic_of_its_own_topic_only() {
    let shadow = "shadow.orders.events";
    assert_eq!(copy_refused(ORDERS_EVENTS.name(), shadow, |_| {}), None);
    let others = [
        (ORDERS_EVENTS.name(), "orders.inbox", "begins with shadow."),
        (ORDERS_EVENTS.name(), "shadow.orders.inbox", "names no such topic under shadow"),
        (INVENTORY_EVENTS.name(), shadow, "takes copies of orders.events alone"),
    ];
    for (topic, to, reason) in others {
        let refusal = copy_refused(topic, to, |_| {}).unwrap();
        assert!(refusal.contains(reason), "{refusal}");
    }
    let also = |words: &mut Words| words.topics.push(INVENTORY_EVENTS.name().to_owned());
    assert!(copy_refused(ORDERS_EVENTS.name(), shadow, also).is_some());
    assert!(copy_refused(ORDERS_EVENTS.name(), shadow, |words| words.by_time = true).is_some());
    assert!(copy_refused(ORDERS_EVENTS.name(), shadow, |words| words.isolation = Isolation::Uncommitted).is_some());
    assert!(copy_refused(ORDERS_EVENTS.name(), shadow, |words| words.columns = Some("offset".into())).is_some());
    assert_eq!(copy_refused(ORDERS_EVENTS.name(), shadow, |words| words.follow = true), None);
}
