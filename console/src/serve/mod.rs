//! The role: looks at lag, counts the business, and shows both over HTTP, to people and to programs.

mod alerts;
mod asyncapi;
mod caller;
mod config;
mod handlers;
mod letters;
mod page;
mod parameters;
mod problem;
mod routes;
#[cfg(test)]
mod serve_tests;
mod service;
#[cfg(test)]
mod slow_reader_tests;
mod state;
mod stories;
mod stream;
mod taps;
mod topics;
mod topology;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use streams::kafka::ClusterConfig;
use streams::service::{Condition, Health, Shutdown};
use web::server;
use web::token::Secrets;

pub use config::{Config, ConfigError};
pub use taps::TapsConfig;
pub use topology::Application;

use crate::facts::{self, Facts, FactsMetrics};
use crate::lag::{Collector, LagMetrics, Watched, look_duration};
use crate::tap::MaskKey;
use letters::Letters;
use service::Service;
use state::State;
use stream::Streams;
use taps::Taps;

/// What the role needs beside its configuration.
pub struct Deps {
    /// The cluster.
    pub cluster: ClusterConfig,
    /// Where Postgres is, for the rows that its sink put aside.
    pub postgres: String,
    /// The groups of this installation and what they read.
    pub watched: Vec<Watched>,
    /// The applications of this installation: what each reads and writes.
    pub applications: Vec<Application>,
    /// What signs tokens and sessions.
    pub secrets: Secrets,
    /// What hashes of personal fields are keyed with; none redacts them.
    pub mask_key: Option<MaskKey>,
    /// Where metrics are registered.
    pub registry: Registry,
    /// Where the role tells how it is doing.
    pub health: Health,
    /// When to stop.
    pub shutdown: Shutdown,
}

/// Why the role cannot begin, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The lag collector's settings are refused.
    #[error(transparent)]
    Lag(#[from] crate::lag::ConfigError),
    /// The address cannot be listened to.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// No thread can be started.
    #[error("no thread for the lag collector: {0}")]
    Thread(std::io::Error),
    /// A metric's name is taken.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// The build's own list of topics is broken.
    #[error(transparent)]
    Manifest(#[from] events::manifest::ManifestError),
    /// Facts cannot be followed.
    #[error(transparent)]
    Facts(#[from] facts::FactsError),
}

/// The longest that a stream is silent.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How long the ends of taps may take to be written down once the drain is over.
const ENDS_WITHIN: Duration = Duration::from_secs(2);

/// Serves until asked to stop; then ends every stream and drains.
///
/// # Errors
/// [`Error`] when the role cannot begin.
pub fn serve(config: Config, deps: Deps) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send>> {
    // Boxed, so that it is compiled here and not again in the binary.
    Box::pin(run(config, deps))
}

async fn run(config: Config, deps: Deps) -> Result<(), Error> {
    config.check()?;
    let Deps { cluster, postgres, watched, applications, secrets, mask_key, registry, health, shutdown } = deps;
    let listener = server::bind(config.listen).map_err(|source| Error::Listen { address: config.listen, source })?;
    let collector = Collector::new(&cluster, &config.lag, &watched)?;
    let latest = collector.start(look_duration(&registry)?, shutdown.clone()).map_err(Error::Thread)?;
    LagMetrics::register(&registry, &config.lag, latest.clone())?;
    let facts = Facts::default();
    FactsMetrics::register(&registry, facts.clone())?;
    let counting = tokio::spawn(facts::follow(facts.clone(), cluster.clone(), health.clone()));

    let streams = Arc::new(Streams::new(config.most_streams, config.most_streams_per_caller)?);
    let publishing = tokio::spawn(stream::publish(Arc::clone(&streams), latest.clone(), facts.clone()));
    let taps = Arc::new(Taps::new(config.taps.clone(), cluster.clone(), mask_key, &secrets, &registry)?);
    let letters = Letters::new(cluster, postgres.clone());
    let state = State::new(
        config,
        latest,
        facts,
        letters,
        taps,
        postgres,
        streams,
        &watched,
        &applications,
        &secrets,
        &registry,
    )?;
    let state = Arc::new(state);
    health.set("console", Condition::Ready);
    tracing::info!(address = %state.config.listen, "the console is open");
    let mut closing = shutdown.clone();
    let close = async {
        closing.requested().await;
        // Streams would outlast any drain.
        state.streams.close();
        state.taps.close();
    };
    let mut stopping = shutdown;
    let stop = async move { stopping.requested().await };
    let service = Arc::new(Service::new(Arc::clone(&state)));
    let served = server::run(listener, service, &state.metrics, &state.config.server, HEARTBEAT, stop);
    let (cut_off, ()) = tokio::join!(served, close);
    if cut_off > 0 {
        tracing::warn!(connections = cut_off, "connections were cut off: the drain took too long");
    }
    // Connections are gone; what is left is to be written down.
    if tokio::time::timeout(ENDS_WITHIN, state.taps.ended()).await.is_err() {
        tracing::warn!("the ends of some taps are not written to the audit topic");
    }
    counting.abort();
    publishing.abort();
    Ok(())
}
