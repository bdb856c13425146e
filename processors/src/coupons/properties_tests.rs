//! Any commands at any times: every invariant at every step, duplicates without effect, the same history from the same inbox
//! whether or not the processor crashes in between, and a sell-out that is exact.

use std::collections::BTreeSet;

use events::coupons::{CampaignTerms, CouponCommand, CouponFact, Discount, Restoration};
use events::ids::{HoldId, OrderId};
use events::money::Money;
use events::request::Fingerprint;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::fixture::{Effect, Fixture, at, campaign, claim, define, request, shopper, terms};
use crate::kit::testing::crash::{Crash, same_history};

/// One step: who sends what, in small numbers that meet often.
#[derive(Clone, Copy, Debug)]
struct Step {
    wait_ms: i64,
    verb: u8,
    campaign: u8,
    shopper: u8,
    /// Which of the requests of one kind; values meet, so that repeats and conflicts happen.
    which: u8,
    other: u8,
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![6 => 0_i64..50, 2 => 50_i64..1_000, 1 => 4_000_i64..15_000];
    (wait, 0_u8..24, 0_u8..2, 0_u8..2, 0_u8..2, 0_u8..4).prop_map(|(wait_ms, verb, campaign, shopper, which, other)| {
        Step { wait_ms, verb, campaign, shopper, which, other }
    })
}

/// Terms that differ where terms may, and where they may not.
fn some_terms(which: u8, other: u8) -> CampaignTerms {
    CampaignTerms {
        stock: 1 + u32::from(which) * 3,
        per_shopper: 1 + which % 2,
        budget: (other == 1).then_some(Money::new(1_200)),
        discount: Discount::Fixed { amount: Money::new(if other == 3 { 400 } else { 500 }) },
        restoration: Restoration::WithinUseWindow { times: 1 },
        usable: events::time::Window { from: at(12), until: at(100 + i64::from(other) * 5) },
        ..terms()
    }
}

fn command(step: Step) -> CouponCommand {
    let Step { verb, which, other, .. } = step;
    let on = format!("campaign-{}", step.campaign);
    let who = format!("shopper-{}", step.shopper);
    let name = |kind: &str, which: u8| request(&format!("{kind} {on} {who} {which}"));
    let operators = |kind: &str| request(&format!("{kind} {on} {which} {other}"));
    let id = campaign(&on);
    let coupon = name("claim", which).coupon();
    let order = OrderId::new(if other == 3 { "order-2" } else { "order-1" }).unwrap();
    // Several tries at one thing, so that an early refusal does not decide all that follows.
    let tries = |kind: &str| name(&format!("{kind} {}", step.wait_ms % 3), other);
    let hold: HoldId = name("hold", other).hold();
    let owner = shopper(&who);
    match verb {
        0..=1 => CouponCommand::DefineCampaign {
            request: operators("define"),
            campaign: id,
            terms: some_terms(which, other),
        },
        2 if other < 2 => CouponCommand::PauseCampaign { request: operators("pause"), campaign: id },
        2 if other == 2 && which == 0 => CouponCommand::EndCampaign { request: operators("end"), campaign: id },
        2..=3 => CouponCommand::ResumeCampaign { request: operators("resume"), campaign: id },
        4..=9 => CouponCommand::Claim {
            request: name("claim", which),
            fingerprint: Fingerprint::from_u64(u64::from(other == 3)),
            campaign: id,
            shopper: owner,
            segments: vec![],
        },
        10..=13 => CouponCommand::Hold {
            request: name("hold", other),
            campaign: id,
            coupon,
            shopper: owner,
            order,
            spend: Money::new(i64::from(other) * 300),
            until: at(15 + i64::from(other) * 30),
        },
        14..=17 => CouponCommand::Redeem { request: tries("redeem"), campaign: id, coupon, shopper: owner, hold },
        18..=20 => CouponCommand::Release { request: tries("release"), campaign: id, coupon, shopper: owner, hold },
        21..=22 => CouponCommand::Restore { request: tries("restore"), campaign: id, coupon, shopper: owner, order },
        _ => CouponCommand::Revoke { request: name("revoke", other), campaign: id, coupon, shopper: owner },
    }
}

/// Plays steps on a fresh fixture, beginning as the windows open.
fn play(steps: &[Step], mut after: impl FnMut(&mut Fixture, usize, &CouponCommand, &Effect, i64)) -> Vec<Effect> {
    let mut fixture = Fixture::new();
    let mut now = 12_000;
    let mut effects = vec![];
    fixture.send(&define("first", "campaign-0", some_terms(2, 0)), 0).unwrap();
    for (number, step) in steps.iter().enumerate() {
        now += step.wait_ms;
        let command = command(*step);
        let effect = fixture.send(&command, now).unwrap();
        after(&mut fixture, number, &command, &effect, now);
        effects.push(effect);
    }
    // Whatever was open ends; the ledger and the invariants have judged every step.
    fixture.tick(now + 400_000);
    fixture.tick(now + 800_000_000);
    effects
}

/// Random steps that never reach a fact prove nothing about it.
#[test]
fn the_steps_reach_every_fact() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..300 {
        let steps = prop::collection::vec(step(), 120).new_tree(&mut runner).unwrap().current();
        for effect in play(&steps, |_, _, _, _, _| {}) {
            reached.extend(effect.events.iter().map(|event| event.fact.kind()));
        }
    }
    let every = [
        "campaign_defined",
        "campaign_ended",
        "campaign_paused",
        "campaign_refused",
        "campaign_resumed",
        "claim_refused",
        "coupon_expired",
        "coupon_granted",
        "coupon_held",
        "coupon_redeemed",
        "coupon_refused",
        "coupon_released",
        "coupon_restored",
        "coupon_revoked",
    ];
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), every);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_at_every_step_and_a_duplicate_adds_no_fact(steps in prop::collection::vec(step(), 1..120)) {
        play(&steps, |fixture, _, command, effect, now| {
            let again = fixture.send(command, now).unwrap();
            assert_eq!(again.events, [], "{command:?}");
            assert_eq!(again.reply, effect.reply, "{command:?}");
            assert_eq!(again.answer, effect.answer, "{command:?}");
            assert_eq!(again.notices, [], "{command:?}");
        });
    }

    #[test]
    fn the_same_inbox_is_the_same_history_wherever_it_crashes(
        steps in prop::collection::vec(step(), 1..120),
        crashes in prop::collection::btree_set(0_usize..120, 0..8),
    ) {
        same_history([Crash::After(crashes)], |crash| {
            play(&steps, |fixture, number, _, _, _| crash.strike(number, &mut fixture.driver))
        });
    }

    /// Every shopper clicks several times, in any order; however many there are, exactly the stock is granted.
    #[test]
    fn demand_beyond_the_stock_sells_exactly_the_stock(
        stock in 1_u32..20,
        clicks in prop::collection::vec((0_u8..40, 0_u8..3), 1..300),
    ) {
        let mut fixture = Fixture::new();
        let demand = clicks.iter().map(|(who, _)| who).collect::<BTreeSet<_>>().len();
        fixture.send(&define("d", "sale", CampaignTerms { stock, ..terms() }), 0).unwrap();
        let mut granted = 0;
        for (who, which) in clicks {
            let who = format!("shopper-{who}");
            let effect = fixture.send(&claim(&format!("{who} {which}"), "sale", &who), 10_000).unwrap();
            granted += effect.events.iter().filter(|event| matches!(event.fact, CouponFact::CouponGranted { .. })).count();
        }
        prop_assert_eq!(granted, demand.min(stock as usize));
    }
}
