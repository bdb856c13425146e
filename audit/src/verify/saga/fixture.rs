//! Logs by hand for the tests of the proof.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use events::coupons::{CouponEvent, CouponFact, ReleaseCause, StockCount};
use events::ids::{CampaignId, OrderId, PaymentKey, RequestId, SellerId, ShopperId, Sku, TransactionKey};
use events::inventory::{InventoryEvent, InventoryFact, ProductTerms, StockLevel};
use events::money::{BasisPoints, Money};
use events::orders::{
    Goods, LineAmounts, OrderAmounts, OrderCoupon, OrderEvent, OrderFact, OrderLine, OrderState, RefundCause,
    RefundLine, Step, Units,
};
use events::payments::{Payment, PaymentAnswer, PaymentEvent, PaymentMethod, PaymentRefund, PaymentStatus};
use events::time::Timestamp;
use projections::{Projection, Source};

use super::Saga;
use crate::verify::verdict::Verdict;

/// Logs by hand: an order of two units with a coupon is bought and one unit comes back; another order expires.
#[derive(Clone)]
pub(in crate::verify) struct Fixture {
    pub(in crate::verify) inventory: Vec<InventoryEvent>,
    pub(in crate::verify) orders: Vec<OrderEvent>,
    pub(in crate::verify) coupons: Vec<CouponEvent>,
    pub(in crate::verify) payments: Vec<PaymentEvent>,
}

pub(super) const FAR: Timestamp = Timestamp::from_millis(1_000_000_000);
pub(super) const NOW: Timestamp = Timestamp::from_millis(100_000);
/// Where the second order's facts begin.
pub(super) const EXPIRED: usize = 8;

pub(super) fn at(second: usize) -> Timestamp {
    Timestamp::from_millis(i64::try_from(second).unwrap() * 1_000)
}

pub(super) fn request(name: &str) -> RequestId {
    RequestId::of("caller", "route", name)
}

pub(super) fn sku() -> Sku {
    Sku::new("tea").unwrap()
}

pub(super) fn key(number: u32) -> PaymentKey {
    PaymentKey::new(&format!("pay-{number}")).unwrap()
}

pub(super) fn coupon() -> OrderCoupon {
    OrderCoupon { campaign: CampaignId::new("c").unwrap(), coupon: request("claim").coupon() }
}

pub(super) fn terms() -> ProductTerms {
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

pub(super) fn inventory(bought: &OrderId, expired: &OrderId) -> Vec<InventoryEvent> {
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

pub(super) fn committed(order: &OrderId, quantity: u32) -> InventoryFact {
    let hold = Step::HoldStock(&sku()).request(order).hold();
    InventoryFact::StockCommitted {
        request: Step::CommitStock(&sku()).request(order),
        hold,
        order: order.clone(),
        quantity,
    }
}

pub(super) fn released(order: &OrderId, quantity: u32) -> InventoryFact {
    let hold = Step::HoldStock(&sku()).request(order).hold();
    let request = Some(Step::ReleaseStock(&sku()).request(order));
    InventoryFact::StockReleased { request, hold, order: order.clone(), quantity, cause: ReleaseCause::Released }
}

pub(super) fn returned(order: &OrderId, quantity: u32, returned: u32) -> InventoryFact {
    let hold = Step::HoldStock(&sku()).request(order).hold();
    let request = Step::ReturnStock(&sku(), returned).request(order);
    InventoryFact::StockReturned { request, hold, order: order.clone(), quantity, returned }
}

type Move = (OrderState, OrderAmounts, u16, Option<Timestamp>, OrderFact);

pub(super) fn facts(order: &OrderId, moves: Vec<Move>) -> Vec<OrderEvent> {
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

pub(super) fn amounts(gross: i64, discount: i64, paid: i64, refunded: i64) -> OrderAmounts {
    OrderAmounts {
        gross: Money::new(gross),
        discount: Money::new(discount),
        due: Money::new(gross - discount),
        paid: Money::new(paid),
        refunded: Money::new(refunded),
    }
}

pub(super) fn line(order: &OrderId, quantity: u32, discount: i64) -> OrderLine {
    let gross = Money::new(1_000 * i64::from(quantity));
    let amounts = LineAmounts::of_lines(&[gross], Money::new(discount), BasisPoints::WHOLE).unwrap()[0];
    let hold = Step::HoldStock(&sku()).request(order).hold();
    OrderLine { sku: sku(), quantity, hold, unit: terms().unit(at(0)), amounts }
}

pub(super) fn bought(order: &OrderId) -> Vec<OrderEvent> {
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

pub(super) fn expired(order: &OrderId) -> Vec<OrderEvent> {
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

pub(super) fn coupons(order: &OrderId) -> Vec<CouponEvent> {
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

pub(super) fn shown(number: u32, order: &OrderId, total: i64, refunds: &[i64]) -> PaymentEvent {
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

pub(in crate::verify) fn fixture() -> Fixture {
    let (one, other) = (request("place 1").order(), request("place 2").order());
    let mut orders = bought(&one);
    orders.extend(expired(&other));
    Fixture {
        inventory: inventory(&one, &other),
        orders,
        coupons: coupons(&one),
        payments: vec![shown(1, &one, 1_800, &[]), shown(1, &one, 1_800, &[900])],
    }
}

impl Fixture {
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

    pub(super) fn saga(&self) -> (Saga, Verdict) {
        let (mut saga, mut verdict) = (Saga::default(), Verdict::default());
        let source = Source { partition: 0, offset: 0 };
        self.inventory.iter().for_each(|event| saga.inventory(event, source, &mut verdict));
        self.orders.iter().for_each(|event| saga.order(event, source, &mut verdict));
        self.coupons.iter().for_each(|event| saga.coupon(event));
        (saga, verdict)
    }

    pub(super) fn verdict(&self) -> Verdict {
        let (saga, mut verdict) = self.saga();
        saga.judge(&self.rows(), NOW, &mut verdict);
        verdict
    }
}
