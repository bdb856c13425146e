//! The breaker for many calls at once: calls wait here while the provider is left alone.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::breaker::{Breaker, Leave, Pass, State};
use crate::breaker_metrics::BreakerMetric;

/// Lets calls through, or not.
pub(crate) struct Gate {
    /// Who is called, in log lines.
    whom: String,
    breaker: Mutex<Breaker>,
    began: Instant,
    changed: Notify,
    metric: BreakerMetric,
}

/// Leave to make one call. Its end without a result is a result too: the call was given up.
pub(crate) struct Permit<'a> {
    gate: &'a Gate,
    pass: Option<Pass>,
}

impl Gate {
    /// A gate that shows its breaker's state in `metric`.
    pub(crate) fn new(whom: &str, breaker: Breaker, metric: BreakerMetric) -> Self {
        let whom = whom.to_owned();
        Self { whom, breaker: Mutex::new(breaker), began: Instant::now(), changed: Notify::new(), metric }
    }

    /// Waits for leave, until `deadline` at most.
    pub(crate) async fn enter(&self, deadline: Instant) -> Option<Permit<'_>> {
        loop {
            // Registered before asking, so that a change in between is not missed.
            let changed = self.changed.notified();
            let until_ms = match self.ask() {
                Leave::Go(pass) => return Some(Permit { gate: self, pass: Some(pass) }),
                Leave::Wait { until_ms } => until_ms,
            };
            let until = (self.began + Duration::from_millis(until_ms)).min(deadline);
            if Instant::now() >= deadline {
                return None;
            }
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }

    /// Whether calls go through.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.breaker().state(), State::Closed { .. })
    }

    fn ask(&self) -> Leave {
        let now_ms = self.now_ms();
        let mut breaker = self.breaker();
        let leave = breaker.ask(now_ms);
        self.metric.show(breaker.state());
        leave
    }

    fn tell(&self, tell: impl FnOnce(&mut Breaker, u64)) {
        let now_ms = self.now_ms();
        let (before, after) = {
            let mut breaker = self.breaker();
            let before = breaker.state();
            tell(&mut breaker, now_ms);
            self.metric.show(breaker.state());
            (before, breaker.state())
        };
        match (before, after) {
            (State::Closed { .. }, State::Open { .. }) => {
                tracing::warn!(whom = self.whom, "does not answer: it is left alone for a while");
            }
            (State::Probing, State::Closed { .. }) => tracing::info!(whom = self.whom, "answers again"),
            _ => {}
        }
        if !matches!((before, after), (State::Closed { .. }, State::Closed { .. })) {
            self.changed.notify_waiters();
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Whoever was called is well.
    pub(crate) fn answered(mut self) {
        if let Some(pass) = self.pass.take() {
            self.gate.tell(|breaker, _| breaker.answered(pass));
        }
    }

    /// Whoever was called is not well.
    pub(crate) fn failed(mut self) {
        if let Some(pass) = self.pass.take() {
            self.gate.tell(|breaker, now_ms| breaker.failed(pass, now_ms));
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(pass) = self.pass.take() {
            self.gate.tell(|breaker, now_ms| breaker.abandoned(pass, now_ms));
        }
    }
}
