//! The worker's own rules, on a destination that is a variable: what it does with error is the same for every real one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on should fail")]

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use projections::Projection;
use prometheus::Registry;
use streams::feed::{FeedError, FeedEvent, FeedSource, Start};
use streams::service::{Condition, Health, shutdown};

use super::{Pace, run};
use crate::batch::{Batch, fold};
use crate::destination::{Applied, Destination, SinkError};
use crate::monitor::Metrics;
use crate::stream::Stream;
use crate::test_support::{MemoryFeed, MemoryLog, Shop, expected, newer_record, undecodable_record};

/// What was asked of the destination, and what it shall answer next.
#[derive(Default)]
struct Script {
    positions: BTreeMap<i32, i64>,
    rows: Vec<Projection>,
    batches: Vec<(i32, Option<i64>, i64, usize)>,
    troubles: VecDeque<SinkError>,
    opened: usize,
    caught_up: Vec<i32>,
}

#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<Script>>);

impl Destination for Scripted {
    async fn open(&mut self) -> Result<(), SinkError> {
        self.0.lock().unwrap().opened += 1;
        Ok(())
    }

    async fn claim(&mut self, partition: i32) -> Result<Option<i64>, SinkError> {
        Ok(self.0.lock().unwrap().positions.get(&partition).copied())
    }

    async fn apply(&mut self, batch: &Batch) -> Result<Applied, SinkError> {
        let mut script = self.0.lock().unwrap();
        if let Some(error) = script.troubles.pop_front() {
            return Err(error);
        }
        assert_eq!(script.positions.get(&batch.partition).copied(), batch.expected);
        script.positions.insert(batch.partition, batch.next);
        script.batches.push((batch.partition, batch.expected, batch.next, batch.items.len()));
        script.rows.push(fold(&batch.items));
        Ok(Applied::default())
    }

    async fn caught_up(&mut self, partition: i32) -> Result<(), SinkError> {
        self.0.lock().unwrap().caught_up.push(partition);
        Ok(())
    }

