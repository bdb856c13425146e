//! Every coupon fact's rows.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use crate::{CouponState, Projection, RequestKind, RequestStatus, Source, project};
use events::coupons::{
    CampaignStatus, CampaignTerms, CouponEvent, CouponFact, Discount, Refusal, ReleaseCause, StockCount,
};
use events::ids::{CampaignId, CouponId, HoldId, OrderId, RequestId, ShopperId};
use events::money::Money;
use events::time::{Timestamp, Window};

fn request(number: u32) -> RequestId {
    RequestId::derive(&[&number.to_le_bytes()])
}

fn terms() -> CampaignTerms {
    let window = Window { from: Timestamp::from_millis(1), until: Timestamp::from_millis(1_000) };
    CampaignTerms {
        stock: 10,
        claim: window,
        usable: window,
        per_shopper: 1,
        eligibility: events::coupons::Eligibility::Everyone,
        discount: Discount::Fixed { amount: Money::new(500) },
        minimum_spend: Money::ZERO,
        budget: None,
        platform_share: events::money::BasisPoints::WHOLE,
        seller_initiated: false,
        restoration: events::coupons::Restoration::Never,
    }
}

/// One of each fact about coupon `number`.
pub(crate) fn facts(number: u32) -> Vec<CouponFact> {
    let request = request(number);
    let (coupon, hold) = (request.coupon(), request.hold());
    let shopper = ShopperId::new(&format!("shopper-{}", number % 3)).unwrap();
    let order = OrderId::new("order-1").unwrap();
    let (discount, until) = (Money::new(500), Timestamp::from_millis(77));
    vec![
        CouponFact::CampaignDefined { request, terms: terms() },
        CouponFact::CampaignPaused { request },
        CouponFact::CampaignResumed { request },
        CouponFact::CampaignEnded { request },
        CouponFact::CampaignRefused { request, reason: Refusal::TermsFrozen },
        CouponFact::CouponGranted {
            request,
            coupon,
            shopper: shopper.clone(),
            expires_at: Timestamp::from_millis(1_000),
        },
        CouponFact::ClaimRefused { request, shopper: shopper.clone(), reason: Refusal::SoldOut },
        CouponFact::CouponHeld {
            request,
            coupon,
            shopper: shopper.clone(),
            hold,
            order: order.clone(),
            discount,
            until,
        },
        CouponFact::CouponRefused { request, coupon, shopper: shopper.clone(), reason: Refusal::NotOwner },
        CouponFact::CouponReleased {
            request: None,
            coupon,
            shopper: shopper.clone(),
            hold,
            cause: ReleaseCause::Lapsed,
        },
        CouponFact::CouponRedeemed { request, coupon, shopper: shopper.clone(), hold, order: order.clone(), discount },
        CouponFact::CouponRestored { request, coupon, shopper: shopper.clone(), order, restored: 1 },
        CouponFact::CouponExpired { coupon, shopper: shopper.clone() },
        CouponFact::CouponRevoked { request, coupon, shopper },
    ]
}

pub(crate) fn event(version: u64, fact: CouponFact) -> CouponEvent {
    CouponEvent {
        campaign: CampaignId::new("sale").unwrap(),
        version,
        at: Timestamp::from_millis(i64::try_from(version).unwrap()),
        stock: StockCount { stock: 10, remaining: 10, ..StockCount::default() },
        fact,
    }
}

fn at(offset: i64) -> Source {
    Source { partition: 2, offset }
}

#[test]
fn every_fact_has_its_rows() {
    use {CampaignStatus as C, CouponState as S, RequestKind as K, RequestStatus as R};
    type Expected = (&'static str, Option<C>, Option<S>, Option<(K, R)>);
    let table: [Expected; 14] = [
        ("campaign_defined", Some(C::Running), None, Some((K::Campaign, R::Applied))),
        ("campaign_paused", Some(C::Paused), None, Some((K::Campaign, R::Applied))),
        ("campaign_resumed", Some(C::Running), None, Some((K::Campaign, R::Applied))),
        ("campaign_ended", Some(C::Ended), None, Some((K::Campaign, R::Applied))),
        ("campaign_refused", None, None, Some((K::Campaign, R::Refused))),
        ("coupon_granted", None, Some(S::Granted), Some((K::Claim, R::Granted))),
        ("claim_refused", None, None, Some((K::Claim, R::Refused))),
        ("coupon_held", None, Some(S::Held), Some((K::Coupon, R::Applied))),
        ("coupon_refused", None, None, Some((K::Coupon, R::Refused))),
        ("coupon_released", None, Some(S::Granted), None),
        ("coupon_redeemed", None, Some(S::Redeemed), Some((K::Coupon, R::Applied))),
        ("coupon_restored", None, Some(S::Granted), Some((K::Coupon, R::Applied))),
        ("coupon_expired", None, Some(S::Expired), None),
        ("coupon_revoked", None, Some(S::Revoked), Some((K::Coupon, R::Applied))),
    ];
    for (fact, (kind, status, state, request)) in facts(1).into_iter().zip(table) {
        assert_eq!(fact.kind(), kind);
        let rows = project(&event(1, fact), at(5));
        let campaign = rows.campaigns.values().next().unwrap();
        assert_eq!((campaign.status, campaign.partition, campaign.version), (status, 2, 1), "{kind}");
        assert_eq!(campaign.terms.is_some(), kind == "campaign_defined", "{kind}");
        assert_eq!(rows.coupons.values().next().map(|row| row.state), state, "{kind}");
        assert_eq!(rows.requests.values().next().map(|row| (row.kind, row.status)), request, "{kind}");
        let refused = rows.requests.values().any(|row| row.reason.is_some());
        assert_eq!(refused, kind.ends_with("refused"), "{kind}");
        assert!(rows.coupons.values().all(|row| row.source == at(5)), "{kind}");
    }
}

#[test]
fn a_refusal_for_an_unknown_campaign_makes_no_campaign() {
    let fact = CouponFact::CampaignRefused { request: request(1), reason: Refusal::UnknownCampaign };
    assert!(project(&event(0, fact), at(5)).campaigns.is_empty());
}

#[test]
fn a_later_definition_leaves_the_status_alone() {
    let mut rows = Projection::default();
    for (offset, fact) in [(0, 0), (1, 1), (2, 0)] {
        rows.apply(&event(offset + 1, facts(1)[fact].clone()), at(i64::try_from(offset).unwrap()));
    }
    let row = rows.campaigns.values().next().unwrap();
    assert_eq!((row.version, row.status, row.terms.is_some()), (3, Some(CampaignStatus::Paused), true));
}

#[test]
fn a_coupon_keeps_what_its_grant_said_and_forgets_its_hold() {
    let mut rows = Projection::default();
    // granted, held, redeemed, restored
    for (offset, fact) in [(0, 5), (1, 7), (2, 10), (3, 11)] {
        rows.apply(&event(offset + 1, facts(1)[fact].clone()), at(i64::try_from(offset).unwrap()));
    }
    let row = rows.coupons.values().next().unwrap();
    assert_eq!(row.request, Some(request(1)));
    assert_eq!(row.expires_at, Some(Timestamp::from_millis(1_000)));
    assert_eq!((row.state, row.restored, row.source.offset), (CouponState::Granted, 1, 3));
    assert_eq!((&row.order, row.hold, row.hold_until, row.discount), (&None, None, None, None));
    let _: (Option<CouponId>, Option<HoldId>) = (Some(row.coupon), row.hold);
}
