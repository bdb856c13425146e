//! The runtime processes each record exactly once under crashes, pauses, duplicates and lost answers: the production loop on the
//! simulated cluster, against a plain fold of the inbox. Mutation tests check the test itself: it must find seeded bugs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod checks;
mod mutation_tests;
mod leases;

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
    Fault::DelayedEndApplied,
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
    let seeds = Seeds::from_env("STREAMS", 3_000);
    let Explored { seeds: looked_at, took, faults, failure } = seeds.explore(|seed| run(seed, Subject::CORRECT, false));
    if let Some(failure) = failure {
        let trace = run(failure.seed, Subject::CORRECT, true).expect_err("a seed reproduces its run");
        panic!("STREAMS_SEED={} fails:\n{trace}", failure.seed);
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
        assert_eq!(run(seed, Subject::CORRECT, false), run(seed, Subject::CORRECT, false));
    }
}
