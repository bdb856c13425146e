//! What ingress counts: rate, errors and duration per route; limits, refusals at ingress, waiters, the queue. Every label has
//! a closed list of values, and the hot path touches atomics only.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};
use warp::http::StatusCode;

use crate::limits::Policy;

/// Upper bounds of durations, seconds: from an answer out of memory to the longest wait.
const DURATIONS: [f64; 14] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Statuses that are counted by themselves; any other counts as `other`.
const STATUSES: [u16; 22] =
    [200, 201, 202, 204, 304, 400, 401, 402, 403, 404, 405, 408, 409, 411, 413, 415, 422, 429, 431, 500, 502, 503];

/// Ingress's metrics.
pub(crate) struct Metrics {
    routes: Vec<RouteMetrics>,
    limiter: [[IntCounter; 2]; 4],
    limiter_keys: IntGaugeVec,
    refused: IntCounterVec,
    /// Requests being handled.
    pub(crate) in_flight: IntGauge,
    /// Requests waiting for a decision.
    pub(crate) waiters: IntGauge,
    /// Admitted requests without a decision.
    pub(crate) undecided: IntGauge,
    /// How full the producer's queue is, thousandths.
    pub(crate) pressure: IntGauge,
    /// Campaigns on the cache of campaigns.
    pub(crate) campaigns: IntGauge,
    /// Streams of orders' events.
    pub(crate) streams: IntGauge,
    /// Orders that somebody watches.
    pub(crate) watched: IntGauge,
    /// Open connections.
    pub(crate) connections: IntGauge,
    connections_ended: IntCounterVec,
    replies: IntCounterVec,
    reads: IntCounterVec,
    webhooks: IntCounterVec,
    price_records: [IntCounter; 2],
    price_age: Histogram,
    /// Products with a price.
    pub(crate) prices: IntGauge,
    /// Whether the cache of campaigns's numbers are current (1) or not (0).
    pub(crate) campaign_cache_current: IntGauge,
}

struct RouteMetrics {
    statuses: Vec<IntCounter>,
    other: IntCounter,
    duration: Histogram,
}

impl Metrics {
    /// Registers everything; `routes` are the routes' names, in order of the table.
    ///
    /// # Errors
    /// [`prometheus::Error`] when a name is taken.
    pub(crate) fn new(registry: &Registry, routes: &[&'static str]) -> Result<Self, prometheus::Error> {
        let counters = |name: &str, help: &str, labels: &[&str]| {
            register(registry, IntCounterVec::new(Opts::new(name, help), labels)?)
        };
        let gauge = |name: &str, help: &str| register(registry, IntGauge::new(name, help)?);
        let requests = counters("http_requests_total", "Requests answered.", &["route", "status"])?;
        let durations = register(
            registry,
            HistogramVec::new(
                HistogramOpts::new("http_request_duration_seconds", "From a request's head to its answer.")
                    .buckets(DURATIONS.to_vec()),
                &["route"],
            )?,
        )?;
        let decisions = counters("ingress_limiter_decisions_total", "Rate limits asked.", &["policy", "decision"])?;
        let price_records =
            counters("ingress_price_records_total", "Changes of prices read, once all were read.", &["outcome"])?;
        let per_route = |route: &str| RouteMetrics {
            statuses: STATUSES.iter().map(|status| requests.with_label_values(&[route, &status.to_string()])).collect(),
            other: requests.with_label_values(&[route, "other"]),
            duration: durations.with_label_values(&[route]),
        };
        Ok(Self {
            routes: routes.iter().map(|route| per_route(route)).collect(),
            limiter: Policy::ALL.map(|policy| {
                ["allowed", "limited"].map(|decision| decisions.with_label_values(&[policy.name(), decision]))
            }),
            limiter_keys: register(
                registry,
                IntGaugeVec::new(Opts::new("ingress_limiter_keys", "Keys that a rate limit remembers."), &["policy"])?,
            )?,
            refused: counters("ingress_refused_at_the_door_total", "Claims refused from memory.", &["reason"])?,
            in_flight: gauge("http_requests_in_flight", "Requests being handled.")?,
            waiters: gauge("ingress_waiters", "Requests waiting for a decision.")?,
            undecided: gauge("ingress_undecided_requests", "Admitted requests without a decision so far.")?,
            pressure: gauge("ingress_queue_pressure_permille", "How full the producer's queue is, thousandths.")?,
            campaigns: gauge("ingress_board_campaigns", "Campaigns on the cache of campaigns.")?,
            streams: gauge("ingress_streams", "Streams of orders' events.")?,
            watched: gauge("ingress_watched_orders", "Orders that somebody watches.")?,
            connections: gauge("http_connections", "Open connections.")?,
            connections_ended: counters("http_connections_ended_total", "Connections ended, and why.", &["cause"])?,
            replies: counters("ingress_replies_total", "Replies read.", &["kind"])?,
            reads: counters("ingress_reads_total", "Reads of projections.", &["source", "outcome"])?,
            webhooks: counters("ingress_webhooks_total", "Webhooks of the payment provider.", &["outcome"])?,
            price_records: ["taken", "unreadable"].map(|outcome| price_records.with_label_values(&[outcome])),
            price_age: register(
                registry,
                Histogram::with_opts(
                    HistogramOpts::new(
                        "ingress_price_age_seconds",
                        "How old a change of a price is when this process shows it, by the record's timestamp.",
                    )
                    .buckets(DURATIONS.to_vec()),
                )?,
            )?,
            prices: gauge("ingress_prices", "Products with a price in memory.")?,
            campaign_cache_current: gauge(
                "ingress_campaign_cache_current",
                "Whether the cache of campaigns is current.",
            )?,
        })
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, route: usize, status: StatusCode, took: Duration) {
        // The last is for requests that no route took.
        let Some(metrics) = self.routes.get(route).or_else(|| self.routes.last()) else { return };
        let place = STATUSES.iter().position(|known| *known == status.as_u16());
        place.and_then(|place| metrics.statuses.get(place)).unwrap_or(&metrics.other).inc();
        metrics.duration.observe(took.as_secs_f64());
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
        self.price_age.observe(age_ms.max(0) as f64 / 1_000.0);
    }

    /// Counts a read.
    pub(crate) fn read(&self, source: &'static str, outcome: &'static str) {
        self.reads.with_label_values(&[source, outcome]).inc();
    }
}

fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> Result<C, prometheus::Error> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

impl web::server::Observer for Metrics {
    fn open(&self, connections: usize) {
        self.connections.set(i64::try_from(connections).unwrap_or(i64::MAX));
    }

    fn ended(&self, cause: &'static str) {
        self.connections_ended.with_label_values(&[cause]).inc();
    }
}
