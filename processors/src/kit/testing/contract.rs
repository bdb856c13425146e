//! The contract that every processor keeps with its topics: what it does with records that cannot be read, where facts, replies and
//! answers go, and which headers they carry. A processor gives its samples; `contract_tests!` makes the tests.

use std::collections::BTreeSet;

use events::codec::{Message, encode};
use events::envelope::Envelope;
use events::topics::{self, Topic};
use streams::driver::{DriverError, TestDriver};
use streams::processor::Verdict;
use streams::record::Outgoing;
use streams::task::dead_letter;
use streams::topology::{Topology, TopologyError};

use crate::kit::DEAD_LETTER_REASONS;

/// A processor and its samples.
pub(crate) struct Contract<C> {
    topology: fn() -> Result<Topology, TopologyError>,
    facts: &'static str,
    answered: Vec<&'static str>,
    at_ms: i64,
    before: Vec<C>,
    replied: C,
    unreplied: Vec<C>,
    impossible: Vec<(&'static str, C)>,
    spread: Vec<C>,
}

/// A case: its name, and a record's key, value and headers.
type Case<'a> = (&'a str, Option<&'a [u8]>, Option<&'a [u8]>, &'a [(&'a str, &'a [u8])]);

const VERSION: (&str, &[u8]) = ("schema-version", b"1");

fn value<C: Message>(command: &C) -> Vec<u8> {
    encode(command, &Envelope::default()).unwrap().0
}

fn header<'a>(outgoing: &'a Outgoing, name: &str) -> Option<&'a [u8]> {
    outgoing.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_ref())
}

impl<C: Message> Contract<C> {
    /// A contract. At `at_ms`, `replied` leads to one fact of this topic, and to a reply if it asks for one; `spread` lead to facts,
    /// under keys that are not all in one partition of four.
    pub(crate) fn new<F>(
        topology: fn() -> Result<Topology, TopologyError>,
        facts: &Topic<F>,
        at_ms: i64,
        replied: C,
        spread: impl IntoIterator<Item = C>,
    ) -> Self {
        let (answered, before, unreplied, impossible) = (vec![], vec![], vec![], vec![]);
        let spread = spread.into_iter().collect();
        Self { topology, facts: facts.name(), answered, at_ms, before, replied, unreplied, impossible, spread }
    }

    /// This command comes before each sample.
    pub(crate) fn before(mut self, command: C) -> Self {
        self.before.push(command);
        self
    }

    /// This command gets no reply at once, even if it asks for one.
    pub(crate) fn unreplied(mut self, command: C) -> Self {
        self.unreplied.push(command);
        self
    }

    /// This command can be read and is impossible.
    pub(crate) fn impossible(mut self, name: &'static str, command: C) -> Self {
        self.impossible.push((name, command));
        self
    }

    /// Its commands in this topic name the key of the sample as the order that gets the answer.
    pub(crate) fn expects_answers_from<M>(mut self, topic: &Topic<M>) -> Self {
        self.answered.push(topic.name());
        self
    }

    fn driver(&self, partitions: i32) -> TestDriver {
        let mut driver = TestDriver::with_partitions((self.topology)().unwrap(), partitions);
        for command in &self.before {
            self.pipe(&mut driver, command, &[]).unwrap();
        }
        self.take_all(&mut driver);
        driver
    }

    fn pipe(&self, driver: &mut TestDriver, command: &C, more: &[(&str, &[u8])]) -> Result<i32, DriverError> {
        let headers = [&[VERSION], more].concat();
        driver.pipe(command.key().as_bytes(), &value(command), &headers, self.at_ms)
    }

    fn take_all(&self, driver: &mut TestDriver) -> Vec<Outgoing> {
        let topics: Vec<_> = driver.topology().sinks().iter().cloned().collect();
        topics.iter().flat_map(|topic| driver.take(topic)).collect()
    }

