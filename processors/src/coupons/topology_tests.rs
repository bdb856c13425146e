//! The processor between its topics: what it reads and writes, what it does with records that are none.

use events::codec::encode;
use events::coupons::CouponCommand;
use events::envelope::Envelope;
use events::money::Money;
use events::topics;
use streams::driver::{DriverError, TestDriver};
use streams::processor::Verdict;

use super::fixture::{Fixture, asking, at, campaign, claim, define, request, shopper, terms};
use super::topology;

#[test]
fn the_topology_is_this() {
    let described = topology().unwrap().to_string();
    let expected = "\
processor coupons
  reads  coupons.inbox
  keeps  campaigns in coupons.changelog
  keeps  counts in coupons.changelog
  keeps  accounts in coupons.changelog
  keeps  strangers in coupons.changelog
  writes coupons.events
  writes ingress.replies
  writes orders.inbox
  poison dead-letters
";
    assert_eq!(described, expected);
}

fn value() -> Vec<u8> {
    encode(&claim("one", "sale", "ann"), &Envelope::default()).unwrap().0
}

#[test]
fn what_nobody_can_read_goes_to_the_dead_letters_and_the_next_record_is_decided() {
    let good = value();
    let foreign = b"{\"claim\":{\"request\":\"nonsense\"}}".to_vec();
    let version: (&str, &[u8]) = ("schema-version", b"1");
    type Row<'a> = (&'a str, Option<&'a [u8]>, Option<&'a [u8]>, &'a [(&'a str, &'a [u8])]);
    let table: [Row<'_>; 7] = [
        ("not JSON", Some(b"sale"), Some(b"\xff\x00garbage"), &[version]),
        ("not a command", Some(b"sale"), Some(&foreign), &[version]),
        ("a tombstone", Some(b"sale"), None, &[version]),
        ("no version", Some(b"sale"), Some(&good), &[]),
        ("an unreadable version", Some(b"sale"), Some(&good), &[("schema-version", b"one")]),
        ("another campaign's key", Some(b"other"), Some(&good), &[version]),
        ("no key", None, Some(&good), &[version]),
    ];
    for (name, key, value, headers) in table {
        let mut fixture = Fixture::new();
        fixture.driver.pipe_to(0, key, value, headers, 1).unwrap();
        assert_eq!(fixture.driver.take_dead_letters().len(), 1, "{name}");
        assert_eq!(fixture.events(), [], "{name}");
        let effect = fixture.send(&define("d", "sale", terms()), 2).unwrap();
        assert_eq!(effect.events.len(), 1, "{name}");
    }
}

#[test]
fn a_newer_schema_version_stops_the_partition() {
    let mut driver = TestDriver::new(topology().unwrap());
    let stopped = driver.pipe(b"sale", &value(), &[("schema-version", b"2")], 1);
    assert!(matches!(stopped, Err(DriverError::Stopped(Verdict::Fatal(_)))), "{stopped:?}");
    assert!(driver.take(topics::COUPONS_EVENTS.name()).is_empty());
    assert!(driver.take_dead_letters().is_empty());
}

#[test]
fn an_answer_goes_where_the_request_asked_and_nowhere_else() {
    for (reply_to, replies) in
        [(None, 0), (Some("0"), 1), (Some("7"), 1), (Some("8"), 0), (Some("-1"), 0), (Some("x"), 0)]
    {
        let mut driver = TestDriver::new(topology().unwrap());
        let mut headers: Vec<(&str, &[u8])> = vec![("schema-version", b"1")];
        if let Some(partition) = reply_to {
            headers.push(("reply-to", partition.as_bytes()));
        }
        driver.pipe(b"sale", &value(), &headers, 1).unwrap();
        assert_eq!(driver.take(topics::INGRESS_REPLIES.name()).len(), replies, "{reply_to:?}");
        assert_eq!(driver.take(topics::COUPONS_EVENTS.name()).len(), 1, "{reply_to:?}");
    }
}

/// A hold on a coupon that is not there: the order that asks is told so, in whatever partition its key lies.
#[test]
fn an_order_is_answered_where_its_key_lies_and_only_if_it_asks() {
    let hold = CouponCommand::Hold {
        request: request("hold"),
        campaign: campaign("sale"),
        coupon: request("claim").coupon(),
        shopper: shopper("ann"),
        order: asking(),
        spend: Money::new(1),
        until: at(9),
    };
    let (hold, _) = encode(&hold, &Envelope::default()).unwrap();
    let asks: (&str, &[u8]) = ("answer-to", b"order-that-asks");
    type Headers<'a> = &'a [(&'a str, &'a [u8])];
    let cases: [(&[u8], Headers<'_>, usize); 4] =
        [(&hold, &[asks], 1), (&hold, &[], 0), (&hold, &[("answer-to", b"no")], 0), (&value(), &[asks], 0)];
    for (value, headers, answers) in cases {
        let mut driver = TestDriver::new(topology().unwrap());
        let headers = [&[("schema-version", b"1".as_slice())], headers].concat();
        driver.pipe(b"sale", value, &headers, 1).unwrap();
        let written = driver.take(topics::ORDERS_INBOX.name());
        assert_eq!(written.len(), answers, "{headers:?}");
        assert!(written.iter().all(|answer| answer.partition.is_none()), "{headers:?}");
        assert!(driver.take(topics::INGRESS_REPLIES.name()).is_empty(), "{headers:?}");
    }
}

#[test]
fn facts_and_answers_belong_to_the_trace_of_their_request() {
    let trace: &[u8] = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let mut driver = TestDriver::new(topology().unwrap());
    let headers: [(&str, &[u8]); 3] = [("schema-version", b"1"), ("traceparent", trace), ("reply-to", b"1")];
    driver.pipe(b"sale", &value(), &headers, 1).unwrap();
    for topic in [topics::COUPONS_EVENTS.name(), topics::INGRESS_REPLIES.name()] {
        let written = driver.take(topic);
        let header =
            |name: &str| written[0].headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.to_vec());
        assert_eq!(header("traceparent").as_deref(), Some(trace), "{topic}");
        assert_eq!(header("schema-version").as_deref(), Some(b"1".as_slice()), "{topic}");
        assert_eq!(header("reply-to"), None, "{topic}");
    }
}

#[test]
fn facts_go_to_the_partition_of_the_same_number() {
    let mut driver = TestDriver::with_partitions(topology().unwrap(), 4);
    let mut partitions = std::collections::BTreeSet::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        let (value, _) = encode(&define(name, name, terms()), &Envelope::default()).unwrap();
        let partition = driver.pipe(name.as_bytes(), &value, &[("schema-version", b"1")], 1).unwrap();
        let written = driver.take(topics::COUPONS_EVENTS.name());
        assert_eq!(written[0].partition, Some(partition), "{name}");
        partitions.insert(partition);
    }
    assert!(partitions.len() > 1, "one partition proves nothing");
}
