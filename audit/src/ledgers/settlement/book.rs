//! A seller as the facts tell it: policies, open days, statements, and what is owed for each line.

use std::collections::BTreeMap;

use events::calendar::{Day, Zone, ZoneName};
use events::ids::{OrderId, RequestId, Sku};
use events::money::Money;
use events::settlement::{
    DayTotals, LineTerms, SellerPolicy, Settled, SettlementEvent, SettlementFact, SettlementRefusal, Statement,
};
use events::time::Timestamp;

use super::SettlementRule;
use super::postings::Posting;

/// The least time between two tellings of one seller's days, milliseconds.
const SNAPSHOTS_APART_MS: i64 = 1_000;

/// What the facts tell of a seller.
#[derive(Debug, Default)]
pub struct SellerBook {
    version: u64,
    at: Timestamp,
    /// The market's policy; what holds before the seller's first.
    market: SellerPolicy,
    zone: Option<(ZoneName, Zone)>,
    policies: Vec<(u32, Day, SellerPolicy)>,
    pub(super) numbered: u64,
    pub(super) open: BTreeMap<Day, DayTotals>,
    statements: BTreeMap<Day, Statement>,
    carried: Money,
    updated: BTreeMap<Day, Timestamp>,
    pub(super) lines: BTreeMap<(OrderId, Sku), LineRecord>,
}

/// What is owed for a line of an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineRecord {
    /// How many units were posted.
    pub sold: u32,
    /// How many of them are not taken back.
    pub left: u32,
    /// What is owed for these.
    pub amounts: Settled,
    /// What they are settled by.
    pub terms: LineTerms,
    /// The version of the policy that it was posted by.
    pub policy: u32,
}

impl SellerBook {
    /// The statements of closed days, in order.
    pub fn statements(&self) -> impl Iterator<Item = (Day, &Statement)> {
        self.statements.iter().map(|(day, statement)| (*day, statement))
    }

    /// What open days amount to, in order.
    pub fn open_days(&self) -> impl Iterator<Item = (Day, &DayTotals)> {
        self.open.iter().map(|(day, totals)| (*day, totals))
    }

    /// What is owed for each line, in order of order and product.
    pub fn lines(&self) -> impl Iterator<Item = (&OrderId, &Sku, &LineRecord)> {
        self.lines.iter().map(|((order, sku), line)| (order, sku, line))
    }

    /// What the seller owes from closed days, zero or negative.
    #[must_use]
    pub fn carried(&self) -> Money {
        self.carried
    }

    /// The zone whose days these are.
    #[must_use]
    pub fn time_zone(&self) -> &ZoneName {
        self.zone.as_ref().map_or(&self.market.time_zone, |(name, _)| name)
    }

    pub(super) fn take(&mut self, event: &SettlementEvent) -> Result<(), SettlementRule> {
        let next = self.version.checked_add(1) == Some(event.version);
        let later = event.at >= self.at;
        (self.version, self.at) = (event.version, event.at);
        if !next {
            return Err(SettlementRule::GaplessVersions);
        }
        if !later {
            return Err(SettlementRule::TimeNeverRunsBack);
        }
        match &event.fact {
            SettlementFact::PolicySet { number, from, policy, .. } => self.set_policy(*number, *from, policy),
            SettlementFact::PolicyRefused { reason, .. } => match reason {
                SettlementRefusal::InvalidPolicy | SettlementRefusal::TermsFrozen => Ok(()),
                _ => Err(SettlementRule::RefusalsAreTrue),
            },
            SettlementFact::LinesPosted { day, kind, order, reached_at, policy, lines, .. } => {
                self.judge_day(*day, *reached_at)?;
                let posting = Posting { day: *day, kind: *kind, order, policy: *policy, lines };
                self.post(&posting)
            }
            SettlementFact::DayUpdated { day, totals } => self.judge_told(*day, totals),
            SettlementFact::DayClosed { request, day, statement } => self.close(*request, *day, statement),
            SettlementFact::CloseRefused { day, reason, .. } => self.judge_close_refusal(*day, *reason),
        }
    }

    /// The policy that a day has; number 0 is the market's.
    pub(super) fn policy_of(&self, day: Day) -> (u32, &SellerPolicy) {
        let found = self.policies.iter().rev().find(|(_, from, _)| *from <= day);
        found.map_or((0, &self.market), |(number, _, policy)| (*number, policy))
    }

    pub(super) fn last_closed(&self) -> Option<Day> {
        self.statements.keys().next_back().copied()
    }

    fn zone(&mut self) -> Result<&Zone, SettlementRule> {
        let name = self.time_zone().clone();
        if self.zone.is_none() {
            let zone = name.zone().ok_or(SettlementRule::PromisesAreKept)?;
            self.zone = Some((name, zone));
        }
        self.zone.as_ref().map(|(_, zone)| zone).ok_or(SettlementRule::PromisesAreKept)
    }

