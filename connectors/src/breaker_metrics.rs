//! The states of a connector's breakers as a metric: one series for each state, 1 for the one that a breaker is in.

use prometheus::{IntGauge, IntGaugeVec, Opts, Registry};

use crate::breaker::State;

/// The breakers of one connector. Cheap to clone.
#[derive(Clone)]
pub(crate) struct BreakerMetrics(IntGaugeVec);

/// The state of one breaker, as it is shown.
#[derive(Clone)]
pub(crate) struct BreakerMetric {
    closed: IntGauge,
    half_open: IntGauge,
    open: IntGauge,
}

impl BreakerMetrics {
    /// Makes and registers it; several connectors may share a registry.
    pub(crate) fn register(registry: &Registry, connector: &str) -> Result<Self, prometheus::Error> {
        let options = Opts::new(
            "timesale_breaker_state",
            "1 for the state that a breaker is in: calls go through (closed), one tries (half_open), none goes through (open).",
        );
        let metric = IntGaugeVec::new(options.const_label("connector", connector), &["source", "state"])?;
        registry.register(Box::new(metric.clone()))?;
        Ok(Self(metric))
    }

    /// The breaker of this source; it begins closed.
    pub(crate) fn of(&self, source: &str) -> BreakerMetric {
        let state = |state| self.0.with_label_values(&[source, state]);
        let metric = BreakerMetric { closed: state("closed"), half_open: state("half_open"), open: state("open") };
        metric.show(State::Closed { failures: 0 });
        metric
    }
}

impl BreakerMetric {
    /// Shows this state.
    pub(crate) fn show(&self, state: State) {
        self.closed.set(i64::from(matches!(state, State::Closed { .. })));
        self.half_open.set(i64::from(state == State::Probing));
        self.open.set(i64::from(matches!(state, State::Open { .. })));
    }
}
