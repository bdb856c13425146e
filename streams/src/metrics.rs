//! What the runtime counts. Names are Kafka Streams' own where the meaning is equal, in Prometheus' form: base units, `_total`
//! for counters, histograms instead of averages and maxima, and the prefix `streams_`.
//!
//! Labels are bounded: an application id, a thread number, a partition, a store's name, and closed lists. The reason of a dead
//! letter is cut down to its words before the first colon or digit, and only the first twenty distinct ones are counted separately.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use crate::instruments::MetricsError;
use crate::instruments::{GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Maker};

/// Reasons of dead letters that are counted separately.
const REASONS: usize = 20;

/// Every metric of the runtime. Cheap to clone; one per process.
#[derive(Clone)]
pub struct Metrics {
    poll_latency: HistogramVec,
    poll_records: IntCounterVec,
    process_latency: HistogramVec,
    process: IntCounterVec,
    punctuate: IntCounterVec,
    punctuate_lateness: HistogramVec,
    ticks: IntCounterVec,
    commit_latency: HistogramVec,
    commit_phase_latency: HistogramVec,
    transactions: IntCounterVec,
    e2e_latency: HistogramVec,
    rebalances: IntCounterVec,
    dead_letters: IntCounterVec,
    reasons: Arc<Mutex<BTreeSet<String>>>,
    restore_remaining: IntGaugeVec,
    timers: IntGaugeVec,
    store_entries: IntGaugeVec,
    store_bytes: IntGaugeVec,
    since_poll: GaugeVec,
    failed_threads: IntGaugeVec,
}

impl Metrics {
    /// Registers everything.
    ///
    /// # Errors
    /// [`MetricsError`] when the registry holds these names already.
    #[cfg(feature = "metrics")]
    pub fn new(registry: &prometheus::Registry) -> Result<Self, MetricsError> {
        Self::made_by(&Maker::new(registry, "streams"))
    }

    /// Metrics that are not shown: for tests, and for programs without a registry.
    ///
    /// # Errors
    /// None in this version.
    pub fn unregistered() -> Result<Self, MetricsError> {
        Self::made_by(&Maker::unregistered("streams"))
    }

    fn made_by(make: &Maker<'_>) -> Result<Self, MetricsError> {
        /// 50 us to 26 s.
        const BUCKETS: (f64, usize) = (0.000_05, 20);
        const THREAD: &[&str] = &["application", "thread"];
        const PARTITION: &[&str] = &["application", "partition"];
        const STORE: &[&str] = &["application", "store", "partition"];
        let histogram = |name: &str, help: &str, labels: &[&str]| make.histogram(name, help, labels, BUCKETS);
        Ok(Self {
            poll_latency: histogram("poll_latency_seconds", "Time of one poll of the input.", THREAD)?,
            poll_records: make.counter("poll_records_total", "Records read from the input.", THREAD)?,
            process_latency: histogram(
                "process_latency_seconds",
                "Time to process what one poll brought, timers that became due included.",
                THREAD,
            )?,
            process: make.counter("process_total", "Records processed, ticks excluded.", THREAD)?,
            punctuate: make.counter("punctuate_total", "Timers fired.", THREAD)?,
            punctuate_lateness: histogram(
                "punctuate_lateness_seconds",
                "Log time of a timer's firing minus its deadline.",
                THREAD,
            )?,
            ticks: make.counter("ticks_total", "Ticks appended to the source topic.", THREAD)?,
            commit_latency: histogram("commit_latency_seconds", "Time to commit a transaction.", THREAD)?,
            commit_phase_latency: histogram(
                "commit_phase_latency_seconds",
                "Parts of the commit: changelog, offsets, drain, end.",
                &["application", "phase"],
            )?,
            transactions: make.counter(
                "transactions_total",
                "Transactions by outcome: committed, aborted, fenced, unknown, failed.",
                &["application", "thread", "outcome"],
            )?,
            e2e_latency: histogram(
                "record_e2e_latency_seconds",
                "From a record's timestamp to the commit of its results.",
                THREAD,
            )?,
            rebalances: make.counter(
                "rebalances_total",
                "Group changes: assigned, revoked, lost, rejoined.",
                &["application", "thread", "event"],
            )?,
            dead_letters: make.counter(
                "dead_letters_total",
                "Records sent to the dead letters.",
                &["application", "reason"],
            )?,
            reasons: Arc::default(),
            restore_remaining: make.gauge(
                "restore_remaining_records",
                "Changelog offsets still to read.",
                PARTITION,
            )?,
            timers: make.gauge("timers_pending", "Committed timers that are not due yet.", PARTITION)?,
            store_entries: make.gauge("store_entries", "Entries of a store, committed.", STORE)?,
            store_bytes: make.gauge("store_bytes", "Bytes of a store's keys and values, committed.", STORE)?,
            since_poll: make.float_gauge(
                "last_poll_seconds_ago",
                "Time since a thread last polled its input.",
                THREAD,
            )?,
            failed_threads: make.gauge(
                "failed_stream_threads",
                "Threads that have stopped or stalled.",
                &["application"],
            )?,
        })
    }

