//! The role: the dispatcher on the real log, until shutdown.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use events::topics::PAYMENTS_INBOX;
use prometheus::Registry;
use streams::kafka::{ClusterConfig, EmitterConfig, Feed, FeedConfig, FeedError, KafkaEmitter};
use streams::service::{Condition, Health, Shutdown};
use web::secret_key::SecretKey;

use super::config::{Config, ConfigError};
use super::dispatcher::{DispatchError, Dispatcher, PART};
use super::metrics::Metrics;
use super::provider::Provider;

/// The connector's group.
pub const GROUP: &str = "timesale.connectors.toss";
/// How long the last commit of offsets may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// Commands are few and slow: small batches bound what waits in memory.
const BATCH_RECORDS: usize = 256;
const QUEUED_BATCHES: usize = 4;

/// What the role works with.
pub struct Deps {
    /// The Kafka cluster.
    pub cluster: ClusterConfig,
    /// Names this instance in its group: stable across restarts, unique among instances.
    pub instance: String,
    /// The provider's key.
    pub key: SecretKey,
    /// Where metrics go.
    pub registry: Registry,
    /// Where `connectors.toss` reports its condition.
    pub health: Health,
    /// When to stop.
    pub shutdown: Shutdown,
}

/// Why the role cannot begin, or cannot go on. A broker or a provider that is away is waited for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The cluster's settings are refused.
    #[error(transparent)]
    Cluster(#[from] streams::kafka::ConfigError),
    /// The provider's address cannot be one.
    #[error("[connectors.toss] base_url: {0}")]
    Address(#[from] std::io::Error),
    /// A metric's name is taken.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// Commands cannot be read.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The work cannot go on.
    #[error(transparent)]
    Dispatch(#[from] DispatchError),
}

/// Carries out what `payments.inbox` asks of the provider, until shutdown; returns within 10 s of the request.
///
/// # Errors
/// [`Error`].
pub fn serve(config: Config, deps: Deps) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send>> {
    // Boxed, so that it is compiled here and not again in the binary.
    Box::pin(run(config, deps))
}

async fn run(config: Config, deps: Deps) -> Result<(), Error> {
    config.check()?;
    let Deps { cluster, instance, key, registry, health, shutdown } = deps;
    health.set(PART, Condition::Starting("joining the group".into()));
    let metrics = Metrics::register(&registry)?;
    let provider = Arc::new(Provider::new(&config, &key, &metrics)?);
    let emitter = KafkaEmitter::new(&cluster, EmitterConfig::default(), &registry, ("timesale", "toss"))?;
    let reading = FeedConfig { batch_records: BATCH_RECORDS, queued_batches: QUEUED_BATCHES, ..FeedConfig::default() };
    let mut feed = Feed::of_group(&cluster, GROUP, &instance, PAYMENTS_INBOX.name(), reading)?;
    let dispatcher = Dispatcher::new(&config, provider, Arc::new(emitter), &metrics, health);
    let worked = dispatcher.work(&mut feed, shutdown).await;
    if !feed.end(FAREWELL).await {
        tracing::warn!("the last offsets could not be committed; some calls are made again");
    }
    Ok(worked?)
}
