//! What is counted of taps and stories over HTTP. Every series is there from the start, at 0.

use prometheus::core::Collector;
use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use crate::serve::problem::Problem;
use crate::tap::Reason;

/// What a tap or a story can be refused with.
const REFUSALS: [Problem; 10] = [
    Problem::AuditUnwritten,
    Problem::ClusterUnavailable,
    Problem::Forbidden,
    Problem::Internal,
    Problem::NotAcceptable,
    Problem::ParameterInvalid,
    Problem::ResumeTokenInvalid,
    Problem::TooManyOwnTaps,
    Problem::TooManyTaps,
    Problem::Unknown,
];

/// How a tap ends beside the reasons of its coverage.
const ENDS: [&str; 4] = [COMPLETE, CLIENT_GONE, SLOW_READER, ERROR];
/// Everything was read.
pub(super) const COMPLETE: &str = "complete";
/// Its client went away.
pub(super) const CLIENT_GONE: &str = "client_gone";
/// Its client took nothing for too long.
pub(super) const SLOW_READER: &str = "slow_reader";
/// It could not go on.
pub(super) const ERROR: &str = "error";

/// The counters.
pub(in crate::serve) struct TapMetrics {
    /// Taps and stories that are open.
    pub(super) open: IntGauge,
    /// Records that were shown.
    pub(super) records: IntCounter,
    /// Bytes that were handed to clients.
    pub(super) bytes: IntCounter,
    refused: IntCounterVec,
    ended: IntCounterVec,
}

impl TapMetrics {
    /// Registers everything.
    ///
    /// # Errors
    /// [`prometheus::Error`] when a name is taken.
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            open: IntGauge::new("timesale_console_taps", "Taps and stories over HTTP that are open.")?,
            records: IntCounter::new(
                "timesale_console_tap_records_total",
                "Records that taps and stories showed over HTTP.",
            )?,
            bytes: IntCounter::new("timesale_console_tap_bytes_total", "Bytes that taps handed to clients over HTTP.")?,
            refused: IntCounterVec::new(
                Opts::new(
                    "timesale_console_taps_refused_total",
                    "Taps and stories that were refused, by problem code.",
                ),
                &["code"],
            )?,
            ended: IntCounterVec::new(
                Opts::new("timesale_console_taps_ended_total", "Taps over HTTP that ended, and why."),
                &["reason"],
            )?,
        };
        let all: [Box<dyn Collector>; 5] = [
            Box::new(metrics.open.clone()),
            Box::new(metrics.records.clone()),
            Box::new(metrics.bytes.clone()),
            Box::new(metrics.refused.clone()),
            Box::new(metrics.ended.clone()),
        ];
        all.into_iter().try_for_each(|collector| registry.register(collector))?;
        REFUSALS.iter().for_each(|problem| metrics.refused.with_label_values(&[problem.facts().1]).reset());
        let reasons = Reason::ALL.iter().map(|reason| reason.name()).chain(ENDS);
        reasons.for_each(|reason| metrics.ended.with_label_values(&[reason]).reset());
        Ok(metrics)
    }

    /// One was refused.
    pub(in crate::serve) fn refused(&self, problem: Problem) {
        let code = if REFUSALS.contains(&problem) { problem } else { Problem::Internal };
        self.refused.with_label_values(&[code.facts().1]).inc();
    }

    /// So many records were shown.
    pub(in crate::serve) fn showed(&self, records: usize) {
        self.records.inc_by(records as u64);
    }

    /// One has ended, for a reason of the coverage or one of this module.
    pub(super) fn ended(&self, reason: &'static str) {
        self.ended.with_label_values(&[reason]).inc();
    }
}
