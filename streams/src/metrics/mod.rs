//! What the runtime counts. Names are Kafka Streams' own where the meaning is equal, in Prometheus' form: base units, `_total`
//! for counters, histograms instead of averages and maxima, and the prefix `streams_`.
//!
//! Labels are bounded: an application id, a thread number, a partition, a store's name, and closed lists. The reason of a dead
//! letter is cut down to its words before the first comma, colon or digit, and only the first twenty distinct ones are counted
//! separately. Every series whose labels are known is there from the start, at 0: whoever watches a rate would miss the first event
//! of a series that only appears with it.

mod tasks;
mod thread;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

pub use crate::instruments::MetricsError;
use crate::instruments::{GaugeVec, HistogramVec, IntCounterVec, IntGaugeVec, Maker};
use crate::task::dead_letter;
use tasks::Tasks;
pub(crate) use tasks::{TaskView, UncommittedSince};
pub(crate) use thread::ThreadMetrics;

/// Reasons of dead letters that are counted separately.
const REASONS: usize = 20;
/// How many words of a reason are kept, in characters.
const REASON_LENGTH: usize = 60;
/// Reasons that the runtime itself gives.
const OWN_REASONS: [&str; 2] = ["it would write", "set aside"];
/// The reason of all others.
const OTHER: &str = "other";

/// How a transaction ends.
const OUTCOMES: [&str; 5] = ["aborted", "committed", "failed", "fenced", "unknown"];
/// What happens to a thread in its group.
const REBALANCES: [&str; 5] = ["assigned", "displaced", "lost", "rejoined", "revoked"];

/// Every metric of the runtime. Cheap to clone; one per process.
#[derive(Clone)]
pub struct Metrics {
    poll_duration: HistogramVec,
    records_polled: IntCounterVec,
    process_duration: HistogramVec,
    records_processed: IntCounterVec,
    timers_fired: IntCounterVec,
    timer_lateness: HistogramVec,
    ticks: IntCounterVec,
    commit_duration: HistogramVec,
    commit_phase_duration: HistogramVec,
    transactions: IntCounterVec,
    e2e_latency: HistogramVec,
    rebalances: IntCounterVec,
    dead_letters: IntCounterVec,
    reasons: Arc<Mutex<BTreeSet<String>>>,
    restore_remaining: IntGaugeVec,
    restore_duration: HistogramVec,
    timers: IntGaugeVec,
    store_entries: IntGaugeVec,
    store_bytes: IntGaugeVec,
    last_poll: GaugeVec,
    failed_threads: IntGaugeVec,
    tasks: Tasks,
}

impl Metrics {
    /// Registers everything.
    ///
    /// # Errors
    /// [`MetricsError`] when the registry holds these names already.
    #[cfg(feature = "metrics")]
    pub fn new(registry: &prometheus::Registry) -> Result<Self, MetricsError> {
        let metrics = Self::made_by(&Maker::new(registry, "streams"))?;
        registry.register(Box::new(tasks::Collector::new(metrics.tasks.clone())?))?;
        Ok(metrics)
    }

    /// Metrics that are not shown: for tests, and for programs without a registry.
    ///
    /// # Errors
    /// None in this version.
    pub fn unregistered() -> Result<Self, MetricsError> {
        Self::made_by(&Maker::unregistered("streams"))
    }

    /// The same metrics, with these reasons of dead letters shown from the start, at 0. They take the place of reasons that would
    /// be met later.
    #[must_use]
    pub fn with_dead_letter_reasons(self, reasons: &[&str]) -> Self {
        for text in reasons {
            self.reason(text);
        }
        self
    }

