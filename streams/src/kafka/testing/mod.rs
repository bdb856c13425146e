//! For tests against a real cluster: clients as other programs have them, and a broker of one's own.

mod own_broker;
mod plain;
mod proxy;

pub use own_broker::OwnBroker;
pub use plain::{PlainAdmin, PlainConsumer, PlainProducer, Protocol};
pub use proxy::{Action, Api, FrameProxy, Rule};

use std::collections::BTreeMap;

use super::cluster::ClusterConfig;
use crate::testing::service;

/// The cluster to test against, if there is one: `TIMESALE_TEST_KAFKA_BOOTSTRAP` says where.
#[must_use]
pub fn cluster() -> Option<ClusterConfig> {
    let bootstrap = service("Kafka", "TIMESALE_TEST_KAFKA_BOOTSTRAP")?;
    Some(ClusterConfig { bootstrap, client: BTreeMap::new() })
}
