//! Tests of the test: sound logs hold every promise, and each defect breaks the promise it is a defect of.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::collections::BTreeSet;

use events::coupons::{CouponEvent, CouponFact, ReleaseCause, StockCount};
use events::ids::{CampaignId, OrderId, PaymentKey, RequestId, SellerId, ShopperId, Sku, TransactionKey};
use events::inventory::{InventoryEvent, InventoryFact, ProductTerms, StockLevel};
use events::money::{BasisPoints, Money};
use events::orders::{
    Goods, LineAmounts, OrderAmounts, OrderCoupon, OrderEvent, OrderFact, OrderLine, OrderState, RefundCause,
    RefundLine, Step, Units,
};
use events::payments::{Payment, PaymentAnswer, PaymentEvent, PaymentMethod, PaymentRefund, PaymentStatus};
use events::projections::{Projection, Source};
use events::time::Timestamp;

use super::{COUPONS, HOLDS, MOVES, ORDERS, PAYMENTS, STOCK, Saga};
use crate::verify::verdict::Verdict;

/// Logs by hand: an order of two units with a coupon is bought and one unit comes back; another order expires.
#[derive(Clone)]
pub(in crate::verify) struct Story {
    pub(in crate::verify) inventory: Vec<InventoryEvent>,
    pub(in crate::verify) orders: Vec<OrderEvent>,
    pub(in crate::verify) coupons: Vec<CouponEvent>,
    pub(in crate::verify) payments: Vec<PaymentEvent>,
}

const FAR: Timestamp = Timestamp::from_millis(1_000_000_000);
const NOW: Timestamp = Timestamp::from_millis(100_000);
/// Where the second order's facts begin.
const EXPIRED: usize = 8;

fn at(second: usize) -> Timestamp {
    Timestamp::from_millis(i64::try_from(second).unwrap() * 1_000)
}

fn request(name: &str) -> RequestId {
    RequestId::of("caller", "route", name)
}

fn sku() -> Sku {
    Sku::new("tea").unwrap()
}

fn key(number: u32) -> PaymentKey {
    PaymentKey::new(&format!("pay-{number}")).unwrap()
}

fn coupon() -> OrderCoupon {
    OrderCoupon { campaign: CampaignId::new("c").unwrap(), coupon: request("claim").coupon() }
}

fn terms() -> ProductTerms {
    ProductTerms {
        seller: SellerId::new("seller").unwrap(),
        name: "tea".into(),
        category: None,
        list_price: Money::new(1_000),
        sale: None,
        supply_price: None,
        low_stock: None,
    }
}

fn inventory(bought: &OrderId, expired: &OrderId) -> Vec<InventoryEvent> {
    let hold = |order: &OrderId| Step::HoldStock(&sku()).request(order);
    let held = |order: &OrderId, quantity| InventoryFact::StockHeld {
        request: hold(order),
        hold: hold(order).hold(),
        order: order.clone(),
        quantity,
        unit: terms().unit(at(0)),
        until: FAR,
    };
    let facts = [
        (0, 0, 0, InventoryFact::ProductDefined { request: request("define"), terms: terms() }),
        (10, 0, 0, InventoryFact::StockAdjusted { request: request("adjust"), change: 10 }),
        (8, 2, 0, held(bought, 2)),
        (7, 3, 0, held(expired, 1)),
        (7, 1, 2, committed(bought, 2)),
        (8, 0, 2, released(expired, 1)),
        (9, 0, 1, returned(bought, 1, 1)),
    ];
    let event = |(place, (available, held, sold, fact))| InventoryEvent {
        sku: sku(),
        version: place as u64 + 1,
        at: at(place),
        stock: StockLevel { received: available + held + sold, available, held, sold },
        fact,
    };
    facts.into_iter().enumerate().map(event).collect()
}

fn committed(order: &OrderId, quantity: u32) -> InventoryFact {
    let hold = Step::HoldStock(&sku()).request(order).hold();
    InventoryFact::StockCommitted {
        request: Step::CommitStock(&sku()).request(order),
        hold,
        order: order.clone(),
        quantity,
    }
}

