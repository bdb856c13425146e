//! Between records and the machine: reads the command, brings campaign and account from the stores, lets the machine decide,
//! writes both back, forwards facts and the answer.

use std::sync::Arc;

use events::codec::{DecodeError, Message, decode, encode};
use events::coupons::{CouponCommand, CouponEvent, Refusal, StockCount};
use events::envelope::Envelope;
use events::request::{Fingerprint, Outcome, Reply};
use events::time::Timestamp;
use streams::processor::{Context, Processor, Timer, Verdict};
use streams::record::{Outgoing, Record};

use super::account::{Account, Answer, Remembered, Seen};
use super::bytes::RowError;
use super::campaign::{Broken, Campaign};
use super::journal::Journal;
use super::timers::{TimerChange, Woken};
use super::{machine, shelf, sweeps, timers};
use crate::invariants;

/// The topics that the coupon processor writes to.
#[derive(Clone, Debug)]
pub(crate) struct Outlets {
    pub(crate) events: Arc<str>,
    pub(crate) replies: Arc<str>,
    /// How many partitions there are for replies: a request that names another one gets no reply.
    pub(crate) reply_partitions: i32,
}

/// Decides the records of one partition of the coupons' inbox.
#[derive(Debug)]
pub(crate) struct CouponProcessor {
    outlets: Outlets,
}

impl CouponProcessor {
    pub(crate) fn new(outlets: Outlets) -> Self {
        Self { outlets }
    }
}

impl Processor for CouponProcessor {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        let envelope = Envelope::from_headers(record.header_pairs());
        let command: CouponCommand = decode(record.value.as_deref(), &envelope).map_err(|error| match error {
            DecodeError::Newer { .. } => Verdict::Fatal(error.to_string()),
            DecodeError::Unmarked(_) | DecodeError::Garbage(_) => Verdict::Poison(error.to_string()),
        })?;
        if record.key.as_deref() != Some(command.campaign().as_str().as_bytes()) {
            return Err(Verdict::Poison("the record's key is not the command's campaign".into()));
        }
        let mut desk = Desk { outlets: &self.outlets, context, envelope: &envelope };
        let reply = desk.handle(&command)?;
        desk.answer(&reply)
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        let now = Timestamp::from_millis(context.log_time());
        match timers::read(timer).map_err(stored)? {
            Woken::Strangers => shelf::forget_strangers(context, now).map_err(stored),
            Woken::Campaign(id, wakeup) => {
                // A campaign is never deleted, so a timer without one would be another build's doing.
                let Some(mut campaign) = shelf::campaign(context, &id).map_err(stored)? else {
                    return Err(Verdict::Fatal(format!("a timer is set for campaign {id}, which does not exist")));
                };
                let mut journal = Journal::new(now);
                sweeps::wake(context, &mut campaign, &wakeup, &mut journal)?;
                let envelope = Envelope::default();
                Desk { outlets: &self.outlets, context, envelope: &envelope }.record(&campaign, journal)
            }
        }
    }
}

/// One record's or timer's work.
struct Desk<'a> {
    outlets: &'a Outlets,
    context: &'a mut dyn Context,
    envelope: &'a Envelope,
}

