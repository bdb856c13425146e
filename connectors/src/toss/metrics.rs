//! What the connector shows.

use std::time::Duration;

use events::payments::PaymentAnswer;
use prometheus::{Gauge, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry};

/// Every metric of the connector. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    calls: IntCounterVec,
    call_seconds: HistogramVec,
    answers: IntCounterVec,
    alarms: IntCounterVec,
    breaker: IntGauge,
    pub(crate) in_flight: IntGauge,
    pub(crate) waiting: IntGauge,
    pub(crate) oldest_seconds: Gauge,
    pub(crate) stopped: IntGauge,
    pub(crate) dead_letters: IntGauge,
}

/// What an operator has to look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Alarm {
    /// A payment is not what was asked for.
    Mismatch,
    /// The provider refuses our call as wrong.
    Fault,
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
        let options = HistogramOpts::new("timesale_toss_call_seconds", "Time from sending a call to its answer");
        let call_seconds = HistogramVec::new(options.buckets(buckets), &["call"])?;
        registry.register(Box::new(call_seconds.clone()))?;
        let oldest_seconds =
            Gauge::new("timesale_toss_oldest_unfinished_seconds", "Age of the oldest command that has no answer yet")?;
        registry.register(Box::new(oldest_seconds.clone()))?;
        Ok(Self {
            calls: counter("calls_total", "Calls to the provider by what became of them", &["call", "outcome"])?,
            call_seconds,
            answers: counter("answers_total", "Commands by the answer they were given", &["answer"])?,
            alarms: counter("alarms_total", "Answers of the provider that an operator has to look at", &["alarm"])?,
            breaker: gauge("breaker_state", "0: calls go through; 1: one tries; 2: none goes through")?,
            in_flight: gauge("commands_in_flight", "Commands that are being carried out")?,
            waiting: gauge("commands_waiting", "Commands that were read and wait for their turn")?,
            oldest_seconds,
            stopped: gauge("stopped_partitions", "Partitions that are owned but not read on: an operator has to look")?,
            dead_letters: gauge("dead_letters", "Records that could not be read since the start")?,
        })
    }

    pub(crate) fn breaker(&self) -> IntGauge {
        self.breaker.clone()
    }

    pub(crate) fn call(&self, call: &str, outcome: &str, took: Option<Duration>) {
        self.calls.with_label_values(&[call, outcome]).inc();
        if let Some(took) = took {
            self.call_seconds.with_label_values(&[call]).observe(took.as_secs_f64());
        }
    }

    pub(crate) fn answer(&self, answer: &PaymentAnswer) {
        self.answers.with_label_values(&[answer.kind()]).inc();
    }

    pub(crate) fn alarm(&self, alarm: Alarm) {
        let name = match alarm {
            Alarm::Mismatch => "mismatch",
            Alarm::Fault => "fault",
        };
        self.alarms.with_label_values(&[name]).inc();
    }
}
