//! Mutation tests: the simulation must find each seeded bug within so many seeds.

use super::super::Seeds;
use super::super::mutant::{Mutant, MutantBroker};
use super::checks::{Subject, run};
use super::leases::{CHANGELOG, REQUESTS};

/// Checks seeds until one fails.
fn is_found(bug: &str, subject: Subject, within: u64) {
    let explored = Seeds { first: 1, count: within }.explore(|seed| run(seed, subject, false));
    let Some(failure) = explored.failure else { panic!("{bug}: not found within {within} seeds") };
    let reason = failure.reason.lines().next().unwrap_or_default();
    println!("{bug}: found by seed {} of at most {within}: {reason}", failure.seed);
}

/// The runtime on connections with a seeded bug.
macro_rules! on_mutant {
    ($mutant:expr) => {
        Subject { wrap: |broker| Box::new(MutantBroker::new(broker, $mutant)), ..Subject::CORRECT }
    };
}

#[test]
fn an_overlay_kept_after_an_abort_is_found() {
    is_found("overlay kept after abort", Subject { keeps_overlay: true, ..Subject::CORRECT }, 100);
}

#[test]
fn positions_outside_the_transaction_are_found() {
    is_found("offsets outside the transaction", on_mutant!(Mutant::OffsetsInTheirOwnTransaction), 100);
}

#[test]
fn positions_committed_at_once_are_found() {
    is_found("offsets committed before the transaction", on_mutant!(Mutant::PlainOffsets), 100);
}

#[test]
fn a_store_missing_in_the_changelog_is_found() {
    const MUTANT: Mutant = Mutant::StoreNotInChangelog { changelog: CHANGELOG, store: REQUESTS.0 };
    is_found("requests not in the changelog", on_mutant!(MUTANT), 100);
}

#[test]
fn a_producer_kept_after_an_unknown_end_is_found() {
    is_found("no new producer after an unknown EndTxn", on_mutant!(Mutant::UnknownCountsAsAborted), 500);
}

#[test]
fn a_restore_that_reads_uncommitted_is_found() {
    is_found("restore read_uncommitted", on_mutant!(Mutant::RestoreUncommitted), 100);
}

#[test]
fn a_missing_generation_fence_is_found() {
    is_found("no generation fence", on_mutant!(Mutant::NoGenerationFence), 3_000);
}
