//! Reading `prices.best` from its beginning, and on. A feed that ends is begun again into a new table; the old one is shown until
//! the new one has caught up, each price only until the instant that it names.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use events::topics::PRICES_BEST;
use streams::feed::{FeedEvent, Start};
use streams::kafka::{ClusterConfig, Feed, FeedConfig};
use streams::record::Record;
use streams::service::Condition;
use tokio::time::sleep;

use super::Table;
use super::follow::{Applied, apply};
use crate::state::{State, now};

/// Pause before a feed that has ended is begun again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What the part is called.
const PART: &str = "prices";

/// Keeps the prices, for ever.
pub(crate) async fn follow(state: Arc<State>, kafka: ClusterConfig, partitions: i32) {
    let starts: Vec<(i32, Start)> = (0..partitions).map(|partition| (partition, Start::Beginning)).collect();
    state.health.set(PART, Condition::Starting("reading prices".into()));
    loop {
        let ended = match Feed::of_partitions(&kafka, PRICES_BEST.name(), &starts, FeedConfig::default()) {
            Ok(feed) => {
                state.metrics.follow_lag.follow(PRICES_BEST.name(), feed.backlog());
                read(&state, feed, (0..partitions).collect()).await
            }
            Err(error) => error.to_string(),
        };
        tracing::error!(reason = ended, "prices are not read any more: beginning again");
        let condition = if state.prices.is_read() { Condition::Degraded(ended) } else { Condition::Starting(ended) };
        state.health.set(PART, condition);
        sleep(AGAIN_AFTER).await;
    }
}

async fn read(state: &State, mut feed: Feed, mut behind: BTreeSet<i32>) -> String {
    let table = Arc::new(Table::default());
    let mut is_whole = true;
    while let Some(event) = feed.next().await {
        match event {
            Ok(FeedEvent::Batch { records, .. }) => {
                for record in &records {
                    is_whole &= take(state, &table, record, behind.is_empty()) != Applied::Newer;
                }
            }
            Ok(FeedEvent::CaughtUp(partition)) => {
                if behind.remove(&partition) && behind.is_empty() {
                    state.prices.show(Arc::clone(&table));
                    tracing::info!(products = state.prices.len(), "prices are shown");
                    state.health.set(PART, Condition::Ready);
                }
            }
            Ok(FeedEvent::Assigned(_) | FeedEvent::Revoked(_)) => {}
            Err(error) => return error.to_string(),
        }
        if !is_whole && behind.is_empty() {
            let newer = "some prices were written by a newer version: upgrade this process";
            state.health.set(PART, Condition::Degraded(newer.into()));
        }
    }
    "the feed has ended".into()
}

fn take(state: &State, table: &Table, record: &Record, is_shown: bool) -> Applied {
    let applied = apply(table, record);
    if is_shown {
        let age = now().as_millis().saturating_sub(record.timestamp);
        state.metrics.price(applied == Applied::Taken || applied == Applied::Removed, age);
    }
    applied
}
