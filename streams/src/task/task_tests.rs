//! A task depends on its log alone.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use std::sync::Arc;

use proptest::prelude::*;

use super::{Advanced, Limits, Outcome, Restoring, State, Task};
use crate::processor::Verdict;
use crate::record::Record;
use crate::thread::fixture::topology;

const LIMITS: Limits = Limits { record_bytes: 1_000, dead_letter_bytes: 10_000 };

fn task() -> Task {
    let mut task = Task::new(Arc::new(topology()), (0, 1), "a@1".into(), LIMITS, None, 0);
    Restoring::new((0, 0)).complete(&mut task).unwrap();
    task
}

fn record(offset: i64, timestamp: i64, value: Option<&str>) -> Record {
    let event_type: &[u8] = if value.is_some() { b"count" } else { b"tick" };
    Record {
        topic: "in".into(),
        partition: 0,
        offset,
        timestamp,
        key: value.map(|_| format!("k{}", offset % 3).into()),
        value: value.map(|value| value.to_owned().into()),
        headers: vec![("event-type".into(), event_type.to_vec().into())],
    }
}

/// Everything that a run leaves: outputs in order, position, log time, stores.
type Result = (Vec<String>, i64, i64, Vec<(Vec<u8>, Vec<u8>)>);

/// Runs a log through a task. `ends` chooses after which steps the transaction ends, and how.
fn run(log: &[Record], mut ends: impl FnMut() -> Option<Outcome>) -> Result {
    let mut task = task();
    let mut written = Vec::new();
    let mut open = Vec::new();
    loop {
        let position = task.position();
        log.iter().filter(|record| record.offset >= position).cloned().for_each(|record| task.enqueue(record));
        let advanced = task.advance().unwrap();
        open.extend(task.outputs.drain(..).map(|outgoing| format!("{:?} {:?}", outgoing.key, outgoing.value)));
        let end = if advanced == Advanced::Idle { Some(Outcome::Committed) } else { ends() };
        match end {
            Some(Outcome::Aborted) => {
                open.clear();
                task.discard();
            }
            Some(_) => {
                task.prepare(drop);
                task.promote();
                written.append(&mut open);
            }
            None => {}
        }
        if advanced == Advanced::Idle {
            let stores = (0..3).flat_map(|slot| task.stores().scan(slot, &[], None, usize::MAX)).collect();
            return (written, task.position(), task.log_time(), stores);
        }
    }
}

