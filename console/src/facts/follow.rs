//! Reads the topics of facts, the dead letters and the notes on these, committed records only, from the beginning of the log, without a group.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use events::codec::{self, Message};
use events::coupons::{CouponEvent, CouponFact};
use events::envelope::Envelope;
use events::inventory::{InventoryEvent, InventoryFact};
use events::manifest::{Manifest, ManifestError};
use events::orders::{OrderEvent, OrderFact};
use events::payments::{PaymentAnswer, PaymentEvent};
use events::settlement::{SettlementEvent, SettlementFact};
use events::time::Timestamp;
use events::topics::{
    COUPONS_EVENTS, DEAD_LETTERS, DEAD_LETTERS_HANDLED, INVENTORY_EVENTS, ORDERS_EVENTS, PAYMENTS_EVENTS,
    SETTLEMENT_EVENTS,
};
use streams::feed::{Batch, FeedError, Follower, Start};
use streams::kafka::{ClusterConfig, Feed, FeedConfig};
use streams::record::Record;
use streams::service::{Condition, Health};
use tokio::task::JoinSet;

use super::counts::{Counts, Since};
use super::dead_letters::DeadLetters;

/// How long the broker gathers facts, milliseconds: whoever looks does so once a second, and each fetch costs the broker and this role.
const GATHER_MS: u32 = 250;

/// The topics of facts, each with the types that its facts can have.
pub(super) const TOPICS: [(&str, &[&str]); 5] = [
    (COUPONS_EVENTS.name(), &CouponFact::KINDS),
    (INVENTORY_EVENTS.name(), &InventoryFact::KINDS),
    (ORDERS_EVENTS.name(), &OrderFact::KINDS),
    (PAYMENTS_EVENTS.name(), &PaymentAnswer::KINDS),
    (SETTLEMENT_EVENTS.name(), &SettlementFact::KINDS),
];

/// What has been counted, shared by those who count and those who show it. Cheap to clone.
#[derive(Clone, Default)]
pub struct Facts(Arc<Mutex<Known>>);

/// What has been counted, and how far it has come.
#[derive(Default)]
pub(super) struct Known {
    pub(super) counts: Counts,
    pub(super) dead_letters: DeadLetters,
    /// Topics that have not been read up to their ends yet.
    pub(super) warming: BTreeSet<&'static str>,
    /// Facts that this build cannot read, by topic.
    pub(super) unreadable: BTreeMap<&'static str, u64>,
}

/// Why facts cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    /// The build's own list of topics is broken.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl Facts {
    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows every topic of facts, the dead letters and their notes for ever; a feed that ends is opened again where it was.
///
/// # Errors
/// [`FactsError`] when it cannot begin.
pub async fn follow(facts: Facts, cluster: ClusterConfig, health: Health) -> Result<(), FactsError> {
    let manifest = Manifest::embedded()?;
    let topics = TOPICS.map(|(topic, _)| topic);
    // A letter is unhandled when there is no note on it, which only shows when all notes have been read.
    facts.known().warming.extend(topics.into_iter().chain([DEAD_LETTERS_HANDLED.name()]));
    let mut followers = JoinSet::new();
    for topic in topics.into_iter().chain([DEAD_LETTERS.name(), DEAD_LETTERS_HANDLED.name()]) {
        let partitions = manifest.topics.get(topic).map_or(1, |spec| spec.partitions);
        let positions = (0..partitions).map(|partition| (partition, None)).collect();
        let follower = TopicFollower { topic, facts: facts.clone(), positions, since: Since::Before };
        let (cluster, health) = (cluster.clone(), health.clone());
        followers.spawn(async move {
            let reading = FeedConfig { gather_ms: GATHER_MS, ..FeedConfig::default() };
            let open = |starts: &[(i32, Start)]| Feed::of_partitions(&cluster, topic, starts, reading.clone());
            streams::feed::follow(&format!("facts of {topic}"), open, follower, &health).await;
        });
    }
    followers.join_all().await;
    Ok(())
}

/// Follows one topic.
struct TopicFollower {
    topic: &'static str,
    facts: Facts,
    /// The next offset of each partition; none before the first.
    positions: BTreeMap<i32, Option<i64>>,
    since: Since,
}

impl Follower for TopicFollower {
    fn start(&mut self, outside_log: &BTreeSet<i32>) -> impl Future<Output = Vec<(i32, Start)>> + Send {
        let start = |(partition, position): (&i32, &Option<i64>)| {
            let position = position.filter(|_| !outside_log.contains(partition));
            (*partition, position.map_or(Start::Beginning, Start::Offset))
        };
        std::future::ready(self.positions.iter().map(start).collect())
    }

    fn apply(&mut self, batch: Batch<'_>) {
        let mut known = self.facts.known();
        for record in batch.records {
            if self.topic == DEAD_LETTERS.name() {
                known.dead_letters.take(record);
            } else if self.topic == DEAD_LETTERS_HANDLED.name() {
                known.dead_letters.take_note(record);
            } else if !known.take(self.topic, record, self.since) {
                *known.unreadable.entry(self.topic).or_default() += 1;
                tracing::debug!(self.topic, record.partition, record.offset, "a fact cannot be read");
            }
        }
        self.positions.insert(batch.partition, Some(batch.next));
    }

    fn caught_up(&mut self) {
        self.since = Since::Now;
        self.facts.known().warming.remove(self.topic);
    }

    fn condition(&mut self, is_caught_up: bool) -> Condition {
        // Whoever has caught up once stays so: what it has counted is right up to where it stands.
        if is_caught_up || self.since == Since::Now {
            Condition::Ready
        } else {
            Condition::Starting("reading the facts from the beginning".to_owned())
        }
    }

    fn ended(&mut self, reason: &FeedError) -> Condition {
        Condition::Degraded(format!("facts are not counted: {reason}"))
    }
}

impl Known {
    /// Takes a fact; whether this build can read it.
    fn take(&mut self, topic: &'static str, record: &Record, since: Since) -> bool {
        match topic {
            topic if topic == COUPONS_EVENTS.name() => self.decoded(
                topic,
                record,
                since,
                |event: &CouponEvent| event.at,
                |counts, event| counts.coupon(event, since),
            ),
            topic if topic == INVENTORY_EVENTS.name() => {
                self.decoded(topic, record, since, |event: &InventoryEvent| event.at, Counts::product)
            }
            topic if topic == ORDERS_EVENTS.name() => self.decoded(
                topic,
                record,
                since,
                |event: &OrderEvent| event.at,
                |counts, event| counts.order(event, since),
            ),
            topic if topic == PAYMENTS_EVENTS.name() => {
                self.decoded(topic, record, since, |event: &PaymentEvent| event.at, |_, _| {})
            }
            topic => self.decoded(topic, record, since, |event: &SettlementEvent| event.at, |_, _| {}),
        }
    }

    fn decoded<M: Message>(
        &mut self,
        topic: &'static str,
        record: &Record,
        since: Since,
        at: impl FnOnce(&M) -> Timestamp,
        take: impl FnOnce(&mut Counts, &M),
    ) -> bool {
        let envelope = Envelope::from_headers(record.header_pairs());
        let Ok(event) = codec::decode::<M>(record.value.as_deref(), &envelope) else { return false };
        self.counts.fact(topic, event.kind(), at(&event), since);
        take(&mut self.counts, &event);
        true
    }
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
