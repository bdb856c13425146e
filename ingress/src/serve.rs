//! The role: puts the parts together, follows the log, serves, drains.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use events::manifest::{Manifest, ManifestError};
use events::topics::{
    COUPONS_EVENTS, COUPONS_INBOX, DEAD_LETTERS, INGRESS_REPLIES, INVENTORY_INBOX, ORDERS_EVENTS, ORDERS_INBOX,
    PRICES_BEST, PRICES_INBOX, SETTLEMENT_INBOX,
};
use prometheus::Registry;
use streams::emitter::Emitter;
use streams::kafka::{
    AdminError, ClusterConfig, ConfigError as KafkaConfigError, EmitterConfig, KafkaEmitter, check_topics,
};
use streams::service::{Condition, Health, Shutdown};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use web::server;
use web::token::{Secrets, Verifier};

use crate::admission::Inboxes;
use crate::auth::{WebhookToken, WebhookTokenError};
use crate::campaign_cache::CampaignCache;
use crate::config::{Config, ConfigError};
use crate::follow;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::order_streams::OrderStreams;
use crate::prices::{self, PriceSource, Prices};
use crate::reads::{OrderReader, Postgres, Reads, Redis, SettlementReader};
use crate::replies::PendingRequests;
use crate::routes::TABLE;
use crate::service::Service;
use crate::state::State;

/// What ingress needs beside its configuration.
pub struct Deps {
    /// The log.
    pub kafka: ClusterConfig,
    /// Where the tables are; without it the cache of campaigns is read from the log's beginning.
    pub postgres: Option<String>,
    /// Where the views are; without it every read goes to Postgres.
    pub redis: Option<String>,
    /// Where prices are read instead of memory: only to be measured against it.
    pub prices: Option<Arc<dyn PriceSource>>,
    /// What signs tokens.
    pub secrets: Secrets,
    /// Where metrics are registered.
    pub registry: Registry,
    /// Where ingress tells how it is doing.
    pub health: Health,
    /// When to stop.
    pub shutdown: Shutdown,
}

