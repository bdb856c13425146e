//! What settlement gets of an order, and that it comes to what the order keeps: paid less refunded, per seller, to the won.

use std::collections::BTreeMap;

use audit::ledgers::settlement::SettlementLedger;
use events::codec::{decode, encode};
use events::coupons::CouponAnswer;
use events::envelope::Envelope;
use events::ids::{OrderId, RequestId, SellerId};
use events::inventory::{StockAnswer, UnitTerms};
use events::money::{BasisPoints, Money};
use events::orders::{Goods, OrderCommand, RefundCause, Step, Units};
use events::payments::{PaymentAnswer, PaymentStatus};
use events::settlement::{Basis, SettlementCommand, SettlementEvent};
use events::topics;
use streams::driver::TestDriver;

use super::fixture::{Fixture, coupon, key, payment, place, request, shopper, sku, unit, units};
use crate::settlement;

const SELLERS: [(&str, &str, i64); 3] =
    [("tea", "seller-1", 1_000), ("cup", "seller-2", 3_333), ("pot", "seller-1", 7_777)];

/// An order for seven teas, a cup and three pots of two sellers, with a coupon of 5,001, paid in second 3.
fn paid(fixture: &mut Fixture) -> OrderId {
    let command = place("place", vec![units("tea", 7), units("cup", 1), units("pot", 3)], Some(coupon()));
    let order = command.order().clone();
    fixture.send(&command, 0);
    for ((name, seller, price), quantity) in SELLERS.into_iter().zip([7, 1, 3]) {
        let hold = Step::HoldStock(&sku(name)).request(&order);
        let unit = UnitTerms { seller: SellerId::new(seller).unwrap(), ..unit(price) };
        let answer = StockAnswer::Held { hold: hold.hold(), quantity, unit, until: super::fixture::at(90_000) };
        fixture.send(
            &OrderCommand::StockAnswered { order: order.clone(), sku: sku(name), request: Some(hold), answer },
            1_000,
        );
    }
    let hold = Step::HoldCoupon.request(&order);
    let answer = CouponAnswer::Held {
        hold: hold.hold(),
        discount: Money::new(5_001),
        platform_share: BasisPoints::new(6_667),
        until: super::fixture::at(90_000),
    };
    fixture.send(&OrderCommand::CouponAnswered { order: order.clone(), request: Some(hold), answer }, 1_000);
    let due = fixture.order(&order).unwrap().amounts.due;
    let (request, shopper) = (request("pay"), shopper("ann"));
    let pay = OrderCommand::Pay { request, order: order.clone(), shopper, payment_key: key("p1"), amount: due };
    fixture.send(&pay, 2_000);
    let charged = payment(&order, "p1", PaymentStatus::Done, due.minor(), due.minor());
    answer_payment(fixture, &order, Step::Confirm(1), PaymentAnswer::Charged { payment: charged }, 3_000);
    order
}

fn answer_payment(fixture: &mut Fixture, order: &OrderId, step: Step<'_>, answer: PaymentAnswer, at_ms: i64) {
    let request = step.request(order);
    fixture.send(&OrderCommand::PaymentAnswered { order: order.clone(), request, answer }, at_ms);
}

/// An operator refunds, and the provider does it.
fn refund(fixture: &mut Fixture, order: &OrderId, number: u16, lines: Vec<Units>, at_ms: i64) {
    let request: RequestId = request(&format!("refund {number}"));
    let (cause, goods) = (RefundCause::Faulty, Goods::Gone);
    fixture.send(&OrderCommand::Refund { request, order: order.clone(), lines, cause, goods, account: None }, at_ms);
    let kept = fixture.order(order).unwrap();
    let amount = kept.refund.as_ref().unwrap().amount;
    let balance = kept.amounts.paid.minor() - kept.amounts.refunded.minor() - amount.minor();
    let payment = payment(order, "p1", PaymentStatus::PartialCanceled, kept.amounts.paid.minor(), balance);
    answer_payment(fixture, order, Step::Refund(number), PaymentAnswer::Refunded { payment }, at_ms);
}

