//! What time does to the stores: requests are forgotten, campaigns retire, sweeps go step by step and survive a crash.

use events::coupons::{CouponFact, Refusal};
use events::request::Outcome;
use events::time::Window;

use super::shelf::{ACCOUNTS, STRANGERS};
use super::world::{World, at, claim, define, terms};
use crate::policy;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn refused(reason: Refusal) -> Outcome {
    Outcome::Refused { reason }
}

#[test]
fn losers_are_forgotten_after_the_retry_window_and_winners_are_not() {
    let mut world = World::new();
    world.send(&define("d", "sale", terms()), 0).unwrap();
    for (number, who) in ["ann", "bob", "eve", "joe"].into_iter().enumerate() {
        world.send(&claim(who, "sale", who), 10_000 + number as i64).unwrap();
    }
    assert_eq!(world.driver.entries(0, ACCOUNTS).len(), 5, "four shoppers and the operators");
    world.tick(DAY_MS + 9_999);
    let lost = world.send(&claim("eve", "sale", "eve"), DAY_MS + 10_000).unwrap();
    assert_eq!((lost.events.len(), lost.reply.outcome), (0, refused(Refusal::SoldOut)), "still a repeat");
    world.tick(3 * DAY_MS);
    assert_eq!(world.driver.entries(0, ACCOUNTS).len(), 2, "two winners");
    let won = world.send(&claim("ann", "sale", "ann"), 3 * DAY_MS + 1).unwrap();
    assert_eq!(won.events, [], "a grant is known for as long as the coupon is");
    assert!(matches!(won.reply.outcome, Outcome::Granted { .. }));
}

#[test]
fn strangers_are_forgotten_after_the_retry_window() {
    let mut world = World::new();
    for number in 0..3 {
        world.send(&claim(&format!("r{number}"), "nowhere", "ann"), number * 1000).unwrap();
    }
    assert_eq!(world.driver.entries(0, STRANGERS).len(), 7, "three requests, three places, one queue");
    world.tick(DAY_MS + 1_000);
    assert_eq!(world.driver.entries(0, STRANGERS).len(), 3, "the last one is young");
    world.tick(DAY_MS + 2_000);
    assert_eq!(world.driver.entries(0, STRANGERS).len(), 1);
    assert_eq!(world.driver.timers(0), 0, "nothing is waited for");
}

#[test]
fn an_account_remembers_the_newest_requests_and_never_grants_beyond_the_limit() {
    let mut world = World::new();
    world.send(&define("d", "sale", terms()), 0).unwrap();
    world.send(&claim("won", "sale", "ann"), 10_000).unwrap();
    let more = policy::REQUESTS_PER_ACCOUNT as i64 + 4;
    for number in 0..more {
        let effect = world.send(&claim(&format!("r{number}"), "sale", "ann"), 11_000 + number).unwrap();
        assert_eq!(effect.reply.outcome, refused(Refusal::AlreadyClaimed));
    }
    for number in 4..more {
        let again = world.send(&claim(&format!("r{number}"), "sale", "ann"), 12_000).unwrap();
        assert_eq!(again.events, [], "request {number} is remembered");
    }
    let again = world.send(&claim("won", "sale", "ann"), 12_001).unwrap();
    assert_eq!(again.events, [], "the grant is remembered, however many requests came after it");
}

#[test]
fn a_campaign_retires_and_its_name_never_means_another() {
    let mut world = World::new();
    world.send(&define("d", "sale", terms()), 0).unwrap();
    world.send(&claim("ann", "sale", "ann"), 10_000).unwrap();
    let retirement = 100_000 + policy::CAMPAIGN_RETENTION_MS;
    world.tick(retirement - 100);
    assert_eq!(world.driver.entries(0, ACCOUNTS).len(), 1);
    world.tick(retirement);
    assert_eq!(world.driver.entries(0, ACCOUNTS).len(), 0);
    let late = world.send(&claim("late", "sale", "ann"), retirement + 100).unwrap();
    assert_eq!(late.reply.outcome, refused(Refusal::Closed));
    assert_eq!(late.events[0].stock.expired, 1, "its numbers are kept");
    let again = world.send(&claim("late", "sale", "ann"), retirement + 101).unwrap();
    assert_eq!(again.events, [], "its repeats are recognised");
    let redefined = world.send(&define("d2", "sale", terms()), retirement + 102).unwrap();
    assert_eq!(redefined.reply.outcome, refused(Refusal::Closed));
    world.tick(retirement + 3 * DAY_MS);
    assert_eq!(world.driver.timers(0), 0, "nothing is waited for");
}

#[test]
fn an_expiry_sweep_goes_step_by_step_and_survives_a_crash_between_steps() {
    let coupons = 3 * policy::ACCOUNTS_PER_SWEEP as u32 + 10;
    let mut world = World::new();
    let terms =
        events::coupons::CampaignTerms { stock: coupons, claim: Window { from: at(0), until: at(60) }, ..terms() };
    world.send(&define("d", "sale", terms), 0).unwrap();
    for number in 0..coupons {
        let name = format!("shopper-{number}");
        world.send(&claim(&name, "sale", &name), 20_000).unwrap();
    }
    let mut steps = vec![];
    for step in 0..8 {
        world.driver.advance_to(100_000 + step).unwrap();
        world.driver.crash_and_restore().unwrap();
        let expired = world.events();
        assert!(expired.iter().all(|event| matches!(event.fact, CouponFact::CouponExpired { .. })));
        steps.push(expired.len());
    }
    // The operators' account is the first that is visited, and has no coupons.
    assert_eq!(steps, [511, 512, 512, 11, 0, 0, 0, 0]);
}