fn log() -> impl Strategy<Value = Vec<Record>> {
    // Small steps back in time happen on a real log; log time does not follow them.
    let value = prop_oneof![
        4 => Just(Some("x".to_owned())),
        4 => (0_i64..200).prop_map(|deadline| Some(deadline.to_string())),
        1 => Just(Some("poison".to_owned())),
        1 => Just(None),
    ];
    prop::collection::vec((value, -5_i64..20), 1..40).prop_map(|steps| {
        let mut timestamp = 0;
        steps
            .iter()
            .zip(0_i64..)
            .map(|((value, passed), offset)| {
                timestamp += passed;
                record(offset, timestamp, value.as_deref())
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn what_a_task_does_depends_on_its_log_alone(
        log in log(),
        ends in prop::collection::vec(prop::option::of(prop::bool::weighted(0.8)), 400),
    ) {
        let whole = run(&log, || None);
        let mut ends = ends.into_iter();
        // After the script the transactions no longer abort, or it might never end.
        let interrupted = run(&log, || match ends.next() {
            Some(None) => None,
            Some(Some(false)) => Some(Outcome::Aborted),
            Some(Some(true)) | None => Some(Outcome::Committed),
        });
        prop_assert_eq!(whole, interrupted);
    }
}

#[test]
fn log_time_is_the_latest_timestamp_and_never_goes_back() {
    let mut task = task();
    for (offset, timestamp, log_time) in [(0, 50, 50), (1, 40, 50), (2, 60, 60)] {
        task.enqueue(record(offset, timestamp, Some("x")));
        task.advance().unwrap();
        assert_eq!(task.log_time(), log_time);
    }
    task.enqueue(record(3, 90, None));
    assert_eq!(task.advance(), Ok(Advanced::Tick));
    assert_eq!((task.log_time(), task.position()), (90, 4));
    assert!(task.outputs.drain(..).count() == 3, "a tick reaches no processor");
}

#[test]
fn timers_fire_before_the_record_that_shows_their_time_has_come() {
    let mut task = task();
    task.enqueue(record(0, 1, Some("10")));
    task.enqueue(record(1, 2, Some("5")));
    task.enqueue(record(2, 30, Some("x")));
    let steps: Vec<Advanced> = std::iter::from_fn(|| Some(task.advance().unwrap()))
        .take_while(|advanced| *advanced != Advanced::Idle)
        .collect();
    assert_eq!(
        steps,
        [Advanced::Record(1), Advanced::Record(2), Advanced::Timer(25), Advanced::Timer(20), Advanced::Record(30)]
    );
}

#[test]
fn a_record_that_fails_stays_first_in_the_queue_and_its_writes_are_undone() {
    let mut task = task();
    task.enqueue(record(0, 1, Some("retry")));
    assert_eq!(task.advance(), Err(Verdict::Retry("not yet".into())));
    assert!(task.outputs.is_empty() && !task.is_changed() && task.has_queued());
    assert_eq!(task.stores().scan(0, &[], None, 9), []);
    assert_eq!(task.position(), 0);
}

#[test]
fn a_record_queued_twice_is_processed_once() {
    let mut task = task();
    for offset in [0, 0, 1, 0, 1] {
        task.enqueue(record(offset, 1, Some("x")));
    }
    while task.advance().unwrap() != Advanced::Idle {}
    task.enqueue(record(1, 1, Some("x")));
    assert_eq!((task.outputs.len(), task.has_queued()), (2, false));
}

#[test]
fn the_outcome_depends_on_writer_and_sequence_not_on_the_offset_alone() {
    let mut task = task();
    task.enqueue(record(0, 1, Some("x")));
    task.advance().unwrap();
    let prepared = task.prepare(drop);
    assert_eq!(task.outcome(Some(&prepared)), Outcome::Committed);
    assert_eq!(task.outcome(None), Outcome::Aborted);
    let mut other_writer = prepared.clone();
    other_writer.writer = "b@1".into();
    assert_eq!(task.outcome(Some(&other_writer)), Outcome::Superseded);
    task.promote();
    assert_eq!(task.outcome(Some(&prepared)), Outcome::Aborted, "a later transaction that changed nothing");
    task.tick();
    let next = task.prepare(drop);
    assert_eq!(next.offset, prepared.offset);
    assert_eq!(task.outcome(Some(&next)), Outcome::Committed, "a round that moved no offset");
}

#[test]
fn a_record_counts_as_uncommitted_from_its_reading_to_its_commit_whatever_aborts_in_between() {
    let mut task = task();
    let since = |task: &Task| task.uncommitted_since.get();
    assert_eq!(since(&task), None);
    for offset in 0..3 {
        task.enqueue(record(offset, 100 + offset, Some("x")));
    }
    assert_eq!(since(&task), Some(100), "read");
    task.advance().unwrap();
    task.discard();
    assert_eq!(since(&task), Some(100), "aborted: it is read again");
    for offset in 0..3 {
        task.enqueue(record(offset, 100 + offset, Some("x")));
    }
    task.advance().unwrap();
    task.prepare(drop);
    task.promote();
    assert_eq!(since(&task), Some(101), "the next one waits");
    task.advance().unwrap();
    task.advance().unwrap();
    task.prepare(drop);
    task.promote();
    assert_eq!(since(&task), None, "all are committed");
    task.enqueue(record(3, 103, Some("x")));
    task.discard();
    task.enter(State::Suspended);
    assert_eq!(since(&task), None, "another member's now");
}
