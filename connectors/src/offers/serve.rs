//! The role: every source watched by itself, until shutdown.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use events::ids::OfferSource;
use prometheus::Registry;
use streams::emitter::Emitter;
use streams::kafka::{ClusterConfig, EmitterConfig, KafkaEmitter};
use streams::service::{Health, Shutdown};
use tokio::task::{JoinError, JoinSet};

use super::config::{Config, ConfigError};
use super::metrics::Metrics;
use super::publisher::PublishError;
use super::source::Source;
use super::source_health::SourceHealth;
use super::token::AccessToken;
use crate::writer::Writer;

/// What the role depends on.
pub struct Deps {
    /// The Kafka cluster.
    pub cluster: ClusterConfig,
    /// What price servers know us by, those that want it.
    pub tokens: BTreeMap<OfferSource, AccessToken>,
    /// Where metrics go.
    pub registry: Registry,
    /// Where `connectors.offers` reports its condition.
    pub health: Health,
    /// When to stop.
    pub shutdown: Shutdown,
}

/// Why the role cannot begin, or cannot go on. A broker or a price server that is away is waited for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The cluster's settings are refused.
    #[error(transparent)]
    Cluster(#[from] streams::kafka::ConfigError),
    /// A server's address cannot be one.
    #[error("[connectors.offers] base_url: {0}")]
    Address(#[from] std::io::Error),
    /// A metric's name is taken.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// What is offered cannot be published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A watch was torn down.
    #[error("the watch of a price server was torn down: {0}")]
    Torn(#[from] JoinError),
}

/// Polls the configured price servers and publishes what they offer to the prices processor, until shutdown. It keeps nothing: what an
/// earlier process published is believed until its time is over, and published again by this one.
///
/// # Errors
/// [`Error`].
pub fn serve(config: Config, deps: Deps) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send>> {
    // Boxed, so that it is compiled here and not again in the binary.
    Box::pin(run(config, deps))
}

async fn run(config: Config, deps: Deps) -> Result<(), Error> {
    let Deps { cluster, tokens, registry, health, shutdown } = deps;
    let emitter = KafkaEmitter::new(&cluster, EmitterConfig::default(), &registry, ("timesale", "offers"))?;
    watch((&config, tokens), Arc::new(emitter), &registry, health, shutdown).await
}

/// The role on any log.
pub(crate) async fn watch(
    (config, mut tokens): (&Config, BTreeMap<OfferSource, AccessToken>),
    emitter: Arc<dyn Emitter>,
    registry: &Registry,
    health: Health,
    mut shutdown: Shutdown,
) -> Result<(), Error> {
    config.check()?;
    let (metrics, writer, source_health) = (Metrics::register(registry)?, Writer(emitter), SourceHealth::new(health));
    let mut watches = JoinSet::new();
    for (name, source) in &config.sources {
        let (token, writer) = (tokens.remove(name), writer.clone());
        watches.spawn(Source::new((name, source), token, config, writer, &metrics, source_health.clone())?.watch());
    }
    tokio::select! {
        () = shutdown.requested() => {}
        Some(ended) = watches.join_next() => ended??,
    }
    // What is under way is cut off: the next process polls again.
    watches.shutdown().await;
    Ok(())
}