/// Why ingress cannot open, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration breaks a rule.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The client's settings are refused.
    #[error(transparent)]
    Kafka(#[from] KafkaConfigError),
    /// The topics are not what this build expects, or cannot be asked.
    #[error(transparent)]
    Topics(#[from] AdminError),
    /// The build's own list of topics is broken.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The address cannot be listened to.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// An address of Redis or Postgres is not one.
    #[error("not an address of {0}")]
    Address(&'static str),
    /// The webhooks' token is none.
    #[error(transparent)]
    WebhookToken(#[from] WebhookTokenError),
    /// A metric's name is taken.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// A part was torn down.
    #[error("a part was torn down: {0}")]
    Torn(tokio::task::JoinError),
    /// Ingress was closed with requests under way.
    #[error("{connections} connections and {records} records were cut off: the drain took too long")]
    Drain {
        /// Connections with a request under way.
        connections: usize,
        /// Records without an acknowledgement.
        records: usize,
    },
}

/// How long the producer's queue may take to empty once ingress is shut.
const FLUSH_DEADLINE: Duration = Duration::from_secs(2);

/// Serves until asked to stop; then drains, within ten seconds.
///
/// # Errors
/// [`Error`].
pub fn serve(config: Config, deps: Deps) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send>> {
    // Boxed, so that it is compiled here and not again in the binary.
    Box::pin(run(config, deps))
}

async fn run(config: Config, deps: Deps) -> Result<(), Error> {
    config.check()?;
    let Deps { kafka, postgres, redis, prices: price_source, secrets, registry, health, shutdown } = deps;
    let manifest = Manifest::embedded()?;
    let partitions = |topic: &str| manifest.topics.get(topic).map_or(1, |spec| spec.partitions);
    let listener = server::bind(config.listen).map_err(|source| Error::Listen { address: config.listen, source })?;
    let expected: Vec<(&'static str, i32)> = [
        COUPONS_INBOX.name(),
        INVENTORY_INBOX.name(),
        ORDERS_INBOX.name(),
        ORDERS_EVENTS.name(),
        SETTLEMENT_INBOX.name(),
        PRICES_INBOX.name(),
        PRICES_BEST.name(),
        COUPONS_EVENTS.name(),
        INGRESS_REPLIES.name(),
        DEAD_LETTERS.name(),
    ]
    .into_iter()
    .map(|topic| (topic, partitions(topic)))
    .collect();
    let cluster = kafka.clone();
    match tokio::task::spawn_blocking(move || check_topics(&cluster, &expected)).await {
        Ok(checked) => checked?,
        Err(error) => return Err(Error::Torn(error)),
    }

    let emitter = EmitterConfig { queue_records: config.limits.most_queued, ..EmitterConfig::default() };
    let emitter = Arc::new(KafkaEmitter::new(&kafka, emitter, &registry, ("timesale", "ingress"))?);
    let reads = reads(&config, postgres.as_deref(), redis.as_deref())?;
    let parts =
        Parts { emitter: Arc::clone(&emitter) as Arc<dyn Emitter>, reads, price_source, secrets, registry, health };
    let reply_partition = reply_partition(&config, partitions(INGRESS_REPLIES.name()));
    let state = assemble(config, parts, reply_partition)?;

    let mut followers = JoinSet::new();
    followers.spawn(follow::replies(Arc::clone(&state), kafka.clone()));
    followers.spawn(follow::events(Arc::clone(&state), kafka.clone(), partitions(COUPONS_EVENTS.name())));
    followers.spawn(prices::follow(Arc::clone(&state), kafka.clone(), partitions(PRICES_BEST.name())));
    followers.spawn(follow::orders(Arc::clone(&state), kafka, partitions(ORDERS_EVENTS.name())));
    followers.spawn(follow::prune(Arc::clone(&state)));
    let connections = open(listener, Arc::clone(&state), shutdown).await;
    let records = emitter.flush(FLUSH_DEADLINE).await;
    followers.shutdown().await;
    if connections == 0 && records == 0 { Ok(()) } else { Err(Error::Drain { connections, records }) }
}

/// What [`serve`] makes and tests replace.
pub(crate) struct Parts {
    pub(crate) emitter: Arc<dyn Emitter>,
    pub(crate) reads: Reads,
    pub(crate) price_source: Option<Arc<dyn PriceSource>>,
    pub(crate) secrets: Secrets,
    pub(crate) registry: Registry,
    pub(crate) health: Health,
}

/// Puts the parts together.
///
/// # Errors
/// [`Error::Metrics`], [`Error::WebhookToken`].
pub(crate) fn assemble(config: Config, parts: Parts, reply_partition: i32) -> Result<Arc<State>, Error> {
    let names: Vec<&'static str> = TABLE.iter().map(|route| route.name).chain(["unmatched"]).collect();
    Ok(Arc::new(State {
        verifier: Verifier::new(&parts.secrets, &config.auth),
        limits: Limits::new(&config.limits),
        campaigns: CampaignCache::new(&config.campaign_cache),
        pending: Arc::new(PendingRequests::new(&config.waiting)),
        operator_keys: Arc::new(PendingRequests::new(&config.waiting)),
        order_streams: Arc::new(OrderStreams::new(&config.order_streams)),
        prices: Prices::default(),
        price_source: parts.price_source,
        reads: parts.reads,
        emitter: parts.emitter,
        inboxes: Inboxes::default(),
        reply_partition,
        webhook_token: config.webhooks.toss_token_file.as_deref().map(WebhookToken::of_file).transpose()?,
        metrics: Metrics::new(&parts.registry, &names)?,
        registry: parts.registry,
        health: parts.health,
        config,
    }))
}

/// Serves the listener until asked to stop; answers how many connections were cut off.
pub(crate) async fn open(listener: TcpListener, state: Arc<State>, shutdown: Shutdown) -> usize {
    state.health.set("ingress", Condition::Ready);
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, reply_partition = state.reply_partition, "ingress is open");
    }
    let service = Arc::new(Service::new(Arc::clone(&state)));
    let heartbeat = Duration::from_millis(state.config.order_streams.heartbeat_ms);
    let mut closing = shutdown.clone();
    let close = async {
        closing.requested().await;
        // Streams would outlast any drain.
        state.order_streams.close();
    };
    let mut stopping = shutdown;
    let stop = async move { stopping.requested().await };
    let served = server::run(listener, service, &state.metrics.http, &state.config.server, heartbeat, stop);
    tokio::join!(served, close).0
}

/// The partition of `ingress.replies` that this process reads: given, or the instance's number, or its name's hash.
fn reply_partition(config: &Config, partitions: i32) -> i32 {
    let derived = || {
        let number = config.instance.parse::<u64>().unwrap_or_else(|_| {
            let hash = blake3::hash(config.instance.as_bytes());
            hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
        });
        i32::try_from(number % u64::try_from(partitions.max(1)).unwrap_or(1)).unwrap_or(0)
    };
    config.reply_partition.filter(|partition| *partition < partitions).unwrap_or_else(derived)
}

fn reads(config: &Config, postgres: Option<&str>, redis: Option<&str>) -> Result<Reads, Error> {
    let postgres_deadline = Duration::from_millis(config.reads.postgres_timeout_ms);
    let postgres = postgres
        .map(|url| Postgres::new(url, config.reads.postgres_connections, postgres_deadline))
        .transpose()
        .map_err(|_| Error::Address("postgres"))?
        .map(Arc::new);
    let redis = redis.map(Redis::new).transpose().map_err(|_| Error::Address("redis"))?;
    Ok(Reads {
        redis,
        shop: postgres.clone().map(|postgres| postgres as Arc<dyn OrderReader>),
        accounts: postgres.clone().map(|postgres| postgres as Arc<dyn SettlementReader>),
        postgres,
        redis_deadline: Duration::from_millis(config.reads.redis_timeout_ms),
        postgres_deadline,
    })
}