    /// The topology is described so.
    pub(crate) fn describes(&self, expected: &str) {
        assert_eq!((self.topology)().unwrap().to_string(), expected);
    }

    /// Garbage, and what is impossible, goes to the dead letters and leads to nothing; the next record is decided.
    pub(crate) fn unreadable_records_are_dead_letters(&self) {
        let (good, key) = (value(&self.replied), self.replied.key().into_owned());
        let (key, kind) = (Some(key.as_bytes()), self.replied.kind());
        let none = format!("{{\"{kind}\":{{\"request\":\"nonsense\"}}}}");
        let table: [Case<'_>; 7] = [
            ("not JSON", key, Some(b"\xff\x00garbage"), &[VERSION]),
            ("not a command", key, Some(none.as_bytes()), &[VERSION]),
            ("a tombstone", key, None, &[VERSION]),
            ("no version", key, Some(&good), &[]),
            ("an unreadable version", key, Some(&good), &[("schema-version", b"one")]),
            ("another key", Some(b"another-key"), Some(&good), &[VERSION]),
            ("no key", None, Some(&good), &[VERSION]),
        ];
        for (name, key, value, headers) in table {
            self.rejects(name, key, value, headers);
        }
        for (name, command) in &self.impossible {
            self.rejects(name, Some(command.key().as_bytes()), Some(&value(command)), &[VERSION]);
        }
    }

    fn rejects(&self, name: &str, key: Option<&[u8]>, value: Option<&[u8]>, headers: &[(&str, &[u8])]) {
        let mut driver = self.driver(1);
        driver.pipe_to(0, key, value, headers, self.at_ms).unwrap();
        let letters = driver.take_dead_letters();
        assert_eq!(letters.len(), 1, "{name}");
        let reason = header(&letters[0], dead_letter::header::REASON).map(String::from_utf8_lossy).unwrap_or_default();
        assert!(DEAD_LETTER_REASONS.iter().any(|known| reason.starts_with(known)), "{name}: {reason}");
        assert!(self.take_all(&mut driver).is_empty(), "{name}");
        self.pipe(&mut driver, &self.replied, &[]).unwrap();
        assert_eq!(driver.take(self.facts).len(), 1, "{name}: the next record");
    }

    /// What a newer build wrote is not skipped: the partition stops until it is upgraded.
    pub(crate) fn a_newer_version_stops_the_partition(&self) {
        let mut driver = self.driver(1);
        let key = self.replied.key().into_owned();
        let stopped = driver.pipe(key.as_bytes(), &value(&self.replied), &[("schema-version", b"2")], self.at_ms);
        assert!(matches!(stopped, Err(DriverError::Stopped(Verdict::Fatal(_)))), "{stopped:?}");
        assert!(self.take_all(&mut driver).is_empty());
        assert!(driver.take_dead_letters().is_empty());
    }

    /// A reply goes to the partition that the request names, if there is such a partition.
    pub(crate) fn replies_go_where_they_are_asked(&self) {
        let cases = [(None, 0), (Some("0"), 1), (Some("7"), 1), (Some("8"), 0), (Some("-1"), 0), (Some("x"), 0)];
        for (reply_to, replies) in cases {
            let headers: Vec<(&str, &[u8])> = reply_to.iter().map(|to| ("reply-to", to.as_bytes())).collect();
            let mut driver = self.driver(1);
            self.pipe(&mut driver, &self.replied, &headers).unwrap();
            let found = driver.take(topics::INGRESS_REPLIES.name());
            assert_eq!(found.len(), replies, "{reply_to:?}");
            let asked = reply_to.and_then(|to| to.parse().ok());
            assert!(found.iter().all(|reply| reply.partition == asked), "{reply_to:?}");
            assert_eq!(driver.take(self.facts).len(), 1, "{reply_to:?}");
            for command in &self.unreplied {
                let mut driver = self.driver(1);
                self.pipe(&mut driver, command, &headers).unwrap();
                assert!(driver.take(topics::INGRESS_REPLIES.name()).is_empty(), "{}", command.kind());
            }
        }
    }

