//! The loop on the simulated cluster, through every failure; seeded bugs that must be seen.

#![allow(
    clippy::unwrap_used,
    clippy::type_complexity,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops where it is wrong"
)]

use bytes::Bytes;

use super::fixture::{COUNTS, Fixture, TestThread};
use super::scripted::{Call, Effect};
use crate::broker::BrokerError;
use crate::record::Outgoing;
use crate::service::Condition;
use crate::simulated::mutant::Mutant;
use crate::store::mutant::with_overlay_kept;

fn count(thread: &TestThread, partition: i32, key: &str) -> String {
    let stores = thread.task(partition).unwrap().stores();
    String::from_utf8(stores.get(usize::from(COUNTS.0), key.as_bytes()).unwrap_or_default().to_vec()).unwrap()
}

/// Why a partition is parked.
fn parked(thread: &TestThread) -> String {
    match thread.condition() {
        Condition::Degraded(reason) if reason.contains("is parked") => reason,
        other => panic!("{other:?}"),
    }
}

/// A thread that runs and has decided one record.
fn running(fixture: &Fixture) -> TestThread {
    let mut thread = fixture.thread("a");
    fixture.put(0, "k", "x");
    fixture.run(&mut [&mut thread], 30);
    assert_eq!(fixture.values("out"), ["k=1"]);
    assert_eq!(thread.condition(), Condition::Ready);
    thread
}

#[test]
fn every_record_is_decided_once_and_survives_a_crash() {
    let fixture = Fixture::new(1);
    let mut thread = running(&fixture);
    (0..50).for_each(|n| fixture.put(0, if n % 2 == 0 { "k" } else { "l" }, "x"));
    fixture.run(&mut [&mut thread], 30);
    drop(thread);
    fixture.put(0, "k", "x");
    let mut restarted = fixture.thread("a");
    fixture.run(&mut [&mut restarted], 60);
    assert_eq!(fixture.values("out").len(), 52);
    assert_eq!(fixture.values("out").last().unwrap(), "k=27");
    assert_eq!((count(&restarted, 0, "k"), count(&restarted, 0, "l")), ("27".into(), "25".into()));
}

#[test]
fn a_transaction_begins_with_the_first_record_and_ends_in_the_fast_order() {
    let fixture = Fixture::new(1);
    let mut thread = running(&fixture);
    thread.broker_mut().calls.clear();
    fixture.run(&mut [&mut thread], 20);
    assert!(thread.broker_mut().calls.iter().all(|call| *call == Call::Poll), "an idle thread begins no transaction");
    fixture.put(0, "k", "x");
    fixture.run(&mut [&mut thread], 20);
    let calls: Vec<Call> = thread.broker_mut().calls.iter().copied().filter(|call| *call != Call::Poll).collect();
    // The output, the store's change, the changelog's position.
    assert_eq!(calls, [Call::Begin, Call::Send, Call::Send, Call::Send, Call::SendOffsets, Call::Drain, Call::Commit]);
}

#[test]
fn each_record_is_decided_once_whichever_call_fails() {
    let abort = || BrokerError::Abort("refused".into());
    let unknown = || BrokerError::Unknown("no answer".into());
    let fenced = || BrokerError::Fenced("another producer".into());
    let fatal = || BrokerError::Fatal("broken".into());
    let unavailable = || BrokerError::Unavailable("away".into());
    let cases = [
        (Call::Begin, Effect::None, fenced()),
        (Call::Begin, Effect::None, fatal()),
        (Call::Send, Effect::None, abort()),
        (Call::Send, Effect::Had, abort()),
        (Call::Send, Effect::Had, fenced()),
        (Call::SendOffsets, Effect::None, abort()),
        (Call::SendOffsets, Effect::Had, abort()),
        (Call::SendOffsets, Effect::Had, fatal()),
        (Call::Drain, Effect::Had, abort()),
        (Call::Drain, Effect::None, unavailable()),
        (Call::Commit, Effect::None, abort()),
        (Call::Commit, Effect::None, unknown()),
        (Call::Commit, Effect::Had, unknown()),
        (Call::Commit, Effect::Had, unavailable()),
        (Call::Commit, Effect::Had, fatal()),
        (Call::Commit, Effect::None, fenced()),
        (Call::Poll, Effect::None, fatal()),
        (Call::Poll, Effect::None, unavailable()),
    ];
    for (call, effect, error) in cases {
        let case = format!("{call:?} {effect:?} {error}");
        let fixture = Fixture::new(1);
        let mut thread = running(&fixture);
        let broker = thread.broker_mut();
        // The recovery may fail too before it succeeds.
        broker.script = vec![
            (call, effect, error),
            (Call::Abort, Effect::None, unknown()),
            (Call::Init, Effect::Had, unavailable()),
            (Call::Committed, Effect::None, unavailable()),
        ];
        fixture.put(0, "k", "x");
        fixture.put(0, "k", "x");
        fixture.run(&mut [&mut thread], 300);
        fixture.put(0, "l", "x");
        fixture.run(&mut [&mut thread], 300);
        assert_eq!(fixture.values("out"), ["k=1", "k=2", "k=3", "l=1"], "{case}");
        assert_eq!(count(&thread, 0, "k"), "3", "{case}");
        assert_eq!(thread.condition(), Condition::Ready, "{case}");
        drop(thread);
        let mut restarted = fixture.thread("a");
        fixture.run(&mut [&mut restarted], 60);
        assert_eq!(count(&restarted, 0, "k"), "3", "restored after {case}");
    }
}

