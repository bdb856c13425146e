//! A member of a group: its partitions, in order, from given positions, while others join and leave.

use super::*;

#[test]
fn nothing_fetched_before_a_seek_is_returned_after_it() {
    let Some(cluster) = cluster() else { return };
    let source = topic(&cluster, "seek", 1);
    let written: Vec<String> = (0..2_000).map(|n| n.to_string()).collect();
    write(&cluster, &source, 0, &written.iter().map(String::as_str).collect::<Vec<_>>());
    let mut broker = broker(&cluster, &unique("group"), "0", &source);
    own(&mut broker, &[0]);
    for round in 0..30 {
        let (read, back) = (100 + round * 40, round * 13);
        let seen = records(&mut broker, usize::try_from(read).unwrap());
        assert_eq!(seen[0].offset, if round == 0 { 0 } else { (round - 1) * 13 });
        broker.seek(0, back).unwrap();
        let next = records(&mut broker, 50);
        let offsets: Vec<i64> = next.iter().map(|record| record.offset).collect();
        assert_eq!(offsets, (back..back + 50).collect::<Vec<_>>());
        broker.seek(0, back).unwrap();
    }
}

#[test]
fn a_seek_right_after_an_assignment_and_while_paused_holds() {
    let Some(cluster) = cluster() else { return };
    let source = topic(&cluster, "early-seek", 1);
    write(&cluster, &source, 0, &["a", "b", "c", "d"]);
    let mut broker = broker(&cluster, &unique("group"), "0", &source);
    until("assigned", || match broker.poll(10, Duration::from_millis(100)).unwrap() {
        Polled::Assigned(given) => {
            broker.assign(&given.iter().map(|partition| (*partition, 0)).collect::<Vec<_>>()).unwrap();
            Some(())
        }
        _ => None,
    });
    broker.seek(0, 2).unwrap();
    assert_eq!(broker.poll(10, Duration::from_millis(300)).unwrap(), Polled::Records(vec![]));
    broker.set_paused(0, false).unwrap();
    assert_eq!(values(&records(&mut broker, 2)), ["c", "d"]);
}

#[test]
fn pausing_keeps_every_record_for_later() {
    let Some(cluster) = cluster() else { return };
    let source = topic(&cluster, "pause", 1);
    let written: Vec<String> = (0..500).map(|n| n.to_string()).collect();
    write(&cluster, &source, 0, &written.iter().map(String::as_str).collect::<Vec<_>>());
    let mut broker = broker(&cluster, &unique("group"), "0", &source);
    own(&mut broker, &[0]);
    let mut seen = Vec::new();
    while seen.len() < 500 {
        seen.extend(records(&mut broker, 20));
        broker.set_paused(0, true).unwrap();
        assert_eq!(broker.poll(10, Duration::from_millis(5)).unwrap(), Polled::Records(vec![]));
        broker.set_paused(0, false).unwrap();
    }
    assert_eq!(values(&seen), written);
}

#[test]
fn a_second_member_gets_partitions_and_the_first_commits_before_it_gives_them_up() {
    let Some(cluster) = cluster() else { return };
    let (source, group) = (topic(&cluster, "share", 4), unique("group"));
    for partition in 0..4 {
        write(&cluster, &source, partition, &["a", "b"]);
    }
    let mut first = broker(&cluster, &group, "0", &source);
    init(&mut first);
    own(&mut first, &[0, 1, 2, 3]);
    assert_eq!(records(&mut first, 8).len(), 8);
    let mut second = broker(&cluster, &group, "1", &source);
    init(&mut second);
    let mut moved = Vec::new();
    let mut given = Vec::new();
    until("two partitions have moved", || {
        match first.poll(10, Duration::from_millis(50)).unwrap() {
            Polled::Revoked(partitions) => {
                // A poll before the answer goes on with what stays, and nothing moves.
                assert!(!matches!(first.poll(10, Duration::from_millis(50)).unwrap(), Polled::Assigned(_)));
                first.begin().unwrap();
                let positions: Vec<_> = partitions.iter().map(|p| (*p, position(2, "given up"))).collect();
                first.send_offsets(&positions).unwrap();
                first.commit().unwrap();
                first.unassign(&partitions).unwrap();
                moved.extend(partitions);
            }
            Polled::Records(records) => assert_eq!(records, vec![]),
            other => panic!("{other:?}"),
        }
        if let Polled::Assigned(partitions) = second.poll(10, Duration::from_millis(50)).unwrap() {
            take(&mut second, &partitions);
            given.extend(partitions);
        }
        (given.len() == 2).then_some(())
    });
    moved.sort_unstable();
    given.sort_unstable();
    assert_eq!(moved, given);
    let expected = vec![Some(position(2, "given up")); 2];
    assert_eq!(second.committed(&given).unwrap(), expected);
    for partition in &given {
        second.set_paused(*partition, false).unwrap();
        write(&cluster, &source, *partition, &["c"]);
    }
    assert_eq!(values(&records(&mut second, 2)), ["c", "c"]);
}

#[test]
fn a_member_that_was_replaced_gets_an_error_and_can_rejoin() {
    let Some(cluster) = cluster() else { return };
    let (source, group) = (topic(&cluster, "replaced", 1), unique("group"));
    write(&cluster, &source, 0, &["a"]);
    let mut first = broker(&cluster, &group, "0", &source);
    own(&mut first, &[0]);
    let mut second = broker(&cluster, &group, "0", &source);
    own(&mut second, &[0]);
    assert_eq!(values(&records(&mut second, 1)), ["a"]);
    let failure = until("the first one is fenced", || first.poll(10, Duration::from_millis(100)).err());
    assert!(matches!(failure, BrokerError::Fenced(_)), "{failure:?}");
    drop(second);
    first.rejoin().unwrap();
    own(&mut first, &[0]);
    assert_eq!(values(&records(&mut first, 1)), ["a"]);
}

#[test]
fn a_stale_generation_cannot_commit() {
    let Some(cluster) = cluster() else { return };
    let (source, group) = (topic(&cluster, "stale", 1), unique("group"));
    let mut first = broker(&cluster, &group, "0", &source);
    init(&mut first);
    own(&mut first, &[0]);
    let mut second = broker(&cluster, &group, "0", &source);
    own(&mut second, &[0]);
    first.begin().unwrap();
    let failure = first.send_offsets(&[(0, position(1, ""))]).unwrap_err();
    assert!(matches!(failure, BrokerError::Abort(_)), "{failure:?}");
    first.abort().unwrap();
    assert_eq!(second.committed(&[0]).unwrap(), [None]);
}

#[test]
fn a_slot_closes_quickly_even_during_a_rebalance() {
    let Some(cluster) = cluster() else { return };
    let (source, group) = (topic(&cluster, "close", 2), unique("group"));
    let timeout = Duration::from_mins(1);
    let broker = |instance: u32| {
        let slot = SlotConfig::new(&group, &format!("{group}.{instance}"), &source);
        KafkaBroker::new(&cluster, SlotConfig { session_timeout_ms: 60_000, ..slot }).unwrap()
    };
    let mut first = broker(0);
    own(&mut first, &[0, 1]);
    let mut second = broker(1);
    until("a partition is revoked", || {
        drop(second.poll(1, Duration::from_millis(20)));
        matches!(first.poll(1, Duration::from_millis(50)).unwrap(), Polled::Revoked(_)).then_some(())
    });
    let since = Instant::now();
    first.close();
    drop(first);
    second.close();
    assert!(since.elapsed() < timeout, "closing waited until a session timed out");
}
