//! What one step leads to beside the new state: facts, notices to orders that did not ask, and changes of timers. Data only;
//! the processor carries it out.

use events::coupons::{CouponAnswer, CouponEvent};
use events::ids::OrderId;
use events::time::Timestamp;

use super::timers::TimerChange;

/// What an order is told unasked: its hold has ended by somebody else's doing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Notice {
    pub(crate) order: OrderId,
    pub(crate) answer: CouponAnswer,
}

/// Facts, notices and timer changes of one step, each in order.
#[derive(Debug)]
pub(crate) struct Effects {
    at: Timestamp,
    pub(crate) events: Vec<CouponEvent>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) timers: Vec<TimerChange>,
}

impl Effects {
    /// The effects of a step at this log time.
    pub(crate) fn new(at: Timestamp) -> Self {
        Self { at, events: Vec::new(), notices: Vec::new(), timers: Vec::new() }
    }

    /// The step's log time: the only time a decision knows.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// Notes what an order must be told unasked.
    pub(crate) fn notify(&mut self, order: OrderId, answer: CouponAnswer) {
        self.notices.push(Notice { order, answer });
    }

    /// Notes a timer change.
    pub(crate) fn wake(&mut self, change: TimerChange) {
        self.timers.push(change);
    }
}
