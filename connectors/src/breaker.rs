//! When to leave a server alone: a pure state machine. After so many calls in a row without a usable answer it opens; after
//! a while one call goes through, and what becomes of that one decides.
//!
//! A result counts only for the state in which its call was let through: calls that were under way when the breaker opened say
//! nothing about later.

/// A breaker. Times are milliseconds on a clock that never goes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Breaker {
    failures_to_open: u32,
    open_ms: u64,
    state: State,
    /// How often the state has changed.
    generation: u64,
}

/// Where a breaker is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// Calls go through; so many have failed in a row.
    Closed { failures: u32 },
    /// None goes through before this time.
    Open { until_ms: u64 },
    /// One is on its way.
    Probing,
}

/// Whether a call may go through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Leave {
    /// It may; its result is reported with this.
    Go(Pass),
    /// Not yet: ask again at this time, or when the state has changed.
    Wait { until_ms: u64 },
}

/// Which state a call was let through in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pass(u64);

impl Breaker {
    pub(crate) fn new(failures_to_open: u32, open_ms: u64) -> Self {
        Self { failures_to_open: failures_to_open.max(1), open_ms, state: State::Closed { failures: 0 }, generation: 0 }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// Asks for leave to call.
    pub(crate) fn ask(&mut self, now_ms: u64) -> Leave {
        match self.state {
            State::Closed { .. } => Leave::Go(Pass(self.generation)),
            State::Open { until_ms } if now_ms >= until_ms => {
                self.enter(State::Probing);
                Leave::Go(Pass(self.generation))
            }
            State::Open { until_ms } => Leave::Wait { until_ms },
            State::Probing => Leave::Wait { until_ms: now_ms + self.open_ms },
        }
    }

    /// A call was answered.
    pub(crate) fn answered(&mut self, pass: Pass) {
        if pass.0 == self.generation {
            match self.state {
                State::Closed { .. } => self.state = State::Closed { failures: 0 },
                State::Probing => self.enter(State::Closed { failures: 0 }),
                State::Open { .. } => {}
            }
        }
    }

    /// A call was not answered, or only with an excuse.
    pub(crate) fn failed(&mut self, pass: Pass, now_ms: u64) {
        if pass.0 == self.generation {
            match self.state {
                State::Closed { failures } if failures + 1 < self.failures_to_open => {
                    self.state = State::Closed { failures: failures + 1 };
                }
                State::Closed { .. } | State::Probing => self.enter(State::Open { until_ms: now_ms + self.open_ms }),
                State::Open { .. } => {}
            }
        }
    }

    /// A call was given up before it had a result. A probe is owed: the next call is one.
    pub(crate) fn abandoned(&mut self, pass: Pass, now_ms: u64) {
        if pass.0 == self.generation && self.state == State::Probing {
            self.enter(State::Open { until_ms: now_ms });
        }
    }

    fn enter(&mut self, state: State) {
        self.generation += 1;
        self.state = state;
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
