//! What a machine takes and gives. One step leads to facts, changes of timers, and notices to others: data only, which the
//! record handler carries out in one transaction.
//!
//! After every step something must be true of the state; each machine says what in its `check`. A violation fails a test; in production
//! it is logged and the processor goes on, because the facts are the truth, and `timesale verify` checks the same of the facts. State
//! that contradicts itself is another matter: no step can follow from it.

use std::fmt::Display;

use events::time::Timestamp;
use streams::processor::Verdict;

/// A change of timers that a step leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum TimerChange<W> {
    Set(Timestamp, W),
    Cancel(Timestamp, W),
}

/// Facts `E`, wake-ups `W` and notices `N` of one step, each in order.
#[derive(Debug)]
pub(crate) struct Effects<E, W, N = ()> {
    at: Timestamp,
    pub(crate) events: Vec<E>,
    pub(crate) timers: Vec<TimerChange<W>>,
    pub(crate) notices: Vec<N>,
}

impl<E, W, N> Effects<E, W, N> {
    /// The effects of a step at this log time.
    pub(crate) fn new(at: Timestamp) -> Self {
        Self { at, events: Vec::new(), timers: Vec::new(), notices: Vec::new() }
    }

    /// The step's log time: the only time a decision knows.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// Notes a wake-up.
    pub(crate) fn wake(&mut self, at: Timestamp, wakeup: W) {
        self.timers.push(TimerChange::Set(at, wakeup));
    }

    /// Notes that a wake-up is not needed any more.
    pub(crate) fn cancel(&mut self, at: Timestamp, wakeup: W) {
        self.timers.push(TimerChange::Cancel(at, wakeup));
    }
}

/// The state contradicts itself: a bug, or bytes that this code never wrote. Nothing sensible can follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("broken invariant: {0}")]
pub(crate) struct CorruptState(pub(crate) &'static str);

impl From<CorruptState> for Verdict {
    fn from(error: CorruptState) -> Self {
        Self::Fatal(error.to_string())
    }
}

/// A rule that does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Violation(pub(crate) &'static str);

/// Logs a violation; a test fails.
pub(crate) fn report(subject: &impl Display, held: Result<(), Violation>) {
    if let Err(Violation(rule)) = held {
        tracing::error!(%subject, rule, "an invariant does not hold");
        #[cfg(test)]
        {
            panic!("{subject}: {rule}");
        }
    }
}
