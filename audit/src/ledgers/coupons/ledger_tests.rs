//! A right log passes; every rule has a log that breaks it and is caught.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use super::{CouponLedger, Rule};
use events::coupons::{
    CampaignTerms, CouponEvent, CouponFact, Discount, Eligibility, Refusal, ReleaseCause, Restoration, StockCount,
};
use events::ids::{CampaignId, OrderId, RequestId, ShopperId};
use events::money::{BasisPoints, Money};
use events::time::{Timestamp, Window};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn request(name: &str) -> RequestId {
    RequestId::derive(&[name.as_bytes()])
}

fn shopper(name: &str) -> ShopperId {
    ShopperId::new(name).unwrap()
}

fn terms() -> CampaignTerms {
    CampaignTerms {
        stock: 3,
        claim: Window { from: at(10), until: at(50) },
        usable: Window { from: at(10), until: at(100) },
        per_shopper: 1,
        eligibility: Eligibility::Everyone,
        discount: Discount::Fixed { amount: Money::new(500) },
        minimum_spend: Money::ZERO,
        budget: Some(Money::new(1_000)),
        platform_share: BasisPoints::WHOLE,
        seller_initiated: false,
        restoration: Restoration::WithinUseWindow { times: 1 },
    }
}

fn stock(counts: [u32; 6]) -> StockCount {
    let [remaining, granted, held, redeemed, expired, revoked] = counts;
    StockCount { stock: 3, remaining, granted, held, redeemed, expired, revoked }
}

fn granted(name: &str) -> CouponFact {
    let request = request(name);
    CouponFact::CouponGranted { request, coupon: request.coupon(), shopper: shopper(name), expires_at: at(100) }
}

fn held(name: &str, by: &str) -> CouponFact {
    CouponFact::CouponHeld {
        request: request(by),
        coupon: request(name).coupon(),
        shopper: shopper(name),
        hold: request(by).hold(),
        order: OrderId::new("order-1").unwrap(),
        discount: Money::new(400),
        until: at(60),
    }
}

fn redeemed(name: &str, by: &str, now: &str) -> CouponFact {
    CouponFact::CouponRedeemed {
        request: request(now),
        coupon: request(name).coupon(),
        shopper: shopper(name),
        hold: request(by).hold(),
        order: OrderId::new("order-1").unwrap(),
        discount: Money::new(400),
    }
}

fn lapsed(name: &str, by: &str) -> CouponFact {
    CouponFact::CouponReleased {
        request: None,
        coupon: request(name).coupon(),
        shopper: shopper(name),
        hold: request(by).hold(),
        cause: ReleaseCause::Lapsed,
    }
}

fn restored(name: &str, by: &str, restored: u8) -> CouponFact {
    CouponFact::CouponRestored {
        request: request(by),
        coupon: request(name).coupon(),
        shopper: shopper(name),
        order: OrderId::new("order-1").unwrap(),
        restored,
    }
}

fn refused(name: &str, reason: Refusal) -> CouponFact {
    CouponFact::ClaimRefused { request: request("late"), shopper: shopper(name), reason }
}

type Line = (i64, CouponFact, [u32; 6]);

/// A right beginning: three coupons, two granted, one of them held.
fn beginning() -> Vec<Line> {
    vec![
        (1, CouponFact::CampaignDefined { request: request("define"), terms: terms() }, [3, 0, 0, 0, 0, 0]),
        (10, granted("ann"), [2, 1, 0, 0, 0, 0]),
        (11, granted("bob"), [1, 2, 0, 0, 0, 0]),
        (12, held("ann", "h1"), [1, 1, 1, 0, 0, 0]),
    ]
}

/// Reads a log whose facts are numbered from 1; answers with the rule that the last one breaks, if it does.
fn read(lines: Vec<Line>) -> Option<Rule> {
    let mut ledger = CouponLedger::new();
    let last = lines.len();
    for ((time, fact, counts), version) in lines.into_iter().zip(1_u64..) {
        let event = CouponEvent {
            campaign: CampaignId::new("sale").unwrap(),
            version,
            at: at(time),
            stock: stock(counts),
            fact,
        };
        match ledger.apply(&event) {
            Ok(()) => {}
            Err(violation) if version == last as u64 => return Some(violation.rule),
            Err(violation) => unreachable!("too early: {violation}"),
        }
    }
    None
}

fn check(line: Line, expected: impl Into<Option<Rule>>) {
    let name = format!("{line:?}");
    let mut log = beginning();
    log.push(line);
    assert_eq!(read(log), expected.into(), "{name}");
}

#[test]
fn a_right_log_passes() {
    let mut log = beginning();
    log.extend([
        (20, redeemed("ann", "h1", "r1"), [1, 1, 0, 1, 0, 0]),
        (21, redeemed("ann", "h1", "r2"), [1, 1, 0, 1, 0, 0]),
        (22, held("bob", "h2"), [1, 0, 1, 1, 0, 0]),
        (60, lapsed("bob", "h2"), [1, 1, 0, 1, 0, 0]),
        (61, restored("ann", "back", 1), [1, 2, 0, 0, 0, 0]),
        (
            62,
            CouponFact::CouponRevoked {
                request: request("no"),
                coupon: request("bob").coupon(),
                shopper: shopper("bob"),
            },
            [1, 1, 0, 0, 0, 1],
        ),
        (
            100,
            CouponFact::CouponExpired { coupon: request("ann").coupon(), shopper: shopper("ann") },
            [1, 0, 0, 0, 1, 1],
        ),
    ]);
    assert_eq!(read(log), None);
}