    fn today(&mut self) -> Result<Day, SettlementRule> {
        let at = self.at;
        self.zone()?.day(at).ok_or(SettlementRule::DaysFollowTime)
    }

    /// When a day is over, grace included.
    fn over_at(&mut self, day: Day) -> Result<Timestamp, SettlementRule> {
        let grace = self.policy_of(day).1.grace_ms.0;
        let end = self.zone()?.begin(day.next()).ok_or(SettlementRule::DaysFollowTime)?;
        Ok(end.plus_millis(grace))
    }

    fn set_policy(&mut self, number: u32, from: Day, policy: &SellerPolicy) -> Result<(), SettlementRule> {
        let same_zone = self.zone.is_none() || *self.time_zone() == policy.time_zone;
        if self.zone.is_none() {
            self.zone = policy.time_zone.zone().map(|zone| (policy.time_zone.clone(), zone));
        }
        let newest = self.policies.last().map(|(number, from, _)| (*number, *from));
        let next = newest.map_or(1, |(number, _)| number.saturating_add(1)) == number;
        let in_order = newest.is_none_or(|(_, newest)| newest <= from);
        let open = self.last_closed().is_none_or(|closed| from > closed);
        let not_over = self.over_at(from)? > self.at || self.open.contains_key(&from);
        let as_asked = policy.effective_from.is_none_or(|asked| asked == from);
        self.policies.push((number, from, policy.clone()));
        let kept = policy.check().is_ok() && same_zone && next && in_order && open && not_over && as_asked;
        if kept { Ok(()) } else { Err(SettlementRule::PromisesAreKept) }
    }

    /// A line belongs to the day of its instant, or to the first later one that is not over.
    fn judge_day(&mut self, day: Day, reached_at: Timestamp) -> Result<(), SettlementRule> {
        let at = self.at;
        let own = self.zone()?.day(reached_at.min(at)).ok_or(SettlementRule::DaysFollowTime)?;
        let closed = self.last_closed();
        if closed.is_some_and(|closed| day <= closed) {
            return Err(SettlementRule::ClosedDaysNeverChange);
        }
        let mut passed = own;
        while passed < day {
            let is_open = closed.is_none_or(|closed| passed > closed)
                && (self.open.contains_key(&passed) || self.over_at(passed)? > at);
            if is_open {
                return Err(SettlementRule::DaysFollowTime);
            }
            passed = passed.next();
        }
        if day < own { Err(SettlementRule::DaysFollowTime) } else { Ok(()) }
    }

    fn judge_told(&mut self, day: Day, totals: &DayTotals) -> Result<(), SettlementRule> {
        if self.open.get(&day) != Some(totals) {
            return Err(SettlementRule::TotalsFollowLines);
        }
        let before = self.updated.insert(day, self.at);
        let apart = before.is_none_or(|before| self.at >= before.plus_millis(SNAPSHOTS_APART_MS));
        if apart { Ok(()) } else { Err(SettlementRule::SnapshotsAreApart) }
    }

    fn close(&mut self, request: Option<RequestId>, day: Day, statement: &Statement) -> Result<(), SettlementRule> {
        if self.last_closed().is_some_and(|closed| day <= closed)
            || self.open.keys().next().is_some_and(|first| *first < day)
        {
            return Err(SettlementRule::ClosedDaysNeverChange);
        }
        // An operator may close a day that goes on, and takes the open days before it along.
        let today = self.today()?;
        let in_time = day < today || (request.is_some() && day == today);
        let totals = self.open.remove(&day);
        let expected = {
            let (number, policy) = self.policy_of(day);
            Statement::close(totals.unwrap_or_default(), number, policy, day, self.carried)
        };
        self.updated.remove(&day);
        self.carried = statement.carried_out;
        self.statements.insert(day, statement.clone());
        if !in_time || (request.is_none() && totals.is_none()) {
            return Err(SettlementRule::ClosedInTime);
        }
        if statement.totals != totals.unwrap_or_default() {
            return Err(SettlementRule::TotalsFollowLines);
        }
        let paid = statement.pay_outs.iter().try_fold(Money::ZERO, |sum, part| sum.plus(part.amount));
        if expected.as_ref() == Some(statement) && paid == Some(statement.payable) {
            Ok(())
        } else {
            Err(SettlementRule::StatementsAddUp)
        }
    }

    fn judge_close_refusal(&mut self, day: Day, reason: SettlementRefusal) -> Result<(), SettlementRule> {
        let at = self.at;
        let is_true = match reason {
            SettlementRefusal::DayAhead => day > self.today()?,
            SettlementRefusal::DayClosed => {
                self.last_closed().is_some_and(|closed| day <= closed)
                    || (!self.open.contains_key(&day) && self.over_at(day)? <= at)
            }
            _ => false,
        };
        if is_true { Ok(()) } else { Err(SettlementRule::RefusalsAreTrue) }
    }
}
