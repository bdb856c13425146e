//! The processor between its topics: what it reads and writes, what it does with records that are none.

use events::codec::encode;
use events::envelope::Envelope;
use events::ids::SellerId;
use events::money::Money;
use events::settlement::{Basis, SettlementCommand, SettlementFact, SoldLine, Source};
use events::topics;
use streams::driver::{DriverError, TestDriver};
use streams::processor::Verdict;

use super::fixture::{Fixture, at, line, policy, reached, refunded, seller, set_policy, tea};
use super::topology;

#[test]
fn the_topology_is_this() {
    let described = topology().unwrap().to_string();
    let expected = "\
processor settlement
  reads  settlement.inbox
  keeps  sellers in settlement.changelog
  keeps  policies in settlement.changelog
  keeps  requests in settlement.changelog
  keeps  lines in settlement.changelog
  keeps  strangers in settlement.changelog
  writes ingress.replies
  writes settlement.events
  poison dead-letters
";
    assert_eq!(described, expected);
}

fn value(command: &SettlementCommand) -> Vec<u8> {
    encode(command, &Envelope::default()).unwrap().0
}

#[test]
fn what_nobody_can_read_goes_to_the_dead_letters_and_the_next_record_is_decided() {
    let noon = at("2026-11-23 12:00");
    let good = value(&reached("order-1", Basis::Confirmed, noon, vec![tea(1_000)]));
    let version: (&str, &[u8]) = ("schema-version", b"1");
    type Row<'a> = (&'a str, Option<&'a [u8]>, Option<&'a [u8]>, &'a [(&'a str, &'a [u8])]);
    let table: [Row<'_>; 5] = [
        ("not JSON", Some(b"seller-1"), Some(b"\xff\x00garbage"), &[version]),
        ("a tombstone", Some(b"seller-1"), None, &[version]),
        ("no version", Some(b"seller-1"), Some(&good), &[]),
        ("another seller's key", Some(b"seller-2"), Some(&good), &[version]),
        ("no key", None, Some(&good), &[version]),
    ];
    for (name, key, value, headers) in table {
        let mut fixture = Fixture::new();
        fixture.driver.pipe_to(0, key, value, headers, noon).unwrap();
        assert_eq!(fixture.driver.take_dead_letters().len(), 1, "{name}");
        assert_eq!(fixture.events(), [], "{name}");
        assert_eq!(fixture.happen(&set_policy("p", policy()), noon).len(), 1, "{name}");
    }
}

#[test]
fn lines_that_no_order_has_go_to_the_dead_letters_and_change_nothing() {
    type Break = fn(&mut Vec<SoldLine>);
    let table: [(&str, Break); 9] = [
        ("no lines", Vec::clear),
        ("more lines than an order has", |lines| {
            *lines = (0..51).map(|n| line(&format!("p{n}"), 1, 1, 0, 0)).collect()
        }),
        ("a product twice", |lines| lines.push(lines[0].clone())),
        ("no units", |lines| lines[0].quantity = 0),
        ("too many units", |lines| lines[0].quantity = 1_001),
        ("more refunded than sold", |lines| lines[0].refunded = 2),
        ("amounts that do not add up", |lines| lines[0].amounts.due = Money::new(1)),
        ("a negative supply price", |lines| lines[0].supply_price = Some(Money::new(-1))),
        ("an absurd amount", |lines| {
            lines[0].amounts.gross = Money::new(i64::MAX);
            lines[0].amounts.due = Money::new(i64::MAX);
        }),
    ];
    let noon = at("2026-11-23 12:00");
    for (name, change) in table {
        let mut fixture = Fixture::new();
        let mut lines = vec![tea(1_000)];
        change(&mut lines);
        assert_eq!(
            fixture.send(&reached("order-1", Basis::Confirmed, noon, lines), noon).unwrap().events,
            [],
            "{name}"
        );
        assert_eq!(fixture.driver.take_dead_letters().len(), 1, "{name}");
    }
    for instant in [-1, i64::MAX] {
        let mut fixture = Fixture::new();
        fixture.send(&reached("order-1", Basis::Confirmed, instant, vec![tea(1)]), noon).unwrap();
        fixture.send(&refunded("order-1", 1, instant, &[("tea", 1)]), noon).unwrap();
        assert_eq!(fixture.driver.take_dead_letters().len(), 2, "{instant}");
    }
}

#[test]
fn a_newer_schema_version_stops_the_partition() {
    let mut driver = TestDriver::new(topology().unwrap());
    let stopped = driver.pipe(b"seller-1", &value(&set_policy("p", policy())), &[("schema-version", b"2")], 1);
    assert!(matches!(stopped, Err(DriverError::Stopped(Verdict::Fatal(_)))), "{stopped:?}");
    assert!(driver.take(topics::SETTLEMENT_EVENTS.name()).is_empty());
}

#[test]
fn a_posting_names_the_record_that_led_to_it() {
    let noon = at("2026-11-23 12:00");
    let mut fixture = Fixture::with(policy(), noon);
    let mut found = vec![];
    for name in ["order-1", "order-2"] {
        let events = fixture.happen(&reached(name, Basis::Confirmed, noon, vec![tea(1_000)]), noon);
        found.extend(events.into_iter().filter_map(|event| match event.fact {
            SettlementFact::LinesPosted { source, reached_at, .. } => Some((source, reached_at.as_millis())),
            _ => None,
        }));
    }
    let [(first, at_first), (second, _)] = found[..] else { panic!("{found:?}") };
    assert_eq!((first.partition, at_first), (0, noon));
    assert_eq!(second, Source { partition: 0, offset: second.offset });
    assert!(second.offset > first.offset, "{first:?} {second:?}");
}

#[test]
fn an_operator_is_answered_where_it_asked_and_orders_are_not() {
    let asks = [("schema-version", b"1".as_slice()), ("reply-to", b"7"), ("answer-to", b"order-1")];
    let cases = [(set_policy("p", policy()), 1), (reached("order-1", Basis::Paid, 1, vec![tea(1)]), 0)];
    for (command, replies) in cases {
        let mut driver = TestDriver::new(topology().unwrap());
        driver.pipe(b"seller-1", &value(&command), &asks, 1).unwrap();
        assert_eq!(driver.take(topics::INGRESS_REPLIES.name()).len(), replies);
    }
}

#[test]
fn facts_go_to_the_partition_of_the_same_number() {
    let mut driver = TestDriver::with_partitions(topology().unwrap(), 4);
    let mut partitions = std::collections::BTreeSet::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        let of = |command: SettlementCommand, id: SellerId| match command {
            SettlementCommand::SetPolicy { request, policy, .. } => {
                SettlementCommand::SetPolicy { request, seller: id, policy }
            }
            other => other,
        };
        let command = of(set_policy(name, policy()), seller(name));
        let partition = driver.pipe(name.as_bytes(), &value(&command), &[("schema-version", b"1")], 1).unwrap();
        assert_eq!(driver.take(topics::SETTLEMENT_EVENTS.name())[0].partition, Some(partition), "{name}");
        partitions.insert(partition);
    }
    assert!(partitions.len() > 1, "one partition proves nothing");
}
