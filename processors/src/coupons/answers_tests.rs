//! What orders are answered: to their commands, to repeats of them, and without a command.

use events::coupons::{CampaignTerms, CouponAnswer, CouponCommand, Refusal, ReleaseCause, Restoration};
use events::ids::{HoldId, OrderId};
use events::money::{BasisPoints, Money};
use events::time::Timestamp;

use super::fixture::{Fixture, at, campaign, claim, define, request, shopper, terms};

const ORDER: &str = "order-1";

fn order() -> OrderId {
    OrderId::new(ORDER).unwrap()
}

fn hold(name: &str, until: i64) -> CouponCommand {
    CouponCommand::Hold {
        request: request(name),
        campaign: campaign("sale"),
        coupon: request("claim").coupon(),
        shopper: shopper("ann"),
        order: order(),
        spend: Money::new(10_000),
        until: at(until),
    }
}

fn redeem(name: &str, held: &str) -> CouponCommand {
    CouponCommand::Redeem {
        request: request(name),
        campaign: campaign("sale"),
        coupon: request("claim").coupon(),
        shopper: shopper("ann"),
        hold: id(held),
    }
}

fn release(name: &str, held: &str) -> CouponCommand {
    CouponCommand::Release {
        request: request(name),
        campaign: campaign("sale"),
        coupon: request("claim").coupon(),
        shopper: shopper("ann"),
        hold: id(held),
    }
}

fn restore(name: &str) -> CouponCommand {
    CouponCommand::Restore {
        request: request(name),
        campaign: campaign("sale"),
        coupon: request("claim").coupon(),
        shopper: shopper("ann"),
        order: order(),
    }
}

fn revoke(name: &str) -> CouponCommand {
    CouponCommand::Revoke {
        request: request(name),
        campaign: campaign("sale"),
        coupon: request("claim").coupon(),
        shopper: shopper("ann"),
    }
}

fn id(name: &str) -> HoldId {
    request(name).hold()
}

fn held(name: &str, until: i64) -> CouponAnswer {
    CouponAnswer::Held {
        hold: id(name),
        discount: Money::new(500),
        platform_share: BasisPoints::new(3_000),
        until: at(until),
    }
}

fn released(name: &str) -> CouponAnswer {
    CouponAnswer::Released { hold: id(name), cause: ReleaseCause::Released }
}

fn lapsed(name: &str) -> CouponAnswer {
    CouponAnswer::Released { hold: id(name), cause: ReleaseCause::Lapsed }
}

fn refused(reason: Refusal) -> CouponAnswer {
    CouponAnswer::Refused { reason }
}

/// A fixture in which Ann has one coupon.
fn fixture() -> Fixture {
    let mut fixture = Fixture::new();
    let terms = CampaignTerms {
        platform_share: BasisPoints::new(3_000),
        seller_initiated: true,
        restoration: Restoration::WithinUseWindow { times: 1 },
        ..terms()
    };
    fixture.send(&define("d", "sale", terms), 0).unwrap();
    fixture.send(&claim("claim", "sale", "ann"), 10_000).unwrap();
    fixture
}

/// Sends commands, a second apart from the eleventh on, and compares the answers, and whether a fact was stated.
fn check(steps: Vec<(CouponCommand, usize, CouponAnswer)>) {
    let mut fixture = fixture();
    for ((command, facts, expected), second) in steps.into_iter().zip(11..) {
        let effect = fixture.send(&command, second * 1000).unwrap();
        assert_eq!(effect.answer, Some(expected), "{command:?}");
        assert_eq!(effect.events.len(), facts, "{command:?}");
        assert_eq!(effect.notices, [], "{command:?}");
        fixture.driver.crash_and_restore().unwrap();
    }
}

