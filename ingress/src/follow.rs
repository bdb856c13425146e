//! Following the log: replies for those who wait, events of campaigns for the cache of campaigns and of orders for those who watch. A feed that ends is begun again; meanwhile waiting ends in
//! 202, and nothing is refused from memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::topics::{COUPONS_EVENTS, INGRESS_REPLIES, ORDERS_EVENTS};
use streams::feed::{FeedEvent, Start};
use streams::kafka::{ClusterConfig, Feed, FeedConfig, FeedError};
use streams::service::Condition;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::campaign_cache::{self, Applied, CampaignCache, Follower};
use crate::limits::Policy;
use crate::order_streams::hand_on;
use crate::replies::resolve_record;
use crate::state::{State, now};

/// Pause before a feed that has ended is begun again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How often memory is swept.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Consumes replies and wakes waiters; never returns.
pub(crate) async fn replies(state: Arc<State>, kafka: ClusterConfig) {
    loop {
        state.health.set("replies", Condition::Starting("finding the end of the replies".into()));
        let start = [(state.reply_partition, Start::End)];
        let ended = match Feed::of_partitions(&kafka, INGRESS_REPLIES.name(), &start, FeedConfig::default()) {
            Ok(feed) => {
                state.metrics.follow_lag.follow(INGRESS_REPLIES.name(), feed.backlog());
                read_replies(&state, feed).await
            }
            Err(error) => error.to_string(),
        };
        tracing::error!(reason = ended, "replies are not read any more: beginning again");
        state.health.set("replies", Condition::Degraded(ended));
        sleep(AGAIN_AFTER).await;
    }
}

async fn read_replies(state: &State, mut feed: Feed) -> String {
    while let Some(event) = feed.next().await {
        match event {
            Ok(FeedEvent::Batch { records, .. }) => {
                for record in &records {
                    state.metrics.reply(resolve_record(&state.pending, record).name());
                }
            }
            Ok(FeedEvent::CaughtUp(_)) => state.health.set("replies", Condition::Ready),
            Ok(FeedEvent::Assigned(_) | FeedEvent::Revoked(_)) => {}
            Err(error) => return error.to_string(),
        }
    }
    "the feed has ended".into()
}

/// Applies the events of campaigns to the cache; never returns.
pub(crate) async fn events(state: Arc<State>, kafka: ClusterConfig, partitions: i32) {
    let mut outside_log = BTreeSet::new();
    loop {
        state.health.set("campaign_cache", Condition::Starting("reading campaigns".into()));
        let starts = beginnings(&state, partitions, &outside_log).await;
        let ended = match Feed::of_partitions(&kafka, COUPONS_EVENTS.name(), &starts, FeedConfig::default()) {
            Ok(feed) => {
                state.metrics.follow_lag.follow(COUPONS_EVENTS.name(), feed.backlog());
                read_events(&state, feed, &starts).await
            }
            Err(error) => error,
        };
        state.campaigns.set_current(false);
        tracing::error!(error = %ended, "events are not read any more: beginning again");
        state.health.set("campaign_cache", Condition::Degraded(ended.to_string()));
        if let FeedError::OutsideLog { partition, .. } = ended {
            outside_log.insert(partition);
        }
        sleep(AGAIN_AFTER).await;
    }
}

/// Where to begin: where Postgres' snapshot ends; else, and where that is not in the log any more, at the log's beginning.
async fn beginnings(state: &State, partitions: i32, outside_log: &BTreeSet<i32>) -> Vec<(i32, Start)> {
    let known = match &state.reads.postgres {
        None => BTreeMap::new(),
        Some(postgres) => {
            let snapshot = async { campaign_cache::load(&state.campaigns, &mut postgres.connect().await?).await };
            snapshot.await.unwrap_or_else(|error: sqlx::Error| {
                tracing::warn!(%error, "campaigns are not read from Postgres but from the log's beginning");
                BTreeMap::new()
            })
        }
    };
    let start = |partition| match known.get(&partition) {
        Some(offset) if !outside_log.contains(&partition) => Start::Offset(*offset),
        _ => Start::Beginning,
    };
    (0..partitions).map(|partition| (partition, start(partition))).collect()
}

