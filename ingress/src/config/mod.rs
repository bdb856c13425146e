//! The configuration of ingress. Every value has a default that suits production behind a load balancer; units are in the names.
//! Secrets are not configuration: see [`crate::auth::Secrets`].

mod orders;
mod prices;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};
pub use web::server::ServerConfig;
pub use web::token::TokenConfig;

pub use orders::{OrderStreamsConfig, OrdersConfig, WebhooksConfig};

pub use prices::PricesConfig;

use crate::limits::Network;

/// The configuration of ingress: the section `[ingress]`.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Which of several ingress processes this is; stable over restarts.
    pub instance: String,
    /// The partition of `ingress.replies` this process reads; derived from the instance unless given. Processes may share one.
    pub reply_partition: Option<i32>,
    /// Connections and their deadlines.
    pub server: ServerConfig,
    /// Tokens.
    pub auth: TokenConfig,
    /// Rate limits and load shedding.
    pub limits: LimitsConfig,
    /// Waiting for decisions.
    pub waiting: WaitingConfig,
    /// Refusing from memory.
    #[serde(alias = "board")]
    pub campaign_cache: CampaignCacheConfig,
    /// Showing prices.
    pub prices: PricesConfig,
    /// Reading the projections.
    pub reads: ReadsConfig,
    /// Time limits of orders.
    pub orders: OrdersConfig,
    /// Watching orders.
    #[serde(alias = "timelines")]
    pub order_streams: OrderStreamsConfig,
    /// Webhooks.
    pub webhooks: WebhooksConfig,
}

/// Rate limits, requests a second with a burst, and load shedding.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// All requests of this process.
    pub global: Rate,
    /// One shopper.
    pub caller: Rate,
    /// One operator: a person, or a warehouse's system.
    pub operator: Rate,
    /// One address, or one /64 of IPv6.
    pub address: Rate,
    /// Whether peers on the loopback interface are limited by address: a load balancer or a load test on the same host.
    pub loopback: Loopback,
    /// Keys that each map of keyed limits may hold; new keys are refused while it is full.
    pub most_keys: usize,
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Records that may wait for the log's acknowledgement at once.
    pub most_queued: usize,
    /// How full the producer's queue may be before claims are shed, `0.0..=1.0`.
    pub most_pressure: f64,
    /// Admitted requests without a decision before claims are shed.
    pub most_undecided: usize,
}

/// So many a second, and so many at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// A second.
    pub per_second: u32,
    /// At once.
    pub burst: u32,
}

/// What to do with peers on the loopback interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Loopback {
    /// No limit by address.
    Exempt,
    /// Limited like any address.
    Limited,
}

/// Waiting for decisions.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct WaitingConfig {
    /// How long a claim waits for its decision unless it says otherwise, milliseconds.
    pub default_wait_ms: u64,
    /// The longest wait a client may ask for, seconds, at most 10.
    pub longest_wait_seconds: u64,
    /// How long a claim waits for the log's acknowledgement, milliseconds; longer than the producer tries.
    pub acknowledgement_timeout_ms: u64,
    /// Requests waiting for a decision at once; one more is answered 202 as soon as it is in the log.
    pub most_waiters: usize,
    /// Requests remembered, under way or decided.
    pub most_remembered: usize,
    /// A request is remembered for at least this long unless room runs out, and at most twice as long, milliseconds.
    pub remembered_ms: u64,
}

/// Refusing from memory.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct CampaignCacheConfig {
    /// How far this machine's clock may be from the log's: within this margin of a window's edge the processor is asked,
    /// milliseconds.
    pub clock_margin_ms: i64,
    /// How long after its claim window a campaign's granted requests are remembered, milliseconds.
    pub grants_remembered_ms: i64,
}

/// Reading the projections.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadsConfig {
    /// How long Redis may take before Postgres is asked, milliseconds.
    pub redis_timeout_ms: u64,
    /// How long Postgres may take, milliseconds.
    pub postgres_timeout_ms: u64,
    /// Connections to Postgres, read-only.
    pub postgres_connections: u32,
}

/// Why a configuration is not one.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("ingress.{field}: {rule}")]
pub struct ConfigError {
    /// The field, below `[ingress]`.
    pub field: &'static str,
    /// The rule it breaks.
    pub rule: &'static str,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            instance: "0".into(),
            reply_partition: None,
            server: ServerConfig::default(),
            auth: TokenConfig::default(),
            limits: LimitsConfig::default(),
            waiting: WaitingConfig::default(),
            campaign_cache: CampaignCacheConfig::default(),
            prices: PricesConfig::default(),
            reads: ReadsConfig::default(),
            orders: OrdersConfig::default(),
            order_streams: OrderStreamsConfig::default(),
            webhooks: WebhooksConfig::default(),
        }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            global: Rate { per_second: 50_000, burst: 50_000 },
            caller: Rate { per_second: 20, burst: 40 },
            operator: Rate { per_second: 1_000, burst: 2_000 },
            address: Rate { per_second: 200, burst: 400 },
            loopback: Loopback::Exempt,
            most_keys: 1_000_000,
            trusted_proxies: Vec::new(),
            most_queued: 50_000,
            most_pressure: 0.9,
            most_undecided: 200_000,
        }
    }
}

