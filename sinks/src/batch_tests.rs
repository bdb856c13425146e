//! What a record comes to before any destination sees it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use bytes::Bytes;
use events::money::Money;
use events::prices::BestPrice;
use streams::record::Record;

use super::{fold, read};
use crate::stream::{Fact, Stream};
use crate::test_support::{Shop, newer_record, record, records, undecodable_record};

fn good() -> Record {
    Shop::new(1, 0).records(1).remove(0)
}

#[test]
fn records_are_told_apart() {
    let Fact::Coupon(event) = read(Stream::Coupons, good()).unwrap().reading.unwrap() else { unreachable!() };
    let with = |change: fn(&mut events::coupons::CouponEvent)| {
        let mut event = *event.clone();
        change(&mut event);
        record(0, 0, &event)
    };
    let table: [(&str, Record, Option<&str>); 7] = [
        ("good", good(), None),
        ("garbage", undecodable_record(0, 0), Some("undecodable")),
        ("tombstone", Record { value: None, ..good() }, Some("undecodable")),
        ("no headers", Record { headers: Vec::new(), ..good() }, Some("undecodable")),
        ("empty", Record { value: Some(Bytes::new()), ..good() }, Some("undecodable")),
        ("unbalanced", with(|event| event.stock.held += 1), Some("impossible")),
        ("giant version", with(|event| event.version = u64::MAX), Some("impossible")),
    ];
    for (name, record, cause) in table {
        let item = read(Stream::Coupons, record).unwrap();
        assert_eq!(item.reading.as_ref().err().map(|unusable| unusable.cause), cause, "{name}");
        assert_eq!(fold(&[item]).is_empty(), cause.is_some(), "{name}");
    }
}

#[test]
fn a_newer_version_is_not_garbage() {
    let newer = read(Stream::Coupons, newer_record(0, 7)).unwrap_err();
    assert_eq!(newer.offset, 7);
}

#[test]
fn a_fact_of_each_topic_has_rows_and_means_nothing_in_another() {
    for stream in [Stream::Inventory, Stream::Orders, Stream::Payments, Stream::Prices] {
        let record = records(stream, 1, 0, 1).remove(0);
        assert!(!fold(&[read(stream, record.clone()).unwrap()]).is_empty(), "{stream:?}");
        for other in Stream::IN_POSTGRES.into_iter().filter(|other| *other != stream) {
            let item = read(other, record.clone()).unwrap();
            assert_eq!(item.reading.unwrap_err().cause, "undecodable", "{stream:?} as {other:?}");
        }
    }
}

#[test]
fn an_order_that_is_nowhere_and_stock_that_does_not_add_up_are_impossible() {
    let fact = |stream| read(stream, records(stream, 1, 0, 1).remove(0)).unwrap().reading.unwrap();
    let (Fact::Order(order), Fact::Inventory(product)) = (fact(Stream::Orders), fact(Stream::Inventory)) else {
        unreachable!()
    };
    let impossible = |fact: Fact| fact.impossible().is_some();
    assert!(!impossible(Fact::Order(order.clone())) && !impossible(Fact::Inventory(product.clone())));
    let mut table = vec![Fact::Order(order.clone()), Fact::Order(order.clone()), Fact::Order(order)];
    table.extend([Fact::Inventory(product.clone()), Fact::Inventory(product.clone()), Fact::Inventory(product)]);
    for (place, fact) in table.iter_mut().enumerate() {
        match fact {
            Fact::Order(event) if place == 0 => event.state = None,
            Fact::Order(event) if place == 1 => event.shopper = None,
            Fact::Order(event) => event.version = u64::MAX,
            Fact::Inventory(event) if place == 3 => event.stock.held += 1,
            Fact::Inventory(event) if place == 4 => event.version = u64::MAX,
            Fact::Inventory(event) => (event.stock.received, event.stock.available) = (u64::MAX, u64::MAX),
            _ => unreachable!(),
        }
        assert!(fact.impossible().is_some(), "{fact:?}");
    }
}

#[test]
fn a_lowest_price_above_our_own_is_impossible() {
    let good = read(Stream::Prices, records(Stream::Prices, 1, 0, 1).remove(0)).unwrap().reading.unwrap();
    assert_eq!(good.impossible(), None);
    let Fact::Price(best) = good else { unreachable!() };
    let table: [fn(&mut BestPrice); 3] = [
        |best| best.price = best.own.plus(Money::new(1)).unwrap(),
        |best| best.price = Money::new(-1),
        |best| best.version = u64::MAX,
    ];
    for (place, spoil) in table.into_iter().enumerate() {
        let mut best = best.clone();
        spoil(&mut best);
        assert!(Fact::Price(best).impossible().is_some(), "row {place}");
    }
}
