//! Which day takes what happens at an instant: its own day while that is open, else the first later one that is not over. A day is over
//! at its end and the grace of its policy, by log time, or when an operator has closed it.

use events::settlement::DayTotals;
use events::time::Timestamp;

use super::effects::{Effects, Wakeup};
use super::schedule::Calendar;
use super::seller::{OpenDay, Seller};
use crate::kit::machine::CorruptState;

/// Days that may be open beside today: the longest grace, and the day of the farthest time zone.
const MOST_OPEN_BEFORE: u32 = 9;

impl Seller {
    /// The place of the open day that the instant belongs to.
    pub(crate) fn open_at(&self, at: Timestamp) -> Option<usize> {
        self.days.iter().position(|open| open.begins <= at && at < open.ends)
    }

    /// The place of the day that takes what happened at an instant that is not in the future; opened if it was not.
    pub(crate) fn open(
        &mut self,
        calendar: &Calendar<'_>,
        at: Timestamp,
        effects: &mut Effects,
    ) -> Result<usize, CorruptState> {
        let today = calendar.day(effects.at())?;
        let first_open = self.days.first().map_or(today, |open| open.day);
        let own = calendar.day(at)?.max(today.minus(MOST_OPEN_BEFORE).min(first_open));
        let mut day = own;
        if let Some(closed) = self.closed {
            day = day.max(closed.next());
        }
        while !self.has_lines(day) && calendar.over_at(day)? <= effects.at() {
            day = day.next();
        }
        let place = self.days.partition_point(|open| open.day < day);
        // What belongs to the days before it that are over comes here as well.
        let begins = calendar.begin(own)?;
        match self.days.get_mut(place).filter(|open| open.day == day) {
            Some(open) => open.begins = open.begins.min(begins),
            None => {
                let (number, policy) = calendar.schedule.of(day);
                let (ends, over_at) = (calendar.begin(day.next())?, calendar.over_at(day)?);
                let (basis, totals) = (policy.basis, DayTotals::default());
                let open = OpenDay { day, begins, ends, over_at, policy: number, basis, totals, changed: false };
                self.days.insert(place, open);
                effects.wake(over_at, Wakeup::Close { seller: self.id.clone(), day });
            }
        }
        Ok(place)
    }

    /// Forgets days on which nothing was posted, if `which` says so.
    pub(crate) fn drop_empty(&mut self, effects: &mut Effects, which: impl Fn(&OpenDay) -> bool) {
        self.days.retain(|open| {
            let drop = open.totals.lines == 0 && which(open);
            if drop {
                effects.cancel(open.over_at, Wakeup::Close { seller: self.id.clone(), day: open.day });
            }
            !drop
        });
    }
}
