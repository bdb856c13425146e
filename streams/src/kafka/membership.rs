//! A consumer's membership of a group: the group's decisions are queued for the reader's own loop and answered when that is ready.
//!
//! New partitions are answered to the group at once and with nothing, because the library lets a member begin to read later; so a
//! reader that first restores its state does not delay the group. Revoked partitions are given up only when the reader is ready.
//! Relies on: the incremental (cooperative) protocol, which is the only one configured.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::util::Timeout;

use super::cluster::ConfigError;
use super::logging;

/// What the group has decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum GroupChange {
    /// These are assigned to this member.
    Assigned(Vec<i32>),
    /// These go to another member once they are given up.
    Revoked(Vec<i32>),
    /// These are another member's already.
    Lost(Vec<i32>),
}

/// Queues the group's decisions.
#[derive(Debug, Default)]
pub(super) struct Membership {
    changes: Mutex<VecDeque<GroupChange>>,
    leaving: AtomicBool,
    /// Whether the one answer that ends a membership has been given.
    left: AtomicBool,
}

/// How long the end of a membership is waited for. The library can wait for an answer without end (seen on a machine
/// with an overloaded broker), and a stream thread must not wait with it.
const CLOSE: Duration = Duration::from_secs(3);

/// A member of a group. Dropping it gives up all partitions at once: the library waits for the answers to its rebalances, and
/// nothing else would give them.
///
/// The consumer is there until the member ends.
pub(super) struct Member(Option<BaseConsumer<Membership>>);

impl Member {
    /// Joins.
    pub(super) fn join(client: &ClientConfig, topic: &str) -> Result<Self, ConfigError> {
        let member = Self::without_group(client)?;
        member.subscribe(&[topic]).map_err(|error| ConfigError::Refused(error.to_string()))?;
        Ok(member)
    }

    /// A reader of the same kind to which no group gives or takes anything.
    pub(super) fn without_group(client: &ClientConfig) -> Result<Self, ConfigError> {
        super::consumers::connect(client, Membership::default()).map(|consumer| Self(Some(consumer)))
    }

    /// Gives up partitions; those that were never begun are skipped, for the library knows nothing of them.
    pub(super) fn give_up(&self, topic: &str, partitions: &[i32]) -> KafkaResult<()> {
        let held = self.assignment()?;
        let held: Vec<i32> = held.elements_for_topic(topic).iter().map(|element| element.partition()).collect();
        let both = partitions.iter().copied().filter(|partition| held.contains(partition));
        self.incremental_unassign(&super::consumers::several(topic, both))
    }
}

impl Deref for Member {
    type Target = BaseConsumer<Membership>;

    fn deref(&self) -> &Self::Target {
        match &self.0 {
            Some(consumer) => consumer,
            None => unreachable!("only its end takes the consumer"),
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.context().leaving.store(true, Ordering::Relaxed);
        if let Err(error) = self.assignment().and_then(|held| self.incremental_unassign(&held)) {
            tracing::debug!(%error, "leaving");
        }
        let consumer = self.0.take();
        let (closing, closed) = mpsc::channel::<()>();
        let close = move || {
            drop(consumer);
            drop(closing);
        };
        // Without a thread to spare, the closure and with it the consumer ends here.
        if thread::Builder::new().name("kafka-close".into()).spawn(close).is_ok()
            && closed.recv_timeout(CLOSE) == Err(RecvTimeoutError::Timeout)
        {
            tracing::warn!("a consumer does not close within {} s: its thread is left running", CLOSE.as_secs());
        }
    }
}

impl Membership {
    /// The oldest decision that was not taken yet.
    pub(super) fn next_change(&self) -> Option<GroupChange> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn keep(&self, change: GroupChange) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).push_back(change);
    }
}

impl ClientContext for Membership {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        logging::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", %error, reason, "consumer");
    }
}

impl ConsumerContext for Membership {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, error: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let partitions: Vec<i32> = list.elements().iter().map(|element| element.partition()).collect();
        let assigning = error == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let leaving = self.leaving.load(Ordering::Relaxed);
        // While it ends, the library takes the first answer to whatever question for all of them; a second one may reach
        // no thread any more, and would wait without end.
        if leaving && self.left.swap(true, Ordering::Relaxed) {
            return;
        }
        let answer = if assigning {
            consumer.incremental_assign(&TopicPartitionList::new())
        } else if partitions.is_empty() || leaving {
            consumer.incremental_unassign(list)
        } else {
            Ok(())
        };
        if let Err(error) = answer {
            tracing::warn!(%error, assigning, "answering the group");
        }
        if partitions.is_empty() {
            return;
        }
        self.keep(if assigning {
            GroupChange::Assigned(partitions)
        } else if consumer.assignment_lost() {
            GroupChange::Lost(partitions)
        } else {
            GroupChange::Revoked(partitions)
        });
    }

    fn main_queue_min_poll_interval(&self) -> Timeout {
        Timeout::After(Duration::from_millis(100))
    }
}

/// Settings of a static member of a group. A member learns of a rebalance with its next heartbeat, so a new member waits for its
/// partitions as long as that: twelve heartbeats in a session are still only two a second.
pub(super) fn set(client: &mut ClientConfig, identity: &str, session_timeout_ms: u32) {
    client
        .set("group.protocol", "classic")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("group.instance.id", identity)
        .set("session.timeout.ms", session_timeout_ms.to_string())
        .set("heartbeat.interval.ms", (session_timeout_ms / 12).max(1).to_string());
}
