//! Between records and the machine: reads the command, brings campaign and account from the stores, lets the machine decide,
//! writes both back, forwards facts, the reply and the answer to the order.

use events::coupons::{CouponAnswer, CouponCommand, CouponEvent, Refusal, StockCount};
use events::envelope::Envelope;
use events::ids::{OrderId, RequestId};
use events::orders::OrderCommand;
use events::request::{Fingerprint, Outcome, Reply};
use events::time::Timestamp;
use streams::processor::{Context, Processor, Timer, Verdict};
use streams::record::Record;

use super::account::{Account, Answer};
use super::campaign::Campaign;
use super::effects::Effects;
use super::invariants;
use super::timers::{TimerChange, Woken};
use super::{answers, expiry, machine, stores, timers};
use crate::kit::invariant;
use crate::kit::messaging::{self, Outputs, corrupt, stored};
use crate::kit::requests::{Remembered, Seen};

/// Decides the records of one partition of the coupons' inbox.
#[derive(Debug)]
pub(crate) struct CouponProcessor {
    outputs: Outputs,
}

impl CouponProcessor {
    pub(crate) fn new(outputs: Outputs) -> Self {
        Self { outputs }
    }
}

impl Processor for CouponProcessor {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        let (command, envelope) = messaging::read::<CouponCommand>(record)?;
        if record.key.as_deref() != Some(command.campaign().as_str().as_bytes()) {
            return Err(Verdict::Poison("the record's key is not the command's campaign".into()));
        }
        let mut handler = RecordHandler { outputs: &self.outputs, context, envelope: &envelope };
        let reply = handler.handle(&command)?;
        handler.outputs.reply(handler.context, &reply, handler.envelope)?;
        handler.answer(&command, &reply.outcome)
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        let now = Timestamp::from_millis(context.log_time());
        match timers::read(timer).map_err(stored)? {
            Woken::Requests => stores::REQUESTS.forget(context, now).map_err(stored),
            Woken::Campaign(id, wakeup) => {
                // A campaign is never deleted, so a timer without one would be another build's doing.
                let Some(mut campaign) = stores::campaign(context, &id).map_err(stored)? else {
                    return Err(Verdict::Fatal(format!("a timer is set for campaign {id}, which does not exist")));
                };
                let mut effects = Effects::new(now);
                expiry::wake(context, &mut campaign, &wakeup, &mut effects)?;
                let envelope = Envelope::default();
                RecordHandler { outputs: &self.outputs, context, envelope: &envelope }.record(&campaign, effects)
            }
        }
    }
}

/// One record's or timer's work.
struct RecordHandler<'a> {
    outputs: &'a Outputs,
    context: &'a mut dyn Context,
    envelope: &'a Envelope,
}

