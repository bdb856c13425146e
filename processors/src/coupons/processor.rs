//! Between records and the machine: brings campaign and account from their tables, lets the machine decide, writes both back, states
//! the facts, replies, and answers the order that requested.

use events::coupons::{CouponAnswer, CouponCommand, CouponEvent, Refusal, StockCount};
use events::ids::{OrderId, RequestId};
use events::orders::OrderCommand;
use events::request::{Fingerprint, Outcome, Reply};
use events::topics;
use streams::processor::Verdict;

use super::account::{Account, Answer};
use super::campaign::Campaign;
use super::effects::{Effects, Wakeup};
use super::stores::{self, ACCOUNTS, AccountKey, CAMPAIGNS, COUNTS, CampaignNumber, REQUESTS};
use super::{answers, expiry, machine};
use crate::kit::machine::report;
use crate::kit::requests::{Remembered, Seen};
use crate::kit::step::Step;

/// Decides a command.
pub(crate) fn decide(command: &CouponCommand, step: &mut Step<'_>) -> Result<(), Verdict> {
    let reply = outcome_of(command, step)?;
    step.repeat_reply(&reply)?;
    answer(command, &reply.outcome, step)
}

/// Does what time alone leads to.
pub(crate) fn wake(wakeup: Wakeup, step: &mut Step<'_>) -> Result<(), Verdict> {
    let now = step.now();
    let Some(id) = wakeup.campaign() else { return Ok(REQUESTS.forget(step.context, now)?) };
    // A campaign is never deleted, so a timer without one would be another build's doing.
    let Some(mut campaign) = stores::campaign(step.context, id)? else {
        return Err(Verdict::Fatal(format!("a timer is set for campaign {id}, which does not exist")));
    };
    let mut effects = Effects::new(now);
    expiry::wake(step.context, &mut campaign, &wakeup, &mut effects)?;
    record(&campaign, effects, step)
}

/// Decides a command, or finds it decided.
fn outcome_of(command: &CouponCommand, step: &mut Step<'_>) -> Result<Reply, Verdict> {
    let fingerprint = step.fingerprint(|| command.fingerprint());
    if let Some(seen) = REQUESTS.recall(step.context, command.request(), fingerprint)? {
        return Ok(repeated(command, seen.map(|known| known.reply(command.campaign())), step));
    }
    match stores::campaign(step.context, command.campaign())? {
        None => without_campaign(command, fingerprint, step),
        Some(campaign) if campaign.retired => after_retirement(campaign, command, fingerprint, step),
        Some(campaign) => with_campaign(campaign, command, fingerprint, step),
    }
}

fn with_campaign(
    mut campaign: Campaign,
    command: &CouponCommand,
    fingerprint: Fingerprint,
    step: &mut Step<'_>,
) -> Result<Reply, Verdict> {
    let shopper = stores::shopper_in(command);
    let key = AccountKey::new(&campaign, shopper);
    let mut account = ACCOUNTS.get(step.context, &key)?.unwrap_or_default();
    if let Some(seen) = account.recall(command.request(), fingerprint, &campaign.id, shopper) {
        return Ok(repeated(command, seen, step));
    }
    let mut effects = Effects::new(step.now());
    let outcome = machine::decide(&mut campaign, &mut account, command, fingerprint, &mut effects)?;
    report(&campaign.id, account.check(&campaign.terms));
    stores::put_account(step.context, &key, &account);
    if shopper.is_none() {
        CAMPAIGNS.put(step.context, &campaign.id, &campaign);
    }
    record(&campaign, effects, step)?;
    Ok(reply(command, outcome, step))
}

