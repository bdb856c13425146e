//! A shopper's account in one campaign: the coupons, and the requests that were decided, so that a repeat is recognised. An
//! operator's requests have an account without a shopper.

use std::collections::BTreeSet;

use events::coupons::{CampaignTerms, Refusal};
use events::ids::{CampaignId, CouponId, RequestId, ShopperId};
use events::request::{Fingerprint, Outcome, Reply};
use events::time::Timestamp;

use super::coupon::Coupon;
use crate::kit::machine::Violation;
use crate::kit::requests::{self as kit, Remembered, Requests, Seen, Standing};
use crate::policy;

/// What is kept of one shopper in one campaign.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Account {
    /// In order of grant; they stay until the campaign retires.
    pub(crate) coupons: Vec<Coupon>,
    /// Requests that granted nothing.
    pub(crate) requests: Requests<Answer>,
}

/// What was decided about a request that granted nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// It was carried out; the campaign's version after it.
    Applied(u64),
    /// It was refused.
    Refused(Refusal),
}

impl kit::Answer for Answer {
    fn standing(&self) -> Standing {
        match self {
            Self::Applied(_) => Standing::Accepted,
            Self::Refused(_) => Standing::Refused,
        }
    }
}

impl Answer {
    /// The answer as a shopper or an operator gets it.
    pub(crate) fn outcome(self, campaign: &CampaignId) -> Outcome {
        match self {
            Self::Applied(version) => Outcome::Applied { campaign: campaign.clone(), version },
            Self::Refused(reason) => Outcome::Refused { reason },
        }
    }
}

impl Remembered<Answer> {
    /// The reply to the request.
    pub(crate) fn reply(&self, campaign: &CampaignId) -> Reply {
        Reply { request: self.request, at: self.at, outcome: self.answer.outcome(campaign) }
    }
}

impl Account {
    /// What is known of a request. A grant is known for as long as its coupon is kept.
    pub(crate) fn recall(
        &self,
        request: RequestId,
        fingerprint: Fingerprint,
        campaign: &CampaignId,
        shopper: Option<&ShopperId>,
    ) -> Option<Seen<Reply>> {
        let granted = self.coupons.iter().find(|coupon| coupon.claim == request);
        if let (Some(coupon), Some(shopper)) = (granted, shopper) {
            return Some(Seen::of(coupon.fingerprint == fingerprint, || Reply {
                request,
                at: coupon.granted_at,
                outcome: granted_outcome(coupon, campaign, shopper),
            }));
        }
        Some(self.requests.recall(request, fingerprint)?.map(|known| known.reply(campaign)))
    }

    /// Remembers a request that granted nothing.
    pub(crate) fn remember(&mut self, request: Remembered<Answer>) {
        self.requests.remember(request, request.at, &policy::REQUESTS_PER_ACCOUNT);
    }

    /// Whether a request that grants nothing can be remembered if it is accepted.
    pub(crate) fn has_room(&self, now: Timestamp) -> bool {
        self.requests.has_room(now, &policy::REQUESTS_PER_ACCOUNT)
    }

    /// Forgets what is old. Whether anything was.
    pub(crate) fn forget_old(&mut self, now: Timestamp) -> bool {
        self.requests.forget_old(now)
    }

    /// Whether nothing is left to keep.
    pub(crate) fn is_empty(&self) -> bool {
        self.coupons.is_empty() && self.requests.0.is_empty()
    }

    /// A shopper has no more coupons than the terms allow, and a hold holds one coupon.
    pub(crate) fn check(&self, terms: &CampaignTerms) -> Result<(), Violation> {
        if self.coupons.len() > usize::from(terms.per_shopper) {
            return Err(Violation("coupons of a shopper <= the limit per shopper"));
        }
        let mut holds = BTreeSet::new();
        if !self.coupons.iter().filter_map(|coupon| coupon.hold()).all(|hold| holds.insert(hold)) {
            return Err(Violation("a hold holds one coupon"));
        }
        Ok(())
    }

    /// The coupon of this id, if the shopper owns it.
    pub(crate) fn coupon(&mut self, id: CouponId) -> Option<&mut Coupon> {
        self.coupons.iter_mut().find(|coupon| coupon.id() == id)
    }
}

/// The answer to a claim that was granted.
pub(crate) fn granted_outcome(coupon: &Coupon, campaign: &CampaignId, shopper: &ShopperId) -> Outcome {
    Outcome::Granted {
        coupon: coupon.id(),
        campaign: campaign.clone(),
        shopper: shopper.clone(),
        expires_at: coupon.expires_at,
    }
}
