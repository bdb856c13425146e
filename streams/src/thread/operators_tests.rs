//! What operators say about parked partitions is done by the owner, once, whatever comes between.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops where it is wrong")]

use bytes::Bytes;

use super::fixture::{Fixture, TestThread};
use super::scripted::{Call, Effect};
use crate::broker::BrokerError;
use crate::control::{Control, Kind};
use crate::record::Outgoing;
use crate::service::Condition;
use crate::simulated::Tombstones;
use crate::task::dead_letter::header;

/// Longer than the time between two looks, in rounds of a millisecond.
const LOOKS: usize = 1_500;

/// A thread of two partitions, of which the second is parked in front of the record at offset 1, with another behind it.
fn parked(fixture: &Fixture) -> TestThread {
    let mut thread = fixture.thread("a");
    (0..2).for_each(|partition| fixture.put(partition, &format!("k{partition}"), "x"));
    ["fatal", "x"].iter().for_each(|value| fixture.put(1, "k1", value));
    fixture.run(&mut [&mut thread], 100);
    assert!(matches!(thread.condition(), Condition::Degraded(_)), "{:?}", thread.condition());
    thread
}

/// What was said in the control topic, aborted transactions left out.
fn said(fixture: &Fixture) -> Vec<Control> {
    fixture.records("control", 0).iter().map(|record| Control::of(record).unwrap()).collect()
}

fn say(fixture: &Fixture, kind: Kind, to: &Control) {
    let control = Control { kind, who: "kim".into(), reason: "ticket 7".into(), ..to.clone() };
    fixture.cluster.produce(control.outgoing("control").unwrap()).unwrap();
}

fn outputs(fixture: &Fixture, key: &str) -> usize {
    fixture.values("out").iter().filter(|value| value.starts_with(&format!("{key}="))).count()
}

#[test]
fn a_parked_partition_is_named_once_with_its_record() {
    let fixture = Fixture::new(2);
    let mut thread = parked(&fixture);
    fixture.run(&mut [&mut thread], 5_000);
    let said = said(&fixture);
    let [note] = said.as_slice() else { panic!("{said:?}") };
    let appended = fixture.records("in", 1)[1].timestamp;
    assert_eq!((note.kind, note.application.as_str(), note.partition), (Kind::Parked, "counter", 1));
    assert_eq!(note.record(), Some((1, appended)));
    assert!(note.reason.contains("in/1 at offset 1: fatal: from the future") && note.who.starts_with("a@"), "{note:?}");
}

#[test]
fn a_record_is_set_aside_alone_and_as_it_is() {
    let fixture = Fixture::new(2);
    let mut thread = parked(&fixture);
    let note = said(&fixture).remove(0);
    // Of another application, another record, and another time of it: nothing happens.
    say(&fixture, Kind::SetAside, &Control { application: "other".into(), ..note.clone() });
    say(&fixture, Kind::SetAside, &Control { position: Some(2), ..note.clone() });
    say(&fixture, Kind::SetAside, &Control { record_ms: Some(1), ..note.clone() });
    fixture.run(&mut [&mut thread], LOOKS);
    assert_eq!((outputs(&fixture, "k1"), fixture.records("dead", 0).len()), (1, 0));
    say(&fixture, Kind::SetAside, &note);
    fixture.run(&mut [&mut thread], LOOKS);
    assert_eq!(fixture.values("out"), ["k0=1", "k1=1", "k1=2"], "it has changed nothing, and the next one goes on");
    let letters = fixture.records("dead", 0);
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!(letter.value.as_deref(), Some(b"fatal".as_slice()));
    assert_eq!(letter.header(header::OFFSET), Some(b"1".as_slice()));
    assert_eq!(letter.header(header::REASON), Some(b"set aside, by kim: ticket 7".as_slice()));
    assert_eq!(thread.condition(), Condition::Ready);
    let last = said(&fixture).pop().unwrap();
    assert_eq!((last.kind, last.reason.as_str()), (Kind::GoesOn, "set aside, by kim: ticket 7"));
    // The word is no rule: the next such record parks the partition again.
    fixture.put(1, "k1", "fatal");
    fixture.run(&mut [&mut thread], LOOKS);
    assert!(matches!(thread.condition(), Condition::Degraded(_)));
    assert_eq!(fixture.records("dead", 0).len(), 1);
}

#[test]
fn a_record_is_set_aside_once_though_commits_fail_and_the_owner_dies() {
    let unknown = || BrokerError::Unknown("who knows".into());
    let cases = [(Effect::None, BrokerError::Abort("no".into())), (Effect::None, unknown()), (Effect::Had, unknown())];
    for (effect, error) in cases {
        for rounds in [5, LOOKS] {
            let fixture = Fixture::new(2);
            let mut thread = parked(&fixture);
            say(&fixture, Kind::SetAside, &said(&fixture).remove(0));
            thread.broker_mut().script = vec![(Call::Commit, effect, error.clone())];
            fixture.run(&mut [&mut thread], rounds);
            drop(thread);
            let mut next = fixture.thread("a");
            fixture.run(&mut [&mut next], 3 * LOOKS);
            assert_eq!(fixture.records("dead", 0).len(), 1, "{error} {effect:?}");
            assert_eq!(outputs(&fixture, "k1"), 2, "{error} {effect:?}");
            assert_eq!(next.condition(), Condition::Ready, "{error} {effect:?}");
        }
    }
}