impl Desk<'_> {
    /// Decides a command, or finds it decided.
    fn handle(&mut self, command: &CouponCommand) -> Result<Reply, Verdict> {
        let fingerprint = command.fingerprint();
        if let Some(known) = shelf::stranger(self.context, command.request()).map_err(stored)? {
            let seen = known.recall(command.request(), fingerprint, command.campaign());
            return Ok(self.repeated(command, seen.unwrap_or(Seen::Conflict)));
        }
        match shelf::campaign(self.context, command.campaign()).map_err(stored)? {
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
        let shopper = shelf::shopper_in(command);
        let key = shelf::account_key(&campaign, shopper);
        let mut account = shelf::account(self.context, &key, campaign.origin).map_err(stored)?;
        if let Some(seen) = account.recall(command.request(), fingerprint, &campaign.id, shopper) {
            return Ok(self.repeated(command, seen));
        }
        let mut journal = Journal::new(self.now());
        let outcome = machine::decide(&mut campaign, &mut account, command, &mut journal).map_err(broken)?;
        invariants::report(&campaign.id, invariants::of_account(&campaign, &account));
        shelf::put_account(self.context, &key, &account, campaign.origin);
        if shopper.is_none() {
            shelf::put_campaign(self.context, &campaign);
        }
        self.record(&campaign, journal)?;
        Ok(self.reply(command, outcome))
    }

    /// Only a definition can make something of a campaign that does not exist.
    fn without_campaign(&mut self, command: &CouponCommand, fingerprint: Fingerprint) -> Result<Reply, Verdict> {
        let reason = match command {
            CouponCommand::DefineCampaign { request, campaign, terms } => match terms.check() {
                Ok(()) => {
                    let number = shelf::next_number(self.context).map_err(stored)?;
                    let mut journal = Journal::new(self.now());
                    let mut account = Account::default();
                    let mut campaign = Campaign::define(campaign, number, terms, &mut journal);
                    let answer = machine::begin(&mut campaign, &mut account, *request, fingerprint, &mut journal);
                    let key = shelf::account_key(&campaign, None);
                    shelf::put_account(self.context, &key, &account, campaign.origin);
                    shelf::put_campaign(self.context, &campaign);
                    self.record(&campaign, journal)?;
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
        self.forward(&event)?;
        self.remember_stranger(command, fingerprint, reason)
    }

    /// A retired campaign's coupons and requests are forgotten; its name is kept, so that it never means something else.
    fn after_retirement(
        &mut self,
        mut campaign: Campaign,
        command: &CouponCommand,
        fingerprint: Fingerprint,
    ) -> Result<Reply, Verdict> {
        let reason = match shelf::shopper_in(command) {
            Some(_) if !matches!(command, CouponCommand::Claim { .. }) => Refusal::NotOwner,
            _ => Refusal::Closed,
        };
        let mut journal = Journal::new(self.now());
        campaign.state(machine::refusal(command, reason), &mut journal);
        self.record(&campaign, journal)?;
        self.remember_stranger(command, fingerprint, reason)
    }

    fn remember_stranger(
        &mut self,
        command: &CouponCommand,
        fingerprint: Fingerprint,
        reason: Refusal,
    ) -> Result<Reply, Verdict> {
        let answer = Answer::Refused(reason);
        let request = Remembered { request: command.request(), fingerprint, at: self.now(), answer };
        shelf::put_stranger(self.context, &request).map_err(stored)?;
        Ok(self.reply(command, answer.outcome(command.campaign())))
    }

    /// Writes the counts, sets the timers and forwards the facts.
    fn record(&mut self, campaign: &Campaign, journal: Journal) -> Result<(), Verdict> {
        invariants::report(&campaign.id, invariants::of_campaign(campaign));
        shelf::put_counts(self.context, campaign.number, &campaign.counts);
        for change in &journal.timers {
            match change {
                TimerChange::Set(deadline, wakeup) => self.context.schedule(wakeup.timer(&campaign.id, *deadline)),
                TimerChange::Cancel(deadline, wakeup) => self.context.cancel(&wakeup.timer(&campaign.id, *deadline)),
            }
        }
        journal.events.iter().try_for_each(|event| self.forward(event))
    }

    /// Facts go to the partition that has the same number as the task's.
    fn forward(&mut self, event: &CouponEvent) -> Result<(), Verdict> {
        let context = self.envelope.onward();
        let partition = self.context.partition();
        let outgoing = outgoing(&self.outlets.events, partition, event, &context)?;
        self.context.forward(outgoing);
        Ok(())
    }

    /// Answers the request where it asked to be answered, if it did.
    fn answer(&mut self, reply: &Reply) -> Result<(), Verdict> {
        match self.envelope.reply_to {
            Some(partition) if partition < self.outlets.reply_partitions => {
                let context = self.envelope.onward();
                let outgoing = outgoing(&self.outlets.replies, partition, reply, &context)?;
                self.context.forward(outgoing);
            }
            Some(partition) => tracing::warn!(partition, "a request asks for its reply where there is no partition"),
            None => {}
        }
        Ok(())
    }

    fn repeated(&self, command: &CouponCommand, seen: Seen) -> Reply {
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

fn outgoing<M: Message>(
    topic: &Arc<str>,
    partition: i32,
    message: &M,
    context: &Envelope,
) -> Result<Outgoing, Verdict> {
    let (value, envelope) = encode(message, context).map_err(|error| Verdict::Fatal(error.to_string()))?;
    Ok(Outgoing {
        topic: topic.clone(),
        partition: Some(partition),
        key: Some(message.key().into_bytes().into()),
        value: Some(value.into()),
        headers: envelope.to_headers().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
    })
}

/// A store holds what this build cannot read: going on would be guessing.
pub(crate) fn stored(error: RowError) -> Verdict {
    Verdict::Fatal(error.to_string())
}

/// The machine found its state contradicting itself.
pub(crate) fn broken(error: Broken) -> Verdict {
    Verdict::Fatal(error.to_string())
}