    async fn check(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    fn condition(&self) -> Condition {
        Condition::Ready
    }
}

/// Runs a worker on the log until `done`, and answers what was asked of the destination and how the part was at the end.
async fn work(
    log: &MemoryLog,
    partitions: &[i32],
    script: Script,
    done: impl Fn(&Script) -> bool,
) -> (Script, Condition) {
    let destination = Scripted(Arc::new(Mutex::new(script)));
    let (handle, signal) = shutdown();
    let health = Health::default();
    let monitor = Metrics::register(&Registry::new()).unwrap().of("postgres", Stream::Coupons, health.clone());
    let pace = Pace { records: 50, linger: Duration::from_millis(5) };
    let feed = || Ok(MemoryFeed::of_group(log, partitions, 20));
    let watch = async {
        for _ in 0..5_000 {
            if done(&destination.0.lock().unwrap()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let condition = health.parts()["sinks.postgres.coupons"].clone();
        handle.request();
        condition
    };
    let ((), condition) = tokio::join!(run(destination.clone(), feed, pace, monitor, signal), watch);
    let script = std::mem::take(&mut *destination.0.lock().unwrap());
    (script, condition)
}

fn log_of(seed: u64, partitions: &[i32], records: usize) -> MemoryLog {
    let log = MemoryLog::default();
    for partition in partitions {
        log.append(Shop::new(seed, *partition).records(records));
    }
    log
}

fn end_of(log: &MemoryLog, partition: i32) -> i64 {
    log.all().iter().filter(|record| record.partition == partition).map(|record| record.offset + 1).max().unwrap()
}

#[tokio::test]
async fn everything_is_written_once_in_order_and_told_when_caught_up() {
    let log = log_of(1, &[0, 3], 200);
    let (script, condition) = work(&log, &[0, 3], Script::default(), |script| script.caught_up.len() == 2).await;
    assert_eq!(condition, Condition::Ready);
    for partition in [0, 3] {
        assert_eq!(script.positions[&partition], end_of(&log, partition));
        let written: usize = script.batches.iter().filter(|batch| batch.0 == partition).map(|batch| batch.3).sum();
        assert_eq!(written, 200);
    }
    assert_eq!(script.opened, 1);
}

/// A feed that counts the records it has given.
struct Counted {
    feed: MemoryFeed,
    given: Arc<AtomicUsize>,
}

impl FeedSource for Counted {
    async fn next(&mut self) -> Option<Result<FeedEvent, FeedError>> {
        let event = self.feed.next().await;
        if let Some(Ok(FeedEvent::Batch { records, .. })) = &event {
            self.given.fetch_add(records.len(), Ordering::SeqCst);
        }
        event
    }

    fn begin(&self, partition: i32, start: Start) {
        self.feed.begin(partition, start);
    }

    fn commit(&self, partition: i32, next_offset: i64) {
        self.feed.commit(partition, next_offset);
    }
}

/// A destination whose first write ends only when so many records have been read.
struct Slow {
    inner: Scripted,
    given: Arc<AtomicUsize>,
    needed: usize,
}

impl Destination for Slow {
    async fn open(&mut self) -> Result<(), SinkError> {
        self.inner.open().await
    }

    async fn claim(&mut self, partition: i32) -> Result<Option<i64>, SinkError> {
        self.inner.claim(partition).await
    }

    async fn apply(&mut self, batch: &Batch) -> Result<Applied, SinkError> {
        while self.given.load(Ordering::SeqCst) < self.needed {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // Time enough to read everything, if nothing held the reader back.
        tokio::time::sleep(Duration::from_millis(20)).await;
        if batch.expected.is_none() {
            assert!(self.given.load(Ordering::SeqCst) <= self.needed + 20, "no more than one full batch waits");
        }
        self.inner.apply(batch).await
    }

    async fn caught_up(&mut self, partition: i32) -> Result<(), SinkError> {
        self.inner.caught_up(partition).await
    }

    async fn check(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    fn condition(&self) -> Condition {
        Condition::Ready
    }
}

#[tokio::test]
async fn the_next_batch_is_read_while_one_is_written_and_no_more_than_that() {
    let log = log_of(8, &[0], 400);
    let given = Arc::<AtomicUsize>::default();
    let inner = Scripted::default();
    // Events of 20 records: three make a batch of 50 full, six make two.
    let destination = Slow { inner: inner.clone(), given: given.clone(), needed: 120 };
    let (handle, signal) = shutdown();
    let monitor = Metrics::register(&Registry::new()).unwrap().of("postgres", Stream::Coupons, Health::default());
    let pace = Pace { records: 50, linger: Duration::from_millis(500) };
    let feed = || Ok(Counted { feed: MemoryFeed::of_group(&log, &[0], 20), given: given.clone() });
    let watch = async {
        let done = async {
            while inner.0.lock().unwrap().caught_up.is_empty() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let done = tokio::time::timeout(Duration::from_secs(20), done).await;
        handle.request();
        done
    };
    let ((), done) = tokio::join!(run(destination, feed, pace, monitor, signal), watch);
    assert!(done.is_ok(), "the first write waits for what nobody reads");
    let script = inner.0.lock().unwrap();
    assert_eq!(script.positions[&0], end_of(&log, 0));
    assert_eq!(script.batches.iter().map(|batch| batch.3).sum::<usize>(), 400, "each record once");
    assert!(script.batches.iter().all(|batch| batch.3 <= 60), "{:?}", script.batches);
}

#[tokio::test]
async fn a_destination_that_is_away_gets_the_same_batch_again() {
    let log = log_of(2, &[0], 30);
    let troubles = VecDeque::from([
        SinkError::Wait("away".into()),
        SinkError::Again("raced".into()),
        SinkError::Wait("away".into()),
    ]);
    let (script, condition) =
        work(&log, &[0], Script { troubles, ..Script::default() }, |script| script.caught_up.len() == 1).await;
    assert_eq!((script.opened, condition), (1, Condition::Ready));
    assert_eq!(script.batches.iter().map(|batch| batch.3).sum::<usize>(), 30);
}

#[tokio::test]
async fn what_is_written_already_is_committed_although_nothing_new_comes() {
    let log = log_of(7, &[0], 30);
    let (script, _) = work(&log, &[0], Script::default(), |script| script.caught_up.len() == 1).await;
    // The same facts with a group that knows nothing of them, as after a kill between writing and committing.
    let log = log_of(7, &[0], 30);
    let positions = script.positions;
    let (script, _) =
        work(&log, &[0], Script { positions, ..Script::default() }, |script| script.caught_up.len() == 1).await;
    assert!(script.batches.is_empty(), "nothing is written again");
    assert_eq!(log.committed(0), Some(end_of(&log, 0)));
}

#[tokio::test]
async fn lost_positions_begin_a_new_session_from_those_that_are_there() {
    let log = log_of(3, &[0], 120);
    let troubles = VecDeque::from([SinkError::Lost("older".into())]);
    let (script, _) =
        work(&log, &[0], Script { troubles, ..Script::default() }, |script| script.caught_up.len() == 1).await;
    assert_eq!(script.opened, 2);
    assert_eq!(script.positions[&0], end_of(&log, 0));
}

#[tokio::test]
async fn a_fenced_partition_stops_and_the_others_go_on() {
    let log = log_of(4, &[0, 1], 60);
    let troubles = VecDeque::from([SinkError::Fenced("another owner".into())]);
    let (script, condition) =
        work(&log, &[0, 1], Script { troubles, ..Script::default() }, |script| script.caught_up.len() == 1).await;
    let written: Vec<i32> = script.positions.keys().copied().collect();
    assert_eq!(written.len(), 1, "the fenced partition must not be written");
    assert_eq!(script.caught_up, written);
    assert!(matches!(condition, Condition::Degraded(reason) if reason.contains("another owner")));
}

#[tokio::test]
async fn a_newer_version_stops_its_partition_and_nothing_is_skipped() {
    let log = log_of(5, &[0, 1], 20);
    let stop = end_of(&log, 0);
    log.append(vec![newer_record(0, stop)]);
    let more =
        Shop::new(6, 0).records(1).into_iter().map(|record| streams::record::Record { offset: stop + 1, ..record });
    log.append(more.collect());
    let (script, condition) =
        work(&log, &[0, 1], Script::default(), |script| script.positions.len() == 2 && script.caught_up == [1]).await;
    assert_eq!(script.positions[&0], stop, "the position stands at the record that cannot be read");
    assert_eq!(script.positions[&1], end_of(&log, 1));
    assert!(matches!(condition, Condition::Degraded(reason) if reason.contains("newer") && reason.contains("upgrade")));
}

#[tokio::test]
async fn an_unreadable_record_is_passed_with_the_batch() {
    let log = log_of(7, &[0], 10);
    let garbage = end_of(&log, 0);
    log.append(vec![undecodable_record(0, garbage)]);
    let (script, _) = work(&log, &[0], Script::default(), |script| script.caught_up.len() == 1).await;
    assert_eq!(script.positions[&0], garbage + 1);
    assert_eq!(script.batches.iter().map(|batch| batch.3).sum::<usize>(), 11);
    let rows: usize = expected(&log.all()).len();
    assert!(rows > 0);
}
