//! The breaker, step by step.

use super::{Breaker, Leave, Pass, State};

fn go(breaker: &mut Breaker, now_ms: u64) -> Pass {
    match breaker.ask(now_ms) {
        Leave::Go(pass) => pass,
        Leave::Wait { .. } => panic!("it does not let a call through at {now_ms}"),
    }
}

fn opened() -> Breaker {
    let mut breaker = Breaker::new(3, 100);
    for _ in 0..3 {
        let pass = go(&mut breaker, 0);
        breaker.failed(pass, 10);
    }
    assert_eq!(breaker.state(), State::Open { until_ms: 110 });
    breaker
}

#[test]
fn it_opens_after_so_many_failures_in_a_row_and_not_before() {
    let mut breaker = Breaker::new(3, 100);
    for _ in 0..5 {
        for _ in 0..2 {
            let pass = go(&mut breaker, 0);
            breaker.failed(pass, 0);
        }
        let pass = go(&mut breaker, 0);
        breaker.answered(pass);
        assert_eq!(breaker.state(), State::Closed { failures: 0 });
    }
}

#[test]
fn while_it_is_open_nothing_goes_through() {
    let mut breaker = opened();
    for now in [10, 50, 109] {
        assert_eq!(breaker.ask(now), Leave::Wait { until_ms: 110 });
    }
}

#[test]
fn after_a_while_one_call_goes_through_and_an_answer_to_it_closes() {
    let mut breaker = opened();
    let probe = go(&mut breaker, 110);
    assert_eq!(breaker.state(), State::Probing);
    assert!(matches!(breaker.ask(111), Leave::Wait { .. }), "one, not two");
    breaker.answered(probe);
    assert_eq!(breaker.state(), State::Closed { failures: 0 });
}

#[test]
fn a_probe_that_fails_opens_it_for_as_long_again() {
    let mut breaker = opened();
    let probe = go(&mut breaker, 120);
    breaker.failed(probe, 150);
    assert_eq!(breaker.state(), State::Open { until_ms: 250 });
    assert!(matches!(breaker.ask(249), Leave::Wait { until_ms: 250 }));
    go(&mut breaker, 250);
}

#[test]
fn a_probe_that_is_given_up_is_owed() {
    let mut breaker = opened();
    let probe = go(&mut breaker, 110);
    breaker.abandoned(probe, 120);
    let next = go(&mut breaker, 120);
    breaker.answered(next);
    assert_eq!(breaker.state(), State::Closed { failures: 0 });
}

#[test]
fn calls_from_before_say_nothing_about_later() {
    let mut breaker = Breaker::new(2, 100);
    let (early, late) = (go(&mut breaker, 0), go(&mut breaker, 0));
    let (third, fourth) = (go(&mut breaker, 0), go(&mut breaker, 0));
    breaker.failed(early, 0);
    breaker.failed(late, 0);
    breaker.answered(third);
    assert_eq!(breaker.state(), State::Open { until_ms: 100 }, "an old answer does not close it");
    let probe = go(&mut breaker, 100);
    breaker.failed(fourth, 100);
    breaker.abandoned(fourth, 100);
    assert_eq!(breaker.state(), State::Probing, "an old failure does not end the probe");
    breaker.answered(probe);
    assert_eq!(breaker.state(), State::Closed { failures: 0 });
}
