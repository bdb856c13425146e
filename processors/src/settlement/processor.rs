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

use super::days::Calendar;
use super::effects::{Effects, TimerChange, Wakeup};
use super::invariants;
use super::posting::{self, Cause, Implausible};
use super::requests::Decided;
use super::seller::Seller;
use super::timers::Woken;
use super::{rows_of_policies, stores, timers};
use crate::kit::invariant::{self, CorruptState};
use crate::kit::messaging::{self, Outputs, corrupt, stored};
use crate::kit::requests::{Remembered, Seen};
use crate::kit::row::RowError;
use crate::policy;

/// Decides the records of one partition of the settlement's inbox.
#[derive(Debug)]
pub(crate) struct SettlementProcessor {
    outputs: Outputs,
}

impl SettlementProcessor {
    pub(crate) fn new(outputs: Outputs) -> Self {
        Self { outputs }
    }
}

impl Processor for SettlementProcessor {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        let (command, envelope) = messaging::read::<SettlementCommand>(record)?;
        if record.key.as_deref() != Some(command.seller().as_str().as_bytes()) {
            return Err(Verdict::Poison("the record's key is not the command's seller".into()));
        }
        let now = Timestamp::from_millis(context.log_time());
        let source = Source { partition: record.partition, offset: record.offset };
        let mut handler = RecordHandler { outputs: &self.outputs, context, envelope: &envelope, now };
        match &command {
            SettlementCommand::LinesReached { seller, order, basis, at, lines } => {
                posting::are_plausible(lines, *at).map_err(implausible)?;
                let cause = Cause { order, refund: None, reached_at: *at, source };
                handler.reached(seller, *basis, lines, &cause)
            }
            SettlementCommand::LinesRefunded { seller, order, refund, at, lines } => {
                if !at.is_plausible() {
                    return Err(Verdict::Poison("a refund at no time".into()));
                }
                let cause = Cause { order, refund: Some(*refund), reached_at: *at, source };
                handler.refunded(seller, lines, &cause)
            }
            SettlementCommand::SetPolicy { request, seller, policy } => {
                let asked = handler.asked(*request, command.fingerprint(), seller)?;
                handler.serve(&asked, |handler, found, effects| handler.set_policy(&asked, found, policy, effects))
            }
            SettlementCommand::CloseDay { request, seller, day } => {
                let asked = handler.asked(*request, command.fingerprint(), seller)?;
                handler.serve(&asked, |handler, found, effects| handler.close_day(&asked, found, *day, effects))
            }
        }
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        let now = Timestamp::from_millis(context.log_time());
        let envelope = Envelope::default();
        let mut handler = RecordHandler { outputs: &self.outputs, context, envelope: &envelope, now };
        match timers::read(timer).map_err(stored)? {
            Woken::Requests => stores::REQUESTS.forget(handler.context, now).map_err(stored),
            Woken::ForgetLines(seller, after) => handler.forget_lines(&seller, &after),
            Woken::Seller(seller, wakeup) => handler.wake(&seller, &wakeup),
        }
    }
}

/// One record's or timer's work.
struct RecordHandler<'a> {
    outputs: &'a Outputs,
    context: &'a mut dyn Context,
    envelope: &'a Envelope,
    now: Timestamp,
}

/// An operator's request.
struct Asked<'a> {
    request: RequestId,
    fingerprint: Fingerprint,
    seller: &'a SellerId,
    /// Why it is refused whatever it asks.
    refused: Option<SettlementRefusal>,
}

