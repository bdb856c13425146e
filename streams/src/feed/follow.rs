//! Following a topic: reading given partitions, and reading them again when the feed has ended.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use super::{FeedError, FeedEvent, FeedSource, Start};
use crate::record::Record;
use crate::service::{Condition, Health};

/// The pause before a feed that has ended is opened again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Keeps something up to date with a topic: a cache, a table of waiters.
pub trait Follower: Send {
    /// Where to begin with each partition. Called whenever the feed is opened: at first, and after it has ended. `outside_log` holds
    /// the partitions whose start was outside the log before.
    fn start(&mut self, outside_log: &BTreeSet<i32>) -> impl Future<Output = Vec<(i32, Start)>> + Send;

    /// Applies records.
    fn apply(&mut self, batch: Batch<'_>);

    /// Every partition has been read up to its end at the start: called once after each start.
    fn caught_up(&mut self) {}

    /// Its condition, asked for after each start and each event.
    fn condition(&mut self, is_caught_up: bool) -> Condition {
        if is_caught_up { Condition::Ready } else { Condition::Starting("catching up".to_owned()) }
    }

    /// The feed has ended, and is opened again after a pause. Returns its condition meanwhile.
    fn ended(&mut self, reason: &FeedError) -> Condition {
        Condition::Degraded(reason.to_string())
    }
}

/// Records of one partition, in order.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The partition.
    pub partition: i32,
    /// The position the batch was read from.
    pub from: i64,
    /// The records; there may be none.
    pub records: &'a [Record],
    /// The position after them.
    pub next: i64,
}

/// Follows a topic and never returns. Opens a feed of the follower's partitions with `open`, applies its batches, and states the
/// follower's condition as `part` of the health whenever it has changed. A feed that ends is opened again after a second.
///
/// ```no_run
/// # use logstreams::feed::{Follower, follow};
/// # use logstreams::kafka::{ClusterConfig, Feed, FeedConfig};
/// # use logstreams::service::Health;
/// # async fn read(cluster: ClusterConfig, cache: impl Follower, health: Health) {
/// follow("cache", |starts| Feed::of_partitions(&cluster, "totals", starts, FeedConfig::default()), cache, &health).await;
/// # }
/// ```
pub async fn follow<S: FeedSource, F: Follower>(
    part: &str,
    mut open: impl FnMut(&[(i32, Start)]) -> Result<S, FeedError> + Send,
    mut follower: F,
    health: &Health,
) {
    let mut reported = Reported { part, health, last: None };
    let mut outside_log = BTreeSet::new();
    loop {
        reported.state(follower.condition(false));
        let starts = follower.start(&outside_log).await;
        let reason = match open(&starts) {
            Ok(feed) => read(feed, &starts, &mut follower, &mut reported).await,
            Err(error) => error,
        };
        tracing::error!(part, %reason, "a feed has ended and is opened again");
        reported.state(follower.ended(&reason));
        if let FeedError::OutsideLog { partition, .. } = reason {
            outside_log.insert(partition);
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
}

/// Reads until the feed ends.
async fn read<F: Follower>(
    mut feed: impl FeedSource,
    starts: &[(i32, Start)],
    follower: &mut F,
    reported: &mut Reported<'_>,
) -> FeedError {
    let mut behind: BTreeSet<i32> = starts.iter().map(|(partition, _)| *partition).collect();
    while let Some(event) = feed.next().await {
        match event {
            Ok(FeedEvent::Batch { partition, from, records, next }) => {
                follower.apply(Batch { partition, from, records: &records, next });
            }
            Ok(FeedEvent::CaughtUp(partition)) => {
                if behind.remove(&partition) && behind.is_empty() {
                    follower.caught_up();
                }
            }
            Ok(FeedEvent::Assigned(_) | FeedEvent::Revoked(_)) => {}
            Err(error) => return error,
        }
        reported.state(follower.condition(behind.is_empty()));
    }
    FeedError::Fatal("the feed has ended".to_owned())
}

/// The condition as it was last stated.
struct Reported<'a> {
    part: &'a str,
    health: &'a Health,
    last: Option<Condition>,
}

impl Reported<'_> {
    fn state(&mut self, condition: Condition) {
        if self.last.as_ref() != Some(&condition) {
            self.health.set(self.part, condition.clone());
            self.last = Some(condition);
        }
    }
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
