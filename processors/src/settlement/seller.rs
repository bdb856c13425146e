//! A seller as the machine sees it: one small row that every posting reads and writes.

use events::calendar::{Day, Zone, ZoneName};
use events::ids::SellerId;
use events::money::Money;
use events::settlement::{Basis, DayTotals, SettlementEvent, SettlementFact};
use events::time::Timestamp;

use super::effects::{Effects, Wakeup};
use crate::kit::machine::{CorruptState, Violation};
use crate::policy;

/// A seller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Seller {
    pub(crate) id: SellerId,
    /// Facts stated so far. None: a step of an order was seen, and nothing follows from it yet.
    pub(crate) version: u64,
    /// Lines posted so far.
    pub(crate) numbered: u64,
    /// The newest closed day: it and all before it never change.
    pub(crate) closed: Option<Day>,
    /// What the seller owes from closed days, zero or negative.
    pub(crate) carried: Money,
    /// Where its days begin and end; frozen by the first fact.
    pub(crate) zone: ZoneName,
    /// Policies set so far.
    pub(crate) policies: u32,
    /// The first day of the newest one.
    pub(crate) newest_from: Day,
    /// When the last snapshot of open days was stated.
    pub(crate) snapshot_at: Timestamp,
    /// When the next one is due.
    pub(crate) snapshot_due: Option<Timestamp>,
    /// Whether a timer is set that forgets old lines.
    pub(crate) forgetting: bool,
    /// Open days, in order. One without lines only remembers its bounds and what its policy says.
    pub(crate) days: Vec<OpenDay>,
}

/// A day that takes lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OpenDay {
    pub(crate) day: Day,
    /// The first instant of what it takes: its own, or that of days before it that are over.
    pub(crate) begins: Timestamp,
    /// The first instant after it.
    pub(crate) ends: Timestamp,
    /// When it is closed: its end and the grace.
    pub(crate) over_at: Timestamp,
    /// The policy that it has; 0: the market's.
    pub(crate) policy: u32,
    /// The step of an order that counts by that policy.
    pub(crate) basis: Basis,
    pub(crate) totals: DayTotals,
    /// Whether the totals have changed since the last snapshot.
    pub(crate) changed: bool,
}

impl Seller {
    /// A seller of whom nothing is known.
    pub(crate) fn new(id: &SellerId) -> Self {
        Self {
            id: id.clone(),
            version: 0,
            numbered: 0,
            closed: None,
            carried: Money::ZERO,
            zone: ZoneName::default(),
            policies: 0,
            newest_from: Day::FIRST,
            snapshot_at: Timestamp::default(),
            snapshot_due: None,
            forgetting: false,
            days: Vec::new(),
        }
    }

    /// Whether any fact was stated about it.
    pub(crate) fn is_known(&self) -> bool {
        self.version > 0
    }

    /// Whether the day is closed, or before a closed one.
    pub(crate) fn is_closed(&self, day: Day) -> bool {
        self.closed.is_some_and(|closed| day <= closed)
    }

    /// Whether lines were posted on the day, and it is not closed.
    pub(crate) fn has_lines(&self, day: Day) -> bool {
        self.days.iter().any(|open| open.day == day && open.totals.lines > 0)
    }

    /// The totals of an open day have changed: a snapshot is due at once, or a second after the last one.
    pub(crate) fn changed(&mut self, place: usize, effects: &mut Effects) {
        if let Some(open) = self.days.get_mut(place) {
            open.changed = true;
        }
        if self.snapshot_due.is_none() {
            let at = self.snapshot_at.plus_millis(policy::SNAPSHOTS_APART_MS).max(effects.at());
            self.snapshot_due = Some(at);
            effects.wake(at, Wakeup::Snapshot { seller: self.id.clone() });
        }
    }

    /// States what open days amount to that have changed.
    pub(crate) fn publish_snapshots(&mut self, effects: &mut Effects) {
        self.snapshot_due = None;
        let changed: Vec<(Day, DayTotals)> =
            self.days.iter().filter(|open| open.changed).map(|open| (open.day, open.totals)).collect();
        for open in &mut self.days {
            open.changed = false;
        }
        if !changed.is_empty() {
            self.snapshot_at = effects.at();
        }
        for (day, totals) in changed {
            self.state(SettlementFact::DayUpdated { day, totals }, effects);
        }
    }

    /// Puts a fact on record: the next version.
    pub(crate) fn state(&mut self, fact: SettlementFact, effects: &mut Effects) {
        self.version += 1;
        let (seller, version, at) = (self.id.clone(), self.version, effects.at());
        effects.events.push(SettlementEvent { seller, version, at, fact });
    }

    /// The zone of its days.
    pub(crate) fn zone(&self) -> Result<Zone, CorruptState> {
        self.zone.zone().ok_or(CorruptState("a seller has a time zone that this build does not know"))
    }

    /// Open days come after the closed ones, each once, and have a snapshot due when they change; what is carried on is owed by the self.
    pub(crate) fn check(&self) -> Result<(), Violation> {
        if !self.days.is_sorted_by(|one, other| one.day < other.day) {
            return Err(Violation("a day is open once"));
        }
        if self.days.first().is_some_and(|first| self.is_closed(first.day)) {
            return Err(Violation("a closed day is not open"));
        }
        if self.carried > Money::ZERO {
            return Err(Violation("what is carried on is owed by the seller"));
        }
        if !self.days.iter().all(|open| open.totals.amounts.is_balanced()) {
            return Err(Violation("gross = due + platform's share + seller's share"));
        }
        if self.snapshot_due.is_none() && self.days.iter().any(|open| open.changed) {
            return Err(Violation("a change is due in a snapshot"));
        }
        Ok(())
    }
}
