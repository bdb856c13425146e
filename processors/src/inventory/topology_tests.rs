//! The processor between its topics: what it reads and writes, what it does with records that are none.

use events::codec::encode;
use events::envelope::Envelope;
use events::topics;
use streams::driver::{DriverError, TestDriver};
use streams::processor::Verdict;

use super::fixture::{Fixture, define, hold, terms};
use super::topology;

#[test]
fn the_topology_is_this() {
    let described = topology().unwrap().to_string();
    let expected = "\
processor inventory
  reads  inventory.inbox
  keeps  products in inventory.changelog
  keeps  levels in inventory.changelog
  keeps  requests in inventory.changelog
  keeps  holds in inventory.changelog
  keeps  strangers in inventory.changelog
  writes ingress.replies
  writes inventory.events
  writes orders.inbox
  writes prices.inbox
  poison dead-letters
";
    assert_eq!(described, expected);
}

fn value() -> Vec<u8> {
    encode(&hold("one", "tea", 1, 9), &Envelope::default()).unwrap().0
}

#[test]
fn what_nobody_can_read_goes_to_the_dead_letters_and_the_next_record_is_decided() {
    let good = value();
    let foreign = b"{\"hold\":{\"request\":\"nonsense\"}}".to_vec();
    let version: (&str, &[u8]) = ("schema-version", b"1");
    type Row<'a> = (&'a str, Option<&'a [u8]>, Option<&'a [u8]>, &'a [(&'a str, &'a [u8])]);
    let table: [Row<'_>; 6] = [
        ("not JSON", Some(b"tea"), Some(b"\xff\x00garbage"), &[version]),
        ("not a command", Some(b"tea"), Some(&foreign), &[version]),
        ("a tombstone", Some(b"tea"), None, &[version]),
        ("no version", Some(b"tea"), Some(&good), &[]),
        ("another product's key", Some(b"rice"), Some(&good), &[version]),
        ("no key", None, Some(&good), &[version]),
    ];
    for (name, key, value, headers) in table {
        let mut fixture = Fixture::new();
        fixture.driver.pipe_to(0, key, value, headers, 1).unwrap();
        assert_eq!(fixture.driver.take_dead_letters().len(), 1, "{name}");
        assert_eq!(fixture.events(), [], "{name}");
        let effect = fixture.send(&define("d", "tea", terms()), 2).unwrap();
        assert_eq!(effect.events.len(), 1, "{name}");
    }
}

#[test]
fn a_newer_schema_version_stops_the_partition() {
    let mut driver = TestDriver::new(topology().unwrap());
    let stopped = driver.pipe(b"tea", &value(), &[("schema-version", b"2")], 1);
    assert!(matches!(stopped, Err(DriverError::Stopped(Verdict::Fatal(_)))), "{stopped:?}");
    assert!(driver.take(topics::INVENTORY_EVENTS.name()).is_empty());
    assert!(driver.take_dead_letters().is_empty());
}

#[test]
fn an_order_is_answered_if_it_asks_and_a_merchant_where_it_asked() {
    let defined = encode(&define("d", "tea", terms()), &Envelope::default()).unwrap().0;
    let header = |name: &'static str, value: &'static str| (name, value.as_bytes());
    let (asks, awaits, nobody) = (header("answer-to", "order-1"), header("reply-to", "7"), header("answer-to", "no"));
    let held = value();
    type Case<'a> = (&'a [u8], &'a [(&'a str, &'a [u8])], usize, usize);
    let cases: [Case<'_>; 7] = [
        (&held, &[asks, awaits], 1, 0),
        (&held, &[awaits], 0, 0),
        (&held, &[nobody], 0, 0),
        (&defined, &[asks, awaits], 0, 1),
        (&defined, &[asks], 0, 0),
        (&defined, &[header("reply-to", "8")], 0, 0),
        (&defined, &[header("reply-to", "x")], 0, 0),
    ];
    for (value, headers, answers, replies) in cases {
        let mut driver = TestDriver::new(topology().unwrap());
        let headers = [&[("schema-version", b"1".as_slice())], headers].concat();
        driver.pipe(b"tea", value, &headers, 1).unwrap();
        assert_eq!(driver.take(topics::ORDERS_INBOX.name()).len(), answers, "{headers:?}");
        assert_eq!(driver.take(topics::INGRESS_REPLIES.name()).len(), replies, "{headers:?}");
        assert_eq!(driver.take(topics::INVENTORY_EVENTS.name()).len(), 1, "{headers:?}");
    }
}

#[test]
fn facts_and_answers_belong_to_the_trace_of_their_request() {
    let trace: &[u8] = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let mut driver = TestDriver::new(topology().unwrap());
    let headers: [(&str, &[u8]); 3] = [("schema-version", b"1"), ("traceparent", trace), ("answer-to", b"order-1")];
    driver.pipe(b"tea", &value(), &headers, 1).unwrap();
    for topic in [topics::INVENTORY_EVENTS.name(), topics::ORDERS_INBOX.name()] {
        let written = driver.take(topic);
        let header =
            |name: &str| written[0].headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.to_vec());
        assert_eq!(header("traceparent").as_deref(), Some(trace), "{topic}");
        assert_eq!(header("schema-version").as_deref(), Some(b"1".as_slice()), "{topic}");
        assert_eq!(header("answer-to"), None, "{topic}");
    }
}

#[test]
fn facts_go_to_the_partition_of_the_same_number() {
    let mut driver = TestDriver::with_partitions(topology().unwrap(), 4);
    let mut partitions = std::collections::BTreeSet::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        let (value, _) = encode(&define(name, name, terms()), &Envelope::default()).unwrap();
        let partition = driver.pipe(name.as_bytes(), &value, &[("schema-version", b"1")], 1).unwrap();
        let written = driver.take(topics::INVENTORY_EVENTS.name());
        assert_eq!(written[0].partition, Some(partition), "{name}");
        partitions.insert(partition);
    }
    assert!(partitions.len() > 1, "one partition proves nothing");
}
