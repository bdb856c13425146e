//! What time does to the stores: requests are forgotten, campaigns retire; expiry goes step by step and survives a crash.

use events::coupons::{CouponCommand, CouponFact, Refusal};
use events::request::Outcome;
use events::time::Window;

use super::fixture::{Fixture, at, campaign, claim, define, request, terms};
use super::stores::{ACCOUNTS, REQUEST_TABLE};
use crate::policy;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn pause(name: &str) -> CouponCommand {
    CouponCommand::PauseCampaign { request: request(name), campaign: campaign("sale") }
}

fn resume(name: &str) -> CouponCommand {
    CouponCommand::ResumeCampaign { request: request(name), campaign: campaign("sale") }
}

fn refused(reason: Refusal) -> Outcome {
    Outcome::Refused { reason }
}

#[test]
fn refused_claims_are_forgotten_after_the_retry_window_and_granted_ones_are_not() {
    let mut fixture = Fixture::new();
    fixture.send(&define("d", "sale", terms()), 0).unwrap();
    for (number, who) in ["ann", "bob", "eve", "joe"].into_iter().enumerate() {
        fixture.send(&claim(who, "sale", who), 10_000 + number as i64).unwrap();
    }
    assert_eq!(fixture.driver.entries(0, ACCOUNTS.id()).len(), 5, "four shoppers and the operators");
    fixture.tick(DAY_MS + 9_999);
    let lost = fixture.send(&claim("eve", "sale", "eve"), DAY_MS + 10_000).unwrap();
    assert_eq!((lost.events.len(), lost.reply.outcome), (0, refused(Refusal::SoldOut)), "still a repeat");
    fixture.tick(3 * DAY_MS);
    assert_eq!(fixture.driver.entries(0, ACCOUNTS.id()).len(), 2, "two winners");
    let won = fixture.send(&claim("ann", "sale", "ann"), 3 * DAY_MS + 1).unwrap();
    assert_eq!(won.events, [], "a grant is known for as long as the coupon is");
    assert!(matches!(won.reply.outcome, Outcome::Granted { .. }));
}

#[test]
fn requests_without_a_campaign_are_forgotten_after_the_retry_window() {
    let mut fixture = Fixture::new();
    for number in 0..3 {
        fixture.send(&claim(&format!("r{number}"), "nowhere", "ann"), number * 1000).unwrap();
    }
    assert_eq!(fixture.driver.entries(0, REQUEST_TABLE.id()).len(), 7, "three requests, three places, one queue");
    fixture.tick(DAY_MS + 1_000);
    assert_eq!(fixture.driver.entries(0, REQUEST_TABLE.id()).len(), 3, "the last one is young");
    fixture.tick(DAY_MS + 2_000);
    assert_eq!(fixture.driver.entries(0, REQUEST_TABLE.id()).len(), 1);
    assert_eq!(fixture.driver.timers(0), 0, "nothing is waited for");
}

#[test]
fn an_account_remembers_the_newest_requests_and_never_grants_beyond_the_limit() {
    let mut fixture = Fixture::new();
    fixture.send(&define("d", "sale", terms()), 0).unwrap();
    fixture.send(&claim("won", "sale", "ann"), 10_000).unwrap();
    let more = policy::REQUESTS_PER_ACCOUNT.refused as i64 + 4;
    for number in 0..more {
        let effect = fixture.send(&claim(&format!("r{number}"), "sale", "ann"), 11_000 + number).unwrap();
        assert_eq!(effect.reply.outcome, refused(Refusal::AlreadyClaimed));
    }
    for number in 4..more {
        let again = fixture.send(&claim(&format!("r{number}"), "sale", "ann"), 12_000).unwrap();
        assert_eq!(again.events, [], "request {number} is remembered");
    }
    let again = fixture.send(&claim("won", "sale", "ann"), 12_001).unwrap();
    assert_eq!(again.events, [], "the grant is remembered, however many requests came after it");
}