/// What each seller's lines of these orders come to, settlement being as it is.
fn settle(commands: &[SettlementCommand]) -> BTreeMap<(String, String), (u32, i64)> {
    let mut driver = TestDriver::with_partitions(settlement::topology().unwrap(), 1);
    let mut ledger = SettlementLedger::new();
    for (command, second) in commands.iter().zip(10_000..) {
        let (value, envelope) = encode(command, &Envelope::default()).unwrap();
        let headers: Vec<(&str, Vec<u8>)> = envelope.to_headers();
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        driver.pipe(command.seller().as_str().as_bytes(), &value, &headers, second * 1_000).unwrap();
        assert!(driver.take_dead_letters().is_empty(), "{command:?}");
        for outgoing in driver.take(topics::SETTLEMENT_EVENTS.name()) {
            let envelope = Envelope { schema_version: 1, ..Envelope::default() };
            let event: SettlementEvent = decode(outgoing.value.as_deref(), &envelope).unwrap();
            ledger.apply(&event).unwrap();
        }
    }
    let lines = ledger.sellers().flat_map(|(seller, book)| {
        book.lines().map(move |(_, sku, line)| {
            let amounts = line.amounts;
            ((seller.to_string(), sku.to_string()), (line.left, amounts.due.minor()))
        })
    });
    lines.collect()
}

fn steps(commands: &[SettlementCommand]) -> Vec<(String, Option<Basis>, usize)> {
    let step = |command: &SettlementCommand| match command {
        SettlementCommand::LinesReached { seller, basis, lines, .. } => (seller.to_string(), Some(*basis), lines.len()),
        SettlementCommand::LinesRefunded { seller, lines, .. } => (seller.to_string(), None, lines.len()),
        other => panic!("orders do not say {}", other.kind()),
    };
    commands.iter().map(step).collect()
}

#[test]
fn settlement_gets_every_step_and_refund_for_each_seller_of_an_order() {
    let mut fixture = Fixture::new();
    let order = paid(&mut fixture);
    let (first, second) = ("seller-1".to_owned(), "seller-2".to_owned());
    let of = |basis| [(first.clone(), Some(basis), 2), (second.clone(), Some(basis), 1)];
    assert_eq!(steps(&fixture.settled), of(Basis::Paid));
    fixture.settled.clear();
    fixture.send(&OrderCommand::Ship { request: request("ship"), order: order.clone() }, 4_000);
    assert_eq!(steps(&fixture.settled), of(Basis::Shipped));
    fixture.settled.clear();
    refund(&mut fixture, &order, 1, vec![units("tea", 2)], 5_000);
    assert_eq!(steps(&fixture.settled), [(first.clone(), None, 1)], "only the sellers of what came back");
    fixture.settled.clear();
    fixture.send(&OrderCommand::Deliver { request: request("deliver"), order: order.clone() }, 6_000);
    assert_eq!(steps(&fixture.settled), of(Basis::Delivered));
    fixture.settled.clear();
    fixture.send(&OrderCommand::ConfirmPurchase { request: request("confirm"), order, shopper: None }, 7_000);
    assert_eq!(steps(&fixture.settled), of(Basis::Confirmed));
    let SettlementCommand::LinesReached { at, lines, .. } = &fixture.settled[0] else { panic!("a step") };
    assert_eq!((at.as_millis(), lines[0].quantity, lines[0].refunded), (7_000, 7, 2));
}

#[test]
fn what_sellers_are_owed_for_is_what_the_order_keeps() {
    let mut fixture = Fixture::new();
    let order = paid(&mut fixture);
    fixture.send(&OrderCommand::Ship { request: request("ship"), order: order.clone() }, 4_000);
    // One refund before the lines count, others after.
    refund(&mut fixture, &order, 1, vec![units("tea", 2), units("pot", 1)], 5_000);
    fixture.send(&OrderCommand::ConfirmPurchase { request: request("c"), order: order.clone(), shopper: None }, 6_000);
    refund(&mut fixture, &order, 2, vec![units("tea", 3)], 7_000);
    let left = settle(&fixture.settled);
    let amounts = fixture.order(&order).unwrap().amounts;
    assert_eq!(left.values().map(|(_, due)| due).sum::<i64>(), amounts.paid.minor() - amounts.refunded.minor());
    let units: Vec<u32> = left.values().map(|(left, _)| *left).collect();
    assert_eq!(units, [2, 2, 1], "pots, teas, the cup");
    refund(&mut fixture, &order, 3, vec![], 8_000);
    assert!(settle(&fixture.settled).values().all(|left| *left == (0, 0)));
}