#[test]
fn an_order_gets_an_answer_to_each_step() {
    check(vec![
        (hold("h1", 90), 1, held("h1", 90)),
        (redeem("r1", "h1"), 1, CouponAnswer::Redeemed { hold: id("h1") }),
        (restore("back"), 1, CouponAnswer::Restored { restored: 1 }),
        (hold("h2", 90), 1, held("h2", 90)),
        (release("x2", "h2"), 1, released("h2")),
        (release("x3", "h2"), 1, refused(Refusal::NotUsable)),
        (redeem("r2", "h2"), 1, refused(Refusal::NotUsable)),
        (restore("again"), 1, refused(Refusal::NotUsable)),
    ]);
}

#[test]
fn a_repeat_is_answered_with_what_is_true_now_and_states_nothing() {
    check(vec![
        (hold("h1", 90), 1, held("h1", 90)),
        (hold("h1", 90), 0, held("h1", 90)),
        (hold("h1", 91), 0, refused(Refusal::IdempotencyConflict)),
        (release("x1", "h1"), 1, released("h1")),
        (release("x1", "h1"), 0, released("h1")),
        (hold("h1", 90), 0, refused(Refusal::NotUsable)),
        (hold("h2", 90), 1, held("h2", 90)),
        (release("x1", "h1"), 0, released("h1")),
        (redeem("r2", "h2"), 1, CouponAnswer::Redeemed { hold: id("h2") }),
        (redeem("r2", "h2"), 0, CouponAnswer::Redeemed { hold: id("h2") }),
        (hold("h2", 90), 0, refused(Refusal::NotUsable)),
        (restore("back"), 1, CouponAnswer::Restored { restored: 1 }),
        (restore("back"), 0, CouponAnswer::Restored { restored: 1 }),
        (redeem("r2", "h2"), 0, refused(Refusal::NotUsable)),
    ]);
}

#[test]
fn an_order_gets_an_answer_when_its_hold_lapses() {
    let mut fixture = fixture();
    fixture.send(&hold("h1", 30), 11_000).unwrap();
    fixture.tick(29_000);
    assert_eq!(fixture.answers(), []);
    fixture.tick(30_000);
    assert_eq!(fixture.answers(), [(order(), None, lapsed("h1"))]);
    fixture.tick(31_000);
    assert_eq!(fixture.answers(), [], "once");
    let late = fixture.send(&release("x1", "h1"), 32_000).unwrap();
    assert_eq!(late.answer, Some(refused(Refusal::NotUsable)), "nothing is held");
}

#[test]
fn an_order_gets_an_answer_when_its_held_coupon_is_revoked() {
    let mut fixture = fixture();
    fixture.send(&hold("h1", 30), 11_000).unwrap();
    let effect = fixture.send(&revoke("no"), 12_000).unwrap();
    assert_eq!(effect.notices, [(order(), CouponAnswer::Revoked { hold: id("h1") })]);
    fixture.tick(30_000);
    assert_eq!(fixture.answers(), [], "the hold has ended already");
    let late = fixture.send(&redeem("r1", "h1"), 31_000).unwrap();
    assert_eq!(late.answer, Some(refused(Refusal::NotUsable)));
}

#[test]
fn a_coupon_without_a_hold_sends_no_answer() {
    let mut fixture = fixture();
    assert_eq!(fixture.send(&revoke("no"), 12_000).unwrap().notices, []);
    fixture.send(&hold("h1", 30), 13_000).unwrap();
    fixture.tick(Timestamp::LATEST.as_millis() - 20);
    assert_eq!(fixture.answers(), []);
}

#[test]
fn an_order_that_names_an_unknown_campaign_is_refused() {
    let mut fixture = Fixture::new();
    let effect = fixture.send(&hold("h1", 30), 11_000).unwrap();
    assert_eq!(effect.answer, Some(refused(Refusal::UnknownCampaign)));
    let again = fixture.send(&hold("h1", 30), 12_000).unwrap();
    assert_eq!(again.answer, Some(refused(Refusal::UnknownCampaign)));
    assert_eq!(again.events, []);
}