#[test]
fn after_an_unknown_outcome_nothing_is_done_before_the_producer_was_replaced() {
    let fixture = Fixture::new(1);
    let mut thread = running(&fixture);
    thread.broker_mut().calls.clear();
    thread.broker_mut().script = vec![(Call::Commit, Effect::Had, BrokerError::Unknown("no answer".into()))];
    fixture.put(0, "k", "x");
    fixture.run(&mut [&mut thread], 100);
    let calls = &thread.broker_mut().calls;
    let end = calls.iter().position(|call| *call == Call::Commit).unwrap();
    assert_eq!(calls[end + 1..end + 3], [Call::Init, Call::Committed]);
    assert_eq!(fixture.values("out"), ["k=1", "k=2"]);
}

#[test]
fn every_transaction_that_was_begun_is_counted_once_however_it_ends() {
    let again = || BrokerError::Abort("try again".into());
    let cases = [
        (vec![(Call::SendOffsets, Effect::None, again())], "aborted"),
        (vec![(Call::SendOffsets, Effect::None, again()), (Call::Abort, Effect::None, again())], "failed"),
        (vec![(Call::Commit, Effect::Had, BrokerError::Unknown("no answer".into()))], "unknown"),
        (vec![(Call::Commit, Effect::None, BrokerError::Fenced("another".into()))], "fenced"),
    ];
    for (script, outcome) in cases {
        let fixture = Fixture::new(1);
        let mut thread = running(&fixture);
        let before = thread.metrics.transactions("committed");
        (thread.broker_mut().calls, thread.broker_mut().script) = (Vec::new(), script);
        fixture.put(0, "k", "x");
        fixture.run(&mut [&mut thread], 200);
        assert_eq!(fixture.values("out"), ["k=1", "k=2"], "{outcome}");
        let begun = thread.broker_mut().calls.iter().filter(|call| **call == Call::Begin).count() as u64;
        let counted = ["aborted", "failed", "fenced", "unknown"].map(|name| thread.metrics.transactions(name));
        assert_eq!((counted.iter().sum::<u64>(), thread.metrics.transactions(outcome)), (1, 1), "{outcome}");
        assert_eq!(thread.metrics.transactions("committed") - before + 1, begun, "{outcome}");
    }
}

#[test]
fn poison_leaves_only_a_dead_letter_and_the_next_records_are_processed() {
    let fixture = Fixture::new(1);
    let mut thread = running(&fixture);
    for value in ["x", "poison", "x", "huge", "x"] {
        fixture.put(0, "k", value);
    }
    fixture.run(&mut [&mut thread], 30);
    assert_eq!(fixture.values("out"), ["k=1", "k=2", "k=3", "k=4"]);
    let dead = fixture.records("dead", 0);
    assert_eq!(dead.len(), 2);
    assert_eq!(dead[0].value.as_deref(), Some(b"poison".as_slice()));
    assert_eq!(dead[0].header("dead-letter.offset"), Some(b"2".as_slice()));
    assert!(thread.task(0).unwrap().stores().get(0, b"huge").is_none());
}

#[test]
fn fatal_parks_the_partition_after_committing_what_came_before() {
    let fixture = Fixture::new(1);
    let mut thread = running(&fixture);
    for value in ["x", "fatal", "x"] {
        fixture.put(0, "k", value);
    }
    fixture.run(&mut [&mut thread], 30);
    assert!(parked(&thread).contains("in/0 at offset 2: fatal: from the future"), "{}", parked(&thread));
    assert_eq!(fixture.values("out"), ["k=1", "k=2"]);
    let fixture = Fixture::new(1);
    let mut thread = running(&fixture);
    fixture.put(0, "k", "elsewhere");
    fixture.run(&mut [&mut thread], 30);
    assert!(parked(&thread).contains("does not declare"));
}