    /// An order is answered in its own partition, if the command names it.
    pub(crate) fn orders_are_answered_if_the_command_names_them(&self, command: &C) {
        let order: (&str, &[u8]) = ("answer-to", b"order-1");
        let no_order: (&str, &[u8]) = ("answer-to", b"no");
        let cases = [(command, order, 1), (command, VERSION, 0), (command, no_order, 0), (&self.replied, order, 0)];
        for (command, header, answers) in cases {
            let mut driver = self.driver(1);
            self.pipe(&mut driver, command, &[header]).unwrap();
            let written = driver.take(topics::ORDERS_INBOX.name());
            assert_eq!(written.len(), answers, "{} {header:?}", command.kind());
            assert!(written.iter().all(|answer| answer.partition.is_none()), "{header:?}");
            assert_eq!(driver.take(self.facts).len(), 1, "{header:?}");
            assert!(driver.take(topics::INGRESS_REPLIES.name()).is_empty(), "{header:?}");
        }
    }

    /// Whatever a record leads to carries its trace, and none of its addresses.
    pub(crate) fn everything_carries_the_trace(&self) {
        let trace: &[u8] = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        for command in self.unreplied.iter().chain([&self.replied]) {
            let mut driver = self.driver(1);
            let headers: [(&str, &[u8]); 3] = [("traceparent", trace), ("reply-to", b"1"), ("answer-to", b"order-1")];
            self.pipe(&mut driver, command, &headers).unwrap();
            for outgoing in self.take_all(&mut driver) {
                let topic = outgoing.topic.as_ref();
                assert_eq!(header(&outgoing, "traceparent"), Some(trace), "{topic}");
                assert_eq!(header(&outgoing, "schema-version"), Some(b"1".as_slice()), "{topic}");
                assert_eq!(header(&outgoing, "reply-to"), None, "{topic}");
                let sender = self.answered.contains(&topic).then(|| command.key().into_owned().into_bytes());
                assert_eq!(header(&outgoing, "answer-to"), sender.as_deref(), "{topic}");
            }
        }
    }

    /// Facts go to the partition that has the number of the inbox's.
    pub(crate) fn facts_stay_in_their_partition(&self) {
        let mut driver = self.driver(4);
        let mut partitions = BTreeSet::new();
        for command in &self.spread {
            let partition = self.pipe(&mut driver, command, &[]).unwrap();
            let facts = driver.take(self.facts);
            assert!(!facts.is_empty(), "{}", command.key());
            assert!(facts.iter().all(|fact| fact.partition == Some(partition)), "{}", command.key());
            partitions.insert(partition);
        }
        assert!(partitions.len() > 1, "one partition proves nothing");
    }
}

/// The tests of a contract that this function gives, and of the topology's description.
macro_rules! contract_tests {
    ($contract:ident, $described:expr) => {
        #[test]
        fn the_topology_is_this() {
            $contract().describes($described);
        }

        #[test]
        fn what_cannot_be_read_goes_to_the_dead_letters_and_the_next_record_is_decided() {
            $contract().unreadable_records_are_dead_letters();
        }

        #[test]
        fn a_newer_schema_version_stops_the_partition() {
            $contract().a_newer_version_stops_the_partition();
        }

        #[test]
        fn a_reply_goes_where_the_request_asks_and_nowhere_else() {
            $contract().replies_go_where_they_are_asked();
        }

        #[test]
        fn what_a_record_leads_to_carries_its_trace_and_none_of_its_addresses() {
            $contract().everything_carries_the_trace();
        }

        #[test]
        fn facts_go_to_the_partition_of_the_same_number() {
            $contract().facts_stay_in_their_partition();
        }
    };
}
pub(crate) use contract_tests;
