//! Closing a day: its running totals become a statement, what is owed is put on the calendar, what is not covered is carried on. Days
//! are closed in order, each once, and a closed day never changes.

use events::calendar::Day;
use events::ids::RequestId;
use events::settlement::{DayTotals, SettlementFact, SettlementRefusal, Statement};

use super::days::Almanac;
use super::journal::{Journal, Wakeup};
use super::requests::Decided;
use super::seller::Seller;
use crate::invariants::Broken;

impl Seller {
    /// A day's time is over: it is closed, unless one before it still takes lines; then it waits for that one.
    pub(crate) fn over(&mut self, almanac: &Almanac<'_>, day: Day, journal: &mut Journal) -> Result<(), Broken> {
        let now = journal.at();
        self.drop_empty(journal, |open| open.over_at <= now);
        while let Some(first) = self.days.first().filter(|first| first.over_at <= now && first.day <= day) {
            self.close(almanac, first.day, None, journal)?;
        }
        let waits_for = self.days.first().map(|first| first.over_at);
        if let (Some(open), Some(later)) = (self.days.iter_mut().find(|open| open.day == day), waits_for) {
            open.over_at = later.max(open.over_at);
            journal.wake(open.over_at, Wakeup::Close(day));
        }
        Ok(())
    }

    /// An operator closes a day before its time, with the open days before it.
    pub(crate) fn close_now(
        &mut self,
        almanac: &Almanac<'_>,
        request: RequestId,
        day: Day,
        journal: &mut Journal,
    ) -> Result<Decided, Broken> {
        if let Err(reason) = self.may_close(almanac, day, journal)? {
            self.state(SettlementFact::CloseRefused { request, day, reason }, journal);
            return Ok(Decided::Refused(reason));
        }
        self.drop_empty(journal, |open| open.day <= day);
        while let Some(first) = self.days.first().map(|first| first.day).filter(|first| *first < day) {
            self.close(almanac, first, None, journal)?;
        }
        let statement = self.close(almanac, day, Some(request), journal)?;
        let (totals, payable) = (statement.totals, statement.payable);
        Ok(Decided::Closed { version: self.version, day, totals, payable })
    }

    fn may_close(
        &self,
        almanac: &Almanac<'_>,
        day: Day,
        journal: &Journal,
    ) -> Result<Result<(), SettlementRefusal>, Broken> {
        let now = journal.at();
        if self.is_closed(day) {
            return Ok(Err(SettlementRefusal::DayClosed));
        }
        if day > almanac.day(now)? {
            return Ok(Err(SettlementRefusal::DayAhead));
        }
        if !self.has_lines(day) && almanac.over_at(day)? <= now {
            return Ok(Err(SettlementRefusal::DayClosed));
        }
        Ok(Ok(()))
    }

    fn close(
        &mut self,
        almanac: &Almanac<'_>,
        day: Day,
        request: Option<RequestId>,
        journal: &mut Journal,
    ) -> Result<Statement, Broken> {
        let place = self.days.iter().position(|open| open.day == day);
        let totals = place.map(|place| self.days.remove(place)).map_or(DayTotals::default(), |open| {
            if open.over_at > journal.at() {
                journal.cancel(open.over_at, Wakeup::Close(day));
            }
            open.totals
        });
        let (number, policy) = almanac.schedule.of(day);
        let statement = Statement::close(totals, number, policy, day, self.carried);
        let statement = statement.ok_or(Broken("a statement that does not fit"))?;
        self.closed = Some(day);
        self.carried = statement.carried_out;
        self.state(SettlementFact::DayClosed { request, day, statement: statement.clone() }, journal);
        Ok(statement)
    }
}
