//! Errors while a feed reads, and the replacement of a dead client.

use rdkafka::error::KafkaError;

use super::{Origin, Worker};
use crate::feed::{FeedError, FeedEvent};
use crate::kafka::cluster::{ClusterConfig, ConfigError};
use crate::kafka::feed::FeedConfig;
use crate::kafka::feed::partition_state::Stage;
use crate::kafka::membership::{self, Member};
use crate::kafka::{consumers, errors};

/// So many bytes need not gather for longer: one answer of a fetch.
const GATHERED_BYTES: &str = "1048576";

impl Worker {
    /// Handles an error of a poll: the library retries almost all of them by itself.
    pub(super) fn handle_error(&mut self, error: &KafkaError) -> Result<(), FeedError> {
        let Some(code) = error.rdkafka_error_code() else {
            return Ok(());
        };
        if errors::is_outside_log(code) {
            return Err(self.find_outside(error));
        }
        if errors::is_forbidden(code) || errors::is_corrupt(code) {
            return Err(fatal(&self.topic, error));
        }
        tracing::debug!(topic = %self.topic, %error, "polling a feed");
        Ok(())
    }

    /// The library does not report which partition's position is outside its log.
    fn find_outside(&self, error: &KafkaError) -> FeedError {
        for (partition, state) in &self.partitions {
            if let Stage::Reading { position, .. } = state.stage
                && let Ok(Some((first, _))) = self.ends(*partition)
                && position < first
            {
                return self.outside(*partition, position);
            }
        }
        fatal(&self.topic, error)
    }

    pub(super) fn outside(&self, partition: i32, position: i64) -> FeedError {
        FeedError::OutsideLog { topic: self.topic.to_string(), partition, position }
    }

    /// Replaces a dead client. The group assigns its partitions again; given ones continue where they were.
    pub(super) fn reconnect(&mut self) -> Result<(), FeedError> {
        if let Origin::Group { .. } = self.origin {
            let partitions: Vec<i32> = std::mem::take(&mut self.partitions).into_keys().collect();
            self.uncommitted.clear();
            if !partitions.is_empty() {
                self.pending_events.push_back(FeedEvent::Revoked(partitions));
            }
        }
        for state in self.partitions.values_mut() {
            state.lost();
        }
        self.paused = false;
        self.consumer = connect(&self.cluster, &self.topic, &self.origin, &self.config)?;
        Ok(())
    }
}

pub(super) fn connect(
    cluster: &ClusterConfig,
    topic: &str,
    origin: &Origin,
    config: &FeedConfig,
) -> Result<Member, ConfigError> {
    let reader = format!("{topic}.feed");
    let group = if let Origin::Group { group, .. } = origin { group } else { &reader };
    let mut client = consumers::settings(cluster, group, config.fetch_kbytes_per_partition)?;
    client.set("enable.partition.eof", "true");
    if config.gather_ms > 0 {
        client.set("fetch.min.bytes", GATHERED_BYTES).set("fetch.wait.max.ms", config.gather_ms.to_string());
    }
    match origin {
        Origin::Group { identity, .. } => {
            membership::set(&mut client, identity, config.session_timeout_ms);
            Member::join(&client, topic)
        }
        Origin::Partitions => Member::without_group(&client),
    }
}

pub(super) fn fatal(topic: &str, error: &KafkaError) -> FeedError {
    FeedError::Fatal(format!("{topic}: {error}"))
}
