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

use super::rig::{COUNTS, Rig};
use super::scripted::{Call, Effect, Scripted};
use super::{Sabotage, StreamThread};
use crate::broker::BrokerError;
use crate::processor::StoreId;
use crate::record::Outgoing;
use crate::service::Condition;

fn count(thread: &StreamThread<Scripted>, partition: i32, key: &str) -> String {
    let stores = thread.task(partition).unwrap().stores();
    String::from_utf8(stores.get(usize::from(COUNTS.0), key.as_bytes()).unwrap_or_default().to_vec()).unwrap()
}

fn failure(thread: &StreamThread<Scripted>) -> String {
    match thread.condition() {
        Condition::Failed(reason) => reason,
        other => panic!("still {other:?}"),
    }
}

/// A thread that runs and has decided one record.
fn running(rig: &Rig) -> StreamThread<Scripted> {
    let mut thread = rig.thread("a");
    rig.put(0, "k", "x");
    rig.run(&mut [&mut thread], 30);
    assert_eq!(rig.seen("out"), ["k=1"]);
    assert_eq!(thread.condition(), Condition::Ready);
    thread
}

#[test]
fn every_record_is_decided_once_and_survives_a_crash() {
    let rig = Rig::new(1);
    let mut thread = running(&rig);
    (0..50).for_each(|n| rig.put(0, if n % 2 == 0 { "k" } else { "l" }, "x"));
    rig.run(&mut [&mut thread], 30);
    drop(thread);
    rig.put(0, "k", "x");
    let mut heir = rig.thread("a");
    rig.run(&mut [&mut heir], 60);
    assert_eq!(rig.seen("out").len(), 52);
    assert_eq!(rig.seen("out").last().unwrap(), "k=27");
    assert_eq!((count(&heir, 0, "k"), count(&heir, 0, "l")), ("27".into(), "25".into()));
}

#[test]
fn a_transaction_is_begun_lazily_and_ended_in_the_order_that_is_fast() {
    let rig = Rig::new(1);
    let mut thread = running(&rig);
    thread.broker_mut().calls.clear();
    rig.run(&mut [&mut thread], 20);
    assert!(thread.broker_mut().calls.iter().all(|call| *call == Call::Poll), "an idle thread begins no transaction");
    rig.put(0, "k", "x");
    rig.run(&mut [&mut thread], 20);
    let calls: Vec<Call> = thread.broker_mut().calls.iter().copied().filter(|call| *call != Call::Poll).collect();
    // The output, the store's change, the changelog's position.
    assert_eq!(calls, [Call::Begin, Call::Send, Call::Send, Call::Send, Call::SendOffsets, Call::Drain, Call::Commit]);
}

#[test]
fn whatever_fails_wherever_each_record_is_decided_once() {
    let abort = || BrokerError::Abort("refused".into());
    let unknown = || BrokerError::Unknown("no answer".into());
    let fenced = || BrokerError::Fenced("somebody else".into());
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
        let rig = Rig::new(1);
        let mut thread = running(&rig);
        let broker = thread.broker_mut();
        // The cures may fail as well before they work.
        broker.script = vec![
            (call, effect, error),
            (Call::Abort, Effect::None, unknown()),
            (Call::Init, Effect::Had, unavailable()),
            (Call::Committed, Effect::None, unavailable()),
        ];
        rig.put(0, "k", "x");
        rig.put(0, "k", "x");
        rig.run(&mut [&mut thread], 300);
        rig.put(0, "l", "x");
        rig.run(&mut [&mut thread], 300);
        assert_eq!(rig.seen("out"), ["k=1", "k=2", "k=3", "l=1"], "{case}");
        assert_eq!(count(&thread, 0, "k"), "3", "{case}");
        assert_eq!(thread.condition(), Condition::Ready, "{case}");
        drop(thread);
        let mut heir = rig.thread("a");
        rig.run(&mut [&mut heir], 60);
        assert_eq!(count(&heir, 0, "k"), "3", "restored after {case}");
    }
}

