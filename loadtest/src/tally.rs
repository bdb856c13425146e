//! What the clients has been answered so far: counted as it happens, shown by the progress bar, summed up in the report.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use audit::client_log::{Answered, Entry, Send};
use hdrhistogram::Histogram;
use serde::Serialize;

/// Counters that may be read while the clients runs.
#[derive(Debug, Default)]
pub struct Live {
    /// Sends that were answered for good or given up.
    pub done: AtomicU64,
    /// Grants among them, repeats included.
    pub granted: AtomicU64,
}

/// What the clients was answered.
#[derive(Debug)]
pub struct Tally {
    /// Requests (not sends) that were admitted and decided, as the clients know it.
    pub admitted: u64,
    /// Requests granted.
    pub granted: u64,
    /// Requests refused by a decision.
    pub refused: u64,
    /// Requests refused by ingress.
    pub not_accepted: u64,
    /// Requests nobody answered the client about.
    pub unknown: u64,
    /// Repeats that were sent.
    pub duplicates_sent: u64,
    /// Tries beyond the first of a send.
    pub retries: u64,
    /// Codes at ingress, with how many were answered each.
    pub ingress_codes: BTreeMap<String, u64>,
    /// From scheduled send to decision, microseconds.
    decided_us: Histogram<u64>,
    /// From scheduled send to any answer for good, microseconds.
    answered_us: Histogram<u64>,
    /// When the last send was answered.
    last_us: u64,
    sends: u64,
}

/// Percentiles, milliseconds.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Percentiles {
    /// Half are faster.
    pub p50: f64,
    /// 90 % are faster.
    pub p90: f64,
    /// 99 % are faster.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

/// An hour: longer latencies count as that.
pub(super) const LONGEST_US: u64 = 3_600_000_000;

impl Tally {
    /// Nothing yet.
    ///
    /// # Errors
    /// Never in practice: the histogram's bounds are constants.
    pub fn new() -> Result<Self, hdrhistogram::CreationError> {
        let histogram = || Histogram::new_with_bounds(1, LONGEST_US, 3);
        Ok(Self {
            admitted: 0,
            granted: 0,
            refused: 0,
            not_accepted: 0,
            unknown: 0,
            duplicates_sent: 0,
            retries: 0,
            ingress_codes: BTreeMap::new(),
            decided_us: histogram()?,
            answered_us: histogram()?,
            last_us: 0,
            sends: 0,
        })
    }

    /// Counts a send.
    pub fn count(&mut self, entry: &Entry, live: &Live) {
        live.done.fetch_add(1, Ordering::Relaxed);
        self.sends += 1;
        self.retries += u64::from(entry.attempts.saturating_sub(1));
        self.last_us = self.last_us.max(entry.answered_us);
        // Counted from when it was to be sent: a client that could not send in time has waited all the same.
        let latency_us = entry.answered_us.saturating_sub(entry.scheduled_us);
        let first = u64::from(entry.send == Send::First);
        self.duplicates_sent += 1 - first;
        match &entry.answered {
            Answered::Granted { .. } | Answered::Applied { .. } => {
                live.granted.fetch_add(first, Ordering::Relaxed);
                self.admitted += first;
                self.granted += first;
                self.decided_us.saturating_record(latency_us);
            }
            Answered::Refused { .. } | Answered::OrderRefused { .. } => {
                self.admitted += first;
                self.refused += first;
                self.decided_us.saturating_record(latency_us);
            }
            Answered::NotAccepted { status, code } => {
                self.not_accepted += first;
                *self.ingress_codes.entry(format!("{status} {code}")).or_default() += 1;
            }
            Answered::Unknown { .. } => self.unknown += first,
        }
        if !matches!(entry.answered, Answered::Unknown { .. }) {
            self.answered_us.saturating_record(latency_us);
        }
    }

    /// Answered sends a second, from the first scheduled send to the last answer.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub fn per_second(&self) -> f64 {
        self.sends as f64 / self.lasted().as_secs_f64().max(0.000_001)
    }

    /// From the first scheduled send to the last answer.
    #[must_use]
    pub fn lasted(&self) -> Duration {
        Duration::from_micros(self.last_us)
    }

    /// From scheduled send to decision.
    #[must_use]
    pub fn to_decision(&self) -> Percentiles {
        percentiles(&self.decided_us)
    }

    /// From scheduled send to any answer for good, ingress included.
    #[must_use]
    pub fn to_answer(&self) -> Percentiles {
        percentiles(&self.answered_us)
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds for people")]
pub(super) fn percentiles(histogram: &Histogram<u64>) -> Percentiles {
    let ms = |us: u64| us as f64 / 1_000.0;
    if histogram.is_empty() {
        return Percentiles::default();
    }
    Percentiles {
        p50: ms(histogram.value_at_quantile(0.5)),
        p90: ms(histogram.value_at_quantile(0.9)),
        p99: ms(histogram.value_at_quantile(0.99)),
        max: ms(histogram.max()),
    }
}
