//! Any steps in any order at any times: the ledger and the stores agree at every step, repeats add nothing, the same inbox is the same
//! history whether or not the processor crashes in between, and whatever is refunded in whichever parts ends at zero.

use std::collections::{BTreeMap, BTreeSet};

use events::money::{BasisPoints, Money};
use events::settlement::{
    Basis, CommissionRule, Fee, GraceMs, PayOut, RuleMatch, SellerPolicy, Settled, SettlementCommand, SettlementEvent,
    SettlementFact, SoldLine, Vat,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::fixture::{
    Effect, Fixture, at, close_day, day, in_zone, line, order, policy, reached, refunded, seller, set_policy, sku,
};
use crate::kit::testing::crash::{Crash, same_history};

const MINUTE: i64 = 60_000;

/// One step, in small numbers that meet often.
#[derive(Clone, Copy, Debug)]
struct Step {
    wait_ms: i64,
    verb: u8,
    which: u8,
    units: u8,
    other: u8,
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![6 => 0_i64..2_000, 3 => 0_i64..90 * MINUTE, 1 => 600 * MINUTE..3_000 * MINUTE];
    (wait, 0_u8..20, 0_u8..6, 0_u8..5, 0_u8..8).prop_map(|(wait_ms, verb, which, units, other)| Step {
        wait_ms,
        verb,
        which,
        units,
        other,
    })
}

/// The orders are what they are: only what is refunded of them changes.
fn sold(which: u8, refunds: &BTreeMap<u8, u32>) -> Vec<SoldLine> {
    let quantity = u32::from(which) + 1;
    let gross = 3_333 * i64::from(which + 1);
    let mut first = line("tea", quantity, gross, gross / 7, u16::from(which) * 2_000);
    first.refunded = refunds.get(&which).copied().unwrap_or(0);
    let mut second = line("rice", 1, 999, 100, 5_000);
    second.supply_price = which.is_multiple_of(2).then(|| Money::new(700));
    vec![first, second]
}

fn some_policy(step: Step, today: i64) -> SellerPolicy {
    let fee = match step.units {
        0 => Fee::Fixed(Money::new(77)),
        units => Fee::Rate(BasisPoints::new(u16::from(units) * 3_001)),
    };
    let rule = CommissionRule { applies_to: RuleMatch::Seller, fee, minimum: Money::new(i64::from(step.other)) };
    let usual = if step.other == 7 { in_zone("UTC") } else { policy() };
    let from = i32::try_from(today + i64::from(step.other) - 1).unwrap();
    SellerPolicy {
        effective_from: (step.other < 3).then(|| events::calendar::Day::from_number(from).unwrap()),
        basis: Basis::ALL[usize::from(step.which) % 4],
        commission: vec![rule],
        vat: [Vat::Included, Vat::Added, Vat::None][usize::from(step.units) % 3],
        pay_out: if step.which == 0 { PayOut::Monthly { business_days: 15 } } else { PayOut::default() },
        grace_ms: GraceMs(i64::from(step.which) * 30 * MINUTE),
        ..usual
    }
}

fn command(step: Step, number: usize, now: i64, refunds: &mut BTreeMap<u8, u32>) -> SettlementCommand {
    let Step { verb, which, units, other, .. } = step;
    let name = format!("order-{which}");
    let happened = now - i64::from(other) * 7 * MINUTE;
    let today = (now + 9 * 60 * MINUTE).div_euclid(24 * 60 * MINUTE);
    match verb {
        0..=10 => reached(&name, Basis::ALL[usize::from(units) % 4], happened, sold(which, refunds)),
        11..=15 => {
            let before = refunds.get(&which).copied().unwrap_or(0);
            let after = (before + u32::from(units)).min(u32::from(which) + 1);
            refunds.insert(which, after);
            refunded(&name, number as u16, happened, &[("tea", after)])
        }
        16..=17 => {
            let date = events::calendar::Day::from_number(i32::try_from(today + i64::from(other % 4) - 2).unwrap());
            close_day(&format!("close {number}"), &date.unwrap().to_string())
        }
        _ => set_policy(&format!("policy {number}"), some_policy(step, today)),
    }
}

/// Plays steps on a fresh fixture.
fn play(
    steps: &[Step],
    mut after: impl FnMut(&mut Fixture, usize, &SettlementCommand, &Effect, i64),
) -> Vec<SettlementEvent> {
    let mut fixture = Fixture::new();
    let mut now = at("2026-11-23 23:00");
    let mut refunds = BTreeMap::new();
    let mut history = vec![];
    for (number, step) in steps.iter().enumerate() {
        now += step.wait_ms;
        let command = command(*step, number, now, &mut refunds);
        let effect = fixture.send(&command, now).unwrap();
        assert!(fixture.driver.take_dead_letters().is_empty(), "{command:?}");
        after(&mut fixture, number, &command, &effect, now);
        history.extend(effect.events);
    }
    // Everything that is open closes, and what was owed in all is what was paid out in all.
    history.extend(fixture.tick(now + 30 * 24 * 60 * MINUTE));
    if let Some(book) = fixture.ledger.seller(&seller("seller-1")) {
        assert_eq!(book.open_days().count(), 0, "at the end no day is open");
        let lines: i64 = book.lines().map(|(_, _, line)| line.amounts.net.minor()).sum();
        let paid: i64 = book.statements().map(|(_, statement)| statement.payable.minor()).sum();
        assert_eq!(paid + book.carried().minor(), lines);
        let tea = |which: &u8| (order(&format!("order-{which}")), sku("tea"));
        for (which, refunded) in &refunds {
            let line = book.lines().find(|(order, sku, _)| (**order).clone() == tea(which).0 && **sku == tea(which).1);
            if let Some((_, _, line)) = line {
                assert_eq!(line.left, u32::from(*which) + 1 - refunded, "what is left is what was not refunded");
                assert!(line.left > 0 || line.amounts == Settled::default());
            }
        }
    }
    history
}

/// Random steps that never reach a fact prove nothing about it.
#[test]
fn the_steps_reach_every_fact() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..100 {
        let steps = prop::collection::vec(step(), 80).new_tree(&mut runner).unwrap().current();
        for event in play(&steps, |_, _, _, _, _| {}) {
            reached.insert(match &event.fact {
                SettlementFact::LinesPosted { kind, .. } => kind.name(),
                SettlementFact::PolicyRefused { reason, .. } | SettlementFact::CloseRefused { reason, .. } => {
                    reason.code()
                }
                fact => fact.kind(),
            });
        }
    }
    let every = [
        "DAY_AHEAD",
        "DAY_CLOSED",
        "INVALID_POLICY",
        "TERMS_FROZEN",
        "UNKNOWN_SELLER",
        "contra",
        "day_closed",
        "day_updated",
        "policy_set",
        "sale",
    ];
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), every);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn a_repeat_adds_no_line_and_no_decision(steps in prop::collection::vec(step(), 1..80)) {
        play(&steps, |fixture, _, command, effect, now| {
            let again = fixture.send(command, now).unwrap();
            let more: Vec<_> = again.events.iter().filter(|event| !matches!(event.fact, SettlementFact::DayUpdated { .. })).collect();
            assert!(more.is_empty(), "{command:?}: {more:?}");
            assert_eq!(again.reply.as_ref().map(|reply| &reply.outcome), effect.reply.as_ref().map(|reply| &reply.outcome));
        });
    }

    #[test]
    fn the_same_inbox_is_the_same_history_wherever_it_crashes(
        steps in prop::collection::vec(step(), 1..80),
        crashes in prop::collection::btree_set(0_usize..80, 0..8),
    ) {
        same_history([Crash::After(crashes)], |crash| {
            play(&steps, |fixture, number, _, _, _| crash.strike(number, &mut fixture.driver))
        });
    }

    /// Orders of any size, refunded in any parts over days that close in between: at the end nothing is owed for them.
    #[test]
    fn whatever_is_wholly_refunded_ends_at_zero(
        orders in prop::collection::vec((1_u32..9, 1_i64..100_000, 0_i64..=100, 0_u16..=10_000), 1..6),
        parts in prop::collection::vec((any::<prop::sample::Index>(), 1_u32..4, any::<bool>()), 0..24),
        vat in 0_usize..3, rate in 0_u16..=10_000,
    ) {
        let mut now = at("2026-11-23 12:00");
        let rule = CommissionRule { applies_to: RuleMatch::Seller, fee: Fee::Rate(BasisPoints::new(rate)), minimum: Money::new(3) };
        let vat = [Vat::Included, Vat::Added, Vat::None][vat];
        let mut fixture = Fixture::with(SellerPolicy { commission: vec![rule], vat, ..policy() }, now);
        let name = |place: usize| format!("order-{place}");
        for (place, (quantity, gross, off, share)) in orders.iter().enumerate() {
            let sold = line("tea", *quantity, *gross, gross * off / 100, *share);
            fixture.happen(&reached(&name(place), Basis::Confirmed, now, vec![sold]), now);
        }
        let mut back: Vec<u32> = orders.iter().map(|_| 0).collect();
        let mut refund = |fixture: &mut Fixture, place: usize, units: u32, now: i64| {
            back[place] = (back[place] + units).min(orders[place].0);
            fixture.happen(&refunded(&name(place), 1, now, &[("tea", back[place])]), now);
        };
        for (place, units, next_day) in parts {
            now += if next_day { 24 * 60 * MINUTE } else { MINUTE };
            refund(&mut fixture, place.index(orders.len()), units, now);
        }
        for place in 0..orders.len() {
            refund(&mut fixture, place, 9, now);
        }
        fixture.tick(now + 48 * 60 * MINUTE);
        let book = fixture.ledger.seller(&seller("seller-1")).unwrap();
        prop_assert!(book.lines().all(|(_, _, line)| line.left == 0 && line.amounts == Settled::default()));
        let sum = book.statements().try_fold(Settled::default(), |sum, (_, statement)| sum.plus(&statement.totals.amounts));
        prop_assert_eq!(sum, Some(Settled::default()), "statements are the sum of their lines");
        prop_assert!(book.statements().next().is_some_and(|(first, _)| first == day("2026-11-23")));
    }
}
