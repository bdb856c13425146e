//! Any commands at any times: after every step the best price is what the ledger works out for itself (the fixture compares), a
//! duplicate changes nothing, and the same inbox is the same history whether or not the processor crashes in between.

use std::collections::BTreeSet;

use events::money::Money;
use events::prices::{BestPrice, PriceCommand, PriceRefusal};
use events::request::Outcome;
use events::time::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::fixture::Fixture;
use super::table::{own, with_tea};
use crate::kit::testing::crash::{Crash, same_history};
use crate::kit::testing::driver::Effect;
use crate::kit::testing::names::{request, sku, source};

/// One step, in small numbers that meet often.
#[derive(Clone, Copy, Debug)]
struct Step {
    wait_ms: i64,
    verb: u8,
    which: u8,
    price: i64,
    seen_ms: i64,
    fresh_ms: u32,
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![6 => 0_i64..500, 3 => 500_i64..5_000, 1 => 30_000_i64..200_000];
    let price = prop_oneof![8 => 500_i64..1_500, 1 => -5_i64..20, 1 => 5_000_i64..20_000];
    let seen = prop_oneof![8 => -3_000_i64..100, 1 => 50_000_i64..70_000];
    let fresh = prop_oneof![9 => 1_u32..9_000, 1 => Just(0)];
    (wait, 0_u8..20, 0_u8..18, price, seen, fresh).prop_map(|(wait_ms, verb, which, price, seen_ms, fresh_ms)| Step {
        wait_ms,
        verb,
        which,
        price,
        seen_ms,
        fresh_ms,
    })
}

fn command(step: Step, number: usize, now: i64) -> PriceCommand {
    let Step { verb, which, price, seen_ms, fresh_ms, .. } = step;
    let by = source(&format!("s{which}"));
    let request = (verb % 2 == 0).then(|| request(&format!("request {number}")));
    match verb {
        0..=1 => {
            let second = now / 1000;
            let sale = (which < 12).then_some((price.clamp(0, 900), second + i64::from(which) - 6, second + 9));
            // Versions come twice, and late.
            own((number / 2 * 2) as u64 + u64::from(which) % 3, 900 + i64::from(which) * 10, sale)
        }
        2..=4 => PriceCommand::WithdrawOffer { request, sku: sku("tea"), source: by },
        _ => PriceCommand::Offer {
            request,
            sku: sku(if verb == 18 { "unknown" } else { "tea" }),
            source: by,
            price: Money::new(price),
            seen_at: Timestamp::from_millis(now + seen_ms),
            fresh_ms,
            until: (which % 4 == 0).then(|| Timestamp::from_millis(now + i64::from(which) * 200)),
        },
    }
}

/// Plays steps on a fresh fixture.
fn play(
    steps: &[Step],
    mut after: impl FnMut(&mut Fixture, usize, &PriceCommand, i64),
) -> (Vec<Effect<BestPrice>>, Vec<BestPrice>) {
    let mut fixture = with_tea(1_000);
    let mut now = 100_000;
    let mut effects = vec![];
    for (number, step) in steps.iter().enumerate() {
        now += step.wait_ms;
        let command = command(*step, number, now);
        effects.push(fixture.send(&command, now).unwrap());
        assert!(fixture.driver.take_dead_letters().is_empty(), "{command:?}");
        after(&mut fixture, number, &command, now);
    }
    // Every offer ends, every sale is over: what is left is our list price, for ever.
    let rest = fixture.tick(now + 10_000_000);
    let last = fixture.ledger.stated().find(|best| best.sku == sku("tea")).unwrap();
    assert_eq!((last.price, last.offers, last.valid_until), (last.list_price, 0, None));
    assert_eq!(fixture.driver.timers(0), 0);
    (effects, rest)
}

/// Random steps that never reach a case prove nothing about it.
#[test]
fn the_steps_reach_every_case() {
    let mut runner = TestRunner::deterministic();
    let mut refused = BTreeSet::new();
    let mut won = BTreeSet::new();
    for _ in 0..100 {
        let steps = prop::collection::vec(step(), 150).new_tree(&mut runner).unwrap().current();
        let (effects, _) = play(&steps, |_, _, _, _| {});
        for effect in effects {
            if let Some(Outcome::OfferRefused { reason }) = effect.reply.map(|reply| reply.outcome) {
                refused.insert(reason);
            }
            won.extend(effect.events.iter().map(|best| (best.by.source().is_some(), best.on_sale)));
        }
    }
    // Seventeen sources at once are rare: a table has them.
    refused.insert(PriceRefusal::TooManyOffers);
    assert_eq!(refused.into_iter().collect::<Vec<_>>(), PriceRefusal::ALL);
    assert_eq!(won.len(), 4, "each of us and others wins, in a sale and without one");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn a_duplicate_states_nothing_new(steps in prop::collection::vec(step(), 1..100)) {
        play(&steps, |fixture, _, command, now| {
            assert_eq!(fixture.send(command, now).unwrap().events, [], "{command:?}");
        });
    }

    #[test]
    fn the_same_inbox_is_the_same_history_wherever_it_crashes(
        steps in prop::collection::vec(step(), 1..100),
        crashes in prop::collection::btree_set(0_usize..100, 0..8),
    ) {
        same_history([Crash::After(crashes)], |crash| {
            play(&steps, |fixture, number, _, _| crash.strike(number, &mut fixture.driver))
        });
    }

    /// Nothing is stated after its time: whenever a record moves the time, what was stated last still holds.
    #[test]
    fn what_is_stated_holds_whenever_time_moves(
        steps in prop::collection::vec(step(), 1..60), looks in prop::collection::vec(0_i64..3_000, 1..40),
    ) {
        let mut fixture = with_tea(1_000);
        let mut now = 100_000;
        for (number, step) in steps.iter().enumerate() {
            fixture.send(&command(*step, number, now), now).unwrap();
            now += looks[number % looks.len()];
            fixture.tick(now);
            let now = Timestamp::from_millis(now);
            prop_assert!(fixture.ledger.stated().all(|best| best.is_valid_at(now)), "at {now}");
        }
    }
}
