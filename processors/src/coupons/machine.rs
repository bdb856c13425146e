//! The coupon machine: one command, one campaign, one account and the log time in; facts, an answer and the next state out. It
//! reads no store and no clock. A refused command changes nothing but the record of the refusal.

use events::coupons::{CampaignStatus, CouponCommand, CouponFact, Refusal};
use events::ids::{RequestId, Segment, ShopperId};
use events::request::{Fingerprint, Outcome};

use super::account::{Account, Answer, granted_outcome};
use super::campaign::{Campaign, Place};
use super::coupon::{Coupon, CouponState};
use super::effects::{Declined, Effects};
use super::usage;
use crate::kit::machine::CorruptState;
use crate::kit::requests::Remembered;

/// What a step did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Done {
    /// It granted the account's newest coupon.
    Granted(Outcome),
    /// It did what the command says.
    Applied,
}

/// Decides a command that the account does not remember. Exactly one fact names the command's request; a release may be
/// followed by the expiry that was due.
pub(crate) fn decide(
    campaign: &mut Campaign,
    account: &mut Account,
    command: &CouponCommand,
    fingerprint: Fingerprint,
    effects: &mut Effects,
) -> Result<Outcome, CorruptState> {
    let room = if account.has_room(effects.at()) { Ok(()) } else { room_for(command) };
    let answer = match room.and_then(|()| step(campaign, account, command, effects)) {
        // The coupon itself remembers the claim that it was granted to.
        Ok(Done::Granted(outcome)) => return Ok(outcome),
        Ok(Done::Applied) => Answer::Applied(campaign.counts.version),
        Err(Declined::Refused(reason)) => {
            campaign.state(refusal(command, reason), effects);
            Answer::Refused(reason)
        }
        Err(Declined::Corrupt(corrupt)) => return Err(corrupt),
    };
    account.remember(Remembered { request: command.request(), fingerprint, at: effects.at(), answer });
    Ok(answer.outcome(&campaign.id))
}

/// A claim is remembered with its coupon. What follows a hold is done also when no more can be remembered: it is bounded by the holds,
/// and a hold that is refused to be ended would be lost.
fn room_for(command: &CouponCommand) -> Result<(), Declined> {
    match command {
        CouponCommand::Claim { .. }
        | CouponCommand::Redeem { .. }
        | CouponCommand::Release { .. }
        | CouponCommand::Restore { .. }
        | CouponCommand::Revoke { .. } => Ok(()),
        CouponCommand::DefineCampaign { .. }
        | CouponCommand::PauseCampaign { .. }
        | CouponCommand::ResumeCampaign { .. }
        | CouponCommand::EndCampaign { .. }
        | CouponCommand::Hold { .. } => Err(Refusal::TooManyRequests.into()),
    }
}

/// Records the definition that a campaign begins with.
pub(crate) fn begin(
    campaign: &mut Campaign,
    account: &mut Account,
    request: RequestId,
    fingerprint: Fingerprint,
    effects: &mut Effects,
) -> Answer {
    campaign.state(CouponFact::CampaignDefined { request, terms: campaign.terms.clone() }, effects);
    let answer = Answer::Applied(campaign.counts.version);
    account.remember(Remembered { request, fingerprint, at: effects.at(), answer });
    answer
}

