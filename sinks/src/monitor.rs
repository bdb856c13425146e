//! What a worker shows: its condition, and metrics in a registry. Names are the same for every worker, told apart by the labels
//! `sink` (the destination) and `topic`.

use std::time::Duration;

use events::time::Timestamp;
use prometheus::{
    GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};
use streams::service::{Condition, Health};

use crate::destination::Applied;
use crate::stream::Stream;

const LABELS: [&str; 2] = ["sink", "topic"];

/// Every metric of this room.
pub(crate) struct Metrics {
    batch_records: HistogramVec,
    batch_duration: HistogramVec,
    rows: IntCounterVec,
    stale: IntCounterVec,
    dead: IntCounterVec,
    retries: IntCounterVec,
    fenced: IntCounterVec,
    sessions: IntCounterVec,
    rebuilds: IntCounterVec,
    stopped: IntGaugeVec,
    epoch: IntGaugeVec,
    written: GaugeVec,
}

impl Metrics {
    /// Makes and registers them.
    ///
    /// # Errors
    /// [`prometheus::Error`] when a name is taken.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str| -> Result<IntCounterVec, prometheus::Error> {
            let metric = IntCounterVec::new(Opts::new(format!("timesale_sink_{name}"), help), &LABELS)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let gauge = |name: &str, help: &str, labels: &[&str]| -> Result<IntGaugeVec, prometheus::Error> {
            let metric = IntGaugeVec::new(Opts::new(format!("timesale_sink_{name}"), help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let histogram = |name: &str, help: &str, buckets: Vec<f64>| -> Result<HistogramVec, prometheus::Error> {
            let options = HistogramOpts::new(format!("timesale_sink_{name}"), help).buckets(buckets);
            let metric = HistogramVec::new(options, &LABELS)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let written = GaugeVec::new(
            Opts::new(
                "timesale_sink_written_timestamp_seconds",
                "Log time of the newest fact written, since 1970; how far behind that is says the lag of the sink's group.",
            ),
            &["sink", "topic", "partition"],
        )?;
        registry.register(Box::new(written.clone()))?;
        let sizes = prometheus::exponential_buckets(1.0, 4.0, 9)?;
        let times = prometheus::exponential_buckets(0.001, 2.5, 11)?;
        Ok(Self {
            batch_records: histogram("batch_records", "Records written in one batch.", sizes)?,
            batch_duration: histogram(
                "batch_duration_seconds",
                "Time from a batch's first attempt until it is written.",
                times,
            )?,
            rows: counter("rows_total", "Rows made or changed.")?,
            stale: counter("stale_rows_total", "Rows left alone because they were there already, as new or newer.")?,
            dead: counter("dead_records_total", "Records that could not become rows.")?,
            retries: counter("retries_total", "Attempts that did not work and were made again.")?,
            fenced: counter("fenced_total", "Times another owner had taken a partition over.")?,
            sessions: counter("sessions_total", "Times the destination was connected and its partitions claimed.")?,
            rebuilds: counter("rebuilds_total", "Times a partition was begun at the beginning of the log.")?,
            stopped: gauge(
                "stopped_partitions",
                "Partitions that are owned but not written: an operator has to look.",
                &LABELS,
            )?,
            epoch: gauge(
                "epoch_timestamp_seconds",
                "When the epoch being written was begun, since 1970; 0 while there is none.",
                &["sink"],
            )?,
            written,
        })
    }

    /// When the epoch that a sink writes was begun, seconds since 1970.
    pub(crate) fn epoch(&self, sink: &str) -> IntGauge {
        self.epoch.with_label_values(&[sink])
    }

    /// The metrics and the condition of the worker that writes a topic to a destination.
    pub(crate) fn of(&self, sink: &'static str, stream: Stream, health: Health) -> Monitor {
        let labels = &[sink, stream.topic()];
        let monitor = Monitor {
            sink,
            stream,
            part: format!("sinks.{sink}.{}", stream.name()),
            health,
            shown: None,
            batch_records: self.batch_records.with_label_values(labels),
            batch_duration: self.batch_duration.with_label_values(labels),
            rows: self.rows.with_label_values(labels),
            stale: self.stale.with_label_values(labels),
            dead: self.dead.with_label_values(labels),
            retries: self.retries.with_label_values(labels),
            fenced: self.fenced.with_label_values(labels),
            sessions: self.sessions.with_label_values(labels),
            rebuilds: self.rebuilds.with_label_values(labels),
            stopped: self.stopped.with_label_values(labels),
            written: self.written.clone(),
        };
        let part = monitor.part.clone();
        monitor.health.set(&part, Condition::Starting("not begun".into()));
        monitor
    }
}

/// What one worker shows.
pub(crate) struct Monitor {
    /// The destination's name, for logs.
    pub(crate) sink: &'static str,
    /// What it reads.
    pub(crate) stream: Stream,
    part: String,
    health: Health,
    shown: Option<Condition>,
    batch_records: Histogram,
    batch_duration: Histogram,
    rows: IntCounter,
    stale: IntCounter,
    dead: IntCounter,
    retries: IntCounter,
    fenced: IntCounter,
    sessions: IntCounter,
    rebuilds: IntCounter,
    stopped: IntGauge,
    written: GaugeVec,
}

impl Monitor {
    /// States the condition, and logs it when it is another one than before.
    pub(crate) fn set(&mut self, condition: Condition) {
        if self.shown.as_ref() == Some(&condition) {
            return;
        }
        let topic = self.stream.topic();
        match &condition {
            Condition::Ready => tracing::info!(sink = self.sink, topic, "ready"),
            Condition::Starting(reason) => tracing::info!(sink = self.sink, topic, reason, "starting"),
            Condition::Degraded(reason) => tracing::warn!(sink = self.sink, topic, reason, "degraded"),
            Condition::Failed(reason) => tracing::error!(sink = self.sink, topic, reason, "failed"),
        }
        self.health.set(&self.part, condition.clone());
        self.shown = Some(condition);
    }

    pub(crate) fn applied(&self, records: usize, took: Duration, applied: Applied) {
        // Batch sizes are far below 2^53.
        #[expect(clippy::cast_precision_loss, reason = "a histogram counts in floats")]
        self.batch_records.observe(records as f64);
        self.batch_duration.observe(took.as_secs_f64());
        self.rows.inc_by(applied.rows);
        self.stale.inc_by(applied.stale);
        self.dead.inc_by(applied.dead);
    }

    /// The newest fact of a partition that is written has this log time.
    pub(crate) fn written(&self, partition: i32, at: Option<Timestamp>) {
        let Some(at) = at else { return };
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit into 53 bits")]
        let at = at.as_millis() as f64 / 1_000.0;
        self.written.with_label_values(&[self.sink, self.stream.topic(), &partition.to_string()]).set(at);
    }

    /// The partition is another owner's: this process shows nothing of it.
    pub(crate) fn forget(&self, partition: i32) {
        // An error means that nothing was written.
        drop(self.written.remove_label_values(&[self.sink, self.stream.topic(), &partition.to_string()]));
    }

    pub(crate) fn retried(&self) {
        self.retries.inc();
    }

    pub(crate) fn was_fenced(&self) {
        self.fenced.inc();
    }

    pub(crate) fn began_session(&self) {
        self.sessions.inc();
    }

    pub(crate) fn began_rebuild(&self) {
        self.rebuilds.inc();
    }

    pub(crate) fn stopped_partitions(&self, count: usize) {
        self.stopped.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}
