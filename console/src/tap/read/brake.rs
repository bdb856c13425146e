//! When a tap stops before its range ends, and how fast it goes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::tap::cover::Reason;
use crate::tap::pace::Pace;
use crate::tap::run::Plan;
use crate::tap::words::Amount;

/// How many records are read between two looks at the clock.
const LOOK_EVERY: u64 = 64;

/// When to stop, and how fast to go.
pub(super) struct Brake<'a> {
    plan: &'a Plan<'a>,
    pace: Pace,
    records: u64,
    bytes: u64,
}

impl<'a> Brake<'a> {
    pub(super) fn new(plan: &'a Plan<'a>) -> Self {
        let shared = plan.tap.share.as_ref().map(|share| &share.rate);
        Self { plan, pace: Pace::new(plan.tap.rate, shared), records: 0, bytes: 0 }
    }

    /// Why nothing more may be read, if that is so.
    pub(super) fn is_spent(&self) -> Option<Reason> {
        match self.plan.tap.words.bounds.max_scan {
            Some(Amount::Records(most)) if self.records >= most => return Some(Reason::MaxScan),
            Some(Amount::Bytes(most)) if self.bytes >= most => return Some(Reason::MaxScan),
            _ => {}
        }
        let most = self.plan.tap.share.as_ref().map(|share| share.most_bytes);
        most.is_some_and(|most| self.bytes >= most).then_some(Reason::MostBytes)
    }

    /// Why it ends now, if it does. Asked while nothing comes.
    pub(super) fn stops(&self) -> Option<Reason> {
        if self.plan.tap.stop.load(Ordering::Relaxed) {
            return Some(Reason::Interrupted);
        }
        let (time, most) = (self.plan.tap.words.bounds.time, self.plan.tap.share.as_ref().map(|share| share.most_time));
        let is_over = |time: Option<Duration>| time.is_some_and(|time| self.plan.began.elapsed() >= time);
        is_over(time).then_some(Reason::For).or_else(|| is_over(most).then_some(Reason::MostSeconds))
    }

    /// Accounts for a record that was read. Waits if that is too fast; says why it ends now, if it does.
    pub(super) fn take(&mut self, bytes: u64) -> Option<Reason> {
        self.records += 1;
        self.bytes += bytes;
        let mut wait = self.pace.take(bytes);
        while !wait.is_zero() {
            if let Some(reason) = self.stops() {
                return Some(reason);
            }
            std::thread::sleep(wait);
            wait = self.pace.take(0);
        }
        // An expression may take long: where others share the machine every record is an occasion to look.
        let is_time = self.plan.tap.share.is_some() || self.records % LOOK_EVERY == 1;
        self.is_spent().or_else(|| if is_time { self.stops() } else { None })
    }
}
