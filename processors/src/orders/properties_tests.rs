//! Any messages at any times, sensible or not: every invariant at every step (the processor states a violation, and a test stops
//! there), every fact judged by the ledger, repeats without effect, and the same history wherever the processor crashes.

use std::collections::BTreeSet;

use events::coupons::{CouponAnswer, Refusal};
use events::hold::ReleaseCause;
use events::ids::{OrderId, TransmissionId};
use events::inventory::{StockAnswer, StockRefusal};
use events::money::{BasisPoints, Money};
use events::orders::{Goods, OrderCommand, RefundCause, Step as OrderStep, Units};
use events::payments::{Decline, PaymentAnswer, PaymentMethod, PaymentStatus};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::fixture::{Effect, Fixture, account, at, coupon, key, payment, place, request, shopper, sku, unit, units};
use crate::kit::testing::crash::{Crash, same_history};

/// One step: what comes, in small numbers that meet often.
#[derive(Clone, Copy, Debug)]
struct Step {
    wait_ms: i64,
    verb: u8,
    which: u8,
    other: u8,
}

fn step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![12 => 0_i64..200, 4 => 1_000_i64..40_000, 1 => 90_000_i64..4_000_000];
    (wait, 0_u8..40, 0_u8..4, 0_u8..8).prop_map(|(wait_ms, verb, which, other)| Step { wait_ms, verb, which, other })
}

fn stock(order: OrderId, step: Step) -> OrderCommand {
    let id = sku(if step.which.is_multiple_of(2) { "tea" } else { "cup" });
    let hold = OrderStep::HoldStock(&id).request(&order).hold();
    let refused = StockAnswer::Refused { reason: StockRefusal::NotHeld };
    let held = StockAnswer::Held { hold, quantity: 1, unit: unit(1000), until: at(600_000) };
    let released = |cause| StockAnswer::Released { hold, cause };
    let (step_of, answer) = match step.other {
        0..=2 if !step.verb.is_multiple_of(5) => (Some(OrderStep::HoldStock(&id)), held),
        0 => (Some(OrderStep::HoldStock(&id)), refused),
        1 => (Some(OrderStep::CommitStock(&id)), refused),
        2 => (None, released(ReleaseCause::Lapsed)),
        3 | 4 => (Some(OrderStep::CommitStock(&id)), StockAnswer::Committed { hold }),
        5 | 6 => (Some(OrderStep::ReleaseStock(&id)), released(ReleaseCause::Released)),
        _ => {
            let returned = u32::from(step.verb % 3);
            (Some(OrderStep::ReturnStock(&id, returned)), StockAnswer::Returned { hold, returned })
        }
    };
    let request = step_of.map(|step_of| step_of.request(&order));
    OrderCommand::StockAnswered { order, sku: id, request, answer }
}

fn coupons(order: OrderId, step: Step) -> OrderCommand {
    let hold = OrderStep::HoldCoupon.request(&order).hold();
    let refused = CouponAnswer::Refused { reason: Refusal::NotUsable };
    let discount = Money::new(if step.which == 3 { 2500 } else { 333 });
    let held = CouponAnswer::Held { hold, discount, platform_share: BasisPoints::new(3_333), until: at(600_000) };
    let (step_of, answer) = match step.other {
        0..=2 if !step.verb.is_multiple_of(5) => (Some(OrderStep::HoldCoupon), held),
        0 => (Some(OrderStep::HoldCoupon), refused),
        1 => (Some(OrderStep::RedeemCoupon), refused),
        2 => (None, CouponAnswer::Revoked { hold }),
        3 | 4 => (Some(OrderStep::RedeemCoupon), CouponAnswer::Redeemed { hold }),
        5 | 6 => (Some(OrderStep::ReleaseCoupon), CouponAnswer::Released { hold, cause: ReleaseCause::Released }),
        _ => (Some(OrderStep::RestoreCoupon), CouponAnswer::Restored { restored: 1 }),
    };
    let request = step_of.map(|step_of| step_of.request(&order));
    OrderCommand::CouponAnswered { order, request, answer }
}

