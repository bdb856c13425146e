//! The processor between its topics: what it reads and writes, what it does with records that are none.

use events::codec::encode;
use events::envelope::Envelope;
use events::orders::OrderCommand;
use events::topics;
use streams::driver::{DriverError, TestDriver};
use streams::processor::Verdict;
use streams::record::Outgoing;

use super::fixture::{Fixture, place, request, units};
use super::topology;

#[test]
fn the_topology_is_this() {
    let described = topology().unwrap().to_string();
    let expected = "\
processor orders
  reads  orders.inbox
  keeps  orders in orders.changelog
  writes coupons.inbox
  writes ingress.replies
  writes inventory.inbox
  writes orders.events
  writes payments.inbox
  writes settlement.inbox
  poison dead-letters
";
    assert_eq!(described, expected);
}

fn command() -> OrderCommand {
    place("place", vec![units("tea", 1)], None)
}

fn value(command: &OrderCommand) -> Vec<u8> {
    encode(command, &Envelope::default()).unwrap().0
}

#[test]
fn what_nobody_can_read_goes_to_the_dead_letters_and_the_next_record_is_decided() {
    let good = value(&command());
    let id = command().order().to_string();
    let key = id.as_bytes();
    // An order whose id does not derive from its request could be anybody's.
    let mut foreign = command();
    if let OrderCommand::Place { request: own, .. } = &mut foreign {
        *own = request("another");
    }
    let foreign = value(&foreign);
    let version: (&str, &[u8]) = ("schema-version", b"1");
    type Row<'a> = (&'a str, Option<&'a [u8]>, Option<&'a [u8]>, &'a [(&'a str, &'a [u8])]);
    let table: [Row<'_>; 7] = [
        ("not JSON", Some(key), Some(b"\xff\x00garbage"), &[version]),
        ("not a message", Some(key), Some(b"{\"pay\":{}}"), &[version]),
        ("a tombstone", Some(key), None, &[version]),
        ("no version", Some(key), Some(&good), &[]),
        ("another order's key", Some(b"ord_other"), Some(&good), &[version]),
        ("no key", None, Some(&good), &[version]),
        ("another request's order", Some(key), Some(&foreign), &[version]),
    ];
    for (name, key, value, headers) in table {
        let mut fixture = Fixture::new();
        fixture.driver.pipe_to(0, key, value, headers, 1).unwrap();
        assert_eq!(fixture.driver.take_dead_letters().len(), 1, "{name}");
        assert!(fixture.driver.take(topics::ORDERS_EVENTS.name()).is_empty(), "{name}");
        assert_eq!(fixture.send(&command(), 2).events.len(), 1, "{name}");
    }
}

#[test]
fn a_newer_schema_version_stops_the_partition() {
    let mut driver = TestDriver::new(topology().unwrap());
    let id = command().order().to_string();
    let stopped = driver.pipe(id.as_bytes(), &value(&command()), &[("schema-version", b"2")], 1);
    assert!(matches!(stopped, Err(DriverError::Stopped(Verdict::Fatal(_)))), "{stopped:?}");
    assert!(driver.take(topics::ORDERS_EVENTS.name()).is_empty());
}

fn header(outgoing: &Outgoing, name: &str) -> Option<Vec<u8>> {
    outgoing.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.to_vec())
}

#[test]
fn a_question_belongs_to_the_trace_says_who_asks_and_names_no_partition() {
    let trace: &[u8] = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let mut driver = TestDriver::with_partitions(topology().unwrap(), 4);
    let id = command().order().to_string();
    let headers: [(&str, &[u8]); 3] = [("schema-version", b"1"), ("traceparent", trace), ("reply-to", b"1")];
    let partition = driver.pipe(id.as_bytes(), &value(&command()), &headers, 1).unwrap();
    let question = driver.take(topics::INVENTORY_INBOX.name()).remove(0);
    let fact = driver.take(topics::ORDERS_EVENTS.name()).remove(0);
    assert_eq!(header(&question, "answer-to").as_deref(), Some(id.as_bytes()));
    assert_eq!((question.partition, question.key.as_deref()), (None, Some(b"tea".as_slice())));
    assert_eq!(header(&fact, "answer-to"), None);
    assert_eq!((fact.partition, fact.key.as_deref()), (Some(partition), Some(id.as_bytes())));
    for outgoing in [&question, &fact] {
        assert_eq!(header(outgoing, "traceparent").as_deref(), Some(trace));
        assert_eq!(header(outgoing, "reply-to"), None);
    }
}

#[test]
fn an_answer_goes_where_the_request_was_last_asked_from() {
    // Whoever repeats a request waits elsewhere than the one who sent it first: the door that took it has died.
    for (first, second, replies) in [("0", "7", vec![7]), ("8", "7", vec![7]), ("7", "8", vec![]), ("x", "1", vec![1])]
    {
        let mut driver = TestDriver::new(topology().unwrap());
        let id = command().order().to_string();
        for reply_to in [first, second] {
            let headers: [(&str, &[u8]); 2] = [("schema-version", b"1"), ("reply-to", reply_to.as_bytes())];
            driver.pipe(id.as_bytes(), &value(&command()), &headers, 1).unwrap();
        }
        assert!(driver.take(topics::INGRESS_REPLIES.name()).is_empty(), "nothing is decided yet");
        driver.advance_to(31_000).unwrap();
        let found: Vec<_> =
            driver.take(topics::INGRESS_REPLIES.name()).iter().filter_map(|reply| reply.partition).collect();
        assert_eq!(found, replies, "{first} then {second}");
    }
}