#[test]
fn a_retry_holds_its_own_partition_back_and_no_other() {
    let fixture = Fixture::new(2);
    let mut thread = fixture.thread("a");
    fixture.put(0, "k", "retry");
    fixture.put(0, "k", "x");
    fixture.put(1, "l", "x");
    fixture.run(&mut [&mut thread], 100);
    assert_eq!(fixture.values("out"), ["l=1"]);
    // Log time is part of the log: what makes it pass is a later record, which a retry keeps waiting. Time alone does not help.
    fixture.run(&mut [&mut thread], 5_000);
    assert_eq!(fixture.values("out"), ["l=1"]);
    assert!(matches!(thread.condition(), Condition::Degraded(_)));
}

/// A client drops what it has prefetched of a paused partition: pausing at each full transaction would slow a reader that catches
/// up.
#[test]
fn only_a_partition_with_a_full_poll_of_waiting_records_is_paused() {
    let mut fixture = Fixture::new(2);
    (fixture.config.poll_records, fixture.config.transaction_records, fixture.config.transaction_bytes) =
        (50, 70, 1_000);
    let mut thread = fixture.thread("a");
    (0..1_000).for_each(|n| fixture.put(n % 2, "k", "x"));
    fixture.run(&mut [&mut thread], 300);
    assert_eq!(fixture.values("out").len(), 1_000);
    assert!(thread.broker_mut().paused_partitions.is_empty(), "what a transaction leaves over stops nothing");
    fixture.put(0, "k", "retry");
    (0..500).for_each(|n| fixture.put(n % 2, "k", "x"));
    fixture.run(&mut [&mut thread], 300);
    assert_eq!(thread.broker_mut().paused_partitions, [0], "what waits for a retry does");
    assert!((50..100).contains(&thread.task(0).unwrap().queued()), "and memory stays bounded");
    assert_eq!(fixture.values("out").len(), 1_250, "the other partition goes on");
}

#[test]
fn timers_fire_once_by_log_time_and_a_tick_moves_it_when_there_is_no_input() {
    let fixture = Fixture::new(1);
    let mut thread = running(&fixture);
    fixture.put(0, "k", "3000");
    fixture.put(0, "l", "2000");
    fixture.put(0, "l", "2000");
    fixture.run(&mut [&mut thread], 500);
    let before = fixture.values("out");
    assert_eq!(before, ["k=1", "k=2", "l=1", "l=2"]);
    fixture.cluster.advance(5_000);
    fixture.run(&mut [&mut thread], 300);
    assert_eq!(fixture.values("out")[before.len()..], ["l=wake 1", "k=wake 1"]);
    let ticks = fixture.records("in", 0).iter().filter(|record| record.value.is_none()).count();
    assert_eq!(ticks, 1, "one tick served both");
    drop(thread);
    let mut restarted = fixture.thread("a");
    fixture.cluster.advance(5_000);
    fixture.run(&mut [&mut restarted], 300);
    assert_eq!(fixture.values("out").len(), before.len() + 2, "a fired timer is gone for good");
}

#[test]
fn many_timers_are_split_into_transactions_without_changing_the_result() {
    let outcome = |transaction_records| {
        let mut fixture = Fixture::new(1);
        fixture.config.transaction_records = transaction_records;
        let mut thread = fixture.thread("a");
        (0..200).for_each(|n| fixture.put(0, &format!("k{n:03}"), &(2_000 + n % 7).to_string()));
        fixture.run(&mut [&mut thread], 300);
        fixture.cluster.advance(5_000);
        fixture.put(0, "late", "x");
        fixture.put(0, "late", "x");
        fixture.run(&mut [&mut thread], 300);
        fixture.values("out")
    };
    let whole = outcome(100_000);
    assert_eq!(whole.len(), 402);
    assert_eq!(whole.last().unwrap(), "late=2");
    assert_eq!(whole, outcome(7));
    assert_eq!(whole, outcome(1));
}

#[test]
fn a_second_member_gets_partitions_and_they_come_back() {
    let fixture = Fixture::new(2);
    let mut first = fixture.thread("a");
    (0..10).for_each(|n| fixture.put(n % 2, "k", "x"));
    fixture.run(&mut [&mut first], 50);
    let mut second = fixture.thread("b");
    fixture.run(&mut [&mut first, &mut second], 200);
    (0..10).for_each(|n| fixture.put(n % 2, "k", "x"));
    fixture.run(&mut [&mut first, &mut second], 200);
    assert_eq!((first.tasks.len(), second.tasks.len()), (1, 1), "{:?} {:?}", first.condition(), second.condition());
    drop(second);
    (0..10).for_each(|n| fixture.put(n % 2, "k", "x"));
    fixture.cluster.advance(60_000);
    fixture.run(&mut [&mut first], 300);
    assert_eq!(fixture.values("out").len(), 30);
    assert_eq!((count(&first, 0, "k"), count(&first, 1, "k")), ("15".into(), "15".into()));
}