fn released(order: &OrderId, quantity: u32) -> InventoryFact {
    let hold = Step::HoldStock(&sku()).request(order).hold();
    let request = Some(Step::ReleaseStock(&sku()).request(order));
    InventoryFact::StockReleased { request, hold, order: order.clone(), quantity, cause: ReleaseCause::Released }
}

fn returned(order: &OrderId, quantity: u32, returned: u32) -> InventoryFact {
    let hold = Step::HoldStock(&sku()).request(order).hold();
    let request = Step::ReturnStock(&sku(), returned).request(order);
    InventoryFact::StockReturned { request, hold, order: order.clone(), quantity, returned }
}

type Move = (OrderState, OrderAmounts, u16, Option<Timestamp>, OrderFact);

fn facts(order: &OrderId, moves: Vec<Move>) -> Vec<OrderEvent> {
    let event = |(place, (state, amounts, awaited, deadline, fact)): (usize, Move)| OrderEvent {
        order: order.clone(),
        version: place as u64 + 1,
        at: at(place + 1),
        shopper: Some(ShopperId::new("kim").unwrap()),
        state: Some(state),
        amounts,
        awaited,
        deadline,
        fact,
    };
    moves.into_iter().enumerate().map(event).collect()
}

fn amounts(gross: i64, discount: i64, paid: i64, refunded: i64) -> OrderAmounts {
    OrderAmounts {
        gross: Money::new(gross),
        discount: Money::new(discount),
        due: Money::new(gross - discount),
        paid: Money::new(paid),
        refunded: Money::new(refunded),
    }
}

fn line(order: &OrderId, quantity: u32, discount: i64) -> OrderLine {
    let gross = Money::new(1_000 * i64::from(quantity));
    let amounts = LineAmounts::of_lines(&[gross], Money::new(discount), BasisPoints::WHOLE).unwrap()[0];
    let hold = Step::HoldStock(&sku()).request(order).hold();
    OrderLine { sku: sku(), quantity, hold, unit: terms().unit(at(0)), amounts }
}

fn bought(order: &OrderId) -> Vec<OrderEvent> {
    use OrderState::{AwaitingPayment, Confirming, Holding, Paid, Refunding};
    let far = Some(FAR);
    let line = line(order, 2, 200);
    let half = line.amounts.of_units(1, 2).unwrap();
    let refund = RefundLine { sku: sku(), quantity: 1, amounts: half, refunded_quantity: 1, refunded: half };
    let (lines, amount) = (vec![refund], half.due);
    let placed = OrderFact::OrderPlaced { lines: vec![Units { sku: sku(), quantity: 2 }], coupon: Some(coupon()) };
    let priced = OrderFact::OrderPriced {
        request: request("place 1"),
        lines: vec![line],
        coupon: Some(coupon()),
        coupon_hold: Some(Step::HoldCoupon.request(order).hold()),
        platform_share: BasisPoints::WHOLE,
    };
    let paid = OrderFact::OrderPaid {
        request: Some(request("pay")),
        attempt: 1,
        payment_key: Some(key(1)),
        method: Some(PaymentMethod::Card),
    };
    let (cause, goods) = (RefundCause::Cancelled, Goods::Returned);
    let started = OrderFact::RefundStarted { refund: 1, cause, goods, lines: lines.clone(), amount };
    let completed = OrderFact::RefundCompleted { request: Some(request("cancel")), refund: 1, cause, lines, amount };
    let due = amounts(2_000, 200, 0, 0);
    facts(
        order,
        vec![
            (Holding, OrderAmounts::default(), 1, far, placed),
            (AwaitingPayment, due, 0, far, priced),
            (Confirming, due, 0, far, OrderFact::PaymentStarted { attempt: 1, payment_key: key(1) }),
            (Paid, amounts(2_000, 200, 1_800, 0), 2, far, paid),
            (Paid, amounts(2_000, 200, 1_800, 0), 0, far, OrderFact::StepsAnswered),
            (Refunding, amounts(2_000, 200, 1_800, 0), 0, far, started),
            (Paid, amounts(2_000, 200, 1_800, 900), 1, far, completed),
            (Paid, amounts(2_000, 200, 1_800, 900), 0, far, OrderFact::StepsAnswered),
        ],
    )
}