/// Answers of a provider that may say anything about any call.
fn provider(fixture: &Fixture, order: OrderId, step: Step) -> OrderCommand {
    let kept = fixture.order(&order);
    let kept = kept.as_ref();
    let due = kept.map_or(0, |kept| kept.amounts.due.minor());
    let balance = kept.map_or(0, |kept| kept.balance().minor());
    let after = balance - kept.and_then(|kept| kept.refund.as_ref()).map_or(0, |refund| refund.amount.minor());
    let attempt = kept.and_then(|kept| kept.payment.as_ref()).map_or(1, |attempt| attempt.number);
    let attempt = if step.verb.is_multiple_of(7) { 1 } else { attempt };
    let key = if step.verb.is_multiple_of(11) { "k9".to_owned() } else { format!("k{}", attempt % 4) };
    let shown = |status, balance| {
        let mut shown = payment(&order, &key, status, due, balance);
        if step.verb.is_multiple_of(3) && status != PaymentStatus::WaitingForDeposit {
            shown.method = PaymentMethod::VirtualAccount;
        }
        shown
    };
    let (confirm, look) = (OrderStep::Confirm(attempt), OrderStep::LookUp(kept.map_or(1, |kept| kept.look_ups.number)));
    let refund = OrderStep::Refund(kept.map_or(1, |kept| kept.refunds));
    let code = || String::from("CODE");
    let (step_of, answer) = match step.other {
        0 if step.which == 0 => (confirm, PaymentAnswer::Declined { decline: Decline::TryAnother, code: code() }),
        0 if step.which == 1 => {
            (confirm, PaymentAnswer::DepositAwaited { payment: shown(PaymentStatus::WaitingForDeposit, due) })
        }
        0 => (confirm, PaymentAnswer::Unknown { code: code() }),
        1 | 2 => (confirm, PaymentAnswer::Charged { payment: shown(PaymentStatus::Done, due) }),
        3 | 4 => (refund, PaymentAnswer::Refunded { payment: shown(PaymentStatus::PartialCanceled, after.max(0)) }),
        5 if step.which == 0 => (refund, PaymentAnswer::Unknown { code: code() }),
        5 => (refund, PaymentAnswer::RefundRefused { code: code() }),
        6 if step.which == 0 => (look, PaymentAnswer::NotFound),
        6 if step.which == 1 => (look, PaymentAnswer::Unknown { code: code() }),
        6 => (look, PaymentAnswer::Found { payment: shown(PaymentStatus::Done, due) }),
        _ => {
            let status = [
                PaymentStatus::InProgress,
                PaymentStatus::WaitingForDeposit,
                PaymentStatus::Aborted,
                PaymentStatus::Canceled,
            ];
            let balance = if step.which == 3 { 0 } else { due };
            (look, PaymentAnswer::Found { payment: shown(status[usize::from(step.which)], balance) })
        }
    };
    OrderCommand::PaymentAnswered { request: step_of.request(&order), order, answer }
}

fn some_units(step: Step) -> Vec<Units> {
    match step.which {
        0 => vec![],
        1 => vec![units("tea", 1)],
        2 => vec![units("tea", 1), units("cup", 1)],
        _ => vec![units("cup", 1)],
    }
}

fn message(fixture: &Fixture, number: usize, step: Step) -> OrderCommand {
    let Step { verb, which, other, .. } = step;
    let order = request("place").order();
    // A request is often one that was sent shortly before; one that was sent long before may have been forgotten.
    let name =
        |kind: &str| request(&if other > 5 { format!("{kind} {}s", number / 10) } else { format!("{kind} {number}") });
    let who = shopper(if verb == 39 { "bob" } else { "ann" });
    let account = (other % 2 == 1).then(account);
    let due = fixture.order(&order).map_or(Money::ZERO, |kept| kept.amounts.due);
    match verb {
        0 => place("place", vec![units("tea", 2), units("cup", 1)], (which > 0).then(coupon)),
        1..=8 => stock(order, step),
        9..=12 => coupons(order, step),
        13..=24 => provider(fixture, order, step),
        25..=29 | 39 => {
            let attempt = fixture.order(&order).and_then(|kept| kept.payment).map_or(0, |attempt| attempt.number) + 1;
            let amount = if other == 6 { Money::new(1) } else { due };
            OrderCommand::Pay {
                request: name("pay"),
                order,
                shopper: who,
                payment_key: key(&format!("k{}", attempt % 4)),
                amount,
            }
        }
        30 | 31 => {
            OrderCommand::Cancel { request: name("cancel"), order, shopper: who, lines: some_units(step), account }
        }
        32 | 33 => OrderCommand::Refund {
            request: name("refund"),
            order,
            lines: some_units(step),
            cause: RefundCause::OF_OPERATORS[usize::from(other % 4)],
            goods: if other > 4 { Goods::Gone } else { Goods::Returned },
            account,
        },
        34 => OrderCommand::Ship { request: name("ship"), order },
        35 => OrderCommand::Deliver { request: name("deliver"), order },
        36 => OrderCommand::ConfirmPurchase { request: name("confirm"), order, shopper: (which > 1).then_some(who) },
        _ => OrderCommand::Hint {
            transmission: TransmissionId::new(&format!("t{}", number % 16)).unwrap(),
            order,
            payment_key: (which > 0).then(|| key(&format!("k{which}"))),
            status: PaymentStatus::Done,
        },
    }
}

