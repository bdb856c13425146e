//! The role: every source watched by itself, until told to stop.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use events::ids::OfferSource;
use prometheus::Registry;
use streams::emitter::Emitter;
use streams::kafka::{ClusterConfig, EmitterConfig, KafkaEmitter};
use streams::service::{Health, Shutdown};
use tokio::task::{JoinError, JoinSet};

use super::board::Board;
use super::config::{Config, ConfigError};
use super::metrics::Metrics;
use super::source::Source;
use super::telling::TellError;
use super::token::AccessToken;
use crate::within::Within;
use crate::writer::Writer;

/// What the role works with.
pub struct Surroundings {
    /// The Kafka cluster.
    pub cluster: ClusterConfig,
    /// What price servers know us by, those that want it.
    pub tokens: BTreeMap<OfferSource, AccessToken>,
    /// Where metrics go.
    pub registry: Registry,
    /// Where `connectors.offers` says how it is doing.
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
    /// What is offered cannot be told.
    #[error(transparent)]
    Tell(#[from] TellError),
    /// A watch was torn down.
    #[error("the watch of a price server was torn down: {0}")]
    Torn(#[from] JoinError),
}

/// Watches the configured price servers and tells the prices processor what they offer, until told to stop. It keeps nothing: what
/// an earlier life has told is believed until its time is over, and told again by this one.
///
/// # Errors
/// [`Error`].
pub fn serve(config: Config, surroundings: Surroundings) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send>> {
    // Boxed, so that it is compiled here and not again in the binary.
    Box::pin(run(config, surroundings))
}

async fn run(config: Config, surroundings: Surroundings) -> Result<(), Error> {
    let Surroundings { cluster, tokens, registry, health, shutdown } = surroundings;
    let own = Within::register(&registry, "timesale_offers", "The emitter of the price servers' connector")?;
    let emitter = KafkaEmitter::new(&cluster, EmitterConfig::default(), &own)?;
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
    let (metrics, writer, board) = (Metrics::register(registry)?, Writer(emitter), Board::new(health));
    let mut watches = JoinSet::new();
    for (name, source) in &config.sources {
        let (token, writer) = (tokens.remove(name), writer.clone());
        watches.spawn(Source::new((name, source), token, config, writer, &metrics, board.clone())?.watch());
    }
    tokio::select! {
        () = shutdown.requested() => {}
        Some(ended) = watches.join_next() => ended??,
    }
    // What is under way is cut off: the next life asks again.
    watches.shutdown().await;
    Ok(())
}
