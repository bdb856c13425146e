//! A shopper's account in one campaign: the coupons, and the requests that were decided, so that a repeat is recognised. An
//! operator's requests have an account without a shopper.

use events::coupons::Refusal;
use events::ids::{CampaignId, CouponId, RequestId, ShopperId};
use events::request::{Fingerprint, Outcome, Reply};
use events::time::Timestamp;

use super::coupon::Coupon;
use crate::policy;

/// What is kept of one shopper in one campaign.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Account {
    /// In order of grant; they stay until the campaign retires.
    pub(crate) coupons: Vec<Coupon>,
    /// Requests that granted nothing, oldest first.
    pub(crate) requests: Vec<Remembered>,
}

/// A request and what was decided about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Remembered {
    pub(crate) request: RequestId,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) at: Timestamp,
    pub(crate) answer: Answer,
}

/// What was decided about a request that granted nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// It was carried out; the campaign's version after it.
    Applied(u64),
    /// It was refused.
    Refused(Refusal),
}

/// What a request is that has been seen before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Seen {
    /// The same: this was the answer.
    Repeat(Reply),
    /// Another one under the same id.
    Conflict,
}

impl Seen {
    fn of(same: bool, reply: impl FnOnce() -> Reply) -> Self {
        if same { Self::Repeat(reply()) } else { Self::Conflict }
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

impl Remembered {
    /// Whether this is the request, and what was answered.
    pub(crate) fn recall(&self, request: RequestId, fingerprint: Fingerprint, campaign: &CampaignId) -> Option<Seen> {
        (self.request == request).then(|| {
            Seen::of(self.fingerprint == fingerprint, || Reply {
                request,
                at: self.at,
                outcome: self.answer.outcome(campaign),
            })
        })
    }

    /// Whether it is time to forget it.
    pub(crate) fn is_old(&self, now: Timestamp) -> bool {
        self.at.plus_millis(policy::RETRY_WINDOW_MS) <= now
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
    ) -> Option<Seen> {
        let granted = self.coupons.iter().find(|coupon| coupon.claim == request);
        if let (Some(coupon), Some(shopper)) = (granted, shopper) {
            return Some(Seen::of(coupon.fingerprint == fingerprint, || Reply {
                request,
                at: coupon.granted_at,
                outcome: granted_outcome(coupon, campaign, shopper),
            }));
        }
        self.requests.iter().rev().find_map(|known| known.recall(request, fingerprint, campaign))
    }

    /// Remembers a request that granted nothing. Beyond [`policy::REQUESTS_PER_ACCOUNT`] the oldest is forgotten: a repeat of it
    /// would be decided anew, and at most be granted a coupon that the limit still allows.
    pub(crate) fn remember(&mut self, request: Remembered) {
        let over = (self.requests.len() + 1).saturating_sub(policy::REQUESTS_PER_ACCOUNT);
        self.requests.drain(..over);
        self.requests.push(request);
    }

    /// Forgets what is old. Whether anything was.
    pub(crate) fn forget_old(&mut self, now: Timestamp) -> bool {
        let before = self.requests.len();
        self.requests.retain(|request| !request.is_old(now));
        self.requests.len() != before
    }

    /// Whether nothing is left to keep.
    pub(crate) fn is_empty(&self) -> bool {
        self.coupons.is_empty() && self.requests.is_empty()
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
