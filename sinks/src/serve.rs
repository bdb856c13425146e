//! The role: both sinks side by side until told to stop.

use std::time::Duration;

use events::manifest::Manifest;
use events::projections::RedisKeys;
use events::topics::COUPONS_EVENTS;
use prometheus::Registry;
use streams::kafka::{ClusterConfig, Feed, FeedConfig};
use streams::service::{Health, Shutdown};
use tokio::task::JoinSet;

use crate::config::{Config, ConfigError};
use crate::monitor::Metrics;
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::worker::{self, Pace};

/// Group of the Postgres sink.
const POSTGRES_GROUP: &str = "timesale.sinks.postgres";
/// Group of the Redis sink.
const REDIS_GROUP: &str = "timesale.sinks.redis";
/// How long a batch in hand may take to end after the request to stop. Cutting it off is harmless: it is read again.
const GRACE: Duration = Duration::from_secs(8);

/// What the role works with.
pub struct Environment {
    /// The Kafka cluster.
    pub cluster: ClusterConfig,
    /// Names this instance in its groups: stable across restarts, unique among instances.
    pub instance: String,
    /// `postgres://user:password@host:port/database`; the database is made when there is none.
    pub postgres_url: String,
    /// `redis://host:port/number`
    pub redis_url: String,
    /// Where metrics go.
    pub registry: Registry,
    /// Where `sinks.postgres` and `sinks.redis` say how they are doing.
    pub health: Health,
    /// When to stop.
    pub shutdown: Shutdown,
}

/// Why the role cannot begin. Once begun it ends only when told to: a destination or a broker that is away is waited for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An address cannot be understood; it is not repeated, since it may hold a password.
    #[error("[{section}] url: {reason}")]
    Address {
        /// The section of the configuration.
        section: &'static str,
        /// Why.
        reason: String,
    },
    /// This build's own list of topics is broken.
    #[error(transparent)]
    Manifest(#[from] events::manifest::ManifestError),
    /// A metric's name is taken.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// A sink was torn down; its tasks never end by themselves.
    #[error("a sink was torn down: {0}")]
    Torn(String),
}

/// Keeps Postgres and Redis equal to `coupons.events` until told to stop; returns within 10 s of being told.
///
/// # Errors
/// [`Error`] when the role cannot begin.
pub async fn serve(config: Config, environment: Environment) -> Result<(), Error> {
    config.check()?;
    let topic = COUPONS_EVENTS.name();
    let manifest = Manifest::embedded()?;
    let partitions = manifest.topics.get(topic).map_or(0, |spec| spec.partitions);
    let Environment { cluster, instance, postgres_url, redis_url, registry, health, mut shutdown } = environment;
    let metrics = Metrics::register(&registry)?;
    let pace = Pace::of(&config);

    let postgres =
        Postgres::new(&postgres_url, topic).map_err(|reason| Error::Address { section: "postgres", reason })?;
    let redis = Redis::new(&redis_url, RedisKeys::new(&config.redis_prefix), partitions, metrics.epoch("redis"))
        .map_err(|reason| Error::Address { section: "redis", reason })?;
    let feed = move |group: &'static str| {
        let (cluster, instance) = (cluster.clone(), instance.clone());
        move || Feed::of_group(&cluster, group, &instance, topic, FeedConfig::default())
    };

    let mut sinks = JoinSet::new();
    sinks.spawn(worker::run(
        postgres,
        feed(POSTGRES_GROUP),
        pace,
        metrics.of("postgres", health.clone()),
        shutdown.clone(),
    ));
    sinks.spawn(worker::run(redis, feed(REDIS_GROUP), pace, metrics.of("redis", health), shutdown.clone()));

    tokio::select! {
        () = shutdown.requested() => {}
        ended = sinks.join_next() => if !shutdown.is_requested() { return Err(torn(ended)) },
    }
    let drained = tokio::time::timeout(GRACE, async {
        while let Some(ended) = sinks.join_next().await {
            if let Err(error) = ended {
                return Err(Error::Torn(error.to_string()));
            }
        }
        Ok(())
    });
    // What is still in hand after the grace is cut off with its connection; its transaction is undone and read again.
    drained.await.unwrap_or(Ok(()))
}

fn torn(ended: Option<Result<(), tokio::task::JoinError>>) -> Error {
    match ended {
        Some(Err(error)) => Error::Torn(error.to_string()),
        Some(Ok(())) | None => Error::Torn("it ended by itself".into()),
    }
}

#[cfg(test)]
#[path = "serve_tests.rs"]
mod tests;
