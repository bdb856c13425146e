//! The simulated cluster behaves as Kafka does. Each test drives connections by hand, without any loop.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::broker::{Broker, BrokerError, Polled, Position, ReadRequest};
use crate::record::Outgoing;

fn cluster() -> Cluster {
    let cluster = Cluster::new(1, Clock::Injected(1_000));
    cluster.create_topic("inbox", 2, Timestamps::LogAppendTime);
    cluster.create_topic("out", 2, Timestamps::CreateTime);
    cluster
}

fn slot(instance: &str) -> Slot {
    Slot::new("app", instance, "inbox")
}

fn record(topic: &str, partition: i32, key: &str, value: &str) -> Outgoing {
    Outgoing {
        topic: topic.into(),
        partition: Some(partition),
        key: Some(Bytes::copy_from_slice(key.as_bytes())),
        value: Some(Bytes::copy_from_slice(value.as_bytes())),
        headers: Vec::new(),
    }
}

fn at(offset: i64) -> Position {
    Position { offset, metadata: format!("at {offset}") }
}

/// A producer ready for transactions.
fn producer(cluster: &Cluster, instance: &str) -> SimulatedBroker {
    let mut broker = cluster.connect(slot(instance)).unwrap();
    broker.init_transactions().unwrap();
    broker
}

fn values(cluster: &Cluster, isolation: Isolation) -> Vec<String> {
    let records = cluster.records("out", 0, isolation).unwrap();
    records.iter().map(|record| String::from_utf8_lossy(record.value.as_ref().unwrap()).into_owned()).collect()
}

/// Polls until there is no group change; answers each.
fn answer_group_changes(broker: &mut SimulatedBroker) -> Vec<Polled> {
    let mut events = Vec::new();
    loop {
        match broker.poll(100, Duration::ZERO).unwrap() {
            Polled::Records(_) => return events,
            event => {
                match &event {
                    Polled::Assigned(partitions) => {
                        let positions: Vec<_> = partitions.iter().map(|partition| (*partition, 0)).collect();
                        broker.assign(&positions).unwrap();
                    }
                    Polled::Revoked(partitions) | Polled::Lost(partitions) => broker.unassign(partitions).unwrap(),
                    Polled::Records(_) => {}
                }
                events.push(event);
            }
        }
    }
}

#[test]
fn committed_records_become_visible_together_and_markers_take_offsets() {
    let cluster = cluster();
    let mut broker = producer(&cluster, "a");
    broker.begin().unwrap();
    broker.send(record("out", 0, "k", "1")).unwrap();
    broker.send(record("out", 0, "k", "2")).unwrap();
    broker.drain().unwrap();
    assert_eq!(values(&cluster, Isolation::ReadCommitted), [""; 0]);
    assert_eq!(values(&cluster, Isolation::ReadUncommitted), ["1", "2"]);
    assert_eq!(cluster.offsets("out", 0).unwrap(), Offsets { log_start: 0, last_stable: 0, high_watermark: 2 });
    broker.commit().unwrap();
    assert_eq!(values(&cluster, Isolation::ReadCommitted), ["1", "2"]);
    assert_eq!(cluster.offsets("out", 0).unwrap(), Offsets { log_start: 0, last_stable: 3, high_watermark: 3 });
    assert_eq!(
        broker.read(ReadRequest::new("out", 0, 2, 10, Duration::ZERO)).unwrap(),
        (vec![], 3),
        "the position passes the marker"
    );
}

#[test]
fn aborted_records_are_hidden_and_their_range_is_known() {
    let cluster = cluster();
    let mut broker = producer(&cluster, "a");
    broker.begin().unwrap();
    broker.send(record("out", 0, "k", "1")).unwrap();
    broker.drain().unwrap();
    broker.abort().unwrap();
    cluster.produce(record("out", 0, "k", "2")).unwrap();
    assert_eq!(values(&cluster, Isolation::ReadCommitted), ["2"]);
    assert_eq!(values(&cluster, Isolation::ReadUncommitted), ["1", "2"]);
    assert_eq!(cluster.aborted_ranges("out", 0).unwrap(), [AbortedRange { producer: 1, first: 0, last: 1 }]);
}

#[test]
fn an_open_transaction_holds_back_later_records_of_others() {
    let cluster = cluster();
    let mut broker = producer(&cluster, "a");
    broker.begin().unwrap();
    broker.send(record("out", 0, "k", "open")).unwrap();
    broker.drain().unwrap();
    cluster.produce(record("out", 0, "k", "later")).unwrap();
    assert_eq!(values(&cluster, Isolation::ReadCommitted), [""; 0]);
    broker.commit().unwrap();
    assert_eq!(values(&cluster, Isolation::ReadCommitted), ["open", "later"]);
}

