//! When a group can be joined again after an outage. A member that asks while the coordinator still loads its log is refused, and the
//! library asks again only two seconds later. So whoever was cut off leaves, and a new member joins once the coordinator answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::BaseConsumer;

use super::{SlotConfig, refused, source_topic};
use crate::broker::BrokerError;
use crate::kafka::cluster::{ClusterConfig, ConfigError};
use crate::kafka::consumers;
use crate::kafka::logging::Logging;

/// The pause before a coordinator that refused to answer is asked again.
const PAUSE: Duration = Duration::from_millis(10);

/// Asks a group's coordinator for a position until it answers.
pub(super) struct CoordinatorCheck {
    client: BaseConsumer<Logging>,
    source: Arc<str>,
}

impl CoordinatorCheck {
    pub(super) fn new(cluster: &ClusterConfig, slot: &SlotConfig) -> Result<Self, BrokerError> {
        let client = client_about(cluster, slot).map_err(refused)?;
        Ok(Self { client, source: source_topic(slot) })
    }

    /// Whether it answers within this time.
    pub(super) fn answers(&self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        loop {
            // The client's log waits to be told.
            drop(self.client.poll(Duration::ZERO));
            let left = deadline.saturating_duration_since(Instant::now());
            if consumers::committed(&self.client, &self.source, &[0], left).is_ok() {
                return true;
            }
            if deadline.saturating_duration_since(Instant::now()) <= PAUSE {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// A client that asks about the slot's group and never joins it. It is told of positions that a transaction is pending on, too.
pub(super) fn client_about(cluster: &ClusterConfig, slot: &SlotConfig) -> Result<BaseConsumer<Logging>, ConfigError> {
    let mut client = consumers::settings(cluster, &slot.group, slot.fetch_kbytes_per_partition)?;
    client.set("isolation.level", "read_uncommitted");
    consumers::connect(&client, Logging)
}
