//! Mutation tests: the simulation must find each seeded bug within so many seeds.

use super::super::Seeds;
use super::super::mutant::{Mutant, MutantBroker};
use super::checks::{Subject, run};
use super::leases::{CHANGELOG, REQUESTS};

/// Checks seeds until one fails.
fn is_found(bug: &str, subject: Subject, within: u64) {
    let explored = Seeds::new(1, within).explore(|seed| run(seed, subject, false));
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

/// A seeded bug, its name, and the seeds within which it must be found.
const OTHERS: [(&str, Mutant, u64); 15] = [
    ("deletions are not restored", Mutant::TombstonesNotRestored, 500),
    ("a restore skips a record", Mutant::RestoreSkips, 500),
    ("a restore stops short", Mutant::RestoreStopsShort, 500),
    ("positions are read while they are pending", Mutant::UnstableOffsets, 2_000),
    ("positions are remembered", Mutant::StaleOffsets, 500),
    ("a partition begins a record too late", Mutant::AssignedTooFar, 500),
    ("a rewind leaves a record out", Mutant::SeekTooFar, 500),
    ("a rewind does nothing", Mutant::SeekIgnored, 500),
    ("a record is not handed out", Mutant::PollGap, 500),
    ("the log time is not kept", Mutant::LogTimeNotKept, 2_000),
    ("the checkpoint is not in the changelog", Mutant::CheckpointNotInChangelog, 500),
    ("all changelog records go to one partition", Mutant::ChangelogInOnePartition, 500),
    ("an output is sent twice", Mutant::OutputTwice, 500),
    ("an output is lost", Mutant::OutputLost, 500),
    ("a commit is sent again by the same producer", Mutant::EndRetried, 2_000),
];

/// One test for each, so that each is named and they run side by side.
macro_rules! found {
    ($($test:ident: $place:literal,)*) => {$(
        #[test]
        fn $test() {
            let (name, _, within) = OTHERS[$place];
            is_found(name, on_mutant!(OTHERS[$place].1), within);
        }
    )*};
}

found! {
    deletions_that_are_not_restored_are_found: 0,
    a_restore_that_skips_is_found: 1,
    a_restore_that_stops_short_is_found: 2,
    positions_that_are_read_while_pending_are_found: 3,
    positions_that_are_remembered_are_found: 4,
    a_partition_that_begins_too_late_is_found: 5,
    a_rewind_that_leaves_a_record_out_is_found: 6,
    a_rewind_that_does_nothing_is_found: 7,
    a_record_that_is_not_handed_out_is_found: 8,
    a_log_time_that_is_not_kept_is_found: 9,
    a_checkpoint_missing_in_the_changelog_is_found: 10,
    changelogs_in_one_partition_are_found: 11,
    an_output_that_is_sent_twice_is_found: 12,
    an_output_that_is_lost_is_found: 13,
    a_commit_that_is_sent_again_is_found: 14,
}

#[test]
fn timers_missing_in_the_changelog_are_found() {
    const MUTANT: Mutant = Mutant::StoreNotInChangelog { changelog: CHANGELOG, store: 255 };
    is_found("timers not in the changelog", on_mutant!(MUTANT), 500);
}
