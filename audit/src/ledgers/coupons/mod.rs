//! The ledger: a fold of `coupons.events` that believes nothing. At every fact it checks what must be true, so a log that it
//! read to the end was right at each of its prefixes. `timesale verify` and the tests across rooms use it.
//!
//! It keeps no rows to show (that is `projections`) and only what it needs to judge, some 150 bytes per coupon. It
//! expects every fact of a campaign once, in order, from the first.

mod campaign;
mod coupon;
mod rule;

use std::collections::BTreeMap;

use crate::ledgers::decisions::{Decision, Decisions};
use events::coupons::{CouponEvent, CouponFact, Refusal, StockCount};
use events::ids::{CampaignId, CouponId};

use campaign::Campaign;
use coupon::Coupon;
pub use rule::{Rule, Violation};

/// Judges facts as they come.
#[derive(Debug, Default)]
pub struct CouponLedger {
    numbers: BTreeMap<CampaignId, u32>,
    campaigns: Vec<Campaign>,
    coupons: BTreeMap<CouponId, Coupon>,
    requests: Decisions,
}

impl CouponLedger {
    /// A ledger that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the next fact of its partition.
    ///
    /// # Errors
    /// [`Violation`] names the first rule that the fact breaks. What follows may then break others as a consequence.
    pub fn apply(&mut self, event: &CouponEvent) -> Result<(), Violation> {
        self.judge(event).map_err(|rule| Violation {
            rule,
            campaign: event.campaign.clone(),
            version: event.version,
            fact: event.fact.kind(),
        })
    }

    /// Where a campaign's coupons are, as far as the facts go.
    #[must_use]
    pub fn stock(&self, campaign: &CampaignId) -> Option<StockCount> {
        Some(self.campaigns.get(*self.numbers.get(campaign)? as usize)?.stock)
    }

    /// How many coupons were granted.
    #[must_use]
    pub fn coupons(&self) -> usize {
        self.coupons.len()
    }

    /// How many requests were decided.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.len()
    }

    fn judge(&mut self, event: &CouponEvent) -> Result<(), Rule> {
        if event.fact.request().is_some_and(|request| !self.requests.take(request, event.at, decision(&event.fact))) {
            return Err(Rule::OneDecisionPerRequest);
        }
        let number = self.numbers.get(&event.campaign).copied();
        let Some(campaign) = number.and_then(|number| self.campaigns.get_mut(number as usize)) else {
            return self.judge_first(event);
        };
        campaign.follow(event)?;
        campaign.judge_operator(event)?;
        judge_coupon(campaign, number.unwrap_or_default(), &mut self.coupons, event)?;
        campaign.judge_numbers(event)
    }

    /// A campaign begins with its definition; before that, everything is refused and nothing is counted.
    fn judge_first(&mut self, event: &CouponEvent) -> Result<(), Rule> {
        if let CouponFact::CampaignDefined { terms, .. } = &event.fact {
            let number = u32::try_from(self.campaigns.len()).unwrap_or(u32::MAX);
            self.numbers.insert(event.campaign.clone(), number);
            let campaign = Campaign::begin(terms, event);
            let judged = if event.version == 1 { campaign.judge_numbers(event) } else { Err(Rule::GaplessVersions) };
            self.campaigns.push(campaign);
            return judged;
        }
        let unknown = match &event.fact {
            CouponFact::ClaimRefused { reason, .. } | CouponFact::CouponRefused { reason, .. } => {
                *reason == Refusal::UnknownCampaign
            }
            CouponFact::CampaignRefused { reason, .. } => {
                matches!(reason, Refusal::UnknownCampaign | Refusal::InvalidTerms)
            }
            _ => false,
        };
        match (unknown, event.version) {
            (true, 0) => Ok(()),
            (true, _) => Err(Rule::GaplessVersions),
            (false, _) => Err(Rule::NothingBeforeTheDefinition),
        }
    }
}

fn decision(fact: &CouponFact) -> Decision {
    match fact {
        CouponFact::CampaignRefused { .. } | CouponFact::ClaimRefused { .. } | CouponFact::CouponRefused { .. } => {
            Decision::Refused
        }
        CouponFact::CouponGranted { .. } => Decision::Granted,
        _ => Decision::Applied,
    }
}

fn judge_coupon(
    campaign: &mut Campaign,
    number: u32,
    coupons: &mut BTreeMap<CouponId, Coupon>,
    event: &CouponEvent,
) -> Result<(), Rule> {
    match &event.fact {
        CouponFact::CouponGranted { request, coupon, shopper, expires_at } => {
            let owner = campaign.judge_grant(event.at, shopper, *expires_at)?;
            if request.coupon() != *coupon {
                return Err(Rule::IdsAreDerived);
            }
            if coupons.insert(*coupon, Coupon::granted(number, owner, *expires_at)).is_some() {
                return Err(Rule::LegalMoves);
            }
            Ok(())
        }
        CouponFact::ClaimRefused { shopper, reason, .. } => campaign.judge_refusal(event.at, shopper, *reason),
        CouponFact::CouponHeld { coupon, shopper, .. }
        | CouponFact::CouponReleased { coupon, shopper, .. }
        | CouponFact::CouponRedeemed { coupon, shopper, .. }
        | CouponFact::CouponRestored { coupon, shopper, .. }
        | CouponFact::CouponExpired { coupon, shopper }
        | CouponFact::CouponRevoked { coupon, shopper, .. } => {
            let known = coupons.get_mut(coupon).ok_or(Rule::LegalMoves)?;
            if !known.is_of(number, campaign.shopper(shopper)) {
                return Err(Rule::LegalMoves);
            }
            known.follow(campaign, event)
        }
        CouponFact::CampaignDefined { .. }
        | CouponFact::CampaignPaused { .. }
        | CouponFact::CampaignResumed { .. }
        | CouponFact::CampaignEnded { .. }
        | CouponFact::CampaignRefused { .. }
        | CouponFact::CouponRefused { .. } => Ok(()),
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
