//! What the table takes over, what it shows, and until when.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::sync::Arc;

use bytes::Bytes;
use events::codec;
use events::envelope::Envelope;
use events::ids::Sku;
use events::money::Money;
use events::prices::{BestPrice, Winner};
use events::time::Timestamp;
use streams::record::Record;

use super::{Applied, Prices, Quote, Table, Tag, apply};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn sku(name: &str) -> Sku {
    Sku::new(name).unwrap()
}

fn best(version: u64, valid_until: Option<i64>) -> BestPrice {
    BestPrice {
        sku: sku("tea"),
        version,
        at: at(5),
        price: Money::new(9_900),
        by: Winner::Own,
        own: Money::new(9_900),
        list_price: Money::new(20_000),
        on_sale: true,
        offers: 2,
        valid_until: valid_until.map(at),
    }
}

fn record(best: &BestPrice) -> Record {
    let (value, envelope) = codec::encode(best, &Envelope::default()).unwrap();
    Record {
        topic: "prices.best".into(),
        partition: 0,
        offset: 0,
        timestamp: 0,
        key: Some(Bytes::from_static(b"tea")),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    }
}

fn shown(prices: &Prices, now: i64) -> Option<Vec<u8>> {
    match prices.quote(&sku("tea"), at(now)) {
        Quote::Tag(tag) => Some(tag.etag.as_bytes().to_vec()),
        _ => None,
    }
}

#[test]
fn nothing_is_shown_before_the_table_is_read() {
    let prices = Prices::default();
    assert_eq!((prices.is_read(), prices.quote(&sku("tea"), at(1))), (false, Quote::NotRead));
    let table = Arc::new(Table::default());
    assert_eq!(apply(&table, &record(&best(1, None))), Applied::Taken);
    assert_eq!(prices.quote(&sku("tea"), at(1)), Quote::NotRead);
    prices.show(Arc::clone(&table));
    assert_eq!((prices.is_read(), prices.len()), (true, 1));
    assert_eq!(prices.quote(&sku("cup"), at(1)), Quote::Unknown);
    assert_eq!(prices.quote(&sku("tea"), at(1)), Quote::Tag(Arc::new(Tag::of(&best(1, None)).unwrap())));
    // What comes later is shown at once.
    apply(&table, &record(&best(2, None)));
    assert_eq!(shown(&prices, 1).as_deref(), Some(&b"\"2\""[..]));
}

#[test]
fn a_price_is_shown_up_to_the_instant_that_it_names_and_not_a_moment_longer() {
    let prices = Prices::default();
    let table = Arc::new(Table::default());
    prices.show(Arc::clone(&table));
    apply(&table, &record(&best(1, Some(100))));
    assert!(shown(&prices, 99).is_some());
    assert_eq!(prices.quote(&sku("tea"), at(100)), Quote::Awaited);
    assert_eq!(prices.quote(&sku("tea"), at(i64::MAX)), Quote::Awaited);
    apply(&table, &record(&best(2, Some(200))));
    assert_eq!(shown(&prices, 100).as_deref(), Some(&b"\"2\""[..]));
}

#[test]
fn a_product_that_has_no_price_any_more_is_forgotten() {
    let prices = Prices::default();
    let table = Arc::new(Table::default());
    prices.show(Arc::clone(&table));
    apply(&table, &record(&best(1, None)));
    let tombstone = Record { value: None, headers: Vec::new(), ..record(&best(1, None)) };
    assert_eq!(apply(&table, &tombstone), Applied::Removed);
    assert_eq!((prices.quote(&sku("tea"), at(1)), prices.len()), (Quote::Unknown, 0));
    assert_eq!(apply(&table, &tombstone), Applied::Removed, "twice is once");
}

#[test]
fn what_cannot_be_read_takes_down_what_it_replaces() {
    let garbage = |record: Record| Record { value: Some(Bytes::from_static(b"{\xff")), ..record };
    let of_another = |record: Record| Record { key: Some(Bytes::from_static(b"cup")), ..record };
    let unmarked = |record: Record| Record { headers: Vec::new(), ..record };
    let newer = |mut record: Record| {
        for (name, value) in &mut record.headers {
            if name == "schema-version" {
                *value = Bytes::from_static(b"99");
            }
        }
        record
    };
    for (bad, applied) in [
        (garbage(record(&best(2, None))), Applied::Unreadable),
        (unmarked(record(&best(2, None))), Applied::Unreadable),
        (newer(record(&best(2, None))), Applied::Newer),
    ] {
        let (prices, table) = (Prices::default(), Arc::new(Table::default()));
        prices.show(Arc::clone(&table));
        apply(&table, &record(&best(1, None)));
        assert_eq!(apply(&table, &bad), applied);
        assert_eq!(prices.quote(&sku("tea"), at(1)), Quote::Awaited);
        apply(&table, &record(&best(3, None)));
        assert!(shown(&prices, 1).is_some(), "the next one puts it right");
        // A price under another product's key is nobody's.
        assert_eq!(apply(&table, &of_another(record(&best(4, None)))), Applied::Unreadable);
        assert_eq!(shown(&prices, 1).as_deref(), Some(&b"\"3\""[..]));
        assert_eq!(prices.quote(&sku("cup"), at(1)), Quote::Awaited);
        // Without a key nothing is touched.
        assert_eq!(apply(&table, &Record { key: None, ..record(&best(5, None)) }), Applied::Unreadable);
        assert_eq!(shown(&prices, 1).as_deref(), Some(&b"\"3\""[..]));
    }
}
