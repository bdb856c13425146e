//! A transaction is visible as a whole or not at all, has one owner, and is as fast as it was measured to be.

use super::*;

/// Begins a transaction with one record in it.
fn begin_with(broker: &mut KafkaBroker, topic: &str, value: &str) {
    broker.begin().unwrap();
    broker.send(outgoing(topic, 0, value)).unwrap();
}

fn commit(broker: &mut KafkaBroker) {
    broker.drain().unwrap();
    broker.commit().unwrap();
}

#[test]
fn only_committed_records_are_seen() {
    let Some(cluster) = cluster() else { return };
    let out = topic(&cluster, "visible", 1);
    let mut broker = broker(&cluster, &unique("group"), "0", &out);
    init(&mut broker);
    begin_with(&mut broker, &out, "committed");
    commit(&mut broker);
    begin_with(&mut broker, &out, "aborted");
    broker.drain().unwrap();
    broker.abort().unwrap();
    begin_with(&mut broker, &out, "aborted under way");
    broker.abort().unwrap();
    // The purge of that abort may still take a record of the next transaction, which then fails and is tried again.
    until("an open transaction", || {
        begin_with(&mut broker, &out, "open");
        broker.drain().map_err(|_| broker.abort().unwrap()).ok()
    });
    assert_eq!(committed_values(&cluster, &out), ["committed"]);
    let (first, end) = broker.log_range(&out, 0).unwrap();
    assert!(first == 0 && end >= 5, "the log's end counts open transactions and markers: {end}");
    broker.commit().unwrap();
    until("the last one is seen", || (committed_values(&cluster, &out) == ["committed", "open"]).then_some(()));
}

#[test]
fn a_slots_next_producer_fences_the_one_before() {
    let Some(cluster) = cluster() else { return };
    let (source, group) = (topic(&cluster, "fencing", 1), unique("group"));
    let mut first = broker(&cluster, &group, "0", &source);
    init(&mut first);
    begin_with(&mut first, &source, "by the first");
    first.drain().unwrap();
    let mut second = broker(&cluster, &group, "0", &source);
    init(&mut second);
    let failure = first.commit().unwrap_err();
    assert!(matches!(failure, BrokerError::Fenced(_)), "{failure:?}");
    begin_with(&mut second, &source, "by the second");
    commit(&mut second);
    until("one is seen", || (committed_values(&cluster, &source) == ["by the second"]).then_some(()));
    // A fenced producer is replaced by a new one, which fences in turn.
    init(&mut first);
    begin_with(&mut first, &source, "by the first again");
    commit(&mut first);
    begin_with(&mut second, &source, "too late");
    assert!(second.drain().and_then(|()| second.commit()).is_err());
}

#[test]
fn positions_and_their_metadata_come_back() {
    let Some(cluster) = cluster() else { return };
    let (source, group) = (topic(&cluster, "positions", 2), unique("group"));
    write(&cluster, &source, 0, &["a", "b"]);
    let mut broker = broker(&cluster, &group, "0", &source);
    init(&mut broker);
    own(&mut broker, &[0, 1]);
    assert_eq!(broker.committed(&[0, 1]).unwrap(), [None, None]);
    assert_eq!(values(&records(&mut broker, 2)), ["a", "b"]);
    broker.begin().unwrap();
    broker.send_offsets(&[(0, position(2, "seq=7 time=1234"))]).unwrap();
    commit(&mut broker);
    assert_eq!(broker.committed(&[1, 0]).unwrap(), [None, Some(position(2, "seq=7 time=1234"))]);
    assert_eq!(committed_offsets(&cluster, &group, &source).unwrap(), [(0, 2), (1, 0)]);
    assert_eq!(committed_offsets(&cluster, &unique("group"), &source).unwrap(), [(0, 0), (1, 0)]);
    // The same position with other metadata: a transaction of timers moves no offset.
    broker.begin().unwrap();
    broker.send_offsets(&[(0, position(2, "seq=8"))]).unwrap();
    commit(&mut broker);
    assert_eq!(broker.committed(&[0]).unwrap(), [Some(position(2, "seq=8"))]);
    broker.begin().unwrap();
    broker.send_offsets(&[(0, position(1, "aborted"))]).unwrap();
    broker.abort().unwrap();
    assert_eq!(broker.committed(&[0]).unwrap(), [Some(position(2, "seq=8"))]);
}

