//! What the connector shows, by source: their names come from the configuration, so there are few. Every series of a source is there
//! from the start, at 0.

use std::time::Duration;

use prometheus::{Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use super::offer_cache::Update;
use crate::breaker_metrics::{BreakerMetric, BreakerMetrics};
use crate::call_outcomes::CALL_OUTCOMES;

/// What a price server answers when nothing has changed.
pub(crate) const UNCHANGED: &str = "unchanged";
/// Commands that the connector writes.
const COMMANDS: [&str; 2] = ["offer", "withdraw_offer"];
/// Why a row is no offer: see [`OfSource::left_out`].
const LEFT_OUT: [&str; 3] = ["unreadable", "stale", "in_future"];

/// Every metric of the connector. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    calls: IntCounterVec,
    call_duration: HistogramVec,
    commands: IntCounterVec,
    rows_left_out: IntCounterVec,
    breakers: BreakerMetrics,
    products: IntGaugeVec,
    answered_at: GaugeVec,
}

/// The metrics of one source.
#[derive(Clone)]
pub(crate) struct OfSource {
    name: String,
    all: Metrics,
    pub(crate) breaker: BreakerMetric,
    pub(crate) products: IntGauge,
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
        let buckets = prometheus::exponential_buckets(0.001, 2.0, 14)?;
        let durations = HistogramOpts::new(
            "timesale_offers_call_duration_seconds",
            "Time from sending a call to a price server to its answer.",
        );
        let call_duration = HistogramVec::new(durations.buckets(buckets), &["source"])?;
        registry.register(Box::new(call_duration.clone()))?;
        let products = IntGaugeVec::new(options("products", "Products that a price server offers now."), &["source"])?;
        registry.register(Box::new(products.clone()))?;
        let answered_at = GaugeVec::new(
            options(
                "last_answer_timestamp_seconds",
                "When a price server gave its last usable answer, since 1970; 0 before the first.",
            ),
            &["source"],
        )?;
        registry.register(Box::new(answered_at.clone()))?;
        Ok(Self {
            calls: counter("calls_total", "Calls to a price server, by what became of them.", &["source", "outcome"])?,
            call_duration,
            commands: counter("commands_total", "Commands written to the prices processor.", &["source", "command"])?,
            rows_left_out: counter(
                "rows_left_out_total",
                "Rows of a price server's answers that were not taken as offers.",
                &["source", "reason"],
            )?,
            breakers: BreakerMetrics::register(registry, "offers")?,
            products,
            answered_at,
        })
    }

    pub(crate) fn of(&self, source: &str) -> OfSource {
        for outcome in CALL_OUTCOMES.into_iter().chain([UNCHANGED]) {
            self.calls.with_label_values(&[source, outcome]).inc_by(0);
        }
        for command in COMMANDS {
            self.commands.with_label_values(&[source, command]).inc_by(0);
        }
        for reason in LEFT_OUT {
            self.rows_left_out.with_label_values(&[source, reason]).inc_by(0);
        }
        drop(self.call_duration.with_label_values(&[source]));
        OfSource {
            name: source.to_owned(),
            all: self.clone(),
            breaker: self.breakers.of(source),
            products: self.products.with_label_values(&[source]),
            answered_at: self.answered_at.with_label_values(&[source]),
        }
    }
}

impl OfSource {
    pub(crate) fn call(&self, outcome: &str, took: Duration) {
        self.all.calls.with_label_values(&[&self.name, outcome]).inc();
        self.all.call_duration.with_label_values(&[&self.name]).observe(took.as_secs_f64());
    }

    pub(crate) fn command(&self, kind: &str) {
        self.all.commands.with_label_values(&[self.name.as_str(), kind]).inc();
    }

    pub(crate) fn left_out(&self, unreadable: u64, update: &Update) {
        for (reason, rows) in LEFT_OUT.into_iter().zip([unreadable, update.stale, update.ahead]) {
            self.all.rows_left_out.with_label_values(&[self.name.as_str(), reason]).inc_by(rows);
        }
    }
}
