//! What the role counts of HTTP: rate, errors and duration per route, connections, streams.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry};
use web::server::{CAUSES, Observer};

/// Upper bounds of durations, seconds.
const DURATIONS: [f64; 10] = [0.0005, 0.002, 0.005, 0.02, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0];

/// Statuses that are counted by themselves; any other counts as `other`.
const STATUSES: [u16; 11] = [200, 204, 304, 400, 401, 403, 404, 405, 413, 429, 503];

/// The role's metrics.
pub(super) struct Metrics {
    requests: IntCounterVec,
    durations: Vec<Histogram>,
    routes: Vec<&'static str>,
    connections: IntGauge,
    connections_ended: IntCounterVec,
}

impl Metrics {
    /// Registers everything; `routes` are the routes' names, in order of the table.
    pub(super) fn new(
        registry: &Registry,
        routes: &[&'static str],
        streams: &IntGauge,
    ) -> Result<Self, prometheus::Error> {
        let requests = Opts::new("timesale_console_requests_total", "Requests that the console answered.");
        let requests = IntCounterVec::new(requests, &["route", "status"])?;
        let durations = HistogramOpts::new(
            "timesale_console_request_duration_seconds",
            "From a request's head to its answer at the console.",
        );
        let durations = HistogramVec::new(durations.buckets(DURATIONS.to_vec()), &["route"])?;
        let connections = IntGauge::new("timesale_console_connections", "Open connections of the console.")?;
        let ended =
            Opts::new("timesale_console_connections_ended_total", "Connections of the console that ended, and why.");
        let connections_ended = IntCounterVec::new(ended, &["cause"])?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(connections.clone()))?;
        registry.register(Box::new(connections_ended.clone()))?;
        registry.register(Box::new(streams.clone()))?;
        for route in routes {
            STATUSES.iter().for_each(|status| requests.with_label_values(&[*route, &status.to_string()]).reset());
            requests.with_label_values(&[*route, "other"]).reset();
        }
        CAUSES.iter().for_each(|cause| connections_ended.with_label_values(&[*cause]).reset());
        let durations = routes.iter().map(|route| durations.with_label_values(&[*route])).collect();
        Ok(Self { requests, durations, routes: routes.to_vec(), connections, connections_ended })
    }

    /// Counts an answer of the route at this place of the table; beyond it, of none.
    pub(super) fn answered(&self, route: usize, status: u16, took: Duration) {
        let place = route.min(self.routes.len().saturating_sub(1));
        let route = self.routes.get(place).copied().unwrap_or("unmatched");
        let status = if STATUSES.contains(&status) { status.to_string() } else { "other".to_owned() };
        self.requests.with_label_values(&[route, &status]).inc();
        if let Some(duration) = self.durations.get(place) {
            duration.observe(took.as_secs_f64());
        }
    }
}

impl Observer for Metrics {
    fn open(&self, connections: usize) {
        self.connections.set(i64::try_from(connections).unwrap_or(i64::MAX));
    }

    fn ended(&self, cause: &'static str) {
        self.connections_ended.with_label_values(&[cause]).inc();
    }
}