#[test]
fn after_an_unknown_outcome_nothing_is_done_before_the_producer_was_replaced() {
    let rig = Rig::new(1);
    let mut thread = running(&rig);
    thread.broker_mut().calls.clear();
    thread.broker_mut().script = vec![(Call::Commit, Effect::Had, BrokerError::Unknown("no answer".into()))];
    rig.put(0, "k", "x");
    rig.run(&mut [&mut thread], 100);
    let calls = &thread.broker_mut().calls;
    let end = calls.iter().position(|call| *call == Call::Commit).unwrap();
    assert_eq!(calls[end + 1..end + 3], [Call::Init, Call::Committed]);
    assert_eq!(rig.seen("out"), ["k=1", "k=2"]);
}

#[test]
fn poison_leaves_no_trace_but_a_dead_letter_and_the_rest_goes_on() {
    let rig = Rig::new(1);
    let mut thread = running(&rig);
    for value in ["x", "poison", "x", "huge", "x"] {
        rig.put(0, "k", value);
    }
    rig.run(&mut [&mut thread], 30);
    assert_eq!(rig.seen("out"), ["k=1", "k=2", "k=3", "k=4"]);
    let dead = rig.records("dead", 0);
    assert_eq!(dead.len(), 2);
    assert_eq!(dead[0].value.as_deref(), Some(b"poison".as_slice()));
    assert_eq!(dead[0].header("dead-letter.offset"), Some(b"2".as_slice()));
    assert!(thread.task(0).unwrap().stores().get(0, b"huge").is_none());
}

#[test]
fn fatal_stops_the_thread_after_committing_what_came_before() {
    let rig = Rig::new(1);
    let mut thread = running(&rig);
    for value in ["x", "fatal", "x"] {
        rig.put(0, "k", value);
    }
    rig.run(&mut [&mut thread], 30);
    assert!(failure(&thread).contains("in/0 at offset 2: fatal: from the future"), "{}", failure(&thread));
    assert_eq!(rig.seen("out"), ["k=1", "k=2"]);
    let rig = Rig::new(1);
    let mut thread = running(&rig);
    rig.put(0, "k", "elsewhere");
    rig.run(&mut [&mut thread], 30);
    assert!(failure(&thread).contains("does not declare"));
}

#[test]
fn a_retry_holds_its_own_partition_back_and_no_other() {
    let rig = Rig::new(2);
    let mut thread = rig.thread("a");
    rig.put(0, "k", "retry");
    rig.put(0, "k", "x");
    rig.put(1, "l", "x");
    rig.run(&mut [&mut thread], 100);
    assert_eq!(rig.seen("out"), ["l=1"]);
    // Log time is part of the log: what makes it pass is a later record, which a retry keeps waiting. Time alone does not help.
    rig.run(&mut [&mut thread], 5_000);
    assert_eq!(rig.seen("out"), ["l=1"]);
    assert!(matches!(thread.condition(), Condition::Degraded(_)));
}

/// A client fetches anew what it had fetched ahead of a partition that stops: stopping at each full transaction would starve a reader
/// that catches up.
#[test]
fn only_a_partition_of_which_a_whole_poll_waits_is_stopped() {
    let mut rig = Rig::new(2);
    (rig.config.poll_records, rig.config.transaction_records, rig.config.transaction_bytes) = (50, 70, 1_000);
    let mut thread = rig.thread("a");
    (0..1_000).for_each(|n| rig.put(n % 2, "k", "x"));
    rig.run(&mut [&mut thread], 300);
    assert_eq!(rig.seen("out").len(), 1_000);
    assert!(thread.broker_mut().stopped.is_empty(), "what a transaction leaves over stops nothing");
    rig.put(0, "k", "retry");
    (0..500).for_each(|n| rig.put(n % 2, "k", "x"));
    rig.run(&mut [&mut thread], 300);
    assert_eq!(thread.broker_mut().stopped, [0], "what waits for a retry does");
    assert!((50..100).contains(&thread.task(0).unwrap().queued()), "and memory stays bounded");
    assert_eq!(rig.seen("out").len(), 1_250, "the other partition goes on");
}