impl Default for WaitingConfig {
    fn default() -> Self {
        Self {
            default_wait_ms: 2_000,
            longest_wait_seconds: 10,
            acknowledgement_timeout_ms: 10_000,
            most_waiters: 20_000,
            most_remembered: 100_000,
            remembered_ms: 60_000,
        }
    }
}

impl Default for CampaignCacheConfig {
    fn default() -> Self {
        Self { clock_margin_ms: 2_000, grants_remembered_ms: 24 * 3_600_000 }
    }
}

impl Default for ReadsConfig {
    fn default() -> Self {
        Self { redis_timeout_ms: 250, postgres_timeout_ms: 2_000, postgres_connections: 4 }
    }
}

impl Config {
    /// Checks every rule that a type cannot hold.
    ///
    /// # Errors
    /// [`ConfigError`] with the first field that breaks a rule.
    pub fn check(&self) -> Result<(), ConfigError> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let Self { server, auth, limits, waiting, campaign_cache, reads, order_streams, .. } = self;
        let rates = [limits.global, limits.caller, limits.operator, limits.address];
        let rules = [
            (
                (1..=64).contains(&self.instance.len()) && self.instance.bytes().all(legal),
                "instance",
                "must have 1 to 64 letters, digits, '-' or '_'",
            ),
            (self.reply_partition.is_none_or(|partition| partition >= 0), "reply_partition", "must not be negative"),
            (server.most_connections >= 1, "server.most_connections", "must be at least 1"),
            (
                [server.header_timeout_ms, server.body_timeout_ms, server.idle_timeout_ms, server.write_timeout_ms]
                    .iter()
                    .all(|timeout| (100..=600_000).contains(timeout)),
                "server",
                "deadlines must be 100 to 600000 milliseconds",
            ),
            (server.drain_timeout_ms <= 8_000, "server.drain_timeout_ms", "must be at most 8000"),
            (
                (8_192..=1_048_576).contains(&server.most_header_bytes),
                "server.most_header_bytes",
                "must be 8192 to 1048576",
            ),
            ((16..=1_024).contains(&server.most_headers), "server.most_headers", "must be 16 to 1024"),
            (!auth.issuer.is_empty() && !auth.audience.is_empty(), "auth", "issuer and audience must be named"),
            (auth.leeway_seconds <= 60, "auth.leeway_seconds", "must be at most 60"),
            (rates.iter().all(|rate| rate.per_second >= 1 && rate.burst >= 1), "limits", "a rate must be at least 1"),
            (limits.most_keys >= 64, "limits.most_keys", "must be at least 64"),
            ((1..=1_000_000).contains(&limits.most_queued), "limits.most_queued", "must be 1 to 1000000"),
            ((0.0..=1.0).contains(&limits.most_pressure), "limits.most_pressure", "must be 0.0 to 1.0"),
            (limits.most_undecided >= 1, "limits.most_undecided", "must be at least 1"),
            (waiting.longest_wait_seconds <= 10, "waiting.longest_wait_seconds", "must be at most 10"),
            (
                waiting.default_wait_ms <= waiting.longest_wait_seconds.saturating_mul(1_000),
                "waiting.default_wait_ms",
                "must not be longer than the longest wait",
            ),
            (
                (100..=60_000).contains(&waiting.acknowledgement_timeout_ms),
                "waiting.acknowledgement_timeout_ms",
                "must be 100 to 60000",
            ),
            (waiting.most_remembered >= 64, "waiting.most_remembered", "must be at least 64"),
            (waiting.remembered_ms >= 1_000, "waiting.remembered_ms", "must be at least 1000"),
            (
                (0..=600_000).contains(&campaign_cache.clock_margin_ms),
                "campaign_cache.clock_margin_ms",
                "must be 0 to 600000",
            ),
            (campaign_cache.grants_remembered_ms >= 0, "campaign_cache.grants_remembered_ms", "must not be negative"),
            (reads.redis_timeout_ms >= 1 && reads.postgres_timeout_ms >= 1, "reads", "a deadline must be at least 1"),
            (reads.postgres_connections >= 1, "reads.postgres_connections", "must be at least 1"),
            (self.prices.longest_cache_seconds <= 86_400, "prices.longest_cache_seconds", "must be at most 86400"),
            (self.orders.limits().is_plausible(), "orders", "limits must be 1 second to 90 days, to pay at most 1 day"),
            (
                order_streams.most_streams >= 1 && order_streams.most_streams_per_caller >= 1,
                "order_streams",
                "a number of streams must be at least 1",
            ),
            (
                (100..=60_000).contains(&order_streams.heartbeat_ms),
                "order_streams.heartbeat_ms",
                "must be 100 to 60000",
            ),
            (
                (1_000..=86_400_000).contains(&order_streams.longest_ms),
                "order_streams.longest_ms",
                "must be 1000 to 86400000",
            ),
            ((1..=1_024).contains(&order_streams.most_kept), "order_streams.most_kept", "must be 1 to 1024"),
        ];
        match rules.into_iter().find(|(holds, _, _)| !holds) {
            Some((_, field, rule)) => Err(ConfigError { field, rule }),
            None => Ok(()),
        }
    }
}
