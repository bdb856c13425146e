//! What was decided on the real log, decided again: one undisturbed processor reads what the inbox holds, each record at its own
//! offset and time, and must state the same facts in the same order, byte for byte.

use std::collections::BTreeMap;

use events::topics;
use processors::settlement;
use streams::driver::TestDriver;
use streams::kafka::{ClusterConfig, TopicReader, committed_offsets};
use streams::record::Record;

use crate::fixture::Fixture;

/// The group that `timesale.toml` gives the processor.
const GROUP: &str = "timesale.settlement";

/// Key and value of a fact.
type Fact = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Replaying the inbox of settlement gives identical statements. Nobody may be running: what is in the inbox and was never decided,
/// such as a tick at the very end, is left out.
pub(crate) fn settles_again(fixture: &Fixture) {
    let cluster = ClusterConfig { bootstrap: fixture.kafka.clone(), ..ClusterConfig::default() };
    let (inbox, events) = (topics::SETTLEMENT_INBOX.name(), topics::SETTLEMENT_EVENTS.name());
    let decided: BTreeMap<i32, i64> =
        committed_offsets(&cluster, GROUP, inbox).expect("committed positions").into_iter().collect();
    let partitions = i32::try_from(decided.len()).expect("few");
    let mut driver = TestDriver::with_partitions(settlement::topology().expect("a topology"), partitions);
    let mut read = 0;
    for record in whole(&cluster, inbox).filter(|record| record.offset < decided[&record.partition]) {
        driver.pipe_record(record).expect("decided");
        read += 1;
    }
    let mut again: BTreeMap<i32, Vec<Fact>> = BTreeMap::new();
    for fact in driver.take(events) {
        let partition = fact.partition.expect("facts say where they go");
        again.entry(partition).or_default().push((bytes(fact.key), bytes(fact.value)));
    }
    let mut stated: BTreeMap<i32, Vec<Fact>> = BTreeMap::new();
    for fact in whole(&cluster, events) {
        stated.entry(fact.partition).or_default().push((bytes(fact.key), bytes(fact.value)));
    }
    let count = |facts: &BTreeMap<i32, Vec<Fact>>| facts.values().map(Vec::len).sum::<usize>();
    eprintln!("{read} records of {inbox} read again: {} facts, {} were stated", count(&again), count(&stated));
    assert!(count(&stated) > 0, "nothing was settled");
    for partition in 0..partitions {
        let (stated, again) =
            (stated.remove(&partition).unwrap_or_default(), again.remove(&partition).unwrap_or_default());
        for number in 0..stated.len().max(again.len()) {
            let (stated, again) = (stated.get(number).map(text), again.get(number).map(text));
            assert_eq!(again, stated, "fact {number} of {events} [{partition}], decided again");
        }
    }
}

/// Every committed record of a topic; none may be gone.
fn whole(cluster: &ClusterConfig, topic: &str) -> impl Iterator<Item = Record> {
    let tap = TopicReader::open(cluster, topic).expect("a topic");
    assert!(tap.positions().iter().all(|(_, first)| *first == 0), "the beginning of {topic} is gone");
    tap.map(|record| record.expect("a record"))
}

fn bytes(bytes: Option<impl AsRef<[u8]>>) -> Option<Vec<u8>> {
    bytes.map(|bytes| bytes.as_ref().to_vec())
}

/// For people to read; two texts are the same when the bytes are.
fn text((key, value): &Fact) -> (Option<String>, Option<String>) {
    let text = |bytes: &Option<Vec<u8>>| bytes.as_ref().map(|bytes| bytes.escape_ascii().to_string());
    (text(key), text(value))
}