/// Only a definition can make something of a campaign that does not exist.
fn without_campaign(command: &CouponCommand, fingerprint: Fingerprint, step: &mut Step<'_>) -> Result<Reply, Verdict> {
    let reason = match command {
        CouponCommand::DefineCampaign { request, campaign, terms } => match terms.check() {
            Ok(()) => {
                let number = stores::next_number(step.context)?;
                let mut effects = Effects::new(step.now());
                let mut account = Account::default();
                let mut campaign = Campaign::define(campaign, number, terms, &mut effects);
                let answer = machine::begin(&mut campaign, &mut account, *request, fingerprint, &mut effects);
                stores::put_account(step.context, &AccountKey::new(&campaign, None), &account);
                CAMPAIGNS.put(step.context, &campaign.id, &campaign);
                record(&campaign, effects, step)?;
                return Ok(reply(command, answer.outcome(&campaign.id), step));
            }
            Err(_) => Refusal::InvalidTerms,
        },
        _ => Refusal::UnknownCampaign,
    };
    let event = CouponEvent {
        campaign: command.campaign().clone(),
        version: 0,
        at: step.now(),
        stock: StockCount::default(),
        fact: machine::refusal(command, reason),
    };
    step.state(&topics::COUPONS_EVENTS, &event)?;
    remember_refusal(command, fingerprint, reason, step)
}

/// A retired campaign's coupons and requests are forgotten; its name is kept, so that it never means something else.
fn after_retirement(
    mut campaign: Campaign,
    command: &CouponCommand,
    fingerprint: Fingerprint,
    step: &mut Step<'_>,
) -> Result<Reply, Verdict> {
    let reason = match stores::shopper_in(command) {
        Some(_) if !matches!(command, CouponCommand::Claim { .. }) => Refusal::NotOwner,
        _ => Refusal::Closed,
    };
    let mut effects = Effects::new(step.now());
    campaign.state(machine::refusal(command, reason), &mut effects);
    record(&campaign, effects, step)?;
    remember_refusal(command, fingerprint, reason, step)
}

fn remember_refusal(
    command: &CouponCommand,
    fingerprint: Fingerprint,
    reason: Refusal,
    step: &mut Step<'_>,
) -> Result<Reply, Verdict> {
    let (request, at, answer) = (command.request(), step.now(), Answer::Refused(reason));
    REQUESTS.remember(step.context, &Remembered { request, fingerprint, at, answer })?;
    Ok(reply(command, Outcome::Refused { reason }, step))
}

/// Writes the counts, sets the timers, states the facts and sends the notices.
fn record(campaign: &Campaign, effects: Effects, step: &mut Step<'_>) -> Result<(), Verdict> {
    report(&campaign.id, campaign.check());
    COUNTS.put(step.context, &CampaignNumber(campaign.number), &campaign.counts);
    let notices = step.carry_out(&topics::COUPONS_EVENTS, effects)?;
    notices.into_iter().try_for_each(|notice| notify(&notice.order, None, notice.answer, step))
}

/// Answers the order that the command names, if any, with what is true now.
fn answer(command: &CouponCommand, outcome: &Outcome, step: &mut Step<'_>) -> Result<(), Verdict> {
    let (Some(order), Some(shopper), true) =
        (&step.envelope.answer_to, stores::shopper_in(command), answers::is_from_orders(command))
    else {
        return Ok(());
    };
    let answer = match stores::campaign(step.context, command.campaign())? {
        None => answers::without_campaign(outcome),
        Some(campaign) => {
            let account = ACCOUNTS.get(step.context, &AccountKey::new(&campaign, Some(shopper)))?;
            answers::to(command, outcome, &campaign, &account.unwrap_or_default())
        }
    };
    notify(order, Some(command.request()), answer, step)
}

fn notify(
    order: &OrderId,
    request: Option<RequestId>,
    answer: CouponAnswer,
    step: &mut Step<'_>,
) -> Result<(), Verdict> {
    step.answer(&OrderCommand::CouponAnswered { order: order.clone(), request, answer })
}

fn repeated(command: &CouponCommand, seen: Seen<Reply>, step: &Step<'_>) -> Reply {
    match seen {
        Seen::Repeat(reply) => reply,
        Seen::Conflict => reply(command, Outcome::Refused { reason: Refusal::IdempotencyConflict }, step),
    }
}

fn reply(command: &CouponCommand, outcome: Outcome, step: &Step<'_>) -> Reply {
    Reply { request: command.request(), at: step.now(), outcome }
}