    pub(crate) fn thread(&self, application: &str, thread: u32) -> ThreadMetrics {
        let number = thread.to_string();
        let labels = [application, number.as_str()];
        let phase = |phase| self.commit_phase_latency.with_label_values(&[application, phase]);
        ThreadMetrics {
            poll_latency: self.poll_latency.with_label_values(&labels),
            poll_records: self.poll_records.with_label_values(&labels),
            process_latency: self.process_latency.with_label_values(&labels),
            process: self.process.with_label_values(&labels),
            punctuate: self.punctuate.with_label_values(&labels),
            punctuate_lateness: self.punctuate_lateness.with_label_values(&labels),
            ticks: self.ticks.with_label_values(&labels),
            commit_latency: self.commit_latency.with_label_values(&labels),
            changelog_phase: phase("changelog"),
            offsets_phase: phase("offsets"),
            drain_phase: phase("drain"),
            end_phase: phase("end"),
            e2e_latency: self.e2e_latency.with_label_values(&labels),
            all: self.clone(),
            application: application.to_owned(),
            number,
        }
    }

    pub(crate) fn set_failed_threads(&self, application: &str, failed: usize) {
        let failed = i64::try_from(failed).unwrap_or(i64::MAX);
        self.failed_threads.with_label_values(&[application]).set(failed);
    }

    pub(crate) fn set_since_poll(&self, application: &str, thread: u32, ago: Duration) {
        self.since_poll.with_label_values(&[application, &thread.to_string()]).set(ago.as_secs_f64());
    }

    fn reason(&self, reason: &str) -> String {
        let words = reason.split(|c: char| c == ':' || c.is_ascii_digit()).next().unwrap_or_default();
        let words: String = words.trim().chars().take(60).collect();
        let mut known = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&words) || (known.len() < REASONS && known.insert(words.clone())) {
            words
        } else {
            "other".to_owned()
        }
    }
}

/// The metrics of one thread.
pub(crate) struct ThreadMetrics {
    pub(crate) poll_latency: Histogram,
    pub(crate) poll_records: IntCounter,
    pub(crate) process_latency: Histogram,
    pub(crate) process: IntCounter,
    pub(crate) punctuate: IntCounter,
    pub(crate) punctuate_lateness: Histogram,
    pub(crate) ticks: IntCounter,
    pub(crate) commit_latency: Histogram,
    pub(crate) changelog_phase: Histogram,
    pub(crate) offsets_phase: Histogram,
    pub(crate) drain_phase: Histogram,
    pub(crate) end_phase: Histogram,
    pub(crate) e2e_latency: Histogram,
    all: Metrics,
    application: String,
    number: String,
}

impl ThreadMetrics {
    pub(crate) fn transaction(&self, outcome: &str) {
        self.all.transactions.with_label_values(&[&self.application, &self.number, outcome]).inc();
    }

    pub(crate) fn rebalance(&self, event: &str) {
        self.all.rebalances.with_label_values(&[&self.application, &self.number, event]).inc();
    }

    pub(crate) fn dead_letter(&self, reason: &str) {
        self.all.dead_letters.with_label_values(&[self.application.as_str(), &self.all.reason(reason)]).inc();
    }

    pub(crate) fn restore_remaining(&self, partition: i32, remaining: i64) {
        self.all
            .restore_remaining
            .with_label_values(&[self.application.as_str(), &partition.to_string()])
            .set(remaining);
    }

    pub(crate) fn timers(&self, partition: i32, pending: usize) {
        let pending = i64::try_from(pending).unwrap_or(i64::MAX);
        self.all.timers.with_label_values(&[self.application.as_str(), &partition.to_string()]).set(pending);
    }

    pub(crate) fn store(&self, store: &str, partition: i32, entries: usize, bytes: usize) {
        let partition = partition.to_string();
        let labels = [self.application.as_str(), store, &partition];
        self.all.store_entries.with_label_values(&labels).set(i64::try_from(entries).unwrap_or(i64::MAX));
        self.all.store_bytes.with_label_values(&labels).set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// The partition is no longer assigned: its gauges are removed, or two owners would be added up.
    pub(crate) fn forget_partition<'a>(&self, partition: i32, stores: impl Iterator<Item = &'a str>) {
        let partition = partition.to_string();
        let labels = [self.application.as_str(), &partition];
        drop(self.all.restore_remaining.remove_label_values(&labels));
        drop(self.all.timers.remove_label_values(&labels));
        for store in stores {
            let labels = [self.application.as_str(), store, &partition];
            drop(self.all.store_entries.remove_label_values(&labels));
            drop(self.all.store_bytes.remove_label_values(&labels));
        }
    }
}