impl RecordHandler<'_> {
    /// Decides a command, or finds it decided.
    fn handle(&mut self, command: &CouponCommand) -> Result<Reply, Verdict> {
        let fingerprint = command.fingerprint();
        if let Some(seen) = stores::REQUESTS.recall(self.context, command.request(), fingerprint).map_err(stored)? {
            return Ok(self.repeated(command, seen.map(|known| known.reply(command.campaign()))));
        }
        match stores::campaign(self.context, command.campaign()).map_err(stored)? {
            None => self.without_campaign(command, fingerprint),
            Some(campaign) if campaign.retired => self.after_retirement(campaign, command, fingerprint),
            Some(campaign) => self.with_campaign(campaign, command, fingerprint),
        }
    }

    fn with_campaign(
        &mut self,
        mut campaign: Campaign,
        command: &CouponCommand,
        fingerprint: Fingerprint,
    ) -> Result<Reply, Verdict> {
        let shopper = stores::shopper_in(command);
        let key = stores::account_key(&campaign, shopper);
        let mut account = stores::account(self.context, &key, campaign.origin).map_err(stored)?;
        if let Some(seen) = account.recall(command.request(), fingerprint, &campaign.id, shopper) {
            return Ok(self.repeated(command, seen));
        }
        let mut effects = Effects::new(self.now());
        let outcome = machine::decide(&mut campaign, &mut account, command, &mut effects).map_err(corrupt)?;
        invariant::report(&campaign.id, invariants::of_account(&campaign, &account));
        stores::put_account(self.context, &key, &account, campaign.origin);
        if shopper.is_none() {
            stores::put_campaign(self.context, &campaign);
        }
        self.record(&campaign, effects)?;
        Ok(self.reply(command, outcome))
    }

    /// Only a definition can make something of a campaign that does not exist.
    fn without_campaign(&mut self, command: &CouponCommand, fingerprint: Fingerprint) -> Result<Reply, Verdict> {
        let reason = match command {
            CouponCommand::DefineCampaign { request, campaign, terms } => match terms.check() {
                Ok(()) => {
                    let number = stores::next_number(self.context).map_err(stored)?;
                    let mut effects = Effects::new(self.now());
                    let mut account = Account::default();
                    let mut campaign = Campaign::define(campaign, number, terms, &mut effects);
                    let answer = machine::begin(&mut campaign, &mut account, *request, fingerprint, &mut effects);
                    let key = stores::account_key(&campaign, None);
                    stores::put_account(self.context, &key, &account, campaign.origin);
                    stores::put_campaign(self.context, &campaign);
                    self.record(&campaign, effects)?;
                    return Ok(self.reply(command, answer.outcome(&campaign.id)));
                }
                Err(_) => Refusal::InvalidTerms,
            },
            _ => Refusal::UnknownCampaign,
        };
        let event = CouponEvent {
            campaign: command.campaign().clone(),
            version: 0,
            at: self.now(),
            stock: StockCount::default(),
            fact: machine::refusal(command, reason),
        };
        self.outputs.fact(self.context, &event, self.envelope)?;
        self.remember_refusal(command, fingerprint, reason)
    }

    /// A retired campaign's coupons and requests are forgotten; its name is kept, so that it never means something else.
    fn after_retirement(
        &mut self,
        mut campaign: Campaign,
        command: &CouponCommand,
        fingerprint: Fingerprint,
    ) -> Result<Reply, Verdict> {
        let reason = match stores::shopper_in(command) {
            Some(_) if !matches!(command, CouponCommand::Claim { .. }) => Refusal::NotOwner,
            _ => Refusal::Closed,
        };
        let mut effects = Effects::new(self.now());
        campaign.state(machine::refusal(command, reason), &mut effects);
        self.record(&campaign, effects)?;
        self.remember_refusal(command, fingerprint, reason)
    }

    fn remember_refusal(
        &mut self,
        command: &CouponCommand,
        fingerprint: Fingerprint,
        reason: Refusal,
    ) -> Result<Reply, Verdict> {
        let (request, at, answer) = (command.request(), self.now(), Answer::Refused(reason));
        stores::REQUESTS.remember(self.context, &Remembered { request, fingerprint, at, answer }).map_err(stored)?;
        Ok(self.reply(command, Outcome::Refused { reason }))
    }

    /// Writes the counts, sets the timers and forwards the facts.
    fn record(&mut self, campaign: &Campaign, effects: Effects) -> Result<(), Verdict> {
        invariant::report(&campaign.id, invariants::of_campaign(campaign));
        stores::put_counts(self.context, campaign.number, &campaign.counts);
        for change in &effects.timers {
            match change {
                TimerChange::Set(deadline, wakeup) => self.context.schedule(wakeup.timer(&campaign.id, *deadline)),
                TimerChange::Cancel(deadline, wakeup) => self.context.cancel(&wakeup.timer(&campaign.id, *deadline)),
            }
        }
        for event in &effects.events {
            self.outputs.fact(self.context, event, self.envelope)?;
        }
        effects.notices.into_iter().try_for_each(|notice| self.notify(&notice.order, None, notice.answer))
    }

    /// Tells the order that asked what is true now, if it asked to be told.
    fn answer(&mut self, command: &CouponCommand, outcome: &Outcome) -> Result<(), Verdict> {
        let (Some(order), Some(shopper), true) =
            (&self.envelope.answer_to, stores::shopper_in(command), answers::is_asked_for_by(command))
        else {
            return Ok(());
        };
        let answer = match stores::campaign(self.context, command.campaign()).map_err(stored)? {
            None => answers::without_campaign(outcome),
            Some(campaign) => {
                let key = stores::account_key(&campaign, Some(shopper));
                let account = stores::account(self.context, &key, campaign.origin).map_err(stored)?;
                answers::to(command, outcome, &campaign, &account)
            }
        };
        self.notify(order, Some(command.request()), answer)
    }

    fn notify(&mut self, order: &OrderId, request: Option<RequestId>, answer: CouponAnswer) -> Result<(), Verdict> {
        let answer = OrderCommand::CouponAnswered { order: order.clone(), request, answer };
        self.outputs.answer(self.context, &answer, self.envelope)
    }

    fn repeated(&self, command: &CouponCommand, seen: Seen<Reply>) -> Reply {
        match seen {
            Seen::Repeat(reply) => reply,
            Seen::Conflict => self.reply(command, Outcome::Refused { reason: Refusal::IdempotencyConflict }),
        }
    }

    fn reply(&self, command: &CouponCommand, outcome: Outcome) -> Reply {
        Reply { request: command.request(), at: self.now(), outcome }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.context.log_time())
    }
}