#[test]
fn a_word_that_the_owner_did_not_live_to_hear_is_heard_by_the_next() {
    let fixture = Fixture::new(2);
    let thread = parked(&fixture);
    let note = said(&fixture).remove(0);
    drop(thread);
    say(&fixture, Kind::SetAside, &note);
    let mut next = fixture.thread("b");
    // The session of the dead one ends first.
    fixture.run(&mut [&mut next], 20 * LOOKS);
    assert_eq!((outputs(&fixture, "k1"), fixture.records("dead", 0).len()), (2, 1));
}

#[test]
fn a_partition_goes_on_when_told_so_and_words_from_before_do_not_count() {
    let fixture = Fixture::new(2);
    let thread = parked(&fixture);
    let note = said(&fixture).remove(0);
    drop(thread);
    say(&fixture, Kind::Resume, &note);
    let mut next = fixture.thread("a");
    fixture.run(&mut [&mut next], 2 * LOOKS);
    let noted = said(&fixture).iter().filter(|control| control.kind == Kind::Parked).count();
    assert_eq!(noted, 2, "it was parked again after the restart, and the old word did not wake it");
    say(&fixture, Kind::Resume, &note);
    fixture.run(&mut [&mut next], 2 * LOOKS);
    let noted = said(&fixture).iter().filter(|control| control.kind == Kind::Parked).count();
    assert_eq!(noted, 3, "it was tried again, and could not");
    assert_eq!((outputs(&fixture, "k1"), fixture.records("dead", 0).len()), (1, 0));
    fixture.put(0, "k0", "x");
    fixture.run(&mut [&mut next], 100);
    assert_eq!(outputs(&fixture, "k0"), 2, "its neighbour never cared");
}

#[test]
fn a_partition_that_could_not_be_restored_is_restored_again_when_told_so() {
    let fixture = Fixture::new(2);
    let mut thread = fixture.thread("a");
    (0..2).for_each(|partition| fixture.put(partition, &format!("k{partition}"), "x"));
    fixture.run(&mut [&mut thread], 100);
    drop(thread);
    let changelog = |value: Option<&'static [u8]>| Outgoing {
        topic: "changelog".into(),
        partition: Some(1),
        key: Some(Bytes::from_static(&[0, b'k', b'1'])),
        value: value.map(Bytes::from_static),
        headers: Vec::new(),
    };
    fixture.cluster.produce(changelog(Some(&[9, b'1']))).unwrap();
    let mut thread = fixture.thread("a");
    fixture.put(0, "k0", "x");
    fixture.run(&mut [&mut thread], 500);
    let note = said(&fixture).remove(0);
    assert_eq!((note.kind, note.record()), (Kind::Parked, None), "no record of the input is to blame: {note:?}");
    assert_eq!(outputs(&fixture, "k0"), 2);
    say(&fixture, Kind::SetAside, &note);
    fixture.run(&mut [&mut thread], LOOKS);
    assert_eq!(fixture.records("dead", 0).len(), 0, "there is nothing to set aside");
    // Somebody mends the log: the newest record of each key counts.
    fixture.cluster.produce(changelog(Some(&[1, b'1']))).unwrap();
    fixture.cluster.compact("changelog", 1, Tombstones::Keep).unwrap();
    say(&fixture, Kind::Resume, &note);
    fixture.put(1, "k1", "x");
    fixture.run(&mut [&mut thread], 2 * LOOKS);
    assert_eq!(thread.condition(), Condition::Ready);
    assert_eq!(fixture.values("out").iter().filter(|value| *value == "k1=2").count(), 1);
}

#[test]
fn a_control_topic_that_takes_nothing_slows_neighbours_down_little() {
    let fixture = Fixture::new(2);
    let mut thread = fixture.thread("a");
    (0..2).for_each(|partition| fixture.put(partition, &format!("k{partition}"), "x"));
    fixture.run(&mut [&mut thread], 100);
    thread.broker_mut().script = vec![(Call::Drain, Effect::None, BrokerError::Abort("not allowed".into()))];
    fixture.put(1, "k1", "fatal");
    fixture.run(&mut [&mut thread], 200);
    assert_eq!(said(&fixture).len(), 0);
    for n in 0..50 {
        fixture.put(0, "k0", "x");
        fixture.run(&mut [&mut thread], 20);
        assert_eq!(outputs(&fixture, "k0"), n + 2, "at once");
    }
    fixture.run(&mut [&mut thread], 12_000);
    assert_eq!(said(&fixture).len(), 1, "said later");
}
