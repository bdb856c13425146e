//! Closing a day: its running totals become a statement, what is owed is put on the calendar, what is not covered is carried on. Days
//! are closed in order, each once, and a closed day never changes.

use events::calendar::Day;
use events::ids::RequestId;
use events::settlement::{DayTotals, SettlementFact, SettlementRefusal, Statement};

use super::effects::{Effects, Wakeup};
use super::requests::Decided;
use super::schedule::Calendar;
use super::seller::Seller;
use crate::kit::machine::CorruptState;

impl Seller {
    /// A day's time is over: it is closed, unless one before it still takes lines; then it waits for that one.
    pub(crate) fn over(
        &mut self,
        calendar: &Calendar<'_>,
        day: Day,
        effects: &mut Effects,
    ) -> Result<(), CorruptState> {
        let now = effects.at();
        self.drop_empty(effects, |open| open.over_at <= now);
        while let Some(first) = self.days.first().filter(|first| first.over_at <= now && first.day <= day) {
            self.close(calendar, first.day, None, effects)?;
        }
        let waits_for = self.days.first().map(|first| first.over_at);
        if let (Some(open), Some(later)) = (self.days.iter_mut().find(|open| open.day == day), waits_for) {
            open.over_at = later.max(open.over_at);
            effects.wake(open.over_at, Wakeup::Close { seller: self.id.clone(), day });
        }
        Ok(())
    }

    /// An operator closes a day before its time, with the open days before it.
    pub(crate) fn close_now(
        &mut self,
        calendar: &Calendar<'_>,
        request: RequestId,
        day: Day,
        effects: &mut Effects,
    ) -> Result<Decided, CorruptState> {
        if let Err(reason) = self.may_close(calendar, day, effects)? {
            self.state(SettlementFact::CloseRefused { request, day, reason }, effects);
            return Ok(Decided::Refused(reason));
        }
        self.drop_empty(effects, |open| open.day <= day);
        while let Some(first) = self.days.first().map(|first| first.day).filter(|first| *first < day) {
            self.close(calendar, first, None, effects)?;
        }
        let statement = self.close(calendar, day, Some(request), effects)?;
        let (totals, payable) = (statement.totals, statement.payable);
        Ok(Decided::Closed { version: self.version, day, totals, payable })
    }

    fn may_close(
        &self,
        calendar: &Calendar<'_>,
        day: Day,
        effects: &Effects,
    ) -> Result<Result<(), SettlementRefusal>, CorruptState> {
        let now = effects.at();
        if self.is_closed(day) {
            return Ok(Err(SettlementRefusal::DayClosed));
        }
        if day > calendar.day(now)? {
            return Ok(Err(SettlementRefusal::DayAhead));
        }
        if !self.has_lines(day) && calendar.over_at(day)? <= now {
            return Ok(Err(SettlementRefusal::DayClosed));
        }
        Ok(Ok(()))
    }

    fn close(
        &mut self,
        calendar: &Calendar<'_>,
        day: Day,
        request: Option<RequestId>,
        effects: &mut Effects,
    ) -> Result<Statement, CorruptState> {
        let place = self.days.iter().position(|open| open.day == day);
        let totals = place.map(|place| self.days.remove(place)).map_or(DayTotals::default(), |open| {
            if open.over_at > effects.at() {
                effects.cancel(open.over_at, Wakeup::Close { seller: self.id.clone(), day });
            }
            open.totals
        });
        let (number, policy) = calendar.schedule.of(day);
        let statement = Statement::close(totals, number, policy, day, self.carried);
        let statement = statement.ok_or(CorruptState("a statement that does not fit"))?;
        self.closed = Some(day);
        self.carried = statement.carried_out;
        self.state(SettlementFact::DayClosed { request, day, statement: statement.clone() }, effects);
        Ok(statement)
    }
}
