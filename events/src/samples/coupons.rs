//! Coupons: one message of every kind, with every field filled.

use super::{UNTIL, campaign, coupon, hold, order, request, shopper};
use crate::coupons::{
    CampaignTerms, CouponAnswer, CouponCommand, CouponEvent, CouponFact, Discount, Eligibility, Refusal, ReleaseCause,
    Restoration, StockCount,
};
use crate::ids::Segment;
use crate::money::{BasisPoints, Money};
use crate::request::Fingerprint;
use crate::time::{Timestamp, Window};

/// Terms with every field filled.
pub fn terms() -> CampaignTerms {
    let from = Timestamp::from_millis(1_790_000_000_000);
    CampaignTerms {
        stock: 5_000,
        claim: Window { from, until: Timestamp::from_millis(1_790_000_060_000) },
        usable: Window { from, until: Timestamp::from_millis(1_792_592_000_000) },
        per_shopper: 2,
        eligibility: Eligibility::Segments(vec![Segment::new("vip").unwrap()]),
        discount: Discount::Percent { share: BasisPoints::new(1_500), cap: Some(Money::new(10_000)) },
        minimum_spend: Money::new(20_000),
        budget: Some(Money::new(30_000_000)),
        platform_share: BasisPoints::new(5_000),
        seller_initiated: false,
        restoration: Restoration::WithinUseWindow { times: 1 },
    }
}

/// Every command.
pub fn commands() -> Vec<CouponCommand> {
    let (request, campaign, coupon, hold) = (request(), campaign(), coupon(), hold());
    vec![
        CouponCommand::DefineCampaign { request, campaign: campaign.clone(), terms: terms() },
        CouponCommand::PauseCampaign { request, campaign: campaign.clone() },
        CouponCommand::ResumeCampaign { request, campaign: campaign.clone() },
        CouponCommand::EndCampaign { request, campaign: campaign.clone() },
        CouponCommand::Claim {
            request,
            fingerprint: Fingerprint::of(b"{}"),
            campaign: campaign.clone(),
            shopper: shopper(),
            segments: vec![Segment::new("vip").unwrap()],
        },
        CouponCommand::Hold {
            request,
            campaign: campaign.clone(),
            coupon,
            shopper: shopper(),
            order: order(),
            spend: Money::new(45_000),
            until: UNTIL,
        },
        CouponCommand::Redeem { request, campaign: campaign.clone(), coupon, shopper: shopper(), hold },
        CouponCommand::Release { request, campaign: campaign.clone(), coupon, shopper: shopper(), hold },
        CouponCommand::Restore { request, campaign: campaign.clone(), coupon, shopper: shopper(), order: order() },
        CouponCommand::Revoke { request, campaign, coupon, shopper: shopper() },
    ]
}

/// Every fact.
pub fn facts() -> Vec<CouponFact> {
    let (request, coupon, hold, shopper, order) = (request(), coupon(), hold(), shopper(), order());
    let discount = Money::new(6_750);
    vec![
        CouponFact::CampaignDefined { request, terms: terms() },
        CouponFact::CampaignPaused { request },
        CouponFact::CampaignResumed { request },
        CouponFact::CampaignEnded { request },
        CouponFact::CampaignRefused { request, reason: Refusal::TermsFrozen },
        CouponFact::CouponGranted { request, coupon, shopper: shopper.clone(), expires_at: terms().usable.until },
        CouponFact::ClaimRefused { request, shopper: shopper.clone(), reason: Refusal::SoldOut },
        CouponFact::CouponHeld {
            request,
            coupon,
            shopper: shopper.clone(),
            hold,
            order: order.clone(),
            discount,
            until: UNTIL,
        },
        CouponFact::CouponRefused { request, coupon, shopper: shopper.clone(), reason: Refusal::NotUsable },
        CouponFact::CouponReleased {
            request: Some(request),
            coupon,
            shopper: shopper.clone(),
            hold,
            cause: ReleaseCause::Released,
        },
        CouponFact::CouponRedeemed { request, coupon, shopper: shopper.clone(), hold, order: order.clone(), discount },
        CouponFact::CouponRestored { request, coupon, shopper: shopper.clone(), order, restored: 1 },
        CouponFact::CouponExpired { coupon, shopper: shopper.clone() },
        CouponFact::CouponRevoked { request, coupon, shopper },
    ]
}

/// An event for every fact.
pub fn events() -> Vec<CouponEvent> {
    let stock = StockCount { stock: 5_000, remaining: 4_990, granted: 5, held: 1, redeemed: 2, expired: 1, revoked: 1 };
    let event = |fact| CouponEvent { campaign: campaign(), version: 17, at: UNTIL, stock, fact };
    facts().into_iter().map(event).collect()
}

/// An answer of every kind.
pub fn answers() -> Vec<CouponAnswer> {
    let hold = hold();
    vec![
        CouponAnswer::Held { hold, discount: Money::new(6_750), platform_share: BasisPoints::new(5_000), until: UNTIL },
        CouponAnswer::Redeemed { hold },
        CouponAnswer::Released { hold, cause: ReleaseCause::Lapsed },
        CouponAnswer::Revoked { hold },
        CouponAnswer::Restored { restored: 1 },
        CouponAnswer::Refused { reason: Refusal::NotUsable },
    ]
}
