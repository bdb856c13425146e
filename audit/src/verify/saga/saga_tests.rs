//! Tests of the test: sound logs hold every promise, and each defect breaks the promise it is a defect of.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::collections::BTreeSet;

use events::coupons::{CouponFact, ReleaseCause};
use events::inventory::InventoryFact;
use events::money::Money;
use events::orders::{OrderFact, OrderState};
use events::payments::{PaymentAnswer, PaymentMethod};

use super::fixture::*;
use super::{COUPONS, HOLDS, MOVES, ORDERS, PAYMENTS, STOCK};

#[test]
fn sound_logs_hold_every_promise() {
    let verdict = fixture().verdict();
    assert!(verdict.holds(), "{verdict}");
    let promises: BTreeSet<_> = verdict.proof.keys().copied().collect();
    assert_eq!(promises, BTreeSet::from([COUPONS, HOLDS, MOVES, ORDERS, PAYMENTS, STOCK]));
    let counts = verdict.counts;
    assert_eq!((counts.products, counts.orders, counts.orders_open, counts.payments), (1, 2, 0, 1));
}

#[test]
fn where_nothing_was_ordered_nothing_is_promised() {
    let empty = Fixture { inventory: Vec::new(), orders: Vec::new(), coupons: Vec::new(), payments: Vec::new() };
    assert!(empty.verdict().proof.is_empty());
}

#[test]
fn each_defect_breaks_its_promise() {
    type Defect = fn(&mut Fixture);
    let table: [(&str, &str, Defect); 21] = [
        ("units out of nothing", STOCK, |fixture| fixture.inventory[2].stock.available = 9),
        ("a version is left out", STOCK, |fixture| fixture.inventory[6].version = 8),
        ("a total that is not the sum of its lines", ORDERS, |fixture| {
            fixture.orders[1].amounts = amounts(2_000, 100, 0, 0)
        }),
        ("a request decided twice", ORDERS, |fixture| {
            let OrderFact::OrderPaid { request: again, .. } = &mut fixture.orders[3].fact else { unreachable!() };
            *again = Some(request("place 1"));
        }),
        ("refunded more than was paid", ORDERS, |fixture| fixture.orders[7].amounts.refunded = Money::new(1_801)),
        ("sold, though its order expired", HOLDS, |fixture| {
            fixture.inventory[5].fact = committed(&fixture.expired(), 1);
        }),
        ("available again, though its order was bought", HOLDS, |fixture| {
            fixture.inventory[4].fact = released(&fixture.bought(), 2);
            fixture.inventory.truncate(6);
        }),
        ("still held, though its order expired", HOLDS, |fixture| drop(fixture.inventory.remove(5))),
        ("still held, though its order was bought", HOLDS, |fixture| fixture.inventory.truncate(4)),
        ("held for an order that nobody placed", HOLDS, |fixture| {
            let InventoryFact::StockHeld { order, .. } = &mut fixture.inventory[3].fact else { unreachable!() };
            *order = request("nobody").order();
        }),
        ("more units came back than were refunded", HOLDS, |fixture| {
            fixture.inventory[6].fact = returned(&fixture.bought(), 2, 2);
        }),
        ("bought and never held", HOLDS, |fixture| fixture.inventory.retain(|event| event.version <= 2)),
        ("a coupon held for an order that does not have it", COUPONS, |fixture| {
            let expired = fixture.expired();
            let CouponFact::CouponHeld { order, .. } = &mut fixture.coupons[0].fact else { unreachable!() };
            *order = expired;
        }),
        ("a coupon given back, though its order was bought", COUPONS, |fixture| {
            let CouponFact::CouponRedeemed { coupon, shopper, hold, .. } = fixture.coupons[1].fact.clone() else {
                unreachable!()
            };
            let cause = ReleaseCause::Lapsed;
            fixture.coupons[1].fact = CouponFact::CouponReleased { request: None, coupon, shopper, hold, cause };
        }),
        ("a coupon still held, though its order was bought", COUPONS, |fixture| drop(fixture.coupons.remove(1))),
        ("a discount without its coupon", COUPONS, |fixture| fixture.coupons.clear()),
        ("a coupon for another discount", COUPONS, |fixture| {
            let CouponFact::CouponHeld { discount, .. } = &mut fixture.coupons[0].fact else { unreachable!() };
            *discount = Money::new(300);
        }),
        ("a refund that the payment does not show", PAYMENTS, |fixture| drop(fixture.payments.remove(1))),
        ("a charge that no order knows", PAYMENTS, |fixture| {
            fixture.payments.push(shown(2, &fixture.expired(), 1_000, &[]));
        }),
        ("a paid order whose payment was never shown", PAYMENTS, |fixture| fixture.payments.clear()),
        ("an order that nothing moves", MOVES, |fixture| fixture.orders[7].deadline = Some(at(90))),
    ];
    for (defect, promise, apply) in table {
        let mut fixture = fixture();
        apply(&mut fixture);
        let verdict = fixture.verdict();
        assert_eq!(verdict.proof.get(promise), Some(&false), "{defect} does not break {promise}: {verdict}");
        assert!(verdict.counterexamples.contains_key(promise), "{defect} has no counterexample");
    }
}

