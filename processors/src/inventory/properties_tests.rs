//! Any commands at any times: every unit in one place at every step, duplicates without effect, the same history from the same
//! inbox whether or not the processor crashes in between, and a sell-out that is exact.

use std::collections::BTreeSet;

use events::inventory::{InventoryCommand, InventoryFact, ProductTerms, StockAnswer};
use events::money::Money;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::fixture::{
    Effect, Fixture, adjust, at, commit, define, hold, order, release, request, sku, take_back, terms,
};
use crate::kit::testing::crash::{Crash, same_history};

/// One step: who sends what, in small numbers that meet often.
#[derive(Clone, Copy, Debug)]
struct Step {
    wait_ms: i64,
    verb: u8,
    product: u8,
    /// Which of the requests of one kind; values meet, so that repeats and conflicts happen.
    which: u8,
    other: u8,
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![6 => 0_i64..50, 2 => 50_i64..1_000, 1 => 4_000_i64..15_000];
    (wait, 0_u8..24, 0_u8..2, 0_u8..6, 0_u8..4).prop_map(|(wait_ms, verb, product, which, other)| Step {
        wait_ms,
        verb,
        product,
        which,
        other,
    })
}

fn command(step: Step) -> InventoryCommand {
    let Step { verb, which, other, .. } = step;
    let on = format!("product-{}", step.product);
    let name = |kind: &str| format!("{kind} {on} {which}");
    let held = name("hold");
    // Several tries at one thing, so that an early refusal does not decide all that follows.
    let tries = |kind: &str| format!("{} {}", name(kind), step.wait_ms % 3);
    match verb {
        0..=1 => define(
            &format!("define {on} {which} {other}"),
            &on,
            ProductTerms {
                list_price: Money::new(1_000 + i64::from(which) * 100),
                low_stock: (other < 2).then_some(2),
                seller: terms().seller,
                ..terms()
            },
        ),
        2..=5 => adjust(&tries("adjust"), &on, i64::from(which) * 2 - 4),
        6..=11 => InventoryCommand::Hold {
            request: request(&held),
            sku: sku(&on),
            order: order(if other == 3 { "order-2" } else { "order-1" }),
            quantity: 1 + u32::from(which % 3),
            until: at(15 + i64::from(which) * 20),
        },
        12..=15 => commit(&tries("commit"), &on, &held),
        16..=19 => release(&tries("release"), &on, &held),
        _ => take_back(&tries(&format!("return {other}")), &on, &held, other.into()),
    }
}

/// Plays steps on a fresh fixture.
fn play(steps: &[Step], mut after: impl FnMut(&mut Fixture, usize, &InventoryCommand, &Effect, i64)) -> Vec<Effect> {
    let mut fixture = Fixture::new();
    let mut now = 12_000;
    let mut effects = vec![];
    fixture.send(&define("first", "product-0", terms()), 0).unwrap();
    fixture.send(&adjust("stock", "product-0", 5), 0).unwrap();
    for (number, step) in steps.iter().enumerate() {
        now += step.wait_ms;
        let command = command(*step);
        let effect = fixture.send(&command, now).unwrap();
        after(&mut fixture, number, &command, &effect, now);
        effects.push(effect);
    }
    // Whatever was held ends; the ledger and the invariants have judged every step.
    fixture.tick(now + 400_000);
    assert!(fixture.ledger.levels().all(|(_, level)| level.held == 0), "at the end nothing is held");
    effects
}

/// Random steps that never reach a fact prove nothing about it.
#[test]
fn the_steps_reach_every_fact() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..200 {
        let steps = prop::collection::vec(step(), 120).new_tree(&mut runner).unwrap().current();
        for effect in play(&steps, |_, _, _, _, _| {}) {
            reached.extend(effect.events.iter().map(|event| event.fact.kind()));
        }
    }
    let every = [
        "product_defined",
        "product_refused",
        "stock_adjusted",
        "stock_committed",
        "stock_held",
        "stock_low",
        "stock_refused",
        "stock_released",
        "stock_returned",
    ];
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), every);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn every_unit_is_in_one_place_at_every_step_and_a_duplicate_adds_no_fact(
        steps in prop::collection::vec(step(), 1..120),
    ) {
        play(&steps, |fixture, _, command, effect, now| {
            let again = fixture.send(command, now).unwrap();
            assert_eq!(again.events, [], "{command:?}");
            assert_eq!(again.reply.as_ref().map(|reply| &reply.outcome), effect.reply.as_ref().map(|reply| &reply.outcome));
            assert_eq!(again.answer, effect.answer, "{command:?}");
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

    /// Orders of one unit each, sent once or often, some released: what can be sold is sold, and not one unit more.
    #[test]
    fn demand_beyond_the_stock_sells_exactly_the_stock(
        stock in 1_i64..20,
        orders in prop::collection::vec((0_u32..60, any::<bool>()), 1..300),
    ) {
        let mut fixture = Fixture::with_tea(stock);
        let mut gone = BTreeSet::new();
        let mut sold = 0;
        for (number, keeps) in orders {
            let name = format!("h{number}");
            let effect = fixture.send(&hold(&name, "tea", 1, 90), 1_000).unwrap();
            let is_new = effect.events.iter().any(|event| matches!(event.fact, InventoryFact::StockHeld { .. }));
            if is_new && keeps {
                fixture.send(&commit(&format!("c{number}"), "tea", &name), 1_000).unwrap();
                sold += 1;
            } else if is_new {
                fixture.send(&release(&format!("x{number}"), "tea", &name), 1_000).unwrap();
            } else {
                let is_over = gone.contains(&number) || sold == stock;
                prop_assert!(is_over, "{:?}", effect.answer);
            }
            gone.insert(number);
            let is_held = matches!(effect.answer, Some(StockAnswer::Held { .. }));
            prop_assert_eq!(is_held, is_new);
        }
        let level = fixture.ledger.level(&sku("tea")).unwrap();
        prop_assert_eq!((level.sold, level.held), (sold as u64, 0));
        prop_assert_eq!(level.available, (stock - sold) as u64);
    }
}
