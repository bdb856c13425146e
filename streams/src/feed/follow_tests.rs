//! A follower of a log in memory: start, apply, condition, and the feed opened again.

#![allow(clippy::unwrap_used, reason = "a test stops where it is wrong")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Batch, FeedError, Follower, Start, follow};
use crate::feed::{FeedEvent, FeedSource};
use crate::record::Record;
use crate::service::{Condition, Health};
use crate::simulated::{MemoryFeed, MemoryLog};

fn record(partition: i32, offset: i64) -> Record {
    Record { topic: "t".into(), partition, offset, timestamp: 0, key: None, value: None, headers: Vec::new() }
}

/// What has happened to a follower, in order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, event: String) {
        self.0.lock().unwrap().push(event);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Follower for Seen {
    async fn start(&mut self, outside_log: &BTreeSet<i32>) -> Vec<(i32, Start)> {
        self.note(format!("start, outside {outside_log:?}"));
        let start = if outside_log.contains(&1) { Start::Beginning } else { Start::Offset(1) };
        vec![(0, Start::End), (1, start)]
    }

    fn apply(&mut self, batch: Batch<'_>) {
        self.note(format!("{}: {} records, {} to {}", batch.partition, batch.records.len(), batch.from, batch.next));
    }

    fn caught_up(&mut self) {
        self.note("caught up".to_owned());
    }
}

/// Waits until the follower has this condition, and returns what has happened to it.
async fn until(health: &Health, seen: &Seen, condition: Condition) -> Vec<String> {
    while health.parts().get("cache") != Some(&condition) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    seen.take()
}

#[tokio::test]
async fn a_follower_catches_up_and_begins_again_where_the_log_still_is() {
    let (log, seen, health) = (MemoryLog::default(), Seen::default(), Health::default());
    log.append(vec![record(0, 0), record(1, 0), record(1, 1), record(1, 2)]);
    let (opened, reported) = (log.clone(), health.clone());
    let follower = seen.clone();
    let following = tokio::spawn(async move {
        follow("cache", |starts| Ok(MemoryFeed::of_partitions(&opened, starts, 10)), follower, &reported).await;
    });
    assert_eq!(
        until(&health, &seen, Condition::Ready).await,
        ["start, outside {}", "1: 2 records, 1 to 3", "caught up"]
    );
    let gone = FeedError::OutsideLog { topic: "t".into(), partition: 1, position: 1 };
    log.fail(gone.clone());
    assert!(until(&health, &seen, Condition::Degraded(gone.to_string())).await.is_empty());
    assert_eq!(
        until(&health, &seen, Condition::Ready).await,
        ["start, outside {1}", "1: 3 records, 0 to 3", "caught up"]
    );
    following.abort();
}

#[tokio::test]
async fn a_feed_that_cannot_be_opened_is_tried_again() {
    let (log, seen, health) = (MemoryLog::default(), Seen::default(), Health::default());
    let mut refusals = vec![FeedError::Config("refused".into())];
    let reported = health.clone();
    let follower = seen.clone();
    let following = tokio::spawn(async move {
        let open = |starts: &[(i32, Start)]| match refusals.pop() {
            Some(refusal) => Err(refusal),
            None => Ok(MemoryFeed::of_partitions(&log, starts, 10)),
        };
        follow("cache", open, follower, &reported).await;
    });
    let refused = until(&health, &seen, Condition::Degraded("refused".into())).await;
    assert_eq!(refused, ["start, outside {}"]);
    assert_eq!(until(&health, &seen, Condition::Ready).await, ["start, outside {}", "caught up"]);
    following.abort();
}

#[tokio::test]
async fn a_feed_in_memory_behaves_as_that_of_a_group() {
    let log = MemoryLog::default();
    log.append(vec![record(0, 0), record(0, 1), record(0, 4)]);
    let mut feed = MemoryFeed::of_group(&log, &[0], 2);
    assert_eq!(feed.next().await, Some(Ok(FeedEvent::Assigned(vec![0]))));
    feed.begin(0, Start::Committed);
    let batch = |from, offsets: &[i64], next| FeedEvent::Batch {
        partition: 0,
        from,
        records: offsets.iter().map(|offset| record(0, *offset)).collect(),
        next,
    };
    assert_eq!(feed.next().await, Some(Ok(batch(0, &[0, 1], 2))));
    assert_eq!(feed.next().await, Some(Ok(batch(2, &[4], 5))));
    assert_eq!(feed.next().await, Some(Ok(FeedEvent::CaughtUp(0))));
    feed.commit(0, 2);
    let mut next = MemoryFeed::of_group(&log, &[0], 2);
    assert_eq!(next.next().await, Some(Ok(FeedEvent::Assigned(vec![0]))));
    next.begin(0, Start::Committed);
    assert_eq!(next.next().await, Some(Ok(batch(2, &[4], 5))));
    log.fail(FeedError::Fatal("gone".into()));
    assert_eq!(next.next().await, Some(Ok(FeedEvent::CaughtUp(0))));
    assert_eq!(next.next().await, Some(Err(FeedError::Fatal("gone".into()))));
    assert_eq!(next.next().await, None);
}
