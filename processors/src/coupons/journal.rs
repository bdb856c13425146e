//! What one step leads to beside the new state: facts, and changes of timers. Data only; the processor carries it out.

use events::coupons::CouponEvent;
use events::time::Timestamp;

use super::timers::TimerChange;

/// Facts and timer changes of one step, in order.
#[derive(Debug)]
pub(crate) struct Journal {
    at: Timestamp,
    pub(crate) events: Vec<CouponEvent>,
    pub(crate) timers: Vec<TimerChange>,
}

impl Journal {
    /// The journal of a step at this log time.
    pub(crate) fn new(at: Timestamp) -> Self {
        Self { at, events: Vec::new(), timers: Vec::new() }
    }

    /// The step's log time: the only time a decision knows.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// Notes a timer change.
    pub(crate) fn wake(&mut self, change: TimerChange) {
        self.timers.push(change);
    }
}