fn expired(order: &OrderId) -> Vec<OrderEvent> {
    use OrderState::{AwaitingPayment, Expired, Holding};
    let due = amounts(1_000, 0, 0, 0);
    let priced = OrderFact::OrderPriced {
        request: request("place 2"),
        lines: vec![line(order, 1, 0)],
        coupon: None,
        coupon_hold: None,
        platform_share: BasisPoints::WHOLE,
    };
    let placed = OrderFact::OrderPlaced { lines: vec![Units { sku: sku(), quantity: 1 }], coupon: None };
    facts(
        order,
        vec![
            (Holding, OrderAmounts::default(), 1, Some(FAR), placed),
            (AwaitingPayment, due, 0, Some(FAR), priced),
            (Expired, due, 1, Some(FAR), OrderFact::OrderExpired),
            (Expired, due, 0, None, OrderFact::StepsAnswered),
        ],
    )
}

fn coupons(order: &OrderId) -> Vec<CouponEvent> {
    let (shopper, coupon) = (ShopperId::new("kim").unwrap(), coupon().coupon);
    let held = Step::HoldCoupon.request(order);
    let (hold, discount) = (held.hold(), Money::new(200));
    let facts = [
        CouponFact::CouponHeld {
            request: held,
            coupon,
            shopper: shopper.clone(),
            hold,
            order: order.clone(),
            discount,
            until: FAR,
        },
        CouponFact::CouponRedeemed {
            request: Step::RedeemCoupon.request(order),
            coupon,
            shopper,
            hold,
            order: order.clone(),
            discount,
        },
    ];
    let event = |fact| CouponEvent {
        campaign: CampaignId::new("c").unwrap(),
        version: 1,
        at: at(0),
        stock: StockCount::default(),
        fact,
    };
    facts.into_iter().map(event).collect()
}

fn shown(number: u32, order: &OrderId, total: i64, refunds: &[i64]) -> PaymentEvent {
    let refund = |amount: &i64| PaymentRefund {
        transaction: TransactionKey::new("t").unwrap(),
        amount: Money::new(*amount),
        at: at(0),
    };
    let payment = Payment {
        payment_key: key(number),
        order: order.clone(),
        status: if refunds.is_empty() { PaymentStatus::Done } else { PaymentStatus::PartialCanceled },
        method: PaymentMethod::Card,
        total: Money::new(total),
        balance: Money::new(total - refunds.iter().sum::<i64>()),
        vat: Money::ZERO,
        wallet: None,
        virtual_account: None,
        approved_at: None,
        last_transaction: None,
        refunds: refunds.iter().map(refund).collect(),
    };
    PaymentEvent { order: order.clone(), request: request("step"), at: at(0), answer: PaymentAnswer::Found { payment } }
}

pub(in crate::verify) fn story() -> Story {
    let (one, other) = (request("place 1").order(), request("place 2").order());
    let mut orders = bought(&one);
    orders.extend(expired(&other));
    Story {
        inventory: inventory(&one, &other),
        orders,
        coupons: coupons(&one),
        payments: vec![shown(1, &one, 1_800, &[]), shown(1, &one, 1_800, &[900])],
    }
}

impl Story {
    /// The order that was bought.
    pub(in crate::verify) fn bought(&self) -> OrderId {
        request("place 1").order()
    }

    /// The order that expired.
    pub(in crate::verify) fn expired(&self) -> OrderId {
        request("place 2").order()
    }

