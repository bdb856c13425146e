//! Whether the cluster answers at all: asked from outside, for a client that is idle or waits says nothing about it.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::super::cluster::{ClusterConfig, ConfigError};
use super::super::logging::Logging;
use super::super::{consumers, errors};
use crate::broker::BrokerError;

/// A client that belongs to no group and reads nothing.
pub struct Answers {
    client: BaseConsumer<Logging>,
}

impl Answers {
    /// Makes the client; it connects in the background.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(cluster: &ClusterConfig) -> Result<Self, ConfigError> {
        let mut client = cluster.client()?;
        // A broker that hangs is left for another one.
        client.set("socket.timeout.ms", "3000");
        Ok(Self { client: consumers::connect(&client, Logging)? })
    }

    /// Asks for a topic's partitions, which every broker knows. Blocks for `timeout` at most.
    ///
    /// # Errors
    /// [`BrokerError::Unavailable`] when no broker answers in time.
    pub fn ask(&self, topic: &str, timeout: Duration) -> Result<(), BrokerError> {
        let asked = self.client.fetch_metadata(Some(topic), timeout);
        // What the library has to say meanwhile is told when it happens.
        drop(self.client.poll(Duration::ZERO));
        asked.map(drop).map_err(|error| match errors::of_query(&error) {
            // A topic that is not there is an answer's content, and no error here; a refusal is not waited out, but is shown.
            BrokerError::Fatal(reason) => BrokerError::Unavailable(reason),
            other => other,
        })
    }
}