#[test]
fn what_is_right_passes() {
    check((13, refused("ann", Refusal::AlreadyClaimed), [1, 1, 1, 0, 0, 0]), None);
    check((13, refused("eve", Refusal::BudgetExhausted), [1, 1, 1, 0, 0, 0]), None);
    check((50, refused("eve", Refusal::Closed), [1, 1, 1, 0, 0, 0]), None);
    check((60, lapsed("ann", "h1"), [1, 2, 0, 0, 0, 0]), None);
    check((13, CouponFact::CampaignPaused { request: request("pause") }, [1, 1, 1, 0, 0, 0]), None);
}

#[test]
fn every_rule_catches_its_breach() {
    let same = [1, 1, 1, 0, 0, 0];
    check((13, refused("eve", Refusal::SoldOut), same), Rule::RefusalsAreTrue);
    check((13, refused("eve", Refusal::NotOpen), same), Rule::RefusalsAreTrue);
    check((13, refused("eve", Refusal::Paused), same), Rule::RefusalsAreTrue);
    check((13, refused("eve", Refusal::AlreadyClaimed), same), Rule::RefusalsAreTrue);
    check((13, CouponFact::CampaignPaused { request: request("h1") }, same), Rule::OneDecisionPerRequest);
    check((11, CouponFact::CampaignPaused { request: request("p") }, same), Rule::TimeNeverRunsBack);
    check((13, CouponFact::CampaignPaused { request: request("p") }, [1, 1, 0, 0, 0, 0]), Rule::StockIdentity);
    check((13, CouponFact::CampaignPaused { request: request("p") }, [2, 1, 0, 0, 0, 0]), Rule::NumbersFollowFacts);
    check((13, granted("eve"), [0, 2, 1, 0, 0, 0]), Rule::Budget);
    check((50, granted("eve"), [0, 2, 1, 0, 0, 0]), Rule::GrantsWithinTheTerms);
    check((60, redeemed("ann", "h1", "r1"), [1, 1, 0, 1, 0, 0]), Rule::LegalMoves);
    check((20, redeemed("ann", "h9", "r1"), [1, 1, 0, 1, 0, 0]), Rule::LegalMoves);
    check((20, redeemed("bob", "h1", "r1"), [1, 1, 0, 1, 0, 0]), Rule::LegalMoves);
    check((59, lapsed("ann", "h1"), [1, 2, 0, 0, 0, 0]), Rule::LegalMoves);
    check((13, held("ann", "h2"), same), Rule::LegalMoves);
    check((13, restored("ann", "back", 1), same), Rule::LegalMoves);
    check(
        (
            99,
            CouponFact::CouponExpired { coupon: request("bob").coupon(), shopper: shopper("bob") },
            [1, 0, 1, 0, 1, 0],
        ),
        Rule::LegalMoves,
    );
    let again = CouponFact::CouponGranted {
        request: request("again"),
        coupon: request("again").coupon(),
        shopper: shopper("ann"),
        expires_at: at(100),
    };
    check((13, again, [0, 2, 1, 0, 0, 0]), Rule::LimitPerShopper);
    let foreign = CouponFact::CouponGranted {
        request: request("eve"),
        coupon: request("mallory").coupon(),
        shopper: shopper("eve"),
        expires_at: at(100),
    };
    check((13, foreign, [0, 2, 1, 0, 0, 0]), Rule::IdsAreDerived);
    let cheaper = CampaignTerms { discount: Discount::Fixed { amount: Money::new(1) }, ..terms() };
    check((13, CouponFact::CampaignDefined { request: request("d"), terms: cheaper }, same), Rule::PromisesAreKept);
}

#[test]
fn a_gap_and_a_missing_beginning_are_caught() {
    let event = |version, fact| CouponEvent {
        campaign: CampaignId::new("sale").unwrap(),
        version,
        at: at(1),
        stock: stock([3, 0, 0, 0, 0, 0]),
        fact,
    };
    let define = || CouponFact::CampaignDefined { request: request("define"), terms: terms() };
    let rule = |events: Vec<CouponEvent>| {
        let mut ledger = CouponLedger::new();
        events.iter().find_map(|event| ledger.apply(event).err()).map(|violation| violation.rule)
    };
    assert_eq!(rule(vec![event(2, define())]), Some(Rule::GaplessVersions));
    assert_eq!(rule(vec![event(1, granted("ann"))]), Some(Rule::NothingBeforeTheDefinition));
    assert_eq!(
        rule(vec![event(1, define()), event(3, CouponFact::CampaignPaused { request: request("p") })]),
        Some(Rule::GaplessVersions)
    );
    assert_eq!(rule(vec![event(0, refused("ann", Refusal::UnknownCampaign))]), None);
}