/// What operators did is not done again by a late repeat, whatever came between.
#[test]
fn an_accepted_command_is_remembered_for_a_day() {
    let mut fixture = Fixture::new();
    fixture.send(&define("d", "sale", terms()), 0).unwrap();
    fixture.send(&pause("pause"), 1_000).unwrap();
    for number in 0..200 {
        let name = format!("t{number}");
        let turn = if number % 2 == 0 { resume(&name) } else { pause(&name) };
        fixture.send(&turn, 2_000 + number).unwrap();
    }
    fixture.send(&resume("resume"), 9_000).unwrap();
    let again = fixture.send(&pause("pause"), DAY_MS).unwrap();
    assert_eq!(again.events, [], "the campaign goes on");
    assert!(matches!(again.reply.outcome, Outcome::Applied { version: 2, .. }), "{again:?}");
}

#[test]
fn a_campaign_with_too_many_commands_in_a_day_refuses_new_ones_and_forgets_none() {
    let mut fixture = Fixture::new();
    fixture.send(&define("d", "sale", terms()), 0).unwrap();
    let most = policy::REQUESTS_PER_ACCOUNT.accepted as i64;
    for number in 1..most {
        fixture.send(&pause(&format!("t{number}")), number).unwrap();
    }
    let more = fixture.send(&resume("more"), most).unwrap();
    assert_eq!(more.reply.outcome, refused(Refusal::TooManyRequests));
    for number in 1..most {
        let again = fixture.send(&pause(&format!("t{number}")), most + 1).unwrap();
        assert_eq!(again.events, [], "request {number} is remembered");
    }
    let later = fixture.send(&resume("later"), DAY_MS + most).unwrap();
    assert!(matches!(later.reply.outcome, Outcome::Applied { .. }), "{later:?}");
}

#[test]
fn a_campaign_retires_and_its_name_never_means_another() {
    let mut fixture = Fixture::new();
    fixture.send(&define("d", "sale", terms()), 0).unwrap();
    fixture.send(&claim("ann", "sale", "ann"), 10_000).unwrap();
    let retirement = 100_000 + policy::CAMPAIGN_RETENTION_MS;
    fixture.tick(retirement - 100);
    assert_eq!(fixture.driver.entries(0, ACCOUNTS.id()).len(), 1);
    fixture.tick(retirement);
    assert_eq!(fixture.driver.entries(0, ACCOUNTS.id()).len(), 0);
    let late = fixture.send(&claim("late", "sale", "ann"), retirement + 100).unwrap();
    assert_eq!(late.reply.outcome, refused(Refusal::Closed));
    assert_eq!(late.events[0].stock.expired, 1, "its numbers are kept");
    let again = fixture.send(&claim("late", "sale", "ann"), retirement + 101).unwrap();
    assert_eq!(again.events, [], "its repeats are recognised");
    let redefined = fixture.send(&define("d2", "sale", terms()), retirement + 102).unwrap();
    assert_eq!(redefined.reply.outcome, refused(Refusal::Closed));
    fixture.tick(retirement + 3 * DAY_MS);
    assert_eq!(fixture.driver.timers(0), 0, "nothing is waited for");
}

#[test]
fn expiry_goes_step_by_step_and_survives_a_crash_between_steps() {
    let coupons = 3 * policy::ROWS_PER_ROUND as u32 + 10;
    let mut fixture = Fixture::new();
    let terms =
        events::coupons::CampaignTerms { stock: coupons, claim: Window { from: at(0), until: at(60) }, ..terms() };
    fixture.send(&define("d", "sale", terms), 0).unwrap();
    for number in 0..coupons {
        let name = format!("shopper-{number}");
        fixture.send(&claim(&name, "sale", &name), 20_000).unwrap();
    }
    let mut steps = vec![];
    for step in 0..8 {
        fixture.driver.advance_to(100_000 + step).unwrap();
        fixture.driver.crash_and_restore().unwrap();
        let expired = fixture.events();
        assert!(expired.iter().all(|event| matches!(event.fact, CouponFact::CouponExpired { .. })));
        steps.push(expired.len());
    }
    // The operators' account is the first that is read, and has no coupons.
    assert_eq!(steps, [511, 512, 512, 11, 0, 0, 0, 0]);
}