    /// The rows of everything but coupons.
    pub(in crate::verify) fn rows(&self) -> Projection {
        let mut rows = Projection::default();
        let source = |offset: usize| Source { partition: 0, offset: i64::try_from(offset).unwrap() };
        self.inventory.iter().enumerate().for_each(|(offset, event)| rows.apply(event, source(offset)));
        self.orders.iter().enumerate().for_each(|(offset, event)| rows.apply(event, source(offset)));
        self.payments.iter().enumerate().for_each(|(offset, event)| rows.apply(event, source(offset)));
        rows
    }

    fn saga(&self) -> (Saga, Verdict) {
        let (mut saga, mut verdict) = (Saga::default(), Verdict::default());
        let source = Source { partition: 0, offset: 0 };
        self.inventory.iter().for_each(|event| saga.inventory(event, source, &mut verdict));
        self.orders.iter().for_each(|event| saga.order(event, source, &mut verdict));
        self.coupons.iter().for_each(|event| saga.coupon(event));
        (saga, verdict)
    }

    fn verdict(&self) -> Verdict {
        let (saga, mut verdict) = self.saga();
        saga.judge(&self.rows(), NOW, &mut verdict);
        verdict
    }
}

#[test]
fn sound_logs_hold_every_promise() {
    let verdict = story().verdict();
    assert!(verdict.holds(), "{verdict}");
    let promises: BTreeSet<_> = verdict.proof.keys().copied().collect();
    assert_eq!(promises, BTreeSet::from([COUPONS, HOLDS, MOVES, ORDERS, PAYMENTS, STOCK]));
    let counts = verdict.counts;
    assert_eq!((counts.products, counts.orders, counts.orders_open, counts.payments), (1, 2, 0, 1));
}

#[test]
fn where_nothing_was_ordered_nothing_is_promised() {
    let empty = Story { inventory: Vec::new(), orders: Vec::new(), coupons: Vec::new(), payments: Vec::new() };
    assert!(empty.verdict().proof.is_empty());
}

#[test]
fn each_defect_breaks_its_promise() {
    type Defect = fn(&mut Story);
    let table: [(&str, &str, Defect); 21] = [
        ("units out of nothing", STOCK, |story| story.inventory[2].stock.available = 9),
        ("a version is left out", STOCK, |story| story.inventory[6].version = 8),
        ("a total that is not the sum of its lines", ORDERS, |story| {
            story.orders[1].amounts = amounts(2_000, 100, 0, 0)
        }),
        ("a request decided twice", ORDERS, |story| {
            let OrderFact::OrderPaid { request: again, .. } = &mut story.orders[3].fact else { unreachable!() };
            *again = Some(request("place 1"));
        }),
        ("refunded more than was paid", ORDERS, |story| story.orders[7].amounts.refunded = Money::new(1_801)),
        ("sold, though its order expired", HOLDS, |story| {
            story.inventory[5].fact = committed(&story.expired(), 1);
        }),
        ("available again, though its order was bought", HOLDS, |story| {
            story.inventory[4].fact = released(&story.bought(), 2);
            story.inventory.truncate(6);
        }),
        ("still held, though its order expired", HOLDS, |story| drop(story.inventory.remove(5))),
        ("still held, though its order was bought", HOLDS, |story| story.inventory.truncate(4)),
        ("held for an order that nobody placed", HOLDS, |story| {
            let InventoryFact::StockHeld { order, .. } = &mut story.inventory[3].fact else { unreachable!() };
            *order = request("nobody").order();
        }),
        ("more units came back than were refunded", HOLDS, |story| {
            story.inventory[6].fact = returned(&story.bought(), 2, 2);
        }),
        ("bought and never held", HOLDS, |story| story.inventory.retain(|event| event.version <= 2)),
        ("a coupon held for an order that does not have it", COUPONS, |story| {
            let expired = story.expired();
            let CouponFact::CouponHeld { order, .. } = &mut story.coupons[0].fact else { unreachable!() };
            *order = expired;
        }),
        ("a coupon given back, though its order was bought", COUPONS, |story| {
            let CouponFact::CouponRedeemed { coupon, shopper, hold, .. } = story.coupons[1].fact.clone() else {
                unreachable!()
            };
            let cause = ReleaseCause::Lapsed;
            story.coupons[1].fact = CouponFact::CouponReleased { request: None, coupon, shopper, hold, cause };
        }),
        ("a coupon still held, though its order was bought", COUPONS, |story| drop(story.coupons.remove(1))),
        ("a discount without its coupon", COUPONS, |story| story.coupons.clear()),
        ("a coupon for another discount", COUPONS, |story| {
            let CouponFact::CouponHeld { discount, .. } = &mut story.coupons[0].fact else { unreachable!() };
            *discount = Money::new(300);
        }),
        ("a refund that the payment does not show", PAYMENTS, |story| drop(story.payments.remove(1))),
        ("a charge that no order knows", PAYMENTS, |story| {
            story.payments.push(shown(2, &story.expired(), 1_000, &[]));
        }),
        ("a paid order whose payment was never shown", PAYMENTS, |story| story.payments.clear()),
        ("an order that nothing moves", MOVES, |story| story.orders[7].deadline = Some(at(90))),
    ];
    for (defect, promise, apply) in table {
        let mut story = story();
        apply(&mut story);
        let verdict = story.verdict();
        assert_eq!(verdict.proof.get(promise), Some(&false), "{defect} does not break {promise}: {verdict}");
        assert!(verdict.counterexamples.contains_key(promise), "{defect} has no counterexample");
    }
}

