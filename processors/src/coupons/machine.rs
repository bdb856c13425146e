//! The coupon machine: one command, one campaign, one account and the log time in; facts, an answer and the next state out. It
//! reads no store and no clock. A refused command changes nothing but the record of the refusal.

use events::coupons::{CampaignStatus, CouponCommand, CouponFact, Refusal};
use events::ids::{RequestId, Segment, ShopperId};
use events::request::{Fingerprint, Outcome};

use super::account::{Account, Answer, Remembered, granted_outcome};
use super::campaign::{Campaign, Place};
use super::coupon::{Coupon, CouponState};
use super::journal::Journal;
use super::usage;
use crate::invariants::Broken;

/// Why a step was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Declined {
    /// A rule says no: an outcome.
    Refused(Refusal),
    /// The state contradicts itself: stop.
    Broken(Broken),
}

impl From<Refusal> for Declined {
    fn from(reason: Refusal) -> Self {
        Self::Refused(reason)
    }
}

impl From<Broken> for Declined {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

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
    journal: &mut Journal,
) -> Result<Outcome, Broken> {
    let answer = match step(campaign, account, command, journal) {
        // The coupon itself remembers the claim that it was granted to.
        Ok(Done::Granted(outcome)) => return Ok(outcome),
        Ok(Done::Applied) => Answer::Applied(campaign.counts.version),
        Err(Declined::Refused(reason)) => {
            campaign.state(refusal(command, reason), journal);
            Answer::Refused(reason)
        }
        Err(Declined::Broken(broken)) => return Err(broken),
    };
    account.remember(Remembered {
        request: command.request(),
        fingerprint: command.fingerprint(),
        at: journal.at(),
        answer,
    });
    Ok(answer.outcome(&campaign.id))
}

/// Records the definition that a campaign begins with.
pub(crate) fn begin(
    campaign: &mut Campaign,
    account: &mut Account,
    request: RequestId,
    fingerprint: Fingerprint,
    journal: &mut Journal,
) -> Answer {
    campaign.state(CouponFact::CampaignDefined { request, terms: campaign.terms.clone() }, journal);
    let answer = Answer::Applied(campaign.counts.version);
    account.remember(Remembered { request, fingerprint, at: journal.at(), answer });
    answer
}

fn step(
    campaign: &mut Campaign,
    account: &mut Account,
    command: &CouponCommand,
    journal: &mut Journal,
) -> Result<Done, Declined> {
    match command {
        CouponCommand::DefineCampaign { request, terms, .. } => {
            terms.check().map_err(|_| Refusal::InvalidTerms)?;
            campaign.redefine(terms, journal)?;
            campaign.state(CouponFact::CampaignDefined { request: *request, terms: terms.clone() }, journal);
        }
        CouponCommand::PauseCampaign { request, .. } => {
            campaign.turn(CampaignStatus::Paused)?;
            campaign.state(CouponFact::CampaignPaused { request: *request }, journal);
        }
        CouponCommand::ResumeCampaign { request, .. } => {
            campaign.turn(CampaignStatus::Running)?;
            campaign.state(CouponFact::CampaignResumed { request: *request }, journal);
        }
        CouponCommand::EndCampaign { request, .. } => {
            campaign.turn(CampaignStatus::Ended)?;
            campaign.state(CouponFact::CampaignEnded { request: *request }, journal);
        }
        CouponCommand::Claim { request, fingerprint, shopper, segments, .. } => {
            let claim = Claim { request: *request, fingerprint: *fingerprint, shopper, segments };
            return grant(campaign, account, &claim, journal);
        }
        CouponCommand::Hold { request, coupon, shopper, order, spend, until, .. } => {
            let wish = usage::Wish { request: *request, order, spend: *spend, until: *until };
            usage::hold(campaign, account, &usage::Named { coupon: *coupon, shopper }, &wish, journal)?;
        }
        CouponCommand::Redeem { request, coupon, shopper, hold, .. } => {
            usage::redeem(campaign, account, &usage::Named { coupon: *coupon, shopper }, *hold, *request, journal)?;
        }
        CouponCommand::Release { request, coupon, shopper, hold, .. } => {
            usage::release(campaign, account, &usage::Named { coupon: *coupon, shopper }, *hold, *request, journal)?;
        }
        CouponCommand::Restore { request, coupon, shopper, order, .. } => {
            usage::restore(campaign, account, &usage::Named { coupon: *coupon, shopper }, order, *request, journal)?;
        }
        CouponCommand::Revoke { request, coupon, shopper, .. } => {
            usage::revoke(campaign, account, &usage::Named { coupon: *coupon, shopper }, *request, journal)?;
        }
    }
    Ok(Done::Applied)
}

/// A claim's words.
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
    journal: &mut Journal,
) -> Result<Done, Declined> {
    if let Some(reason) = campaign.closed_to_claims(journal.at()) {
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
        granted_at: journal.at(),
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
    campaign.state(fact, journal);
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