#[test]
fn timers_fire_once_by_log_time_and_a_tick_brings_it_when_nothing_else_does() {
    let rig = Rig::new(1);
    let mut thread = running(&rig);
    rig.put(0, "k", "3000");
    rig.put(0, "l", "2000");
    rig.put(0, "l", "2000");
    rig.run(&mut [&mut thread], 500);
    let before = rig.seen("out");
    assert_eq!(before, ["k=1", "k=2", "l=1", "l=2"]);
    rig.cluster.advance(5_000);
    rig.run(&mut [&mut thread], 300);
    assert_eq!(rig.seen("out")[before.len()..], ["l=wake 1", "k=wake 1"]);
    let ticks = rig.records("in", 0).iter().filter(|record| record.value.is_none()).count();
    assert_eq!(ticks, 1, "one tick served both");
    drop(thread);
    let mut heir = rig.thread("a");
    rig.cluster.advance(5_000);
    rig.run(&mut [&mut heir], 300);
    assert_eq!(rig.seen("out").len(), before.len() + 2, "a fired timer is gone for good");
}

#[test]
fn a_storm_of_timers_is_split_into_transactions_without_changing_a_thing() {
    let outcome = |transaction_records| {
        let mut rig = Rig::new(1);
        rig.config.transaction_records = transaction_records;
        let mut thread = rig.thread("a");
        (0..200).for_each(|n| rig.put(0, &format!("k{n:03}"), &(2_000 + n % 7).to_string()));
        rig.run(&mut [&mut thread], 300);
        rig.cluster.advance(5_000);
        rig.put(0, "late", "x");
        rig.put(0, "late", "x");
        rig.run(&mut [&mut thread], 300);
        rig.seen("out")
    };
    let whole = outcome(100_000);
    assert_eq!(whole.len(), 402);
    assert_eq!(whole.last().unwrap(), "late=2");
    assert_eq!(whole, outcome(7));
    assert_eq!(whole, outcome(1));
}

#[test]
fn a_second_member_takes_its_share_and_gives_it_back() {
    let rig = Rig::new(2);
    let mut first = rig.thread("a");
    (0..10).for_each(|n| rig.put(n % 2, "k", "x"));
    rig.run(&mut [&mut first], 50);
    let mut second = rig.thread("b");
    rig.run(&mut [&mut first, &mut second], 200);
    (0..10).for_each(|n| rig.put(n % 2, "k", "x"));
    rig.run(&mut [&mut first, &mut second], 200);
    assert_eq!((first.tasks.len(), second.tasks.len()), (1, 1), "{:?} {:?}", first.condition(), second.condition());
    drop(second);
    (0..10).for_each(|n| rig.put(n % 2, "k", "x"));
    rig.cluster.advance(60_000);
    rig.run(&mut [&mut first], 300);
    assert_eq!(rig.seen("out").len(), 30);
    assert_eq!((count(&first, 0, "k"), count(&first, 1, "k")), ("15".into(), "15".into()));
}

#[test]
fn state_of_a_partition_that_comes_back_untouched_is_not_read_again() {
    let rig = Rig::new(1);
    let mut thread = running(&rig);
    rig.cluster.delete_records("changelog", 0, rig.cluster.offsets("changelog", 0).unwrap().high_watermark).unwrap();
    thread.broker_mut().script = vec![(Call::Poll, Effect::None, BrokerError::Fatal("dead".into()))];
    rig.put(0, "k", "x");
    rig.run(&mut [&mut thread], 100);
    assert_eq!(rig.seen("out"), ["k=1", "k=2"]);
}

