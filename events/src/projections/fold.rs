//! Facts become rows. [`project`] says what one fact changes; a [`Projection`] is what any run of facts amounts to: a sink folds
//! one batch into one, `verify` folds the whole log into one, and both mean the same rows.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::rows::{CampaignRow, Change, CouponRow, CouponState, RequestKind, RequestRow, RequestStatus, Source};
use crate::coupons::{CampaignStatus, CampaignTerms, CouponEvent, CouponFact, Refusal};
use crate::ids::{CampaignId, CouponId, RequestId, ShopperId};

/// Rows by key, in order of keys (sinks that write rows in one order do not deadlock).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Projection {
    /// Campaigns.
    pub campaigns: BTreeMap<CampaignId, CampaignRow>,
    /// Coupons.
    pub coupons: BTreeMap<CouponId, CouponRow>,
    /// Decided requests.
    pub requests: BTreeMap<RequestId, RequestRow>,
}

impl Projection {
    /// Takes a fact in. Facts of one partition come in order; a fact that is already in changes nothing.
    pub fn apply(&mut self, event: &CouponEvent, source: Source) {
        let change = project(event, source);
        if let Some(row) = change.campaign {
            match self.campaigns.entry(row.campaign.clone()) {
                Entry::Vacant(entry) => drop(entry.insert(row)),
                Entry::Occupied(mut entry) => entry.get_mut().merge(row),
            }
        }
        if let Some(row) = change.coupon {
            match self.coupons.entry(row.coupon) {
                Entry::Vacant(entry) => drop(entry.insert(row)),
                Entry::Occupied(mut entry) => entry.get_mut().merge(row),
            }
        }
        if let Some(row) = change.request {
            match self.requests.entry(row.request) {
                Entry::Vacant(entry) => drop(entry.insert(row)),
                Entry::Occupied(mut entry) => entry.get_mut().merge(row),
            }
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.campaigns.len() + self.coupons.len() + self.requests.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl CampaignRow {
    /// Takes a later row of the same campaign in; an earlier one, or the same, changes nothing.
    pub fn merge(&mut self, later: Self) {
        if later.version > self.version {
            let status = later.status.or(self.status);
            let terms = later.terms.clone().or_else(|| self.terms.take());
            *self = Self { status, terms, ..later };
        }
    }
}

impl CouponRow {
    /// Takes a later row of the same coupon in; an earlier one, or the same, changes nothing.
    pub fn merge(&mut self, later: Self) {
        if later.source > self.source {
            let request = later.request.or(self.request);
            let expires_at = later.expires_at.or(self.expires_at);
            let restored = later.restored.max(self.restored);
            *self = Self { request, expires_at, restored, ..later };
        }
    }
}

impl RequestRow {
    /// Takes a later row of the same request in; an earlier one, or the same, changes nothing.
    pub fn merge(&mut self, later: Self) {
        if later.source > self.source {
            *self = later;
        }
    }
}

/// What a fact changes.
#[must_use]
pub fn project(event: &CouponEvent, source: Source) -> Change {
    let (status, terms) = campaign_part(event);
    // A refusal for a campaign that does not exist is about no campaign.
    let campaign = (event.version > 0).then(|| CampaignRow {
        campaign: event.campaign.clone(),
        partition: source.partition,
        version: event.version,
        status,
        terms,
        stock: event.stock,
        updated_at: event.at,
    });
    Change { campaign, coupon: coupon_part(event, source), request: request_part(event, source) }
}

fn campaign_part(event: &CouponEvent) -> (Option<CampaignStatus>, Option<CampaignTerms>) {
    match &event.fact {
        // Only the first definition makes the campaign; a later one changes terms and leaves the status alone.
        CouponFact::CampaignDefined { terms, .. } => {
            ((event.version == 1).then_some(CampaignStatus::Running), Some(terms.clone()))
        }
        CouponFact::CampaignPaused { .. } => (Some(CampaignStatus::Paused), None),
        CouponFact::CampaignResumed { .. } => (Some(CampaignStatus::Running), None),
        CouponFact::CampaignEnded { .. } => (Some(CampaignStatus::Ended), None),
        _ => (None, None),
    }
}

fn coupon_part(event: &CouponEvent, source: Source) -> Option<CouponRow> {
    let row = |coupon: CouponId, shopper: &ShopperId, state: CouponState| CouponRow {
        coupon,
        campaign: event.campaign.clone(),
        shopper: shopper.clone(),
        request: None,
        state,
        expires_at: None,
        order: None,
        hold: None,
        hold_until: None,
        discount: None,
        restored: 0,
        updated_at: event.at,
        source,
    };
    Some(match &event.fact {
        CouponFact::CouponGranted { request, coupon, shopper, expires_at } => CouponRow {
            request: Some(*request),
            expires_at: Some(*expires_at),
            ..row(*coupon, shopper, CouponState::Granted)
        },
        CouponFact::CouponHeld { coupon, shopper, hold, order, discount, until, .. } => CouponRow {
            order: Some(order.clone()),
            hold: Some(*hold),
            hold_until: Some(*until),
            discount: Some(*discount),
            ..row(*coupon, shopper, CouponState::Held)
        },
        CouponFact::CouponReleased { coupon, shopper, .. } => row(*coupon, shopper, CouponState::Granted),
        CouponFact::CouponRedeemed { coupon, shopper, hold, order, discount, .. } => CouponRow {
            order: Some(order.clone()),
            hold: Some(*hold),
            discount: Some(*discount),
            ..row(*coupon, shopper, CouponState::Redeemed)
        },
        CouponFact::CouponRestored { coupon, shopper, restored, .. } => {
            CouponRow { restored: *restored, ..row(*coupon, shopper, CouponState::Granted) }
        }
        CouponFact::CouponExpired { coupon, shopper } => row(*coupon, shopper, CouponState::Expired),
        CouponFact::CouponRevoked { coupon, shopper, .. } => row(*coupon, shopper, CouponState::Revoked),
        CouponFact::CampaignDefined { .. }
        | CouponFact::CampaignPaused { .. }
        | CouponFact::CampaignResumed { .. }
        | CouponFact::CampaignEnded { .. }
        | CouponFact::CampaignRefused { .. }
        | CouponFact::ClaimRefused { .. }
        | CouponFact::CouponRefused { .. } => return None,
    })
}

fn request_part(event: &CouponEvent, source: Source) -> Option<RequestRow> {
    let (kind, shopper, coupon, refusal): (_, Option<&ShopperId>, Option<CouponId>, Option<Refusal>) = match &event.fact
    {
        CouponFact::CampaignDefined { .. }
        | CouponFact::CampaignPaused { .. }
        | CouponFact::CampaignResumed { .. }
        | CouponFact::CampaignEnded { .. } => (RequestKind::Campaign, None, None, None),
        CouponFact::CampaignRefused { reason, .. } => (RequestKind::Campaign, None, None, Some(*reason)),
        CouponFact::CouponGranted { shopper, coupon, .. } => (RequestKind::Claim, Some(shopper), Some(*coupon), None),
        CouponFact::ClaimRefused { shopper, reason, .. } => (RequestKind::Claim, Some(shopper), None, Some(*reason)),
        CouponFact::CouponRefused { shopper, coupon, reason, .. } => {
            (RequestKind::Coupon, Some(shopper), Some(*coupon), Some(*reason))
        }
        CouponFact::CouponHeld { shopper, coupon, .. }
        | CouponFact::CouponReleased { shopper, coupon, .. }
        | CouponFact::CouponRedeemed { shopper, coupon, .. }
        | CouponFact::CouponRestored { shopper, coupon, .. }
        | CouponFact::CouponExpired { shopper, coupon }
        | CouponFact::CouponRevoked { shopper, coupon, .. } => {
            (RequestKind::Coupon, Some(shopper), Some(*coupon), None)
        }
    };
    let status = match (refusal, kind) {
        (Some(_), _) => RequestStatus::Refused,
        (None, RequestKind::Claim) => RequestStatus::Granted,
        (None, RequestKind::Campaign | RequestKind::Coupon) => RequestStatus::Applied,
    };
    Some(RequestRow {
        request: event.fact.request()?,
        campaign: event.campaign.clone(),
        shopper: shopper.cloned(),
        kind,
        status,
        reason: refusal,
        coupon,
        decided_at: event.at,
        source,
    })
}
