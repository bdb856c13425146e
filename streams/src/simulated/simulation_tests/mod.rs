//! The runtime decides exactly once, whatever dies, stalls, doubles or stays unanswered: the production loop on the simulated
//! cluster, against a plain fold of the inbox. And the tests of this test: seeded bugs that it must find.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod checks;
mod teeth;
mod toy;

use super::{Explored, Fault, Seeds};
use checks::{Subject, run};

/// Every fault and consequence that a run of many seeds must have seen, or it has shown nothing.
const ALL: [Fault; 20] = [
    Fault::Crash,
    Fault::Pause,
    Fault::Duplicate,
    Fault::Rebalance,
    Fault::Unavailable,
    Fault::SpuriousFence,
    Fault::RecordRefused,
    Fault::EndLost,
    Fault::EndAnswerLost,
    Fault::EndDelayed,
    Fault::DelayedEndStruck,
    Fault::DelayedEndFenced,
    Fault::TransactionTimedOut,
    Fault::TransactionTakenOver,
    Fault::TransactionAborted,
    Fault::ProducerFenced,
    Fault::MemberExpelled,
    Fault::GenerationRefused,
    Fault::OffsetsUnstable,
    Fault::Compaction,
];

#[test]
fn everything_is_decided_exactly_once_whatever_fails() {
    let seeds = Seeds::from_env(3_000);
    let Explored { seeds: looked_at, took, faults, failure } = seeds.explore(|seed| run(seed, Subject::HONEST, false));
    if let Some(failure) = failure {
        let told = run(failure.seed, Subject::HONEST, true).expect_err("a seed reproduces its run");
        panic!("TIMESALE_SEED={} fails:\n{told}", failure.seed);
    }
    println!("{looked_at} seeds in {took:?}: {faults:#?}");
    if seeds.count >= 1_000 {
        for fault in ALL {
            assert!(faults.get(&fault).is_some_and(|count| *count > 0), "{fault:?} never happened: nothing was shown");
        }
    }
}

#[test]
fn a_seed_reproduces_its_run() {
    for seed in 1..20 {
        assert_eq!(run(seed, Subject::HONEST, false), run(seed, Subject::HONEST, false));
    }
}