#[test]
fn refunds_that_do_not_add_up_are_found_though_the_balance_is_right() {
    let mut fixture = fixture();
    let PaymentAnswer::Found { payment } = &mut fixture.payments[1].answer else { unreachable!() };
    payment.refunds[0].amount = Money::new(899);
    assert_eq!(fixture.verdict().proof.get(PAYMENTS), Some(&false));
}

#[test]
fn two_orders_cannot_have_one_payment() {
    let mut fixture = fixture();
    let other = fixture.expired();
    let due = amounts(1_000, 0, 0, 0);
    let (payment_key, method) = (Some(key(1)), Some(PaymentMethod::Card));
    let paid = OrderFact::OrderPaid { request: Some(request("pay 2")), attempt: 1, payment_key, method };
    let started = OrderFact::PaymentStarted { attempt: 1, payment_key: key(1) };
    fixture.orders.truncate(EXPIRED + 2);
    let mut more = facts(
        &other,
        vec![
            (OrderState::Confirming, due, 0, Some(FAR), started),
            (OrderState::Paid, amounts(1_000, 0, 1_000, 0), 1, Some(FAR), paid),
        ],
    );
    more.iter_mut().for_each(|event| (event.version, event.at) = (event.version + 2, at(50)));
    fixture.orders.extend(more);
    assert_eq!(fixture.verdict().proof.get(PAYMENTS), Some(&false));
}

/// What is not answered yet is not judged, and what waits for it waits.
#[test]
fn an_order_under_way_may_be_a_step_ahead_of_the_others() {
    let mut fixture = fixture();
    // Paid, and neither stock nor coupon have heard of it; the other has expired, and its stock has not.
    fixture.orders.truncate(EXPIRED + 3);
    fixture.orders.drain(4..EXPIRED);
    fixture.inventory.truncate(4);
    fixture.coupons.truncate(1);
    fixture.payments.truncate(1);
    let verdict = fixture.verdict();
    assert!(verdict.holds(), "{verdict}");
    assert_eq!(fixture.saga().0.under_way(NOW), 2);
    // Before it is paid, neither is.
    fixture.orders.remove(3);
    fixture.payments.clear();
    let verdict = fixture.verdict();
    assert!(verdict.holds(), "{verdict}");
    assert_eq!(verdict.counts.orders_open, 1);
}

#[test]
fn what_will_soon_move_is_waited_for() {
    let (saga, _) = fixture().saga();
    assert_eq!(saga.under_way(NOW), 0);
    assert_eq!(saga.under_way(FAR), 1, "the paid order's shipment is due by then");
}
