//! The role: a worker for each destination and each topic that it holds, side by side until shutdown.

use std::pin::Pin;
use std::time::Duration;

use events::manifest::Manifest;
use projections::RedisKeys;
use prometheus::Registry;
use streams::kafka::{ClusterConfig, Feed, FeedConfig};
use streams::service::{Health, Shutdown};
use tokio::task::JoinSet;

use crate::config::{Config, ConfigError};
use crate::monitor::Metrics;
use crate::postgres::Postgres;
use crate::reachability;
use crate::redis::Redis;
use crate::stream::Stream;
use crate::worker::{self, Pace};

/// What the groups' names begin with: `timesale.sinks.<destination>.<topic's worker>`.
const GROUP: &str = "timesale.sinks";
/// How long a batch in hand may take to end after the request to stop. Cutting it off is harmless: it is read again.
const GRACE: Duration = Duration::from_secs(8);

/// What the role depends on.
pub struct Deps {
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
    /// Where every worker reports its condition, as `sinks.postgres.orders`; and whether the services answer, as `postgres` and `redis`.
    pub health: Health,
    /// When to stop.
    pub shutdown: Shutdown,
}

/// Why the role cannot begin. Once begun it ends only on shutdown: a destination or a broker that is away is waited for.
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

/// The group with which a sink (`postgres` or `redis`) reads a topic; none when it does not read it.
#[must_use]
pub fn group(sink: &str, topic: &str) -> Option<String> {
    let streams: &[Stream] = match sink {
        "postgres" => &Stream::IN_POSTGRES,
        "redis" => &Stream::IN_REDIS,
        _ => return None,
    };
    streams.iter().find(|stream| stream.topic() == topic).map(|stream| group_of(sink, *stream))
}

fn group_of(sink: &str, stream: Stream) -> String {
    format!("{GROUP}.{sink}.{}", stream.name())
}

/// Keeps Postgres and Redis equal to the topics of facts until shutdown, which takes 10 s at most.
///
/// # Errors
/// [`Error`] when the role cannot begin.
pub fn serve(config: Config, deps: Deps) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send>> {
    // Boxed, so that it is compiled here and not again in the binary.
    Box::pin(run(config, deps))
}

async fn run(config: Config, deps: Deps) -> Result<(), Error> {
    config.check()?;
    let manifest = Manifest::embedded()?;
    let Deps { cluster, instance, postgres_url, redis_url, registry, health, mut shutdown } = deps;
    let metrics = Metrics::register(&registry)?;
    let pace = Pace::of(&config);
    let feed = |sink: &str, stream: Stream| {
        let (cluster, instance) = (cluster.clone(), instance.clone());
        let group = group_of(sink, stream);
        move || Feed::of_group(&cluster, &group, &instance, stream.topic(), FeedConfig::default())
    };

    let mut sinks = JoinSet::new();
    for stream in Stream::IN_POSTGRES {
        let postgres = Postgres::new(&postgres_url, stream.topic());
        let postgres = postgres.map_err(|reason| Error::Address { section: "postgres", reason })?;
        let monitor = metrics.of("postgres", stream, health.clone());
        sinks.spawn(worker::run(postgres, feed("postgres", stream), pace, monitor, shutdown.clone()));
    }
    let shares = shares(&manifest);
    for stream in Stream::IN_REDIS {
        let (keys, epoch) = (RedisKeys::new(&config.redis_prefix), metrics.epoch("redis"));
        let redis = Redis::new(&redis_url, keys, stream.topic(), shares.clone(), epoch);
        let redis = redis.map_err(|reason| Error::Address { section: "redis", reason })?;
        let monitor = metrics.of("redis", stream, health.clone());
        sinks.spawn(worker::run(redis, feed("redis", stream), pace, monitor, shutdown.clone()));
    }

    sinks.spawn(reachability::postgres(postgres_url, health.clone(), shutdown.clone()));
    sinks.spawn(reachability::redis(redis_url, health, shutdown.clone()));

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

/// Every partition of every topic that Redis holds.
fn shares(manifest: &Manifest) -> Vec<String> {
    let partitions = |topic| manifest.topics.get(topic).map_or(0, |spec| spec.partitions);
    let of = |stream: Stream| {
        (0..partitions(stream.topic())).map(move |one| RedisKeys::partition_field(stream.topic(), one))
    };
    Stream::IN_REDIS.into_iter().flat_map(of).collect()
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