    fn made_by(make: &Maker<'_>) -> Result<Self, MetricsError> {
        /// 50 us to 26 s.
        const BUCKETS: (f64, usize) = (0.000_05, 20);
        /// 1 ms to 524 s.
        const LONG: (f64, usize) = (0.001, 20);
        const APPLICATION: &[&str] = &["application"];
        const THREAD: &[&str] = &["application", "thread"];
        const PARTITION: &[&str] = &["application", "partition"];
        const STORE: &[&str] = &["application", "store", "partition"];
        let histogram = |name: &str, help: &str, labels: &[&str]| make.histogram(name, help, labels, BUCKETS);
        Ok(Self {
            poll_duration: histogram("poll_duration_seconds", "Time of one poll of the input.", THREAD)?,
            records_polled: make.counter("records_polled_total", "Records read from the input.", THREAD)?,
            process_duration: histogram(
                "process_duration_seconds",
                "Time to process what one poll brought, timers that became due included.",
                THREAD,
            )?,
            records_processed: make.counter("records_processed_total", "Records processed, ticks excluded.", THREAD)?,
            timers_fired: make.counter("timers_fired_total", "Timers fired.", THREAD)?,
            timer_lateness: histogram(
                "timer_lateness_seconds",
                "Log time of a timer's firing minus its deadline.",
                THREAD,
            )?,
            ticks: make.counter(
                "ticks_total",
                "Ticks appended to the input so that timers fire while nothing else arrives.",
                THREAD,
            )?,
            commit_duration: histogram("commit_duration_seconds", "Time to commit a transaction.", THREAD)?,
            commit_phase_duration: histogram(
                "commit_phase_duration_seconds",
                "Time of the parts of a commit.",
                &["application", "phase"],
            )?,
            transactions: make.counter(
                "transactions_total",
                "Transactions by outcome; unknown means that the broker's answer did not come.",
                &["application", "thread", "outcome"],
            )?,
            e2e_latency: histogram(
                "record_e2e_latency_seconds",
                "From a record's timestamp to the commit of its results.",
                THREAD,
            )?,
            rebalances: make.counter(
                "rebalances_total",
                "Changes of a thread's membership in its group.",
                &["application", "thread", "event"],
            )?,
            dead_letters: make.counter(
                "dead_letters_total",
                "Records sent to the dead letters, by reason; at most twenty reasons are told apart.",
                &["application", "reason"],
            )?,
            reasons: Arc::new(Mutex::new(OWN_REASONS.map(str::to_owned).into())),
            restore_remaining: make.gauge(
                "restore_remaining_records",
                "Offsets of the changelog that a restoring task still has to read.",
                PARTITION,
            )?,
            restore_duration: make.histogram(
                "restore_duration_seconds",
                "Time to restore a task's stores from the changelog.",
                APPLICATION,
                LONG,
            )?,
            timers: make.gauge("timers_pending", "Committed timers that have not fired yet.", PARTITION)?,
            store_entries: make.gauge("store_entries", "Committed entries of a store.", STORE)?,
            store_bytes: make.gauge(
                "store_bytes",
                "Bytes of the keys and values of a store's committed entries.",
                STORE,
            )?,
            last_poll: make.float_gauge(
                "last_poll_timestamp_seconds",
                "When a thread last polled its input, since 1970; 0 before its first poll.",
                THREAD,
            )?,
            failed_threads: make.gauge(
                "failed_stream_threads",
                "Threads that have stopped or stalled.",
                APPLICATION,
            )?,
            tasks: Tasks::default(),
        })
    }

    pub(crate) fn set_failed_threads(&self, application: &str, failed: usize) {
        let failed = i64::try_from(failed).unwrap_or(i64::MAX);
        self.failed_threads.with_label_values(&[application]).set(failed);
    }

    /// The words of a reason, or [`OTHER`] when there are too many reasons.
    fn reason(&self, reason: &str) -> String {
        let words: String = dead_letter::words(reason).chars().take(REASON_LENGTH).collect();
        let mut known = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&words) || (known.len() < REASONS && known.insert(words.clone())) {
            words
        } else {
            OTHER.to_owned()
        }
    }

    /// Every reason so far.
    fn known_reasons(&self) -> Vec<String> {
        let known = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().cloned().chain([OTHER.to_owned()]).collect()
    }
}

#[cfg(all(test, feature = "metrics"))]
#[path = "metrics_tests.rs"]
mod tests;
