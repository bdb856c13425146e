//! What one step leads to beside the new state: facts and changes of timers. Data only; the processor carries it out.

use events::calendar::Day;
use events::settlement::SettlementEvent;
use events::time::Timestamp;

/// A wake-up of a seller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Wakeup {
    /// A day's time is over.
    Close(Day),
    /// A snapshot of the open days is due.
    Snapshot,
    /// Lines that are old are to be forgotten, from the first on.
    ForgetLines,
}

/// A change of timers that a step asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum TimerChange {
    Set(Timestamp, Wakeup),
    Cancel(Timestamp, Wakeup),
}

/// Facts and timer changes of one step, each in order.
#[derive(Debug)]
pub(crate) struct Effects {
    at: Timestamp,
    pub(crate) events: Vec<SettlementEvent>,
    pub(crate) timers: Vec<TimerChange>,
}

impl Effects {
    /// The effects of a step at this log time.
    pub(crate) fn new(at: Timestamp) -> Self {
        Self { at, events: Vec::new(), timers: Vec::new() }
    }

    /// The step's log time: the only time a decision knows.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// Notes that the seller is to be woken.
    pub(crate) fn wake(&mut self, at: Timestamp, wakeup: Wakeup) {
        self.timers.push(TimerChange::Set(at, wakeup));
    }

    /// Notes that the seller need not be woken.
    pub(crate) fn cancel(&mut self, at: Timestamp, wakeup: Wakeup) {
        self.timers.push(TimerChange::Cancel(at, wakeup));
    }
}