#[test]
fn a_new_producer_of_the_same_id_fences_the_old_one_and_aborts_its_transaction() {
    let cluster = cluster();
    let mut old = producer(&cluster, "a");
    old.begin().unwrap();
    old.send(record("out", 0, "k", "old")).unwrap();
    old.drain().unwrap();
    let _new = producer(&cluster, "a");
    assert_eq!(values(&cluster, Isolation::ReadCommitted), [""; 0]);
    assert!(cluster.open_transactions().is_empty());
    assert!(matches!(old.commit(), Err(BrokerError::Fenced(_))));
    assert!(matches!(old.begin(), Err(BrokerError::Fenced(_))), "and it stays dead");
}

#[test]
fn the_coordinator_aborts_what_is_open_for_too_long_and_fences_its_producer() {
    let cluster = cluster();
    let mut broker = producer(&cluster, "a");
    broker.begin().unwrap();
    broker.send(record("out", 0, "k", "1")).unwrap();
    broker.drain().unwrap();
    cluster.advance(10_001);
    assert_eq!(cluster.aborted_ranges("out", 0).unwrap().len(), 1);
    assert!(matches!(broker.commit(), Err(BrokerError::Fenced(_))));
    broker.init_transactions().unwrap();
    broker.begin().unwrap();
    broker.commit().unwrap();
}

#[test]
fn offsets_of_a_transaction_are_pending_until_it_ends() {
    for commits in [true, false] {
        let cluster = cluster();
        let mut broker = producer(&cluster, "a");
        answer_group_changes(&mut broker);
        broker.begin().unwrap();
        broker.send_offsets(&[(0, at(5))]).unwrap();
        assert!(matches!(broker.committed(&[0]), Err(BrokerError::Unavailable(_))));
        assert_eq!(broker.committed(&[1]).unwrap(), [None]);
        if commits {
            broker.commit().unwrap();
            assert_eq!(broker.committed(&[0]).unwrap(), [Some(at(5))]);
        } else {
            broker.abort().unwrap();
            assert_eq!(broker.committed(&[0]).unwrap(), [None]);
        }
    }
}

#[test]
fn markers_may_arrive_after_the_commit_was_answered() {
    let cluster = cluster();
    let mut broker = producer(&cluster, "a");
    broker.begin().unwrap();
    broker.send(record("out", 0, "k", "1")).unwrap();
    broker.drain().unwrap();
    cluster.set_faults(FaultRates { marker_delay_ms: 1_000_000, ..FaultRates::none() });
    broker.commit().unwrap();
    assert_eq!(values(&cluster, Isolation::ReadCommitted), [""; 0]);
    assert_eq!(cluster.open_transactions().len(), 1);
    cluster.heal();
    assert_eq!(values(&cluster, Isolation::ReadCommitted), ["1"]);
}

/// Sends an EndTxn that is delayed, and answers the producer "unknown".
fn delayed_commit(cluster: &Cluster, broker: &mut SimulatedBroker) {
    cluster.set_faults(FaultRates { end_delayed: 10_000, end_delay_ms: 100, ..FaultRates::none() });
    assert!(matches!(broker.commit(), Err(BrokerError::Unknown(_))));
    cluster.set_faults(FaultRates::none());
}

#[test]
fn a_delayed_end_ends_the_next_transaction_of_the_same_epoch() {
    let cluster = cluster();
    let mut broker = producer(&cluster, "a");
    broker.begin().unwrap();
    broker.send(record("out", 0, "k", "first")).unwrap();
    broker.drain().unwrap();
    delayed_commit(&cluster, &mut broker);
    broker.abort().unwrap();
    broker.begin().unwrap();
    broker.send(record("out", 0, "k", "second")).unwrap();
    broker.drain().unwrap();
    cluster.advance(1_000);
    assert_eq!(
        values(&cluster, Isolation::ReadCommitted),
        ["second"],
        "half a transaction, which no producer committed"
    );
    assert_eq!(cluster.fault_counts()[&Fault::DelayedEndApplied], 1);
}

#[test]
fn init_transactions_keeps_a_delayed_end_out() {
    let cluster = cluster();
    let mut broker = producer(&cluster, "a");
    broker.begin().unwrap();
    broker.send(record("out", 0, "k", "first")).unwrap();
    broker.drain().unwrap();
    delayed_commit(&cluster, &mut broker);
    broker.init_transactions().unwrap();
    broker.begin().unwrap();
    broker.send(record("out", 0, "k", "second")).unwrap();
    broker.drain().unwrap();
    cluster.advance(1_000);
    assert_eq!(values(&cluster, Isolation::ReadCommitted), [""; 0]);
    assert_eq!(cluster.fault_counts()[&Fault::DelayedEndFenced], 1);
}

#[test]
fn an_unknown_commit_may_have_happened_or_not() {
    let with_effect = FaultRates { end_answer_lost: 10_000, ..FaultRates::none() };
    let without_effect = FaultRates { end_lost: 10_000, ..FaultRates::none() };
    for (rates, expected) in [(with_effect, vec!["1"]), (without_effect, vec![])] {
        let cluster = cluster();
        let mut broker = producer(&cluster, "a");
        broker.begin().unwrap();
        broker.send(record("out", 0, "k", "1")).unwrap();
        broker.drain().unwrap();
        cluster.set_faults(rates);
        assert!(matches!(broker.commit(), Err(BrokerError::Unknown(_))));
        cluster.heal();
        broker.init_transactions().unwrap();
        assert_eq!(values(&cluster, Isolation::ReadCommitted), expected);
    }
}

