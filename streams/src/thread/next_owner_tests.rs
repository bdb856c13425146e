//! What a dead slot has left open ends with its session, and a slot that lives is left alone.
#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use super::fixture::{Fixture, TestThread};
use super::scripted::{Call, Effect};
use crate::broker::BrokerError;
use crate::service::Condition;

/// Sessions of the simulated group, milliseconds.
const SESSION_MS: i64 = 15_000;

/// Two threads with a partition each, of which both have decided something.
fn two(fixture: &Fixture) -> (TestThread, TestThread) {
    let (mut a, mut b) = (fixture.thread("a"), fixture.thread("b"));
    fixture.run(&mut [&mut a, &mut b], 100);
    for partition in 0..2 {
        fixture.put(partition, &format!("k{partition}"), "x");
    }
    fixture.run(&mut [&mut a, &mut b], 100);
    assert_eq!((a.tasks.len(), b.tasks.len(), fixture.values("out").len()), (1, 1, 2));
    (a, b)
}

/// Leaves a transaction of this thread open, with a record in the output.
fn leave_open(fixture: &Fixture, thread: &mut TestThread) {
    thread.broker_mut().script = vec![(Call::Commit, Effect::None, BrokerError::Unknown("dies here".into()))];
    let partition = *thread.tasks.keys().next().unwrap();
    fixture.put(partition, &format!("k{partition}"), "x");
    for _ in 0..1_000 {
        fixture.run(&mut [thread], 1);
        if thread.broker_mut().script.is_empty() {
            return;
        }
    }
    unreachable!("no transaction was begun");
}

#[test]
fn the_transaction_of_a_dead_slot_ends_when_its_partitions_are_taken_over() {
    let mut fixture = Fixture::new(2);
    fixture.transaction_timeout_ms = 10 * 60_000;
    let (mut dead, mut next) = two(&fixture);
    leave_open(&fixture, &mut dead);
    assert!(!fixture.cluster.open_transactions().is_empty());
    drop(dead);
    let died = fixture.cluster.now();
    while !fixture.cluster.open_transactions().is_empty() {
        fixture.run(&mut [&mut next], 1);
        assert!(fixture.cluster.now() - died < SESSION_MS + 2_000, "it is held until the time-out");
    }
    fixture.run(&mut [&mut next], 500);
    assert_eq!(next.condition(), Condition::Ready);
    let mut values = fixture.values("out");
    values.sort();
    assert_eq!(values.len(), 3, "what it had not committed is decided by its next owner, once: {values:?}");
}

#[test]
fn a_slot_that_lives_keeps_its_transactions_when_partitions_move() {
    let fixture = Fixture::new(3);
    let mut first = fixture.thread("a");
    fixture.run(&mut [&mut first], 50);
    (0..3).for_each(|partition| fixture.put(partition, "k", "x"));
    fixture.run(&mut [&mut first], 50);
    let replaced =
        |thread: &mut TestThread| thread.broker_mut().calls.iter().filter(|call| **call == Call::Init).count();
    let before = replaced(&mut first);
    let mut second = fixture.thread("b");
    for round in 0..300 {
        fixture.put(round % 3, "k", "x");
        fixture.run(&mut [&mut first, &mut second], 5);
    }
    assert!(!second.tasks.is_empty());
    assert_eq!(replaced(&mut first), before, "nobody has fenced it");
    fixture.run(&mut [&mut first, &mut second], 200);
    assert_eq!(fixture.values("out").len(), 303);
}
