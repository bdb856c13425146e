//! A seller's policies in order: each holds from its day until the day of the next one, so there can be no gap and no overlap. And
//! the seller's calendar: when its days begin, and when they are over.

use events::calendar::{Day, Zone};
use events::settlement::SellerPolicy;
use events::time::Timestamp;

use crate::kit::machine::CorruptState;

/// The policies that still matter, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Schedule {
    /// What holds before the first.
    market: SellerPolicy,
    pub(crate) policies: Vec<Scheduled>,
}

/// A policy and its first day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Scheduled {
    pub(crate) number: u32,
    pub(crate) from: Day,
    pub(crate) policy: SellerPolicy,
}

impl Schedule {
    pub(crate) fn new(policies: Vec<Scheduled>) -> Self {
        Self { market: SellerPolicy::default(), policies }
    }

    /// The policy that a day has; number 0 is the market's.
    pub(crate) fn of(&self, day: Day) -> (u32, &SellerPolicy) {
        let found = self.policies.iter().rev().find(|scheduled| scheduled.from <= day);
        found.map_or((0, &self.market), |scheduled| (scheduled.number, &scheduled.policy))
    }

    /// Numbers of policies that no day from this one on can have.
    pub(crate) fn outdated(&self, day: Day) -> impl Iterator<Item = u32> + '_ {
        let (kept, _) = self.of(day);
        self.policies.iter().map(|scheduled| scheduled.number).filter(move |number| *number < kept)
    }
}

/// What is needed to open and close a seller's days.
pub(crate) struct Calendar<'a> {
    pub(crate) zone: &'a Zone,
    pub(crate) schedule: &'a Schedule,
}

impl Calendar<'_> {
    /// The day of an instant.
    pub(crate) fn day(&self, at: Timestamp) -> Result<Day, CorruptState> {
        self.zone.day(at).ok_or(CorruptState("an instant that belongs to no day"))
    }

    /// The first instant of a day.
    pub(crate) fn begin(&self, day: Day) -> Result<Timestamp, CorruptState> {
        self.zone.begin(day).ok_or(CorruptState("a day that does not begin"))
    }

    /// When a day is over, grace included.
    pub(crate) fn over_at(&self, day: Day) -> Result<Timestamp, CorruptState> {
        let grace = self.schedule.of(day).1.grace_ms.0;
        Ok(self.begin(day.next())?.plus_millis(grace))
    }
}
