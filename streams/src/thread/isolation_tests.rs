//! Trouble stays where it is: with its partition, and not with its neighbours; and clocks that are wrong move no timer.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops where it is wrong")]

use super::fixture::{Fixture, TestThread};
use crate::record::Record;
use crate::service::Condition;

/// A minute and an hour, milliseconds.
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// A thread of two partitions that has decided a record of each.
fn running(fixture: &Fixture) -> TestThread {
    let mut thread = fixture.thread("a");
    (0..2).for_each(|partition| fixture.put(partition, &format!("k{partition}"), "x"));
    fixture.run(&mut [&mut thread], 50);
    assert_eq!(fixture.values("out").len(), 2);
    assert_eq!(thread.condition(), Condition::Ready);
    thread
}

fn ticks(fixture: &Fixture, partition: i32) -> Vec<Record> {
    fixture.records("in", partition).into_iter().filter(|record| record.value.is_none()).collect()
}

fn outputs_of(fixture: &Fixture, key: &str) -> Vec<String> {
    let of_key = |value: &String| value.starts_with(&format!("{key}="));
    fixture.values("out").into_iter().filter(of_key).collect()
}

fn degraded(thread: &TestThread) -> String {
    match thread.condition() {
        Condition::Degraded(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn timers_of_a_silent_partition_fire_in_time_beside_a_busy_one() {
    let fixture = Fixture::new(2);
    let mut thread = running(&fixture);
    let due = fixture.cluster.now() + 500;
    fixture.put(1, "k1", &due.to_string());
    for round in 0..1_000 {
        fixture.put(0, "k0", "x");
        fixture.run(&mut [&mut thread], 1);
        if let Some(fired) = fixture
            .records("out", 0)
            .iter()
            .find(|record| record.value.as_deref().is_some_and(|value| value.starts_with(b"wake")))
        {
            assert!((due..due + 200).contains(&fired.timestamp), "{} instead of {due}", fired.timestamp);
            assert!(round > 400);
            return;
        }
    }
    panic!("it does not fire while its neighbour is busy");
}

#[test]
fn a_silent_partition_is_found_beside_a_busy_one() {
    let fixture = Fixture::new(2);
    let mut thread = running(&fixture);
    thread.broker_mut().muted = vec![1];
    fixture.put(1, "k1", "x");
    let began = fixture.cluster.now();
    while !thread.broker_mut().muted.is_empty() {
        fixture.put(0, "k0", "x");
        fixture.run(&mut [&mut thread], 5);
        assert!(fixture.cluster.now() - began < 30_000, "not found");
    }
    fixture.run(&mut [&mut thread], 500);
    assert_eq!(outputs_of(&fixture, "k1"), ["k1=1", "k1=2"]);
}

#[test]
fn a_wall_clock_that_is_set_moves_no_timer_and_makes_no_storm_of_ticks() {
    for step in [-HOUR, HOUR] {
        let fixture = Fixture::new(2);
        let mut thread = running(&fixture);
        let due = fixture.cluster.now() + 10_000;
        fixture.put(1, "k1", &due.to_string());
        fixture.run(&mut [&mut thread], 100);
        fixture.cluster.set_client_clock(step);
        fixture.run(&mut [&mut thread], 9_000);
        assert_eq!(outputs_of(&fixture, "k1").len(), 2, "not before its time, {step}");
        let before = ticks(&fixture, 1).len();
        assert!(before <= 10, "{before} ticks in 9 s, {step}");
        fixture.run(&mut [&mut thread], 2_000);
        assert_eq!(outputs_of(&fixture, "k1").len(), 3, "a second after it at most, {step}");
        // Everything else goes on, too.
        fixture.put(0, "k0", "x");
        fixture.run(&mut [&mut thread], 100);
        assert_eq!(outputs_of(&fixture, "k0").len(), 2, "{step}");
        assert_eq!(thread.condition(), Condition::Ready, "{step}");
    }
}

#[test]
fn records_of_a_broker_whose_clock_is_ahead_wait_for_their_time() {
    let fixture = Fixture::new(2);
    let mut thread = running(&fixture);
    // The brokers' clock is five minutes ahead of this machine's.
    let due = fixture.cluster.now() + 4 * MINUTE;
    fixture.put(1, "k1", &due.to_string());
    fixture.run(&mut [&mut thread], 50);
    drop(thread);
    fixture.cluster.set_client_clock(-5 * MINUTE);
    let mut thread = fixture.thread("a");
    fixture.put(1, "k1", "x");
    fixture.run(&mut [&mut thread], 3_000);
    assert_eq!(outputs_of(&fixture, "k1"), ["k1=1", "k1=2"], "nothing is decided early");
    assert!(degraded(&thread).contains("ahead of this machine's clock"), "{}", degraded(&thread));
    // Its clock is set right: what waited is decided as it would have been.
    fixture.cluster.set_client_clock(0);
    fixture.run(&mut [&mut thread], 2_000);
    assert_eq!(outputs_of(&fixture, "k1"), ["k1=1", "k1=2", "k1=3"]);
    assert_eq!(thread.condition(), Condition::Ready);
}

#[test]
fn a_record_from_the_future_parks_its_partition_only_and_another_program_goes_on_with_it() {
    let mut fixture = Fixture::new(2);
    let mut thread = running(&fixture);
    for value in ["x", "fatal", "x"] {
        fixture.put(1, "k1", value);
    }
    fixture.run(&mut [&mut thread], 50);
    fixture.put(0, "k0", "x");
    fixture.run(&mut [&mut thread], 2_000);
    assert!(degraded(&thread).contains("partition 1 is parked: in/1 at offset 2: fatal"), "{}", degraded(&thread));
    assert_eq!((outputs_of(&fixture, "k0").len(), outputs_of(&fixture, "k1").len()), (2, 2));
    // It waits through failures of its neighbours, and through a restart of the same program.
    thread.broker_mut().script = vec![(
        super::scripted::Call::Commit,
        super::scripted::Effect::None,
        crate::broker::BrokerError::Abort("no".into()),
    )];
    fixture.put(0, "k0", "x");
    fixture.run(&mut [&mut thread], 300);
    assert_eq!((outputs_of(&fixture, "k0").len(), outputs_of(&fixture, "k1").len()), (3, 2));
    drop(thread);
    let mut restarted = fixture.thread("a");
    fixture.run(&mut [&mut restarted], 300);
    assert!(degraded(&restarted).contains("offset 2"));
    drop(restarted);
    fixture.understands = true;
    let mut upgraded = fixture.thread("a");
    fixture.run(&mut [&mut upgraded], 300);
    assert_eq!(outputs_of(&fixture, "k1"), ["k1=1", "k1=2", "k1=3", "k1=4"]);
    assert_eq!(upgraded.condition(), Condition::Ready);
}

#[test]
fn what_comes_behind_a_parked_partition_stays_on_the_broker() {
    let mut fixture = Fixture::new(2);
    fixture.config.poll_records = 50;
    let mut thread = running(&fixture);
    fixture.put(1, "k1", "fatal");
    for _ in 0..500 {
        (0..2).for_each(|partition| fixture.put(partition, &format!("k{partition}"), "x"));
        fixture.run(&mut [&mut thread], 1);
    }
    fixture.run(&mut [&mut thread], 50);
    assert_eq!(outputs_of(&fixture, "k0").len(), 501);
    let queued = thread.task(1).unwrap().queued();
    assert!((50..100).contains(&queued), "{queued} records wait in memory");
}

#[test]
fn the_state_of_a_partition_that_went_elsewhere_is_let_go_though_nothing_else_changes() {
    let fixture = Fixture::new(2);
    let mut first = running(&fixture);
    let mut second = fixture.thread("b");
    fixture.run(&mut [&mut first, &mut second], 200);
    assert_eq!((first.tasks.len(), first.suspended.len()), (1, 1), "kept for a while");
    let kept_for = usize::try_from(fixture.config.suspend_ms).unwrap();
    fixture.run(&mut [&mut first, &mut second], kept_for);
    assert_eq!((first.tasks.len(), first.suspended.len()), (1, 0));
}