fn step(
    campaign: &mut Campaign,
    account: &mut Account,
    command: &CouponCommand,
    effects: &mut Effects,
) -> Result<Done, Declined> {
    match command {
        CouponCommand::DefineCampaign { request, terms, .. } => {
            terms.check().map_err(|_| Refusal::InvalidTerms)?;
            campaign.redefine(terms, effects)?;
            campaign.state(CouponFact::CampaignDefined { request: *request, terms: terms.clone() }, effects);
        }
        CouponCommand::PauseCampaign { request, .. } => {
            campaign.turn(CampaignStatus::Paused)?;
            campaign.state(CouponFact::CampaignPaused { request: *request }, effects);
        }
        CouponCommand::ResumeCampaign { request, .. } => {
            campaign.turn(CampaignStatus::Running)?;
            campaign.state(CouponFact::CampaignResumed { request: *request }, effects);
        }
        CouponCommand::EndCampaign { request, .. } => {
            campaign.turn(CampaignStatus::Ended)?;
            campaign.state(CouponFact::CampaignEnded { request: *request }, effects);
        }
        CouponCommand::Claim { request, fingerprint, shopper, segments, .. } => {
            let claim = Claim { request: *request, fingerprint: *fingerprint, shopper, segments };
            return grant(campaign, account, &claim, effects);
        }
        CouponCommand::Hold { request, coupon, shopper, order, spend, until, .. } => {
            let requested = usage::HoldRequest { request: *request, order, spend: *spend, until: *until };
            usage::hold(campaign, account, &usage::Named { coupon: *coupon, shopper }, &requested, effects)?;
        }
        CouponCommand::Redeem { request, coupon, shopper, hold, .. } => {
            usage::redeem(campaign, account, &usage::Named { coupon: *coupon, shopper }, *hold, *request, effects)?;
        }
        CouponCommand::Release { request, coupon, shopper, hold, .. } => {
            usage::release(campaign, account, &usage::Named { coupon: *coupon, shopper }, *hold, *request, effects)?;
        }
        CouponCommand::Restore { request, coupon, shopper, order, .. } => {
            usage::restore(campaign, account, &usage::Named { coupon: *coupon, shopper }, order, *request, effects)?;
        }
        CouponCommand::Revoke { request, coupon, shopper, .. } => {
            usage::revoke(campaign, account, &usage::Named { coupon: *coupon, shopper }, *request, effects)?;
        }
    }
    Ok(Done::Applied)
}

/// What a claim says.
struct Claim<'a> {
    request: RequestId,
    fingerprint: Fingerprint,
    shopper: &'a ShopperId,
    segments: &'a [Segment],
}

/// Grants a coupon, or says why not: the first rule in the order of [`Refusal`] that stands against it.
fn grant(
    campaign: &mut Campaign,
    account: &mut Account,
    claim: &Claim<'_>,
    effects: &mut Effects,
) -> Result<Done, Declined> {
    if let Some(reason) = campaign.closed_to_claims(effects.at()) {
        return Err(reason.into());
    }
    if account.coupons.len() >= usize::from(campaign.terms.per_shopper) {
        return Err(Refusal::AlreadyClaimed.into());
    }
    if !campaign.terms.eligibility.admits(claim.segments) {
        return Err(Refusal::NotEligible.into());
    }
    if campaign.counts.stock.remaining == 0 {
        return Err(Refusal::SoldOut.into());
    }
    if !campaign.affords_another(events::money::Money::ZERO) {
        return Err(Refusal::BudgetExhausted.into());
    }
    campaign.carry(Place::Remaining, Place::Granted)?;
    let coupon = Coupon {
        claim: claim.request,
        fingerprint: claim.fingerprint,
        granted_at: effects.at(),
        expires_at: campaign.terms.usable.until,
        restored: 0,
        state: CouponState::Granted,
    };
    let outcome = granted_outcome(&coupon, &campaign.id, claim.shopper);
    let fact = CouponFact::CouponGranted {
        request: claim.request,
        coupon: coupon.id(),
        shopper: claim.shopper.clone(),
        expires_at: coupon.expires_at,
    };
    campaign.state(fact, effects);
    account.coupons.push(coupon);
    Ok(Done::Granted(outcome))
}

/// The fact that a command was refused.
pub(crate) fn refusal(command: &CouponCommand, reason: Refusal) -> CouponFact {
    let request = command.request();
    match command {
        CouponCommand::DefineCampaign { .. }
        | CouponCommand::PauseCampaign { .. }
        | CouponCommand::ResumeCampaign { .. }
        | CouponCommand::EndCampaign { .. } => CouponFact::CampaignRefused { request, reason },
        CouponCommand::Claim { shopper, .. } => CouponFact::ClaimRefused { request, shopper: shopper.clone(), reason },
        CouponCommand::Hold { coupon, shopper, .. }
        | CouponCommand::Redeem { coupon, shopper, .. }
        | CouponCommand::Release { coupon, shopper, .. }
        | CouponCommand::Restore { coupon, shopper, .. }
        | CouponCommand::Revoke { coupon, shopper, .. } => {
            CouponFact::CouponRefused { request, coupon: *coupon, shopper: shopper.clone(), reason }
        }
    }
}
