//! What a copy keeps, what it hides, and what is believed of one.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use events::manifest::Manifest;
use events::topics::{ORDERS_EVENTS, PAYMENTS_EVENTS};
use streams::kafka::tap::{KeptRecord, TimeKind};
use streams::record::Record;

use super::*;
use crate::tap::mask::Mask;
use crate::tap::words::MaskMode;

fn kept(value: Option<&str>) -> KeptRecord {
    let record = Record {
        topic: ORDERS_EVENTS.name().into(),
        partition: 3,
        offset: 41,
        timestamp: 5,
        key: Some("order-1".into()),
        value: value.map(|value| Bytes::copy_from_slice(value.as_bytes())),
        headers: vec![("event-type".into(), "a".into()), ("source".into(), "elsewhere".into())],
    };
    KeptRecord { record, time: TimeKind::Create }
}

#[test]
fn a_copy_keeps_its_place_and_its_headers_and_hides_what_is_personal() {
    let mask = Mask::of_topic(&Manifest::embedded().unwrap(), ORDERS_EVENTS.name(), MaskMode::Redact, None);
    let kept = kept(Some(r#"{"order":"order-1","shopper":"shopper-1"}"#));
    let row = Row { record: kept.view(), mask: &mask, transaction: None };
    let copy = copy(&row, &"shadow.orders.events".into(), "0123");
    assert_eq!((&*copy.topic, copy.partition), ("shadow.orders.events", Some(3)));
    assert_eq!(copy.key.as_deref(), Some(b"order-1".as_slice()));
    assert_eq!(copy.value.as_deref(), Some(br#"{"order":"order-1","shopper":"redacted"}"#.as_slice()));
    let names: Vec<&str> = copy.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["event-type", "source", "source", "source-tap"]);
    let view = HeadersView::of(&copy.headers);
    assert_eq!(offset_of(&view, ORDERS_EVENTS.name(), 3, "0123"), Some(41));
    assert_eq!(offset_of(&view, ORDERS_EVENTS.name(), 2, "0123"), None);
    assert_eq!(offset_of(&view, PAYMENTS_EVENTS.name(), 3, "0123"), None);
    assert_eq!(offset_of(&view, ORDERS_EVENTS.name(), 3, "4567"), None);
}

#[test]
fn a_tombstone_stays_one_and_what_no_copy_says_is_not_believed() {
    let (mask, kept) = (Mask::none(), kept(None));
    let row = Row { record: kept.view(), mask: &mask, transaction: None };
    assert_eq!(copy(&row, &"shadow.orders.events".into(), "0").value, None);
    for source in ["", "orders.events", "orders.events/3", "orders.events/3/", "orders.events/x/1", "/3/1"] {
        let headers: Headers = vec![(SOURCE.into(), Bytes::from(source)), (ID.into(), Bytes::from("0"))];
        assert_eq!(offset_of(&HeadersView::of(&headers), ORDERS_EVENTS.name(), 3, "0"), None, "{source}");
    }
    assert_eq!(offset_of(&HeadersView::of(&Headers::new()), ORDERS_EVENTS.name(), 3, "0"), None);
}
