//! Facts of `coupons.events` become rows of campaigns, coupons and requests.

use super::{Fact, Projection, Row, put};
use crate::{CampaignRow, CouponRow, CouponState, RequestKind, RequestRow, RequestStatus, Source, Subject};
use events::coupons::{CampaignStatus, CampaignTerms, CouponEvent, CouponFact, Refusal};
use events::ids::{CouponId, ShopperId};

impl Fact for CouponEvent {
    fn project(&self, source: Source, rows: &mut Projection) {
        // A refusal for a campaign that does not exist is about no campaign.
        if self.version > 0 {
            let (status, terms) = campaign_part(self);
            let row = CampaignRow {
                campaign: self.campaign.clone(),
                partition: source.partition,
                version: self.version,
                status,
                terms,
                stock: self.stock,
                updated_at: self.at,
            };
            put(&mut rows.campaigns, row.campaign.clone(), row);
        }
        if let Some(row) = coupon_part(self, source) {
            put(&mut rows.coupons, row.coupon, row);
        }
        if let Some(row) = request_part(self, source) {
            put(&mut rows.requests, row.request, row);
        }
    }
}

impl Row for CampaignRow {
    fn merge(&mut self, later: Self) {
        if later.version > self.version {
            let status = later.status.or(self.status);
            let terms = later.terms.clone().or_else(|| self.terms.take());
            *self = Self { status, terms, ..later };
        }
    }
}

impl Row for CouponRow {
    fn merge(&mut self, later: Self) {
        if later.source > self.source {
            let request = later.request.or(self.request);
            let expires_at = later.expires_at.or(self.expires_at);
            let restored = later.restored.max(self.restored);
            *self = Self { request, expires_at, restored, ..later };
        }
    }
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
        (None, _) => RequestStatus::Applied,
    };
    Some(RequestRow {
        request: event.fact.request()?,
        subject: Subject::Campaign(event.campaign.clone()),
        shopper: shopper.cloned(),
        kind,
        status,
        reason: refusal.map(|refusal| refusal.code().into()),
        coupon,
        decided_at: event.at,
        source,
    })
}

#[cfg(test)]
#[path = "coupons_tests.rs"]
pub(crate) mod tests;
