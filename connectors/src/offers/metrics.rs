//! What the connector shows, by source: their names come from the configuration, so there are few.

use std::time::Duration;

use prometheus::{Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use super::offer_cache::Update;

/// Every metric of the connector. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    calls: IntCounterVec,
    call_seconds: HistogramVec,
    commands: IntCounterVec,
    rows_left_out: IntCounterVec,
    breaker: IntGaugeVec,
    offers: IntGaugeVec,
    answered_seconds: GaugeVec,
}

/// The metrics of one source.
#[derive(Clone)]
pub(crate) struct OfSource {
    name: String,
    all: Metrics,
    pub(crate) breaker: IntGauge,
    pub(crate) offers: IntGauge,
    /// When it answered last, seconds since 1970.
    pub(crate) answered_at: Gauge,
}

impl Metrics {
    /// Makes and registers them.
    ///
    /// # Errors
    /// [`prometheus::Error`] when a name is taken.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let options = |name: &str, help: &str| Opts::new(format!("timesale_offers_{name}"), help);
        let counter = |name: &str, help: &str, labels: &[&str]| -> Result<IntCounterVec, prometheus::Error> {
            let metric = IntCounterVec::new(options(name, help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let gauge = |name: &str, help: &str| -> Result<IntGaugeVec, prometheus::Error> {
            let metric = IntGaugeVec::new(options(name, help), &["source"])?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let buckets = prometheus::exponential_buckets(0.001, 2.0, 14)?;
        let seconds = HistogramOpts::new("timesale_offers_call_seconds", "Time from sending a call to its answer");
        let call_seconds = HistogramVec::new(seconds.buckets(buckets), &["source"])?;
        registry.register(Box::new(call_seconds.clone()))?;
        let answered_seconds = GaugeVec::new(
            options("last_answer_timestamp_seconds", "When a price server gave its last usable answer, since 1970"),
            &["source"],
        )?;
        registry.register(Box::new(answered_seconds.clone()))?;
        Ok(Self {
            calls: counter("calls_total", "Calls to price servers by what became of them", &["source", "outcome"])?,
            call_seconds,
            commands: counter("commands_total", "Commands written to the prices processor", &["source", "command"])?,
            rows_left_out: counter("rows_left_out_total", "Rows of answers that are no offers", &["source", "reason"])?,
            breaker: gauge("breaker_state", "0: calls go through; 1: one tries; 2: none goes through")?,
            offers: gauge("offers", "Products that a price server offers now")?,
            answered_seconds,
        })
    }

    pub(crate) fn of(&self, source: &str) -> OfSource {
        OfSource {
            name: source.to_owned(),
            all: self.clone(),
            breaker: self.breaker.with_label_values(&[source]),
            offers: self.offers.with_label_values(&[source]),
            answered_at: self.answered_seconds.with_label_values(&[source]),
        }
    }
}

impl OfSource {
    pub(crate) fn call(&self, outcome: &str, took: Duration) {
        self.all.calls.with_label_values(&[&self.name, outcome]).inc();
        self.all.call_seconds.with_label_values(&[&self.name]).observe(took.as_secs_f64());
    }

    pub(crate) fn command(&self, kind: &str) {
        self.all.commands.with_label_values(&[self.name.as_str(), kind]).inc();
    }

    pub(crate) fn left_out(&self, unreadable: u64, update: &Update) {
        for (reason, rows) in [("unreadable", unreadable), ("stale", update.stale), ("in_future", update.ahead)] {
            self.all.rows_left_out.with_label_values(&[self.name.as_str(), reason]).inc_by(rows);
        }
    }
}