#[test]
fn refunds_that_do_not_add_up_are_found_though_the_balance_is_right() {
    let mut story = story();
    let PaymentAnswer::Found { payment } = &mut story.payments[1].answer else { unreachable!() };
    payment.refunds[0].amount = Money::new(899);
    assert_eq!(story.verdict().proof.get(PAYMENTS), Some(&false));
}

#[test]
fn two_orders_cannot_have_one_payment() {
    let mut story = story();
    let other = story.expired();
    let due = amounts(1_000, 0, 0, 0);
    let (payment_key, method) = (Some(key(1)), Some(PaymentMethod::Card));
    let paid = OrderFact::OrderPaid { request: Some(request("pay 2")), attempt: 1, payment_key, method };
    let started = OrderFact::PaymentStarted { attempt: 1, payment_key: key(1) };
    story.orders.truncate(EXPIRED + 2);
    let mut more = facts(
        &other,
        vec![
            (OrderState::Confirming, due, 0, Some(FAR), started),
            (OrderState::Paid, amounts(1_000, 0, 1_000, 0), 1, Some(FAR), paid),
        ],
    );
    more.iter_mut().for_each(|event| (event.version, event.at) = (event.version + 2, at(50)));
    story.orders.extend(more);
    assert_eq!(story.verdict().proof.get(PAYMENTS), Some(&false));
}

/// What is not answered yet is not judged, and what waits for it waits.
#[test]
fn an_order_under_way_may_be_a_step_ahead_of_the_others() {
    let mut story = story();
    // Paid, and neither stock nor coupon have heard of it; the other has expired, and its stock has not.
    story.orders.truncate(EXPIRED + 3);
    story.orders.drain(4..EXPIRED);
    story.inventory.truncate(4);
    story.coupons.truncate(1);
    story.payments.truncate(1);
    let verdict = story.verdict();
    assert!(verdict.holds(), "{verdict}");
    assert_eq!(story.saga().0.under_way(NOW), 2);
    // Before it is paid, neither is.
    story.orders.remove(3);
    story.payments.clear();
    let verdict = story.verdict();
    assert!(verdict.holds(), "{verdict}");
    assert_eq!(verdict.counts.orders_open, 1);
}

#[test]
fn what_will_soon_move_is_waited_for() {
    let (saga, _) = story().saga();
    assert_eq!(saga.under_way(NOW), 0);
    assert_eq!(saga.under_way(FAR), 1, "the paid order's shipment is due by then");
}
