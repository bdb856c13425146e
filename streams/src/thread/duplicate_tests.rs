//! Two processes under one name: each record is decided once, both say what is wrong, and whoever is left goes on.
#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use super::fixture::{Fixture, TestThread};
use crate::service::Condition;

fn names_a_duplicate(thread: &TestThread) -> bool {
    thread
        .condition()
        .reason()
        .is_some_and(|reason| reason.contains("another process runs under the name of this one (a)"))
}

#[test]
fn two_processes_of_one_name_say_so_and_decide_each_record_once() {
    let fixture = Fixture::new(1);
    let mut first = fixture.thread("a");
    fixture.run(&mut [&mut first], 100);
    let mut second = fixture.thread("a");
    let mut seen = [false; 2];
    for _ in 0..30 {
        fixture.put(0, "k", "x");
        fixture.run(&mut [&mut first, &mut second], 1_000);
        seen[0] |= names_a_duplicate(&first);
        seen[1] |= names_a_duplicate(&second);
    }
    assert_eq!(seen, [true; 2], "each names the other");
    drop(second);
    fixture.run(&mut [&mut first], 80_000);
    assert_eq!(first.condition(), Condition::Ready, "whoever is left goes on, and says nothing more");
    let expected: Vec<String> = (1..=30).map(|count| format!("k={count}")).collect();
    assert_eq!(fixture.values("out"), expected);
}

#[test]
fn a_restart_under_the_same_name_is_no_duplicate() {
    let fixture = Fixture::new(1);
    let mut old = fixture.thread("a");
    fixture.put(0, "k", "x");
    fixture.run(&mut [&mut old], 100);
    let mut new = fixture.thread("a");
    fixture.run(&mut [&mut new], 100);
    drop(old);
    fixture.put(0, "k", "x");
    fixture.run(&mut [&mut new], 100);
    assert_eq!((fixture.values("out").len(), new.condition()), (2, Condition::Ready));
}
