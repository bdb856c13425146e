//! Between records and the machine: reads the command, brings the seller and what the step needs from the stores, lets the machine
//! decide, writes back, forwards facts and the reply to an operator.

use events::calendar::{Day, Zone};
use events::envelope::Envelope;
use events::ids::{RequestId, SellerId};
use events::request::{Fingerprint, Outcome, Reply};
use events::settlement::{
    Basis, LineTerms, RefundedLine, SellerPolicy, SettlementCommand, SettlementEvent, SettlementFact,
    SettlementRefusal, SoldLine, Source, Vat,
};
use events::time::Timestamp;
use streams::processor::{Context, Processor, Timer, Verdict};
use streams::record::Record;

use super::days::Almanac;
use super::journal::{Journal, TimerChange, Wakeup};
use super::posting::{self, Cause, Implausible};
use super::requests::{Decided, Remembered, Seen};
use super::seller::Seller;
use super::timers::Woken;
use super::{rows_of_policies, shelf, timers};
use crate::bytes::RowError;
use crate::invariants::{self, Broken};
use crate::policy;
use crate::post::{self, Outlets, broken, stored};

/// Decides the records of one partition of the settlement's inbox.
#[derive(Debug)]
pub(crate) struct SettlementProcessor {
    outlets: Outlets,
}

impl SettlementProcessor {
    pub(crate) fn new(outlets: Outlets) -> Self {
        Self { outlets }
    }
}

impl Processor for SettlementProcessor {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        let (command, envelope) = post::read::<SettlementCommand>(record)?;
        if record.key.as_deref() != Some(command.seller().as_str().as_bytes()) {
            return Err(Verdict::Poison("the record's key is not the command's seller".into()));
        }
        let now = Timestamp::from_millis(context.log_time());
        let source = Source { partition: record.partition, offset: record.offset };
        let mut desk = Desk { outlets: &self.outlets, context, envelope: &envelope, now };
        match &command {
            SettlementCommand::LinesReached { seller, order, basis, at, lines } => {
                posting::are_plausible(lines, *at).map_err(implausible)?;
                let cause = Cause { order, refund: None, reached_at: *at, source };
                desk.reached(seller, *basis, lines, &cause)
            }
            SettlementCommand::LinesRefunded { seller, order, refund, at, lines } => {
                if !at.is_plausible() {
                    return Err(Verdict::Poison("a refund at no time".into()));
                }
                let cause = Cause { order, refund: Some(*refund), reached_at: *at, source };
                desk.refunded(seller, lines, &cause)
            }
            SettlementCommand::SetPolicy { request, seller, policy } => {
                let asked = Asked { request: *request, fingerprint: command.fingerprint(), seller };
                desk.serve(&asked, |desk, found, journal| desk.set_policy(&asked, found, policy, journal))
            }
            SettlementCommand::CloseDay { request, seller, day } => {
                let asked = Asked { request: *request, fingerprint: command.fingerprint(), seller };
                desk.serve(&asked, |desk, found, journal| desk.close_day(&asked, found, *day, journal))
            }
        }
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        let now = Timestamp::from_millis(context.log_time());
        let envelope = Envelope::default();
        let mut desk = Desk { outlets: &self.outlets, context, envelope: &envelope, now };
        match timers::read(timer).map_err(stored)? {
            Woken::Strangers => shelf::forget_strangers(desk.context, now).map_err(stored),
            Woken::Sweep(seller, after) => desk.sweep(&seller, &after),
            Woken::Seller(seller, wakeup) => desk.wake(&seller, &wakeup),
        }
    }
}

/// One record's or timer's work.
struct Desk<'a> {
    outlets: &'a Outlets,
    context: &'a mut dyn Context,
    envelope: &'a Envelope,
    now: Timestamp,
}

/// An operator's request.
struct Asked<'a> {
    request: RequestId,
    fingerprint: Fingerprint,
    seller: &'a SellerId,
}