#[test]
fn what_cannot_be_true_stops_the_thread_and_names_itself() {
    let changelog = |key: &[u8], value: &[u8]| Outgoing {
        topic: "changelog".into(),
        partition: Some(0),
        key: Some(Bytes::copy_from_slice(key)),
        value: Some(Bytes::copy_from_slice(value)),
        headers: Vec::new(),
    };
    fn write(rig: &Rig, outgoing: Outgoing) {
        rig.cluster.produce(outgoing).unwrap();
    }
    let cases: [(&str, Box<dyn Fn(&Rig)>, &str, &str); 5] = [
        (
            "an unreadable changelog record",
            Box::new(move |rig| write(rig, changelog(&[0, 1], &[9]))),
            "counter",
            "changelog/0 at offset",
        ),
        (
            "a store nobody declared",
            Box::new(move |rig| write(rig, changelog(&[9, 1], &[1]))),
            "counter",
            "a store that the topology does not have",
        ),
        (
            "a changelog that stands elsewhere",
            Box::new(move |rig| write(rig, changelog(&[254], b"\x01v1 offset=9"))),
            "counter",
            "changed by hand",
        ),
        ("a group that lost its position", Box::new(|_| ()), "another-group", "no committed position"),
        (
            "an input that lost records",
            Box::new(|rig| {
                (0..3).for_each(|_| rig.put(0, "k", "x"));
                rig.cluster.delete_records("in", 0, 3).unwrap();
            }),
            "counter",
            "outside the log",
        ),
    ];
    for (name, harm, group, reason) in cases {
        let rig = Rig::new(1);
        drop(running(&rig));
        harm(&rig);
        let mut thread = rig.thread_of(group, "a");
        rig.run(&mut [&mut thread], 60);
        assert!(failure(&thread).contains(reason), "{name}: {}", failure(&thread));
    }
}

#[test]
fn a_seeded_bug_is_seen() {
    // What the other tests of this file hold: exactly these outputs, and the same count after a crash.
    let healthy = |sabotage, script: Vec<(Call, Effect, BrokerError)>, dies_at_offsets: bool| {
        let mut rig = Rig::new(1);
        rig.config.sabotage = sabotage;
        let mut thread = running(&rig);
        thread.broker_mut().script = script;
        rig.put(0, "k", "x");
        rig.run(&mut [&mut thread], if dies_at_offsets { 3 } else { 200 });
        drop(thread);
        rig.put(0, "k", "x");
        let mut heir = rig.thread("a");
        rig.run(&mut [&mut heir], 300);
        heir.condition() == Condition::Ready && rig.seen("out") == ["k=1", "k=2", "k=3"] && count(&heir, 0, "k") == "3"
    };
    let abort = || vec![(Call::SendOffsets, Effect::None, BrokerError::Abort("refused".into()))];
    let unknown = || vec![(Call::Commit, Effect::Had, BrokerError::Unknown("no answer".into()))];
    assert!(healthy(None, abort(), false));
    assert!(healthy(None, unknown(), false));
    assert!(!healthy(Some(Sabotage::KeepOverlayOnAbort), abort(), false));
    assert!(!healthy(Some(Sabotage::OffsetsOutsideTransaction), abort(), true));
    assert!(!healthy(Some(Sabotage::LeaveStoreOutOfChangelog(StoreId(0).0)), Vec::new(), false));
    assert!(!healthy(Some(Sabotage::NoReinitAfterUnknown), unknown(), false));
}

#[test]
fn a_consumer_that_hands_out_nothing_although_records_wait_is_replaced() {
    let rig = Rig::new(1);
    let mut thread = running(&rig);
    thread.broker_mut().mute = true;
    rig.run(&mut [&mut thread], 15_000);
    assert!(thread.broker_mut().mute, "silence alone is no sign");
    rig.put(0, "k", "x");
    rig.run(&mut [&mut thread], 25_000);
    assert_eq!(rig.seen("out"), ["k=1", "k=2"]);
}