/// Plays steps on a fresh fixture; what each of them led to.
fn play(steps: &[Step], mut after: impl FnMut(&mut Fixture, usize, &OrderCommand, i64)) -> Vec<Effect> {
    let mut fixture = Fixture::new();
    let mut now = 0;
    let with_coupon = steps.first().filter(|step| step.which > 1).map(|_| coupon());
    let first = place("place", vec![units("tea", 2), units("cup", 1)], with_coupon);
    let mut effects = vec![fixture.send(&first, now)];
    for (number, step) in steps.iter().enumerate() {
        now += step.wait_ms;
        let message = message(&fixture, number, *step);
        effects.push(fixture.send(&message, now));
        after(&mut fixture, number, &message, now);
    }
    effects
}

/// Random steps that never reach a fact prove nothing about it.
#[test]
fn the_steps_reach_every_fact() {
    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..3_000 {
        let steps = prop::collection::vec(step(), 100).new_tree(&mut runner).unwrap().current();
        for effect in play(&steps, |_, _, _, _| {}) {
            reached.extend(effect.events.iter().map(|event| event.fact.kind()));
        }
    }
    let every = [
        "cancel_requested",
        "deposit_awaited",
        "hint_taken",
        "hold_lost",
        "late_payment_found",
        "order_cancelled",
        "order_delivered",
        "order_expired",
        "order_paid",
        "order_placed",
        "order_priced",
        "order_refused",
        "order_rejected",
        "order_shipped",
        "payment_declined",
        "payment_differs",
        "payment_failed",
        "payment_started",
        "payment_unknown",
        "purchase_confirmed",
        "refund_completed",
        "refund_refused",
        "refund_started",
        "refund_unknown",
        "steps_answered",
    ];
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), every);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_at_every_step_and_a_repeat_states_nothing(steps in prop::collection::vec(step(), 1..120)) {
        play(&steps, |fixture, _, message, now| {
            // What is due at this instant is not the repeat's doing.
            for _ in 0..4 {
                fixture.tick(now);
            }
            let again = fixture.send(message, now);
            // Only refusals about what is not there are not remembered.
            assert!(again.events.iter().all(|event| event.version == 0), "{message:?}: {again:?}");
            assert!(again.sent.is_empty(), "{message:?}: {again:?}");
        });
    }

    #[test]
    fn the_same_inbox_is_the_same_history_wherever_it_crashes(
        steps in prop::collection::vec(step(), 1..120),
        crashes in prop::collection::btree_set(0_usize..120, 0..8),
    ) {
        same_history([Crash::After(crashes)], |crash| {
            play(&steps, |fixture, number, _, _| crash.strike(number, &mut fixture.driver))
        });
    }

    /// Whatever came, an order that gets no more messages comes to its end by itself, or repeats a command until it is answered.
    #[test]
    fn an_order_without_messages_ends_or_repeats_its_commands(steps in prop::collection::vec(step(), 1..120)) {
        let mut fixture = Fixture::new();
        let mut now = 0;
        fixture.send(&place("place", vec![units("tea", 2), units("cup", 1)], None), now);
        for (number, step) in steps.iter().enumerate() {
            now += step.wait_ms;
            let message = message(&fixture, number, *step);
            fixture.send(&message, now);
        }
        let order = request("place").order();
        for _ in 0..40 {
            let Some(kept) = fixture.order(&order) else { return Ok(()) };
            let Some(wake) = kept.wake_at() else { panic!("nothing wakes {kept:?}") };
            now = now.max(wake.as_millis());
            let effect = fixture.tick(now);
            let acted = !effect.sent.is_empty() || !effect.events.is_empty();
            let forgotten = fixture.order(&order).is_none();
            let moved = fixture.order(&order).is_some_and(|after| after.wake_at() != kept.wake_at());
            prop_assert!(acted || forgotten || moved, "woken for nothing: {kept:?}");
        }
    }
}