impl Desk<'_> {
    /// An order came to a step. What does not count yet leaves no trace; what counts already can only have been refunded since.
    fn reached(&mut self, id: &SellerId, basis: Basis, lines: &[SoldLine], cause: &Cause<'_>) -> Result<(), Verdict> {
        let mut journal = Journal::new(self.now);
        let (mut seller, place, opened) = self.day_for(id, cause.reached_at, &mut journal)?;
        let Some(open) = seller.days.get(place) else { return Ok(()) };
        let (counts, number) = (basis >= open.basis, open.policy);
        let key = shelf::lines_key(id, cause.order);
        // A line that was posted under another policy stays posted, whatever the day's policy waits for.
        match shelf::lines(self.context, &key).map_err(stored)? {
            Some(mut sold) => {
                let said = lines.iter().map(|line| RefundedLine { sku: line.sku.clone(), refunded: line.refunded });
                if seller.post_contra(place, &mut sold, said, cause, &mut journal).map_err(implausible)? {
                    shelf::put_lines(self.context, &key, &sold);
                } else if !opened {
                    return Ok(());
                }
            }
            None if counts => {
                let terms = self.terms(id, number, lines)?;
                let posted = seller.post_sale(place, lines, &terms, cause, &mut journal).map_err(implausible)?;
                if let Some(sold) = posted {
                    shelf::put_lines(self.context, &key, &sold);
                    self.keep_sweeping(&mut seller, &mut journal);
                }
            }
            None if !opened => return Ok(()),
            None => {}
        }
        self.record(&seller, journal)
    }

    /// Units were refunded. Of an order whose lines do not count yet, or are forgotten, nothing is taken back.
    fn refunded(&mut self, id: &SellerId, lines: &[RefundedLine], cause: &Cause<'_>) -> Result<(), Verdict> {
        let key = shelf::lines_key(id, cause.order);
        let Some(mut sold) = shelf::lines(self.context, &key).map_err(stored)? else { return Ok(()) };
        let mut journal = Journal::new(self.now);
        let (mut seller, place, _) = self.day_for(id, cause.reached_at, &mut journal)?;
        if seller.post_contra(place, &mut sold, lines.iter().cloned(), cause, &mut journal).map_err(implausible)? {
            shelf::put_lines(self.context, &key, &sold);
            return self.record(&seller, journal);
        }
        Ok(())
    }

    /// The seller, and the place of the day that takes what happened at this instant; whether it had to be opened.
    fn day_for(
        &mut self,
        id: &SellerId,
        at: Timestamp,
        journal: &mut Journal,
    ) -> Result<(Seller, usize, bool), Verdict> {
        // Logs of two topics are not stamped by the same clock: nothing has happened in the future.
        let at = at.min(self.now);
        let mut seller = shelf::seller(self.context, id).map_err(stored)?.unwrap_or_else(|| Seller::new(id));
        if let Some(place) = seller.open_at(at) {
            return Ok((seller, place, false));
        }
        let zone = zone_of(&seller).map_err(broken)?;
        let schedule = shelf::schedule(self.context, id).map_err(stored)?;
        let almanac = Almanac { zone: &zone, schedule: &schedule };
        let place = seller.open(&almanac, at, journal).map_err(broken)?;
        Ok((seller, place, true))
    }

    /// The terms of each line by the policy of this number.
    fn terms(&self, seller: &SellerId, number: u32, lines: &[SoldLine]) -> Result<Vec<LineTerms>, Verdict> {
        let row = shelf::policy_row(self.context, seller, number);
        if row.is_none() && number != 0 {
            return Err(broken(Broken("a day has a policy that is forgotten")));
        }
        let of = |line: &SoldLine| match (row, line.supply_price) {
            (Some(row), Some(_)) => rows_of_policies::vat_in(row).map(LineTerms::supply_price),
            (Some(row), None) => rows_of_policies::terms_in(row, &line.sku, line.category.as_ref()),
            (None, Some(_)) => Ok(LineTerms::supply_price(Vat::default())),
            (None, None) => Ok(LineTerms::market(Vat::default())),
        };
        lines.iter().map(of).collect::<Result<_, RowError>>().map_err(stored)
    }

    /// Decides what an operator wants, or finds it decided.
    fn serve(
        &mut self,
        asked: &Asked<'_>,
        decide: impl FnOnce(&mut Self, Option<Seller>, Journal) -> Result<Decided, Verdict>,
    ) -> Result<(), Verdict> {
        let Asked { request, fingerprint, seller } = *asked;
        let known = match shelf::stranger(self.context, request).map_err(stored)? {
            Some(known) => Some(known.seen(fingerprint)),
            None => shelf::requests(self.context, seller).map_err(stored)?.recall(request, fingerprint),
        };
        let reply = match known {
            Some(Seen::Repeat(known)) => known.reply(seller),
            Some(Seen::Conflict) => {
                let outcome = Outcome::SettlementRefused { reason: SettlementRefusal::IdempotencyConflict };
                Reply { request, at: self.now, outcome }
            }
            None => {
                let found = shelf::seller(self.context, seller).map_err(stored)?;
                let decided = decide(self, found, Journal::new(self.now))?;
                Remembered { request, fingerprint, at: self.now, decided }.reply(seller)
            }
        };
        self.outlets.reply(self.context, &reply, self.envelope)
    }

    fn set_policy(
        &mut self,
        asked: &Asked<'_>,
        found: Option<Seller>,
        wanted: &SellerPolicy,
        mut journal: Journal,
    ) -> Result<Decided, Verdict> {
        let mut seller = found.unwrap_or_else(|| Seller::new(asked.seller));
        let zone = if wanted.check().is_err() { None } else { wanted.time_zone.zone() };
        let Some(mut zone) = zone else {
            let reason = SettlementRefusal::InvalidPolicy;
            if !seller.is_known() {
                return self.refuse_stranger(
                    asked,
                    SettlementFact::PolicyRefused { request: asked.request, reason },
                    reason,
                );
            }
            let decided = seller.refuse_policy(asked.request, reason, &mut journal);
            return self.settle(asked, &seller, decided, journal);
        };
        if seller.is_known() {
            zone = zone_of(&seller).map_err(broken)?;
        } else {
            // Days that were only looked at were another zone's.
            seller.drop_empty(&mut journal, |_| true);
        }
        let schedule = shelf::schedule(self.context, asked.seller).map_err(stored)?;
        let almanac = Almanac { zone: &zone, schedule: &schedule };
        let known = seller.is_known();
        let (decided, set) = seller.set_policy(&almanac, asked.request, wanted, &mut journal).map_err(broken)?;
        match set {
            Some(set) => {
                seller.zone = wanted.time_zone.clone();
                shelf::put_policy(self.context, asked.seller, &set);
                self.settle(asked, &seller, decided, journal)
            }
            // The refusal of a first policy is not the seller's first fact.
            None if !known => {
                let reason = SettlementRefusal::InvalidPolicy;
                self.refuse_stranger(asked, SettlementFact::PolicyRefused { request: asked.request, reason }, reason)
            }
            None => self.settle(asked, &seller, decided, journal),
        }
    }

    fn close_day(
        &mut self,
        asked: &Asked<'_>,
        found: Option<Seller>,
        day: Day,
        mut journal: Journal,
    ) -> Result<Decided, Verdict> {
        let Some(mut seller) = found.filter(Seller::is_known) else {
            let (request, reason) = (asked.request, SettlementRefusal::UnknownSeller);
            return self.refuse_stranger(asked, SettlementFact::CloseRefused { request, day, reason }, reason);
        };
        let zone = zone_of(&seller).map_err(broken)?;
        let schedule = shelf::schedule(self.context, asked.seller).map_err(stored)?;
        let almanac = Almanac { zone: &zone, schedule: &schedule };
        let decided = seller.close_now(&almanac, asked.request, day, &mut journal).map_err(broken)?;
        self.forget_policies(&seller, &almanac);
        self.settle(asked, &seller, decided, journal)
    }

    /// Remembers a decision beside its seller, and writes what it led to.
    fn settle(
        &mut self,
        asked: &Asked<'_>,
        seller: &Seller,
        decided: Decided,
        journal: Journal,
    ) -> Result<Decided, Verdict> {
        let mut requests = shelf::requests(self.context, asked.seller).map_err(stored)?;
        let (request, fingerprint) = (asked.request, asked.fingerprint);
        requests.remember(Remembered { request, fingerprint, at: self.now, decided });
        shelf::put_requests(self.context, asked.seller, &requests);
        self.record(seller, journal)?;
        Ok(decided)
    }

    /// A fact about a seller who is not known has no place in its count.
    fn refuse_stranger(
        &mut self,
        asked: &Asked<'_>,
        fact: SettlementFact,
        reason: SettlementRefusal,
    ) -> Result<Decided, Verdict> {
        let event = SettlementEvent { seller: asked.seller.clone(), version: 0, at: self.now, fact };
        self.outlets.fact(self.context, &event, self.envelope)?;
        shelf::put_stranger(self.context, asked.request, asked.fingerprint, self.now, reason).map_err(stored)?;
        Ok(Decided::Refused(reason))
    }

    /// A day's time is over, or what open days amount to is to be told.
    fn wake(&mut self, id: &SellerId, wakeup: &Wakeup) -> Result<(), Verdict> {
        let Some(mut seller) = shelf::seller(self.context, id).map_err(stored)? else { return Ok(()) };
        let mut journal = Journal::new(self.now);
        match wakeup {
            Wakeup::Tell => seller.tell(&mut journal),
            Wakeup::Sweep => {}
            Wakeup::Close(day) => {
                let zone = zone_of(&seller).map_err(broken)?;
                let schedule = shelf::schedule(self.context, id).map_err(stored)?;
                let almanac = Almanac { zone: &zone, schedule: &schedule };
                seller.over(&almanac, *day, &mut journal).map_err(broken)?;
                self.forget_policies(&seller, &almanac);
            }
        }
        self.record(&seller, journal)
    }

    /// Policies that no open or future day has need not be kept.
    fn forget_policies(&mut self, seller: &Seller, almanac: &Almanac<'_>) {
        let Some(closed) = seller.closed else { return };
        for number in almanac.schedule.outdated(closed.next()) {
            shelf::forget_policy(self.context, &seller.id, number);
        }
    }

    fn keep_sweeping(&mut self, seller: &mut Seller, journal: &mut Journal) {
        if !seller.sweeping {
            seller.sweeping = true;
            journal.wake(self.now.plus_millis(policy::LINES_SWEPT_EVERY_MS), Wakeup::Sweep);
        }
    }

    /// Forgets lines whose orders cannot be refunded any more, some at a time, and asks to be woken for the rest.
    fn sweep(&mut self, id: &SellerId, after: &[u8]) -> Result<(), Verdict> {
        let old = self.now.as_millis().saturating_sub(policy::SETTLED_LINES_RETENTION_MS);
        let before = posting::touched(Timestamp::from_millis(old));
        if let Some(after) = shelf::sweep_lines(self.context, id, after, before).map_err(stored)? {
            self.context.schedule(timers::sweep_on(id, &after, self.now.plus_millis(policy::SWEEP_PAUSE_MS)));
            return Ok(());
        }
        let Some(mut seller) = shelf::seller(self.context, id).map_err(stored)? else { return Ok(()) };
        let mut journal = Journal::new(self.now);
        seller.sweeping = shelf::has_lines(self.context, id);
        if seller.sweeping {
            journal.wake(self.now.plus_millis(policy::LINES_SWEPT_EVERY_MS), Wakeup::Sweep);
        }
        self.record(&seller, journal)
    }

    /// Writes the seller, sets the timers, forwards the facts.
    fn record(&mut self, seller: &Seller, journal: Journal) -> Result<(), Verdict> {
        invariants::report(&seller.id, invariants::of_seller(seller));
        shelf::put_seller(self.context, seller);
        for change in &journal.timers {
            match change {
                TimerChange::Set(at, wakeup) => self.context.schedule(timers::timer(&seller.id, wakeup, *at)),
                TimerChange::Cancel(at, wakeup) => self.context.cancel(&timers::timer(&seller.id, wakeup, *at)),
            }
        }
        journal.events.iter().try_for_each(|event| self.outlets.fact(self.context, event, self.envelope))
    }
}

fn zone_of(seller: &Seller) -> Result<Zone, Broken> {
    seller.zone.zone().ok_or(Broken("a seller lives in a zone that this build does not know"))
}

fn implausible(error: Implausible) -> Verdict {
    Verdict::Poison(error.0.into())
}
