//! What a role counts of HTTP: requests by route and status, how long they took, connections and why they ended. Every series is there
//! from the start at 0, and counting an answer touches atomics only. What the families are called is the role's.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use crate::server::{CAUSES, Observer};

/// A family's name and help text.
pub type Name = (&'static str, &'static str);

/// What a role counts, and under which names.
#[derive(Clone, Copy, Debug)]
pub struct Families {
    /// Counter of requests, by `route` and `status`.
    pub requests: Name,
    /// Histogram of the time from a request's head to its answer, seconds, by `route`.
    pub durations: Name,
    /// Upper bounds of its buckets, seconds.
    pub buckets: &'static [f64],
    /// Statuses that are counted by themselves; any other counts as `other`.
    pub statuses: &'static [u16],
    /// Gauge of open connections.
    pub connections: Name,
    /// Counter of connections that the server ended or did not take, by `cause`.
    pub connections_ended: Name,
}

/// The metrics of one role's routes and connections.
pub struct HttpMetrics {
    statuses: &'static [u16],
    routes: Vec<RouteMetrics>,
    connections: IntGauge,
    connections_ended: IntCounterVec,
}

struct RouteMetrics {
    /// In the order of the statuses; the last is for all others.
    answers: Vec<IntCounter>,
    duration: Histogram,
}

impl HttpMetrics {
    /// Registers everything; `routes` are the routes' names, the last of them for requests that no route takes.
    ///
    /// # Errors
    /// [`prometheus::Error`] when a name is taken.
    pub fn register(registry: &Registry, families: &Families, routes: &[&str]) -> Result<Self, prometheus::Error> {
        let counter = |(name, help): Name, labels: &[&str]| {
            registered(registry, IntCounterVec::new(Opts::new(name, help), labels)?)
        };
        let requests = counter(families.requests, &["route", "status"])?;
        let (name, help) = families.durations;
        let durations = HistogramOpts::new(name, help).buckets(families.buckets.to_vec());
        let durations = registered(registry, HistogramVec::new(durations, &["route"])?)?;
        let of_route = |route: &&str| {
            let statuses = families.statuses.iter().map(u16::to_string).chain(["other".to_owned()]);
            RouteMetrics {
                answers: statuses.map(|status| requests.with_label_values(&[*route, &status])).collect(),
                duration: durations.with_label_values(&[*route]),
            }
        };
        let routes = routes.iter().map(of_route).collect();
        let (name, help) = families.connections;
        let connections = registered(registry, IntGauge::new(name, help)?)?;
        let connections_ended = counter(families.connections_ended, &["cause"])?;
        CAUSES.iter().for_each(|cause| connections_ended.with_label_values(&[*cause]).reset());
        Ok(Self { statuses: families.statuses, routes, connections, connections_ended })
    }

    /// Counts an answer of the route at this place of the names; beyond them, of none.
    pub fn answered(&self, route: usize, status: u16, took: Duration) {
        let Some(metrics) = self.routes.get(route).or_else(|| self.routes.last()) else { return };
        let place = self.statuses.iter().position(|known| *known == status).unwrap_or(self.statuses.len());
        if let Some(answers) = metrics.answers.get(place) {
            answers.inc();
        }
        metrics.duration.observe(took.as_secs_f64());
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> i64 {
        self.connections.get()
    }
}

impl Observer for HttpMetrics {
    fn open(&self, connections: usize) {
        self.connections.set(i64::try_from(connections).unwrap_or(i64::MAX));
    }

    fn ended(&self, cause: &'static str) {
        self.connections_ended.with_label_values(&[cause]).inc();
    }
}

fn registered<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> Result<C, prometheus::Error> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

#[cfg(test)]
mod tests {
    use prometheus::TextEncoder;

    use super::*;

    const FAMILIES: Families = Families {
        requests: ("door_requests_total", "Requests."),
        durations: ("door_seconds", "Seconds."),
        buckets: &[0.5, 2.0],
        statuses: &[200, 404],
        connections: ("door_connections", "Connections."),
        connections_ended: ("door_connections_ended_total", "Ends."),
    };

    #[test]
    fn every_series_is_there_from_the_start_and_an_answer_counts_once() {
        let registry = Registry::new();
        let metrics = HttpMetrics::register(&registry, &FAMILIES, &["page", "unmatched"]).unwrap();
        let value = |series: &str| {
            let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
            let found = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse::<f64>().ok());
            found.unwrap_or_else(|| panic!("{series} in {text}"))
        };
        for route in ["page", "unmatched"] {
            for status in ["200", "404", "other"] {
                assert_eq!(value(&format!("door_requests_total{{route=\"{route}\",status=\"{status}\"}}")), 0.0);
            }
            assert_eq!(value(&format!("door_seconds_count{{route=\"{route}\"}}")), 0.0);
        }
        for cause in CAUSES {
            assert_eq!(value(&format!("door_connections_ended_total{{cause=\"{cause}\"}}")), 0.0);
        }
        metrics.answered(0, 200, Duration::from_secs(1));
        metrics.answered(0, 418, Duration::from_secs(1));
        metrics.answered(9, 404, Duration::from_secs(3));
        metrics.open(7);
        metrics.ended("idle");
        for (series, expected) in [
            ("door_requests_total{route=\"page\",status=\"200\"}", 1.0),
            ("door_requests_total{route=\"page\",status=\"other\"}", 1.0),
            ("door_requests_total{route=\"unmatched\",status=\"404\"}", 1.0),
            ("door_seconds_bucket{route=\"page\",le=\"2\"}", 2.0),
            ("door_seconds_sum{route=\"unmatched\"}", 3.0),
            ("door_connections", 7.0),
            ("door_connections_ended_total{cause=\"idle\"}", 1.0),
        ] {
            assert_eq!(value(series), expected, "{series}");
        }
        assert_eq!(metrics.connections(), 7);
        assert!(HttpMetrics::register(&registry, &FAMILIES, &[]).is_err(), "the names are taken");
    }
}