#[test]
fn partitions_move_by_revocation_first_and_never_have_two_owners() {
    let cluster = cluster();
    let mut first = producer(&cluster, "a");
    assert_eq!(answer_group_changes(&mut first), [Polled::Assigned(vec![0, 1])]);
    let mut second = producer(&cluster, "b");
    assert_eq!(answer_group_changes(&mut second), [], "the partition is not free yet");
    assert_eq!(answer_group_changes(&mut first), [Polled::Revoked(vec![1])]);
    assert_eq!(answer_group_changes(&mut second), [Polled::Assigned(vec![1])]);
    assert_eq!(answer_group_changes(&mut first), []);
}

#[test]
fn a_static_member_that_restarts_gets_its_partitions_back_without_a_rebalance() {
    let cluster = cluster();
    let mut first = producer(&cluster, "a");
    let mut second = producer(&cluster, "b");
    answer_group_changes(&mut first);
    answer_group_changes(&mut second);
    answer_group_changes(&mut first);
    answer_group_changes(&mut second);
    let generation = cluster.generation("app");
    drop(first);
    let mut restarted = producer(&cluster, "a");
    assert_eq!(answer_group_changes(&mut restarted), [Polled::Assigned(vec![0])]);
    assert_eq!(cluster.generation("app"), generation);
}

#[test]
fn a_duplicate_instance_fences_the_older_one() {
    let cluster = cluster();
    let mut old = producer(&cluster, "a");
    answer_group_changes(&mut old);
    old.begin().unwrap();
    let mut new = producer(&cluster, "b");
    let duplicate = cluster.connect(slot("a")).unwrap();
    answer_group_changes(&mut new);
    assert!(matches!(old.send_offsets(&[(0, at(1))]), Err(BrokerError::Abort(_))));
    assert!(matches!(old.poll(1, Duration::ZERO), Err(BrokerError::Fenced(_))));
    drop(duplicate);
}

#[test]
fn a_zombie_cannot_commit_offsets_and_its_partitions_are_lost() {
    let cluster = cluster();
    let mut zombie = producer(&cluster, "a");
    let mut other = producer(&cluster, "b");
    for _ in 0..2 {
        answer_group_changes(&mut zombie);
        answer_group_changes(&mut other);
    }
    zombie.begin().unwrap();
    cluster.freeze(zombie.process());
    cluster.advance(15_001);
    assert_eq!(answer_group_changes(&mut other), [Polled::Assigned(vec![0])]);
    cluster.thaw(zombie.process());
    assert!(matches!(zombie.send_offsets(&[(0, at(1))]), Err(BrokerError::Abort(_))));
    zombie.abort().unwrap();
    assert_eq!(zombie.poll(1, Duration::ZERO).unwrap(), Polled::Lost(vec![0]));
}

#[test]
fn compaction_keeps_the_last_committed_record_of_each_key() {
    let cluster = cluster();
    let mut broker = producer(&cluster, "a");
    for (key, value) in [("a", "1"), ("b", "1"), ("a", "2")] {
        cluster.produce(record("out", 0, key, value)).unwrap();
    }
    broker.begin().unwrap();
    broker.send(record("out", 0, "b", "aborted")).unwrap();
    broker.drain().unwrap();
    broker.abort().unwrap();
    cluster.compact("out", 0, Tombstones::Keep).unwrap();
    assert_eq!(values(&cluster, Isolation::ReadCommitted), ["1", "2"]);
    let (records, next) = broker.read(ReadRequest::new("out", 0, 0, 10, Duration::ZERO)).unwrap();
    assert_eq!((records[0].offset, records[1].offset, next), (1, 2, 5), "offsets stay, the end does not move");
}

#[test]
fn retention_moves_the_log_start_and_reading_before_it_fails() {
    let cluster = cluster();
    let mut broker = producer(&cluster, "a");
    for _ in 0..3 {
        cluster.produce(record("out", 0, "k", "v")).unwrap();
    }
    cluster.delete_records("out", 0, 2).unwrap();
    assert_eq!(broker.log_range("out", 0).unwrap(), (2, 3));
    assert!(matches!(broker.read(ReadRequest::new("out", 0, 1, 10, Duration::ZERO)), Err(BrokerError::Fatal(_))));
}

#[test]
fn append_time_is_the_brokers() {
    let cluster = cluster();
    cluster.advance(234);
    let placed = cluster.produce(record("inbox", 1, "k", "v")).unwrap();
    assert_eq!((placed.partition, placed.offset), (1, 0));
    assert_eq!(cluster.records("inbox", 1, Isolation::ReadCommitted).unwrap()[0].timestamp, 1_234);
}
