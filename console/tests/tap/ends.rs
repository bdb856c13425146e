//! Ranges whose last offset is no record: each ends, and says that it is complete.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use console::tap::words::{Isolation, Place, Range};
use streams::kafka::testing::{PlainAdmin, PlainProducer};

use super::fixture::{Situation, lines};

/// A hang would be for ever; nothing here takes long. Generous, because tests share the machine with others.
const SOON: Duration = Duration::from_secs(20);

fn send(producer: &PlainProducer, topic: &str, values: std::ops::Range<usize>) {
    values.for_each(|number| producer.send(topic, 0, "k", &number.to_string(), streams::clock::now_ms()));
}

/// Taps everything and checks that it ended, complete, with these many records and at this offset.
fn ends(situation: &Situation, records: u64, to: i64) {
    let began = Instant::now();
    let (ended, out) = situation.tap(|_| {});
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    let coverage = ended.coverage;
    assert!(coverage.complete, "{coverage}");
    assert_eq!((coverage.counts.read, coverage.partitions[0].to), (records, to), "{coverage}");
    assert_eq!(lines(&out).len() as u64, records);
}

#[test]
fn the_last_offset_is_a_marker() {
    let Some(situation) = Situation::new(1) else { return };
    let producer = situation.transactional();
    producer.begin();
    send(&producer, &situation.topic, 0..10);
    producer.commit();
    ends(&situation, 10, 11);
}

#[test]
fn the_last_records_are_aborted() {
    let Some(situation) = Situation::new(1) else { return };
    let producer = situation.transactional();
    producer.begin();
    send(&producer, &situation.topic, 0..10);
    producer.commit();
    producer.begin();
    send(&producer, &situation.topic, 10..20);
    producer.abort();
    ends(&situation, 10, 22);
}

#[test]
fn the_last_records_are_of_an_open_transaction() {
    let Some(situation) = Situation::new(1) else { return };
    situation.write(1, 10);
    let producer = situation.transactional();
    producer.begin();
    send(&producer, &situation.topic, 10..20);
    producer.flush();
    ends(&situation, 10, 10);
    producer.abort();
}

#[test]
fn the_last_records_are_compacted_away() {
    let settings = [
        ("cleanup.policy", "compact"),
        ("segment.ms", "100"),
        ("min.cleanable.dirty.ratio", "0.01"),
        ("max.compaction.lag.ms", "100"),
        ("delete.retention.ms", "100"),
    ];
    let Some(situation) = Situation::with(1, &settings, "[]") else { return };
    let producer = situation.producer();
    for number in 0..20 {
        producer.send(&situation.topic, 0, "same", &number.to_string(), streams::clock::now_ms());
    }
    producer.flush();
    std::thread::sleep(Duration::from_millis(300));
    // A new segment, so that the one before can be compacted.
    producer.send(&situation.topic, 0, "other", "20", streams::clock::now_ms());
    producer.flush();
    let deadline = Instant::now() + Duration::from_secs(90);
    loop {
        let range = Range::Between(Place::Beginning, Place::Offset(19));
        let (ended, out) = situation.tap(|words| words.range = range.clone());
        assert!(ended.coverage.complete && ended.coverage.partitions[0].to == 19, "{}", ended.coverage);
        if out.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "the broker does not compact: {:?}", lines(&out));
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn an_empty_partition_and_an_empty_topic() {
    let Some(situation) = Situation::new(3) else { return };
    let (ended, out) = situation.tap(|_| {});
    assert!(ended.coverage.complete && out.is_empty(), "{}", ended.coverage);
    situation.write(1, 5);
    ends(&situation, 5, 5);
}

#[test]
fn a_range_beyond_the_log_is_cut_to_it() {
    let Some(situation) = Situation::new(1) else { return };
    situation.write(1, 5);
    let range = |from, to| Range::Between(Place::Offset(from), Place::Offset(to));
    let (ended, out) = situation.tap(|words| words.range = range(3, 1_000_000));
    assert!(ended.coverage.complete, "{}", ended.coverage);
    assert_eq!(lines(&out), ["3", "4"]);
    let (ended, out) = situation.tap(|words| words.range = range(900, 1_000));
    assert!(ended.coverage.complete && out.is_empty(), "{}", ended.coverage);
    PlainAdmin::new(&situation.cluster).delete_records(&situation.topic, 0, 2);
    let (ended, out) = situation.tap(|words| words.range = range(0, 4));
    assert!(ended.coverage.complete && ended.coverage.partitions[0].from == 2, "{}", ended.coverage);
    assert_eq!(lines(&out), ["2", "3"]);
}

#[test]
fn uncommitted_ranges_end_too() {
    let Some(situation) = Situation::new(1) else { return };
    let producer = situation.transactional();
    producer.begin();
    send(&producer, &situation.topic, 0..3);
    producer.abort();
    let began = Instant::now();
    let (ended, out) = situation.tap(|words| words.isolation = Isolation::Uncommitted);
    assert!(began.elapsed() < SOON && ended.coverage.complete, "{}", ended.coverage);
    assert_eq!(lines(&out), ["0", "1", "2"]);
}

#[test]
fn a_topic_that_is_not_there_is_an_error_and_one_without_a_broker_too() {
    let Some(mut situation) = Situation::new(1) else { return };
    situation.topic = "no-such-topic".to_owned();
    let error = situation.try_tap(|_| {}).unwrap_err().to_string();
    assert!(error.contains("no-such-topic"), "{error}");
    situation.cluster.bootstrap = "127.0.0.1:1".to_owned();
    assert!(situation.try_tap(|_| {}).is_err());
}

#[test]
fn a_topic_that_is_deleted_while_it_is_tapped_ends_the_tap() {
    let Some(situation) = Situation::new(1) else { return };
    situation.write(1, 5);
    let (cluster, topic) = (situation.cluster.clone(), situation.topic.clone());
    let deleting = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(1));
        PlainAdmin::new(&cluster).delete_topic(&topic);
    });
    let target = console::tap::Target::Stream(Box::new(std::io::sink()));
    let ended = situation.run(|words| words.follow = true, target, &AtomicBool::new(false), &|| Ok(()));
    deleting.join().unwrap();
    assert!(ended.is_err(), "{ended:?}");
}
