//! Commands of operators: policies, and the close of a day before its time. A repeat gets its first reply.

use events::calendar::Day;
use events::ids::{RequestId, SellerId};
use events::request::{Fingerprint, Outcome};
use events::settlement::{SellerPolicy, SettlementCommand, SettlementEvent, SettlementFact, SettlementRefusal};
use events::topics;
use streams::processor::Verdict;

use super::effects::Effects;
use super::requests::Decided;
use super::schedule::Calendar;
use super::seller::Seller;
use super::stores::{self, FORMER_REQUESTS, POLICIES, PolicyKey, REQUESTS, SELLERS};
use crate::kit::requests::{Remembered, Seen};
use crate::kit::step::Step;

/// An operator's request.
pub(crate) struct OperatorRequest<'a> {
    request: RequestId,
    fingerprint: Fingerprint,
    seller: &'a SellerId,
    /// Why it is refused, whatever it is.
    refused: Option<SettlementRefusal>,
}

impl<'a> OperatorRequest<'a> {
    pub(crate) fn new(
        request: RequestId,
        command: &SettlementCommand,
        seller: &'a SellerId,
        step: &Step<'_>,
    ) -> Result<Self, Verdict> {
        let refused = if REQUESTS.has_room(step.context)? { None } else { Some(SettlementRefusal::TooManyRequests) };
        Ok(Self { request, fingerprint: step.fingerprint(|| command.fingerprint()), seller, refused })
    }
}

/// Sets a policy, or replies what was decided before.
pub(crate) fn set_policy(
    operator: &OperatorRequest<'_>,
    policy: &SellerPolicy,
    step: &mut Step<'_>,
) -> Result<(), Verdict> {
    decide_once(operator, step, |found, step| decide_policy(operator, found, policy, step))
}

/// Closes a day, or replies what was decided before.
pub(crate) fn close_day(operator: &OperatorRequest<'_>, day: Day, step: &mut Step<'_>) -> Result<(), Verdict> {
    decide_once(operator, step, |found, step| decide_close(operator, found, day, step))
}

/// Decides, or finds it decided, and replies.
fn decide_once(
    operator: &OperatorRequest<'_>,
    step: &mut Step<'_>,
    decide: impl FnOnce(Option<Seller>, &mut Step<'_>) -> Result<Decided, Verdict>,
) -> Result<(), Verdict> {
    let (request, fingerprint, seller, now) = (operator.request, operator.fingerprint, operator.seller, step.now());
    let known = REQUESTS.find_also_in(&FORMER_REQUESTS, seller, step.context, request, now)?;
    match known.map(|known| known.seen(fingerprint)) {
        Some(Seen::Repeat(known)) => step.repeat_reply(&known.reply(seller)),
        Some(Seen::Conflict) => {
            step.reply(request, Outcome::SettlementRefused { reason: SettlementRefusal::IdempotencyConflict })
        }
        None => {
            let found = SELLERS.get(step.context, seller)?;
            let answer = decide(found, step)?;
            let known = Remembered { request, fingerprint, at: now, answer };
            REQUESTS.remember(step.context, &known)?;
            step.repeat_reply(&known.reply(seller))
        }
    }
}

fn decide_policy(
    operator: &OperatorRequest<'_>,
    found: Option<Seller>,
    policy: &SellerPolicy,
    step: &mut Step<'_>,
) -> Result<Decided, Verdict> {
    let (request, mut effects) = (operator.request, Effects::new(step.now()));
    let mut seller = found.unwrap_or_else(|| Seller::new(operator.seller));
    let known = seller.is_known();
    let zone = if operator.refused.is_some() || policy.check().is_err() { None } else { policy.time_zone.zone() };
    let Some(mut zone) = zone else {
        let reason = operator.refused.unwrap_or(SettlementRefusal::InvalidPolicy);
        if !known {
            return refuse_unknown(operator, SettlementFact::PolicyRefused { request, reason }, reason, step);
        }
        let decided = seller.refuse_policy(request, reason, &mut effects);
        stores::record(&seller, effects, step)?;
        return Ok(decided);
    };
    if known {
        zone = seller.zone()?;
    } else {
        // Days that were only looked at were another zone's.
        seller.drop_empty(&mut effects, |_| true);
    }
    let schedule = stores::schedule(step.context, operator.seller)?;
    let calendar = Calendar { zone: &zone, schedule: &schedule };
    let (decided, set) = seller.set_policy(&calendar, request, policy, &mut effects)?;
    match set {
        Some(set) => {
            seller.zone = policy.time_zone.clone();
            POLICIES.put(step.context, &PolicyKey::new(operator.seller, set.number), &set);
        }
        // The refusal of a first policy is not the seller's first fact.
        None if !known => {
            let reason = SettlementRefusal::InvalidPolicy;
            return refuse_unknown(operator, SettlementFact::PolicyRefused { request, reason }, reason, step);
        }
        None => {}
    }
    stores::record(&seller, effects, step)?;
    Ok(decided)
}

fn decide_close(
    operator: &OperatorRequest<'_>,
    found: Option<Seller>,
    day: Day,
    step: &mut Step<'_>,
) -> Result<Decided, Verdict> {
    let (request, mut effects) = (operator.request, Effects::new(step.now()));
    let Some(mut seller) = found.filter(Seller::is_known) else {
        let reason = SettlementRefusal::UnknownSeller;
        return refuse_unknown(operator, SettlementFact::CloseRefused { request, day, reason }, reason, step);
    };
    let decided = match operator.refused {
        Some(reason) => {
            seller.state(SettlementFact::CloseRefused { request, day, reason }, &mut effects);
            Decided::Refused(reason)
        }
        None => {
            let zone = seller.zone()?;
            let schedule = stores::schedule(step.context, operator.seller)?;
            let calendar = Calendar { zone: &zone, schedule: &schedule };
            let decided = seller.close_now(&calendar, request, day, &mut effects)?;
            stores::forget_policies(step.context, &seller, &schedule);
            decided
        }
    };
    stores::record(&seller, effects, step)?;
    Ok(decided)
}

/// A fact about a seller who is not known has no place in its count.
fn refuse_unknown(
    operator: &OperatorRequest<'_>,
    fact: SettlementFact,
    reason: SettlementRefusal,
    step: &mut Step<'_>,
) -> Result<Decided, Verdict> {
    let (seller, at) = (operator.seller.clone(), step.now());
    step.state(&topics::SETTLEMENT_EVENTS, &SettlementEvent { seller, version: 0, at, fact })?;
    Ok(Decided::Refused(reason))
}
