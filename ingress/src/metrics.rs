//! What ingress counts: rate, errors and duration per route; limits, refusals at ingress, waiters, the queue. Every label has
//! a closed list of values, every series is there from the start at 0, and the hot path touches atomics only.

use events::coupons::Refusal;
use prometheus::core::Collector;
use prometheus::{Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use web::metrics::{Families, HttpMetrics};

use crate::follow_lag::FollowLag;
use crate::limits::Policy;
use crate::replies::Resolved;

/// Upper bounds of durations, seconds: from an answer out of memory to the longest wait.
const DURATIONS: [f64; 14] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Statuses that are counted by themselves; any other counts as `other`.
const STATUSES: [u16; 22] =
    [200, 201, 202, 204, 304, 400, 401, 402, 403, 404, 405, 408, 409, 411, 413, 415, 422, 429, 431, 500, 502, 503];

/// What ingress calls the families that every role with routes has.
const HTTP: Families = Families {
    requests: ("http_requests_total", "Requests answered, by route and status."),
    durations: ("http_request_duration_seconds", "Time from a request's head to its answer."),
    buckets: &DURATIONS,
    statuses: &STATUSES,
    connections: ("http_connections", "Connections open now."),
    connections_ended: ("http_connections_ended_total", "Connections that the server ended or did not take, by cause."),
};

/// Ingress's metrics.
pub(crate) struct Metrics {
    /// Requests and connections.
    pub(crate) http: HttpMetrics,
    limiter: [[IntCounter; 2]; 4],
    limiter_keys: IntGaugeVec,
    refused: IntCounterVec,
    /// Requests being handled.
    pub(crate) in_flight: IntGauge,
    /// Requests waiting for a decision.
    pub(crate) waiters: IntGauge,
    /// Admitted requests without a decision.
    pub(crate) undecided: IntGauge,
    /// How full the producer's queue is, 0 to 1.
    pub(crate) pressure: Gauge,
    /// Campaigns on the cache of campaigns.
    pub(crate) campaigns: IntGauge,
    /// Streams of orders' events.
    pub(crate) streams: IntGauge,
    /// Orders that somebody watches.
    pub(crate) watched: IntGauge,
    replies: IntCounterVec,
    reads: IntCounterVec,
    webhooks: IntCounterVec,
    price_records: [IntCounter; 2],
    price_latency: Histogram,
    /// Products with a price.
    pub(crate) prices: IntGauge,
    /// Whether the cache of campaigns's numbers are current (1) or not (0).
    pub(crate) campaign_cache_current: IntGauge,
    /// How far the followed topics are ahead of this process.
    pub(crate) follow_lag: FollowLag,
}

/// Refusals that the cache of campaigns gives.
const FROM_MEMORY: [Refusal; 5] =
    [Refusal::UnknownCampaign, Refusal::NotOpen, Refusal::Closed, Refusal::Paused, Refusal::SoldOut];
/// What a reply can be.
const REPLIES: [Resolved; 3] = [Resolved::Known, Resolved::Unknown, Resolved::Unreadable];
/// What a read can give.
const READS: [&str; 3] = ["failed", "found", "missing"];
/// Where is read.
const SOURCES: [&str; 2] = ["postgres", "redis"];
/// What can become of a webhook.
const WEBHOOKS: [&str; 8] = [
    "foreign_order",
    "garbage",
    "not_stored",
    "rate_limited",
    "sender_refused",
    "stored",
    "unknown_status",
    "unknown_type",
];

impl Metrics {
    /// Registers everything; `routes` are the routes' names, in order of the table.
    ///
    /// # Errors
    /// [`prometheus::Error`] when a name is taken.
    pub(crate) fn new(registry: &Registry, routes: &[&'static str]) -> Result<Self, prometheus::Error> {
        let counters = |name: &str, help: &str, labels: &[&str]| counters(registry, name, help, labels);
        let gauge = |name: &str, help: &str| register(registry, IntGauge::new(name, help)?);
        let decisions = counters(
            "timesale_ingress_limiter_decisions_total",
            "Decisions of the rate limits.",
            &["policy", "decision"],
        )?;
        let (price_records, price_latency) = price_metrics(registry)?;
        Ok(Self {
            http: HttpMetrics::register(registry, &HTTP, routes)?,
            limiter: Policy::ALL.map(|policy| {
                ["allowed", "limited"].map(|decision| decisions.with_label_values(&[policy.name(), decision]))
            }),
            limiter_keys: register(
                registry,
                IntGaugeVec::new(
                    Opts::new("timesale_ingress_limiter_keys", "Callers and addresses that a rate limit remembers."),
                    &["policy"],
                )?,
            )?,
            refused: shown(
                counters(
                    "timesale_ingress_refused_from_memory_total",
                    "Claims refused from the cache of campaigns, without asking the processor.",
                    &["reason"],
                )?,
                FROM_MEMORY.map(Refusal::code),
            ),
            in_flight: gauge("http_requests_in_flight", "Requests being handled now.")?,
            waiters: gauge("timesale_ingress_waiters", "Requests that wait for a decision now.")?,
            undecided: gauge(
                "timesale_ingress_undecided_requests",
                "Requests that are in the log and have no decision so far.",
            )?,
            pressure: register(
                registry,
                Gauge::new(
                    "timesale_ingress_producer_queue_ratio",
                    "How full the queue of records to be written is: 0 is empty, at 1 requests are refused.",
                )?,
            )?,
            campaigns: gauge("timesale_ingress_cached_campaigns", "Campaigns in the cache of campaigns.")?,
            streams: gauge(
                "timesale_ingress_event_streams",
                "Streams of orders' events that are open to shoppers now.",
            )?,
            watched: gauge("timesale_ingress_watched_orders", "Orders that somebody watches now.")?,
            replies: shown(
                counters(
                    "timesale_ingress_replies_total",
                    "Replies of processors read; an unknown one belongs to another process or was forgotten.",
                    &["kind"],
                )?,
                REPLIES.map(Resolved::name),
            ),
            reads: reads(counters(
                "timesale_ingress_reads_total",
                "Reads of Postgres and Redis, by what they gave.",
                &["source", "outcome"],
            )?),
            webhooks: shown(
                counters(
                    "timesale_ingress_webhooks_total",
                    "Webhooks of the payment provider, by what became of them.",
                    &["outcome"],
                )?,
                WEBHOOKS,
            ),
            price_records,
            price_latency,
            prices: gauge("timesale_ingress_priced_products", "Products with a price in memory.")?,
            campaign_cache_current: gauge(
                "timesale_ingress_campaign_cache_current",
                "1 while the cache of campaigns is current; 0 while nothing is refused from it.",
            )?,
            follow_lag: FollowLag::register(registry)?,
        })
    }

    /// Counts a rate limit's decision.
    pub(crate) fn limiter(&self, policy: Policy, is_allowed: bool) {
        let [allowed, limited] = match policy {
            Policy::Global => &self.limiter[0],
            Policy::Caller => &self.limiter[1],
            Policy::Operator => &self.limiter[2],
            Policy::Address => &self.limiter[3],
        };
        if is_allowed { allowed.inc() } else { limited.inc() }
    }

    /// States how many keys a rate limit remembers.
    pub(crate) fn limiter_keys(&self, policy: Policy, keys: usize) {
        self.limiter_keys.with_label_values(&[policy.name()]).set(i64::try_from(keys).unwrap_or(i64::MAX));
    }

    /// Counts a refusal from memory.
    pub(crate) fn refused(&self, reason: &'static str) {
        self.refused.with_label_values(&[reason]).inc();
    }

    /// Counts a reply.
    pub(crate) fn reply(&self, kind: &'static str) {
        self.replies.with_label_values(&[kind]).inc();
    }

    /// Counts a webhook.
    pub(crate) fn webhook(&self, outcome: &'static str) {
        self.webhooks.with_label_values(&[outcome]).inc();
    }

    /// Counts a change of a price, so many milliseconds old.
    pub(crate) fn price(&self, is_taken: bool, age_ms: i64) {
        let [taken, unreadable] = &self.price_records;
        if is_taken {
            taken.inc()
        } else {
            unreadable.inc()
        }
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 milliseconds")]
        self.price_latency.observe(age_ms.max(0) as f64 / 1_000.0);
    }

    /// Counts a read.
    pub(crate) fn read(&self, source: &'static str, outcome: &'static str) {
        self.reads.with_label_values(&[source, outcome]).inc();
    }
}

/// Changes of prices, those that were taken and those that could not be read, and how late they are shown.
fn price_metrics(registry: &Registry) -> Result<([IntCounter; 2], Histogram), prometheus::Error> {
    let records = counters(
        registry,
        "timesale_ingress_price_records_total",
        "Changes of prices read after the first reading of all prices.",
        &["outcome"],
    )?;
    let options = HistogramOpts::new(
        "timesale_ingress_price_latency_seconds",
        "From the timestamp of a price's record until this process shows the price.",
    );
    let latency = register(registry, Histogram::with_opts(options.buckets(DURATIONS.to_vec()))?)?;
    Ok((["taken", "unreadable"].map(|outcome| records.with_label_values(&[outcome])), latency))
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, prometheus::Error> {
    register(registry, IntCounterVec::new(Opts::new(name, help), labels)?)
}

/// The counter, with a series for each of these values of its label.
fn shown<const N: usize>(counter: IntCounterVec, values: [&str; N]) -> IntCounterVec {
    values.into_iter().for_each(|value| counter.with_label_values(&[value]).reset());
    counter
}

/// The counter of reads, with a series for each source and outcome.
fn reads(counter: IntCounterVec) -> IntCounterVec {
    for source in SOURCES {
        READS.into_iter().for_each(|outcome| counter.with_label_values(&[source, outcome]).reset());
    }
    counter
}

fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> Result<C, prometheus::Error> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}
