//! Reading by position: markers and aborted records take offsets, open transactions hold back, and the end is still found.

use super::*;
use crate::kafka::{OpenTransaction, open_transactions};

/// Reads on until the log's end, as a restore does.
fn read_all(broker: &mut KafkaBroker, topic: &str, mut position: i64, end: i64, most: usize) -> (Vec<Record>, i64) {
    let mut found = Vec::new();
    until("the log's end", || {
        let (records, next) =
            broker.read(ReadRequest::new(topic, 0, position, most, Duration::from_millis(100))).unwrap();
        assert!(records.iter().all(|record| record.offset >= position && record.offset < next));
        found.extend(records);
        position = next;
        (position >= end).then_some(())
    });
    (found, position)
}

#[test]
fn a_restore_ends_behind_markers_and_aborted_records() {
    let Some(cluster) = cluster() else { return };
    let log = topic(&cluster, "restore", 1);
    let mut broker = broker(&cluster, &unique("group"), "0", &log);
    init(&mut broker);
    for (value, kept) in [("a", true), ("x", false), ("b", true), ("y", false), ("z", false)] {
        broker.begin().unwrap();
        for n in 0..10 {
            broker.send(outgoing(&log, 0, &format!("{value}{n}"))).unwrap();
        }
        broker.drain().unwrap();
        if kept { broker.commit().unwrap() } else { broker.abort().unwrap() }
    }
    // The coordinator answers before the last marker stands in the log.
    let end = 5 * 10 + 5;
    until("the last marker", || (broker.log_range(&log, 0).unwrap().1 == end).then_some(()));
    for most in [1, 3, 1_000] {
        let (found, position) = read_all(&mut broker, &log, 0, end, most);
        let expected: Vec<String> =
            ["a", "b"].iter().flat_map(|value| (0..10).map(move |n| format!("{value}{n}"))).collect();
        assert_eq!(values(&found), expected);
        assert_eq!(position, end);
    }
    let (found, position) = read_all(&mut broker, &log, 25, end, 1_000);
    assert_eq!((found.len(), position), (7, end), "from the middle: b3 to b9");
    let (found, position) = broker.read(ReadRequest::new(&log, 0, end, 10, Duration::from_millis(20))).unwrap();
    assert_eq!((found, position), (vec![], end), "at the end there is nothing, at once");
}

#[test]
fn a_restore_does_not_end_before_an_open_transaction() {
    let Some(cluster) = cluster() else { return };
    let log = topic(&cluster, "open", 1);
    let mut writer = broker(&cluster, &unique("group"), "0", &log);
    let mut reader = broker(&cluster, &unique("group"), "0", &log);
    init(&mut writer);
    writer.begin().unwrap();
    writer.send(outgoing(&log, 0, "open")).unwrap();
    writer.drain().unwrap();
    let (_, end) = reader.log_range(&log, 0).unwrap();
    assert_eq!(end, 1);
    for _ in 0..5 {
        assert_eq!(reader.read(ReadRequest::new(&log, 0, 0, 10, Duration::from_millis(50))).unwrap(), (vec![], 0));
    }
    let open = OpenTransaction { topic: log.clone(), partition: 0, stable: 0, end: 1 };
    assert_eq!(open_transactions(&cluster, &[&log]).unwrap(), [open], "seen from outside, too");
    writer.commit().unwrap();
    until("nothing is open", || open_transactions(&cluster, &[&log]).unwrap().is_empty().then_some(()));
    let (found, position) = read_all(&mut reader, &log, 0, end, 10);
    assert_eq!(values(&found), ["open"]);
    assert!(position >= end);
}

#[test]
fn two_partitions_can_be_read_in_turn() {
    let Some(cluster) = cluster() else { return };
    let log = topic(&cluster, "turns", 2);
    let written: Vec<String> = (0..300).map(|n| n.to_string()).collect();
    let all: Vec<&str> = written.iter().map(String::as_str).collect();
    write(&cluster, &log, 0, &all);
    write(&cluster, &log, 1, &all);
    let mut broker = broker(&cluster, &unique("group"), "0", &log);
    let mut positions = [0, 0];
    let mut found = [vec![], vec![]];
    until("both ends", || {
        for partition in 0..2 {
            let (records, next) = broker
                .read(ReadRequest::new(
                    &log,
                    i32::try_from(partition).unwrap(),
                    positions[partition],
                    7,
                    Duration::from_millis(50),
                ))
                .unwrap();
            found[partition].extend(values(&records));
            positions[partition] = next;
        }
        (positions == [300, 300]).then_some(())
    });
    assert_eq!(found, [written.clone(), written]);
}

#[test]
fn a_position_outside_the_log_and_an_absent_topic_are_fatal() {
    let Some(cluster) = cluster() else { return };
    let log = topic(&cluster, "outside", 1);
    write(&cluster, &log, 0, &["a"]);
    let mut broker = broker(&cluster, &unique("group"), "0", &log);
    let failure =
        until("an answer", || broker.read(ReadRequest::new(&log, 0, 99, 10, Duration::from_millis(500))).err());
    assert!(matches!(failure, BrokerError::Fatal(_)), "{failure:?}");
    assert_eq!(broker.partitions(&log).unwrap(), 1);
    let absent = broker.partitions(&unique("absent")).unwrap_err();
    assert!(matches!(absent, BrokerError::Fatal(_)), "{absent:?}");
}