#[test]
fn state_of_a_partition_that_is_assigned_again_unchanged_is_not_restored_again() {
    let fixture = Fixture::new(1);
    let mut thread = running(&fixture);
    fixture
        .cluster
        .delete_records("changelog", 0, fixture.cluster.offsets("changelog", 0).unwrap().high_watermark)
        .unwrap();
    thread.broker_mut().script = vec![(Call::Poll, Effect::None, BrokerError::Fatal("dead".into()))];
    fixture.put(0, "k", "x");
    fixture.run(&mut [&mut thread], 100);
    assert_eq!(fixture.values("out"), ["k=1", "k=2"]);
}

#[test]
fn impossible_state_parks_the_partition_with_a_reason() {
    let changelog = |key: &[u8], value: &[u8]| Outgoing {
        topic: "changelog".into(),
        partition: Some(0),
        key: Some(Bytes::copy_from_slice(key)),
        value: Some(Bytes::copy_from_slice(value)),
        headers: Vec::new(),
    };
    let write = |fixture: &Fixture, outgoing: Outgoing| assert!(fixture.cluster.produce(outgoing).is_ok());
    let cases: [(&str, Box<dyn Fn(&Fixture)>, &str, &str); 5] = [
        (
            "an unreadable changelog record",
            Box::new(move |fixture| write(fixture, changelog(&[0, 1], &[9]))),
            "counter",
            "changelog/0 at offset",
        ),
        (
            "an undeclared store",
            Box::new(move |fixture| write(fixture, changelog(&[9, 1], &[1]))),
            "counter",
            "a store that the topology does not have",
        ),
        (
            "a changelog at another position",
            Box::new(move |fixture| write(fixture, changelog(&[254], b"\x01v1 offset=9"))),
            "counter",
            "changed by hand",
        ),
        ("a group that lost its position", Box::new(|_| ()), "another-group", "no committed position"),
        (
            "an input that lost records",
            Box::new(|fixture| {
                (0..3).for_each(|_| fixture.put(0, "k", "x"));
                fixture.cluster.delete_records("in", 0, 3).unwrap();
            }),
            "counter",
            "outside the log",
        ),
    ];
    for (name, change, group, reason) in cases {
        let fixture = Fixture::new(1);
        drop(running(&fixture));
        change(&fixture);
        let mut thread = fixture.thread_of(group, "a");
        fixture.run(&mut [&mut thread], 60);
        assert!(parked(&thread).contains(reason), "{name}: {}", parked(&thread));
    }
}

#[test]
fn a_seeded_bug_is_seen() {
    // What the other tests of this file hold: exactly these outputs, and the same count after a crash.
    let is_correct = |mutant, script: Vec<(Call, Effect, BrokerError)>, crashes_at_offsets: bool| {
        let mut fixture = Fixture::new(1);
        fixture.mutant = mutant;
        let mut thread = running(&fixture);
        thread.broker_mut().script = script;
        fixture.put(0, "k", "x");
        fixture.run(&mut [&mut thread], if crashes_at_offsets { 3 } else { 200 });
        drop(thread);
        fixture.put(0, "k", "x");
        let mut restarted = fixture.thread("a");
        fixture.run(&mut [&mut restarted], 300);
        restarted.condition() == Condition::Ready
            && fixture.values("out") == ["k=1", "k=2", "k=3"]
            && count(&restarted, 0, "k") == "3"
    };
    let abort = || vec![(Call::SendOffsets, Effect::None, BrokerError::Abort("refused".into()))];
    let unknown = || vec![(Call::Commit, Effect::Had, BrokerError::Unknown("no answer".into()))];
    assert!(is_correct(Mutant::None, abort(), false));
    assert!(is_correct(Mutant::None, unknown(), false));
    assert!(!with_overlay_kept(true, || is_correct(Mutant::None, abort(), false)));
    assert!(!is_correct(Mutant::OffsetsInTheirOwnTransaction, abort(), true));
    let store = Mutant::StoreNotInChangelog { changelog: "changelog", store: COUNTS.0 };
    assert!(!is_correct(store, Vec::new(), false));
    assert!(!is_correct(Mutant::UnknownCountsAsAborted, unknown(), false));
}

#[test]
fn a_consumer_that_returns_nothing_although_records_wait_is_replaced() {
    let fixture = Fixture::new(1);
    let mut thread = running(&fixture);
    thread.broker_mut().returns_nothing = true;
    fixture.run(&mut [&mut thread], 15_000);
    assert!(thread.broker_mut().returns_nothing, "an idle input alone is no sign");
    fixture.put(0, "k", "x");
    fixture.run(&mut [&mut thread], 25_000);
    assert_eq!(fixture.values("out"), ["k=1", "k=2"]);
}
