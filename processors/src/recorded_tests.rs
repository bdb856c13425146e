//! A log that an earlier build wrote is read by this one: the same facts, byte for byte, and state that can be restored.
//!
//! `testdata/log-1.tsv` was written by the build of 2026-11-23 (commit 6f032b0): per processor what it read (time, key, value,
//! headers), the facts it stated and its changelog; keys and values are in hexadecimal, `-` is none. It is never written anew: a
//! change that cannot read it cannot read the logs that run.

use events::topics;
use streams::driver::TestDriver;
use streams::topology::Topology;

const RECORDED: &str = include_str!("../testdata/log-1.tsv");

/// Key and value of a changelog record.
type Change = (Option<Vec<u8>>, Option<Vec<u8>>);

#[derive(Default)]
struct Recorded {
    processor: String,
    inbox: Vec<Read>,
    facts: Vec<(Vec<u8>, Vec<u8>)>,
    changelog: Vec<Change>,
}

struct Read {
    at_ms: i64,
    key: Vec<u8>,
    value: Vec<u8>,
    headers: Vec<(String, Vec<u8>)>,
}

#[test]
fn what_an_earlier_build_read_states_the_same_facts() {
    for recorded in recorded() {
        let (topology, facts) = topology_of(&recorded.processor);
        let mut driver = TestDriver::new(topology);
        for record in &recorded.inbox {
            record.pipe(&mut driver);
        }
        assert!(driver.take_dead_letters().is_empty(), "{}", recorded.processor);
        assert_eq!(stated(&mut driver, facts), recorded.facts, "{}", recorded.processor);
    }
}

#[test]
fn a_changelog_of_an_earlier_build_is_restored_and_every_repeat_is_known() {
    for recorded in recorded() {
        let (topology, facts) = topology_of(&recorded.processor);
        let mut driver = TestDriver::restored(topology, recorded.changelog.clone()).unwrap();
        for record in &recorded.inbox {
            record.pipe(&mut driver);
        }
        assert!(driver.take_dead_letters().is_empty(), "{}", recorded.processor);
        assert_eq!(stated(&mut driver, facts), [], "{}", recorded.processor);
    }
}

#[test]
fn the_recorded_log_holds_something_of_every_processor() {
    let recorded = recorded();
    assert_eq!(recorded.len(), 5);
    for one in recorded {
        assert!(one.inbox.len() > 1 && !one.facts.is_empty() && one.changelog.len() > 1, "{}", one.processor);
    }
}

impl Read {
    fn pipe(&self, driver: &mut TestDriver) {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        driver.pipe(&self.key, &self.value, &headers, self.at_ms).unwrap();
    }
}

fn topology_of(processor: &str) -> (Topology, &'static str) {
    let (topology, facts) = match processor {
        "coupons" => (crate::coupons::topology(), topics::COUPONS_EVENTS.name()),
        "inventory" => (crate::inventory::topology(), topics::INVENTORY_EVENTS.name()),
        "orders" => (crate::orders::topology(), topics::ORDERS_EVENTS.name()),
        "settlement" => (crate::settlement::topology(), topics::SETTLEMENT_EVENTS.name()),
        "prices" => (crate::prices::topology(|_| {}), topics::PRICES_BEST.name()),
        other => panic!("no processor is called {other}"),
    };
    (topology.unwrap(), facts)
}

fn stated(driver: &mut TestDriver, topic: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let facts = driver.take(topic).into_iter();
    facts.map(|fact| (fact.key.unwrap().to_vec(), fact.value.unwrap().to_vec())).collect()
}

fn recorded() -> Vec<Recorded> {
    let mut all: Vec<Recorded> = Vec::new();
    for line in RECORDED.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        if let ["processor", name] = columns.as_slice() {
            all.push(Recorded { processor: (*name).to_owned(), ..Recorded::default() });
            continue;
        }
        let one = all.last_mut().unwrap();
        match columns.as_slice() {
            ["inbox", at, key, value, headers] => one.inbox.push(Read {
                at_ms: at.parse().unwrap(),
                key: bytes(key),
                value: bytes(value),
                headers: headers.split(';').map(header).collect(),
            }),
            ["fact", key, value] => one.facts.push((bytes(key), bytes(value))),
            ["changelog", key, value] => one.changelog.push((optional(key), optional(value))),
            other => panic!("a line of another form: {other:?}"),
        }
    }
    all
}

fn header(text: &str) -> (String, Vec<u8>) {
    let (name, value) = text.split_once('=').unwrap();
    (name.to_owned(), bytes(value))
}

fn optional(text: &str) -> Option<Vec<u8>> {
    (text != "-").then(|| bytes(text))
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    assert!(hexadecimal.len().is_multiple_of(2));
    (0..hexadecimal.len()).step_by(2).map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap()).collect()
}
