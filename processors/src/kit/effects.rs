//! What one step leads to beside the new state: facts, notices to those who did not ask, changes of timers. Data only; the record
//! handler carries it out, all of it in one transaction.

use events::time::Timestamp;

/// A change of timers that a step asks for.
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
