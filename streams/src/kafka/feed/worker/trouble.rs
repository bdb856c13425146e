//! What can go wrong while a feed reads, and a new client in the place of a dead one.

use rdkafka::error::KafkaError;

use super::{Origin, Worker};
use crate::feed::FeedEvent;
use crate::kafka::cluster::{ClusterConfig, ConfigError};
use crate::kafka::feed::lane::Stage;
use crate::kafka::feed::{FeedConfig, FeedError};
use crate::kafka::membership::{self, Member};
use crate::kafka::{consumers, errors};

impl Worker {
    /// Sorts what a poll has said: almost everything the library cures by itself.
    pub(super) fn judge(&mut self, error: &KafkaError) -> Result<(), FeedError> {
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

    /// The library does not say which partition's position is outside its log.
    fn find_outside(&self, error: &KafkaError) -> FeedError {
        for (partition, lane) in &self.lanes {
            if let Stage::Reading { position, .. } = lane.stage
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

    /// Puts a new client in the place of a dead one. The group's partitions come anew; named ones go on where they were.
    pub(super) fn reconnect(&mut self) -> Result<(), FeedError> {
        if let Origin::Group { .. } = self.origin {
            let partitions: Vec<i32> = std::mem::take(&mut self.lanes).into_keys().collect();
            self.untold.clear();
            if !partitions.is_empty() {
                self.outbox.push_back(FeedEvent::Revoked(partitions));
            }
        }
        for lane in self.lanes.values_mut() {
            lane.lost();
        }
        self.held = false;
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