impl RecordHandler<'_> {
    /// An order came to a step. What does not count yet leaves no trace; what counts already can only have been refunded since.
    fn reached(&mut self, id: &SellerId, basis: Basis, lines: &[SoldLine], cause: &Cause<'_>) -> Result<(), Verdict> {
        let mut effects = Effects::new(self.now);
        let (mut seller, place, opened) = self.day_for(id, cause.reached_at, &mut effects)?;
        let Some(open) = seller.days.get(place) else { return Ok(()) };
        let (counts, number) = (basis >= open.basis, open.policy);
        let key = stores::lines_key(id, cause.order);
        // A line that was posted under another policy stays posted, whatever the day's policy waits for.
        match stores::lines(self.context, &key).map_err(stored)? {
            Some(mut sold) => {
                let said = lines.iter().map(|line| RefundedLine { sku: line.sku.clone(), refunded: line.refunded });
                if seller.post_contra(place, &mut sold, said, cause, &mut effects).map_err(implausible)? {
                    stores::put_lines(self.context, &key, &sold);
                } else if !opened {
                    return Ok(());
                }
            }
            None if counts => {
                let terms = self.terms(id, number, lines)?;
                let posted = seller.post_sale(place, lines, &terms, cause, &mut effects).map_err(implausible)?;
                if let Some(sold) = posted {
                    stores::put_lines(self.context, &key, &sold);
                    self.keep_forgetting(&mut seller, &mut effects);
                }
            }
            None if !opened => return Ok(()),
            None => {}
        }
        self.record(&seller, effects)
    }

    /// Units were refunded. Of an order whose lines do not count yet, or are forgotten, nothing is taken back.
    fn refunded(&mut self, id: &SellerId, lines: &[RefundedLine], cause: &Cause<'_>) -> Result<(), Verdict> {
        let key = stores::lines_key(id, cause.order);
        let Some(mut sold) = stores::lines(self.context, &key).map_err(stored)? else { return Ok(()) };
        let mut effects = Effects::new(self.now);
        let (mut seller, place, _) = self.day_for(id, cause.reached_at, &mut effects)?;
        if seller.post_contra(place, &mut sold, lines.iter().cloned(), cause, &mut effects).map_err(implausible)? {
            stores::put_lines(self.context, &key, &sold);
            return self.record(&seller, effects);
        }
        Ok(())
    }

    /// The seller, and the place of the day that takes what happened at this instant; whether it had to be opened.
    fn day_for(
        &mut self,
        id: &SellerId,
        at: Timestamp,
        effects: &mut Effects,
    ) -> Result<(Seller, usize, bool), Verdict> {
        // Logs of two topics are not stamped by the same clock: nothing has happened in the future.
        let at = at.min(self.now);
        let mut seller = stores::seller(self.context, id).map_err(stored)?.unwrap_or_else(|| Seller::new(id));
        if let Some(place) = seller.open_at(at) {
            return Ok((seller, place, false));
        }
        let zone = zone_of(&seller).map_err(corrupt)?;
        let schedule = stores::schedule(self.context, id).map_err(stored)?;
        let calendar = Calendar { zone: &zone, schedule: &schedule };
        let place = seller.open(&calendar, at, effects).map_err(corrupt)?;
        Ok((seller, place, true))
    }

    /// The terms of each line by the policy of this number.
    fn terms(&self, seller: &SellerId, number: u32, lines: &[SoldLine]) -> Result<Vec<LineTerms>, Verdict> {
        let row = stores::policy_row(self.context, seller, number);
        if row.is_none() && number != 0 {
            return Err(corrupt(CorruptState("a day has a policy that is forgotten")));
        }
        let of = |line: &SoldLine| match (row, line.supply_price) {
            (Some(row), Some(_)) => rows_of_policies::vat_in(row).map(LineTerms::supply_price),
            (Some(row), None) => rows_of_policies::terms_in(row, &line.sku, line.category.as_ref()),
            (None, Some(_)) => Ok(LineTerms::supply_price(Vat::default())),
            (None, None) => Ok(LineTerms::market(Vat::default())),
        };
        lines.iter().map(of).collect::<Result<_, RowError>>().map_err(stored)
    }

    fn asked<'a>(
        &self,
        request: RequestId,
        fingerprint: Fingerprint,
        seller: &'a SellerId,
    ) -> Result<Asked<'a>, Verdict> {
        let has_room = stores::REQUESTS.has_room(self.context).map_err(stored)?;
        let refused = if has_room { None } else { Some(SettlementRefusal::TooManyRequests) };
        Ok(Asked { request, fingerprint, seller, refused })
    }

    /// Decides what an operator wants, or finds it decided.
    fn serve(
        &mut self,
        asked: &Asked<'_>,
        decide: impl FnOnce(&mut Self, Option<Seller>, Effects) -> Result<Decided, Verdict>,
    ) -> Result<(), Verdict> {
        let Asked { request, fingerprint, seller, .. } = *asked;
        let (list, key) = (stores::FORMER_REQUESTS, seller.as_str().as_bytes());
        let known = stores::REQUESTS.find_also_in(list, key, self.context, request, self.now).map_err(stored)?;
        let reply = match known.map(|known| known.seen(fingerprint)) {
            Some(Seen::Repeat(known)) => known.reply(seller),
            Some(Seen::Conflict) => {
                let outcome = Outcome::SettlementRefused { reason: SettlementRefusal::IdempotencyConflict };
                Reply { request, at: self.now, outcome }
            }
            None => {
                let found = stores::seller(self.context, seller).map_err(stored)?;
                let answer = decide(self, found, Effects::new(self.now))?;
                Remembered { request, fingerprint, at: self.now, answer }.reply(seller)
            }
        };
        self.outputs.reply(self.context, &reply, self.envelope)
    }

    fn set_policy(
        &mut self,
        asked: &Asked<'_>,
        found: Option<Seller>,
        wanted: &SellerPolicy,
        mut effects: Effects,
    ) -> Result<Decided, Verdict> {
        let mut seller = found.unwrap_or_else(|| Seller::new(asked.seller));
        let zone = if asked.refused.is_some() || wanted.check().is_err() { None } else { wanted.time_zone.zone() };
        let Some(mut zone) = zone else {
            let reason = asked.refused.unwrap_or(SettlementRefusal::InvalidPolicy);
            if !seller.is_known() {
                return self.refuse_unknown(
                    asked,
                    SettlementFact::PolicyRefused { request: asked.request, reason },
                    reason,
                );
            }
            let decided = seller.refuse_policy(asked.request, reason, &mut effects);
            return self.settle(asked, &seller, decided, effects);
        };
        if seller.is_known() {
            zone = zone_of(&seller).map_err(corrupt)?;
        } else {
            // Days that were only looked at were another zone's.
            seller.drop_empty(&mut effects, |_| true);
        }
        let schedule = stores::schedule(self.context, asked.seller).map_err(stored)?;
        let calendar = Calendar { zone: &zone, schedule: &schedule };
        let known = seller.is_known();
        let (decided, set) = seller.set_policy(&calendar, asked.request, wanted, &mut effects).map_err(corrupt)?;
        match set {
            Some(set) => {
                seller.zone = wanted.time_zone.clone();
                stores::put_policy(self.context, asked.seller, &set);
                self.settle(asked, &seller, decided, effects)
            }
            // The refusal of a first policy is not the seller's first fact.
            None if !known => {
                let reason = SettlementRefusal::InvalidPolicy;
                self.refuse_unknown(asked, SettlementFact::PolicyRefused { request: asked.request, reason }, reason)
            }
            None => self.settle(asked, &seller, decided, effects),
        }
    }

    fn close_day(
        &mut self,
        asked: &Asked<'_>,
        found: Option<Seller>,
        day: Day,
        mut effects: Effects,
    ) -> Result<Decided, Verdict> {
        let Some(mut seller) = found.filter(Seller::is_known) else {
            let (request, reason) = (asked.request, SettlementRefusal::UnknownSeller);
            return self.refuse_unknown(asked, SettlementFact::CloseRefused { request, day, reason }, reason);
        };
        if let Some(reason) = asked.refused {
            seller.state(SettlementFact::CloseRefused { request: asked.request, day, reason }, &mut effects);
            return self.settle(asked, &seller, Decided::Refused(reason), effects);
        }
        let zone = zone_of(&seller).map_err(corrupt)?;
        let schedule = stores::schedule(self.context, asked.seller).map_err(stored)?;
        let calendar = Calendar { zone: &zone, schedule: &schedule };
        let decided = seller.close_now(&calendar, asked.request, day, &mut effects).map_err(corrupt)?;
        self.forget_policies(&seller, &calendar);
        self.settle(asked, &seller, decided, effects)
    }

    /// Remembers a decision beside its seller, and writes what it led to.
    fn settle(
        &mut self,
        asked: &Asked<'_>,
        seller: &Seller,
        decided: Decided,
        effects: Effects,
    ) -> Result<Decided, Verdict> {
        let (request, fingerprint) = (asked.request, asked.fingerprint);
        let known = Remembered { request, fingerprint, at: self.now, answer: decided };
        stores::REQUESTS.remember(self.context, &known).map_err(stored)?;
        self.record(seller, effects)?;
        Ok(decided)
    }

    /// A fact about a seller who is not known has no place in its count.
    fn refuse_unknown(
        &mut self,
        asked: &Asked<'_>,
        fact: SettlementFact,
        reason: SettlementRefusal,
    ) -> Result<Decided, Verdict> {
        let event = SettlementEvent { seller: asked.seller.clone(), version: 0, at: self.now, fact };
        self.outputs.fact(self.context, &event, self.envelope)?;
        let answer = Decided::Refused(reason);
        let known = Remembered { request: asked.request, fingerprint: asked.fingerprint, at: self.now, answer };
        stores::REQUESTS.remember(self.context, &known).map_err(stored)?;
        Ok(answer)
    }

    /// A day's time is over, or a snapshot is due.
    fn wake(&mut self, id: &SellerId, wakeup: &Wakeup) -> Result<(), Verdict> {
        let Some(mut seller) = stores::seller(self.context, id).map_err(stored)? else { return Ok(()) };
        let mut effects = Effects::new(self.now);
        match wakeup {
            Wakeup::Snapshot => seller.publish_snapshots(&mut effects),
            Wakeup::ForgetLines => {}
            Wakeup::Close(day) => {
                let zone = zone_of(&seller).map_err(corrupt)?;
                let schedule = stores::schedule(self.context, id).map_err(stored)?;
                let calendar = Calendar { zone: &zone, schedule: &schedule };
                seller.over(&calendar, *day, &mut effects).map_err(corrupt)?;
                self.forget_policies(&seller, &calendar);
            }
        }
        self.record(&seller, effects)
    }

    /// Policies that no open or future day has need not be kept.
    fn forget_policies(&mut self, seller: &Seller, calendar: &Calendar<'_>) {
        let Some(closed) = seller.closed else { return };
        for number in calendar.schedule.outdated(closed.next()) {
            stores::forget_policy(self.context, &seller.id, number);
        }
    }

    fn keep_forgetting(&mut self, seller: &mut Seller, effects: &mut Effects) {
        if !seller.forgetting {
            seller.forgetting = true;
            effects.wake(self.now.plus_millis(policy::LINES_CHECKED_EVERY_MS), Wakeup::ForgetLines);
        }
    }

    /// Forgets lines whose orders cannot be refunded any more, some at a time, and asks to be woken for the rest.
    fn forget_lines(&mut self, id: &SellerId, after: &[u8]) -> Result<(), Verdict> {
        let old = self.now.as_millis().saturating_sub(policy::SETTLED_LINES_RETENTION_MS);
        let before = posting::touched(Timestamp::from_millis(old));
        if let Some(after) = stores::forget_lines(self.context, id, after, before).map_err(stored)? {
            self.context.schedule(timers::forget_on(id, &after, self.now.plus_millis(policy::ROUND_PAUSE_MS)));
            return Ok(());
        }
        let Some(mut seller) = stores::seller(self.context, id).map_err(stored)? else { return Ok(()) };
        let mut effects = Effects::new(self.now);
        seller.forgetting = stores::has_lines(self.context, id);
        if seller.forgetting {
            effects.wake(self.now.plus_millis(policy::LINES_CHECKED_EVERY_MS), Wakeup::ForgetLines);
        }
        self.record(&seller, effects)
    }

    /// Writes the seller, sets the timers, forwards the facts.
    fn record(&mut self, seller: &Seller, effects: Effects) -> Result<(), Verdict> {
        invariant::report(&seller.id, invariants::of_seller(seller));
        stores::put_seller(self.context, seller);
        for change in &effects.timers {
            match change {
                TimerChange::Set(at, wakeup) => self.context.schedule(timers::timer(&seller.id, wakeup, *at)),
                TimerChange::Cancel(at, wakeup) => self.context.cancel(&timers::timer(&seller.id, wakeup, *at)),
            }
        }
        effects.events.iter().try_for_each(|event| self.outputs.fact(self.context, event, self.envelope))
    }
}

fn zone_of(seller: &Seller) -> Result<Zone, CorruptState> {
    seller.zone.zone().ok_or(CorruptState("a seller lives in a zone that this build does not know"))
}

fn implausible(error: Implausible) -> Verdict {
    Verdict::Poison(error.0.into())
}