async fn read_events(state: &State, mut feed: Feed, starts: &[(i32, Start)]) -> FeedError {
    let mut behind: BTreeSet<i32> = starts.iter().map(|(partition, _)| *partition).collect();
    let mut unseen: BTreeSet<i32> =
        starts.iter().filter(|(_, start)| *start == Start::Beginning).map(|(partition, _)| *partition).collect();
    let mut is_trusted = true;
    while let Some(event) = feed.next().await {
        match event {
            Ok(FeedEvent::Batch { partition, from, records, .. }) => {
                if unseen.remove(&partition) && records.first().map_or(from, |first| first.offset.min(from)) > 0 {
                    // Retention has taken what came before: campaigns may be missing on the cache of campaigns.
                    state.campaigns.set_incomplete();
                }
                let follower = Follower(&state.campaigns);
                for record in &records {
                    is_trusted &= follower.apply(record) != Applied::Newer;
                }
            }
            Ok(FeedEvent::CaughtUp(partition)) => {
                behind.remove(&partition);
            }
            Ok(FeedEvent::Assigned(_) | FeedEvent::Revoked(_)) => {}
            Err(error) => return error,
        }
        report_condition(state, &state.campaigns, &behind, is_trusted);
    }
    FeedError::Fatal("the feed has ended".into())
}

/// Reports the condition of the cache, when it has changed.
fn report_condition(state: &State, cache: &CampaignCache, behind: &BTreeSet<i32>, is_trusted: bool) {
    let is_current = behind.is_empty() && is_trusted;
    if !is_trusted {
        state
            .health
            .set("campaign_cache", Condition::Degraded("events of a newer version: upgrade this process".into()));
    } else if is_current && !cache.is_current() {
        state.health.set("campaign_cache", Condition::Ready);
        tracing::info!(campaigns = cache.len(), "the cache of campaigns is current");
    }
    if is_current != cache.is_current() {
        cache.set_current(is_current);
    }
}

/// Hands what happens to orders to those who watch them, for ever. While it does not, they find it in Postgres.
pub(crate) async fn orders(state: Arc<State>, kafka: ClusterConfig, partitions: i32) {
    let starts: Vec<(i32, Start)> = (0..partitions).map(|partition| (partition, Start::End)).collect();
    loop {
        state.health.set("order_streams", Condition::Starting("finding the end of the orders' events".into()));
        let ended = match Feed::of_partitions(&kafka, ORDERS_EVENTS.name(), &starts, FeedConfig::default()) {
            Ok(feed) => {
                state.metrics.follow_lag.follow(ORDERS_EVENTS.name(), feed.backlog());
                read_orders(&state, feed, &starts).await
            }
            Err(error) => error.to_string(),
        };
        tracing::error!(reason = ended, "orders' events are not read any more: beginning again");
        state.health.set("order_streams", Condition::Degraded(ended));
        sleep(AGAIN_AFTER).await;
    }
}

async fn read_orders(state: &State, mut feed: Feed, starts: &[(i32, Start)]) -> String {
    let mut behind: BTreeSet<i32> = starts.iter().map(|(partition, _)| *partition).collect();
    while let Some(event) = feed.next().await {
        match event {
            Ok(FeedEvent::Batch { records, .. }) => {
                for record in &records {
                    hand_on(&state.order_streams, record);
                }
            }
            Ok(FeedEvent::CaughtUp(partition)) => {
                if behind.remove(&partition) && behind.is_empty() {
                    state.health.set("order_streams", Condition::Ready);
                }
            }
            Ok(FeedEvent::Assigned(_) | FeedEvent::Revoked(_)) => {}
            Err(error) => return error.to_string(),
        }
    }
    "the feed has ended".into()
}

/// Prunes memory and sets gauges; never returns.
pub(crate) async fn prune(state: Arc<State>) {
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut count = 0_u64;
    loop {
        ticks.tick().await;
        count = count.wrapping_add(1);
        state.pending.prune(Instant::now());
        state.operator_keys.prune(Instant::now());
        if count.is_multiple_of(5) {
            state.limits.prune();
        }
        if count.is_multiple_of(600) {
            state.campaigns.prune(now());
        }
        gauges(&state);
    }
}

fn gauges(state: &State) {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let metrics = &state.metrics;
    metrics.waiters.set(number(state.pending.waiters()));
    metrics.undecided.set(number(state.pending.undecided()));
    metrics.campaigns.set(number(state.campaigns.len()));
    metrics.prices.set(number(state.prices.len()));
    metrics.streams.set(number(state.order_streams.subscriptions().taken_in_all()));
    metrics.watched.set(number(state.order_streams.len()));
    metrics.campaign_cache_current.set(i64::from(state.campaigns.is_current()));
    metrics.pressure.set(state.emitter.pressure());
    for policy in Policy::ALL {
        metrics.limiter_keys(policy, state.limits.keys(policy));
    }
}