#[test]
fn committing_stays_far_below_the_100_ms_that_the_client_costs_undrained() {
    let Some(cluster) = cluster() else { return };
    let (source, group) = (topic(&cluster, "quick", 1), unique("group"));
    let mut broker = broker(&cluster, &group, "0", &source);
    init(&mut broker);
    own(&mut broker, &[0]);
    let mut commits = Vec::new();
    for round in 0..41 {
        broker.begin().unwrap();
        broker.send_offsets(&[(0, position(round, ""))]).unwrap();
        broker.send(outgoing(&source, 0, "x")).unwrap();
        let since = Instant::now();
        broker.commit().unwrap();
        commits.push(since.elapsed());
    }
    // A slice that the client waits for costs every commit 100 ms; a busy machine does not slow all of them.
    let fastest = commits.iter().min().unwrap();
    assert!(*fastest < Duration::from_millis(50), "the fastest of all commits took {fastest:?}");
}

#[test]
fn a_record_that_no_broker_will_take_is_fatal_and_not_tried_forever() {
    let Some(cluster) = cluster() else { return };
    let out = topic(&cluster, "large", 1);
    let mut broker = broker(&cluster, &unique("group"), "0", &out);
    init(&mut broker);
    broker.begin().unwrap();
    let failure = broker.send(outgoing(&out, 0, &"x".repeat(2_000_000))).unwrap_err();
    assert!(matches!(failure, BrokerError::Fatal(_)), "{failure:?}");
    broker.abort().unwrap();
    begin_with(&mut broker, &out, "small");
    commit(&mut broker);
    until("the small one is seen", || (committed_values(&cluster, &out) == ["small"]).then_some(()));
}

#[test]
fn a_backlog_larger_than_the_topic_takes_at_once_goes_in_several_batches() {
    let Some(cluster) = cluster() else { return };
    let out = topic_with(&cluster, "backlog", 1, &[("max.message.bytes", "262144")]);
    let mut broker = broker(&cluster, &unique("group"), "0", &out);
    init(&mut broker);
    broker.begin().unwrap();
    for _ in 0..4_000 {
        broker.send(outgoing(&out, 0, &"x".repeat(500))).unwrap();
    }
    broker.send(outgoing(&out, 0, &"x".repeat(200_000))).unwrap();
    commit(&mut broker);
    until("all are seen", || (committed_values(&cluster, &out).len() == 4_001).then_some(()));
}

#[test]
fn an_open_transaction_ends_with_its_slots_next_start() {
    let Some(cluster) = cluster() else { return };
    let (out, group) = (topic(&cluster, "restart", 1), unique("group"));
    let timeout = Duration::from_mins(1);
    let broker = || {
        let slot = SlotConfig::new(&group, &format!("{group}.0"), &out);
        KafkaBroker::new(&cluster, SlotConfig { transaction_timeout_ms: 60_000, ..slot }).unwrap()
    };
    {
        let mut dying = broker();
        init(&mut dying);
        begin_with(&mut dying, &out, "never committed");
        dying.drain().unwrap();
    }
    let mut restarted = broker();
    let since = Instant::now();
    init(&mut restarted);
    assert!(since.elapsed() < timeout, "the restart waited until the transaction timed out");
    begin_with(&mut restarted, &out, "by the restarted");
    commit(&mut restarted);
    until("its record is visible", || (committed_values(&cluster, &out) == ["by the restarted"]).then_some(()));
}
