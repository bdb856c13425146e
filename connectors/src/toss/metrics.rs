//! What the connector shows. Every series is there from the start, at 0.

use std::time::Duration;

use events::payments::PaymentAnswer;
use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use super::provider::{CALLS, Failure};
use super::unfinished::OldestUnfinished;
use crate::breaker_metrics::{BreakerMetric, BreakerMetrics};
use crate::call_outcomes::CALL_OUTCOMES;

/// Every metric of the connector. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    calls: IntCounterVec,
    call_duration: HistogramVec,
    answers: IntCounterVec,
    alarms: IntCounterVec,
    breaker: BreakerMetric,
    pub(crate) in_flight: IntGauge,
    pub(crate) waiting: IntGauge,
    pub(crate) oldest: OldestUnfinished,
    pub(crate) stopped: IntGauge,
    pub(crate) dead_letters: IntCounter,
}

/// What an operator has to look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Alarm {
    /// A payment is not what was asked for.
    Mismatch,
    /// The provider refuses our call as wrong.
    Fault,
}

impl Alarm {
    const ALL: [Self; 2] = [Self::Mismatch, Self::Fault];

    fn name(self) -> &'static str {
        match self {
            Self::Mismatch => "mismatch",
            Self::Fault => "fault",
        }
    }
}

impl Metrics {
    /// Makes and registers them.
    ///
    /// # Errors
    /// [`prometheus::Error`] when a name is taken.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str, labels: &[&str]| -> Result<IntCounterVec, prometheus::Error> {
            let metric = IntCounterVec::new(Opts::new(format!("timesale_toss_{name}"), help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let metric = IntGauge::new(format!("timesale_toss_{name}"), help)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let buckets = prometheus::exponential_buckets(0.005, 2.0, 14)?;
        let options = HistogramOpts::new(
            "timesale_toss_call_duration_seconds",
            "Time from sending a call to the payment provider to its answer.",
        );
        let call_duration = HistogramVec::new(options.buckets(buckets), &["call"])?;
        registry.register(Box::new(call_duration.clone()))?;
        let metrics = Self {
            calls: counter(
                "calls_total",
                "Calls to the payment provider, by what became of them.",
                &["call", "outcome"],
            )?,
            call_duration,
            answers: counter("answers_total", "Commands of orders, by the answer they were given.", &["answer"])?,
            alarms: counter(
                "alarms_total",
                "Answers of the payment provider that an operator has to look at: a payment that is not what was asked for \
                 (mismatch), a call refused as wrong (fault).",
                &["alarm"],
            )?,
            breaker: BreakerMetrics::register(registry, "toss")?.of("toss"),
            in_flight: gauge("commands_in_flight", "Commands that are being carried out.")?,
            waiting: gauge("commands_waiting", "Commands that were read and wait for their turn.")?,
            oldest: OldestUnfinished::register(registry)?,
            stopped: gauge(
                "stopped_partitions",
                "Partitions that are owned but not read on: an operator has to look.",
            )?,
            dead_letters: counter(
                "dead_letters_total",
                "Records of the connector's inbox that could not be read.",
                &[],
            )?
            .with_label_values::<&str>(&[]),
        };
        metrics.show_all();
        Ok(metrics)
    }

    /// Creates every series.
    fn show_all(&self) {
        for call in CALLS {
            for outcome in CALL_OUTCOMES.into_iter().chain([Failure::CircuitOpen.outcome()]) {
                self.calls.with_label_values(&[call, outcome]).reset();
            }
            drop(self.call_duration.with_label_values(&[call]));
        }
        PaymentAnswer::KINDS.into_iter().for_each(|kind| self.answers.with_label_values(&[kind]).reset());
        Alarm::ALL.into_iter().for_each(|alarm| self.alarms.with_label_values(&[alarm.name()]).reset());
    }

    pub(crate) fn breaker(&self) -> BreakerMetric {
        self.breaker.clone()
    }

    pub(crate) fn call(&self, call: &str, outcome: &str, took: Option<Duration>) {
        self.calls.with_label_values(&[call, outcome]).inc();
        if let Some(took) = took {
            self.call_duration.with_label_values(&[call]).observe(took.as_secs_f64());
        }
    }

    pub(crate) fn answer(&self, answer: &PaymentAnswer) {
        self.answers.with_label_values(&[answer.kind()]).inc();
    }

    pub(crate) fn alarm(&self, alarm: Alarm) {
        self.alarms.with_label_values(&[alarm.name()]).inc();
    }
}
