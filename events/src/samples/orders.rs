//! Orders: one message of every kind, with every field filled.

use super::{UNTIL, campaign, coupon, coupons, hold, inventory, order, payment_key, payments, request, shopper, sku};
use crate::ids::TransmissionId;
use crate::money::{BasisPoints, Money};
use crate::orders::{
    Confirmer, Goods, LineAmounts, OrderAmounts, OrderCommand, OrderCoupon, OrderEvent, OrderFact, OrderLine,
    OrderRefusal, OrderState, Reason, RefundCause, RefundLine, TimeLimits, Units,
};
use crate::payments::{Decline, PaymentMethod, PaymentStatus};

/// An order's amounts.
pub fn amounts() -> OrderAmounts {
    OrderAmounts {
        gross: Money::new(45_000),
        discount: Money::new(6_750),
        due: Money::new(38_250),
        paid: Money::new(38_250),
        refunded: Money::new(12_750),
    }
}

fn lines() -> Vec<Units> {
    vec![Units { sku: sku(), quantity: 3 }]
}

/// A line's amounts.
pub fn line_amounts() -> LineAmounts {
    LineAmounts {
        gross: Money::new(45_000),
        platform_share: Money::new(3_375),
        seller_share: Money::new(3_375),
        due: Money::new(38_250),
    }
}

fn order_lines() -> Vec<OrderLine> {
    vec![OrderLine { sku: sku(), quantity: 3, hold: hold(), unit: inventory::unit(), amounts: line_amounts() }]
}

fn refund_lines() -> Vec<RefundLine> {
    let one = line_amounts().of_units(1, 3).unwrap();
    vec![RefundLine { sku: sku(), quantity: 1, amounts: one, refunded_quantity: 1, refunded: one }]
}

fn order_coupon() -> OrderCoupon {
    OrderCoupon { campaign: campaign(), coupon: coupon() }
}

fn transmission() -> TransmissionId {
    TransmissionId::new("0197f2a4-6b1c-7d54-9d52-1f2f6f7c9a11").unwrap()
}

/// Every command; of the answers, one with each answer.
pub fn commands() -> Vec<OrderCommand> {
    let (request, order) = (request(), order());
    let mut commands = vec![
        OrderCommand::Place {
            request,
            order: order.clone(),
            shopper: shopper(),
            lines: lines(),
            coupon: Some(order_coupon()),
            quoted: Some(Money::new(38_250)),
            limits: TimeLimits::default(),
        },
        OrderCommand::Pay {
            request,
            order: order.clone(),
            shopper: shopper(),
            payment_key: payment_key(),
            amount: Money::new(38_250),
        },
        OrderCommand::Cancel {
            request,
            order: order.clone(),
            shopper: shopper(),
            lines: lines(),
            account: Some(payments::account()),
        },
        OrderCommand::Ship { request, order: order.clone() },
        OrderCommand::Deliver { request, order: order.clone() },
        OrderCommand::ConfirmPurchase { request, order: order.clone(), shopper: Some(shopper()) },
        OrderCommand::Refund {
            request,
            order: order.clone(),
            lines: lines(),
            cause: RefundCause::Faulty,
            goods: Goods::Gone,
            account: Some(payments::account()),
        },
        OrderCommand::Hint {
            transmission: transmission(),
            order: order.clone(),
            payment_key: Some(payment_key()),
            status: PaymentStatus::Done,
        },
    ];
    commands.extend(inventory::answers().into_iter().map(|answer| OrderCommand::StockAnswered {
        order: order.clone(),
        sku: sku(),
        request: Some(request),
        answer,
    }));
    commands.extend(coupons::answers().into_iter().map(|answer| OrderCommand::CouponAnswered {
        order: order.clone(),
        request: Some(request),
        answer,
    }));
    commands.extend(payments::answers().into_iter().map(|answer| OrderCommand::PaymentAnswered {
        order: order.clone(),
        request,
        answer,
    }));
    commands
}

/// Every fact.
pub fn facts() -> Vec<OrderFact> {
    let mut facts = until_paid();
    facts.extend(after_payment());
    facts
}

fn until_paid() -> Vec<OrderFact> {
    let (request, code) = (request(), String::from("REJECT_CARD_COMPANY"));
    vec![
        OrderFact::OrderPlaced { lines: lines(), coupon: Some(order_coupon()) },
        OrderFact::OrderPriced {
            request,
            lines: order_lines(),
            coupon: Some(order_coupon()),
            coupon_hold: Some(hold()),
            platform_share: BasisPoints::new(5_000),
        },
        OrderFact::OrderRejected { request, reason: Reason::Coupon { refusal: crate::coupons::Refusal::MinSpend } },
        OrderFact::PaymentStarted { attempt: 1, payment_key: payment_key() },
        OrderFact::PaymentUnknown { attempt: 1, code: "TIMEOUT".into() },
        OrderFact::PaymentDeclined { request, attempt: 1, decline: Decline::TryAnother, code: code.clone() },
        OrderFact::PaymentFailed { request: Some(request), attempt: 1, decline: Decline::Restart, code },
        OrderFact::DepositAwaited {
            request,
            attempt: 1,
            payment_key: payment_key(),
            account: payments::virtual_account(),
        },
        OrderFact::OrderPaid {
            request: Some(request),
            attempt: 1,
            payment_key: Some(payment_key()),
            method: Some(PaymentMethod::Card),
        },
        OrderFact::LatePaymentFound { payment_key: payment_key(), amount: Money::new(38_250) },
        OrderFact::OrderExpired,
        OrderFact::CancelRequested { request },
        OrderFact::OrderCancelled { request: Some(request) },
    ]
}

fn after_payment() -> Vec<OrderFact> {
    let (request, amount) = (request(), Money::new(12_750));
    vec![
        OrderFact::RefundStarted {
            refund: 1,
            cause: RefundCause::Faulty,
            goods: Goods::Gone,
            lines: refund_lines(),
            amount,
        },
        OrderFact::RefundUnknown { refund: 1, code: "TIMEOUT".into() },
        OrderFact::RefundCompleted {
            request: Some(request),
            refund: 1,
            cause: RefundCause::Faulty,
            lines: refund_lines(),
            amount,
        },
        OrderFact::RefundRefused { request: Some(request), refund: 1, code: "NOT_CANCELABLE_AMOUNT".into() },
        OrderFact::HoldLost { sku: Some(sku()), hold: hold() },
        OrderFact::StepsAnswered,
        OrderFact::OrderShipped { request },
        OrderFact::OrderDelivered { request },
        OrderFact::PurchaseConfirmed { request: Some(request), by: Confirmer::Time },
        OrderFact::HintTaken { transmission: transmission(), status: PaymentStatus::Done },
        OrderFact::PaymentDiffers { payment_key: payment_key(), balance: Money::new(100), expected: amount },
        OrderFact::OrderRefused { request, shopper: Some(shopper()), reason: OrderRefusal::AmountMismatch.into() },
    ]
}

/// An event for every fact.
pub fn events() -> Vec<OrderEvent> {
    let event = |fact| OrderEvent {
        order: order(),
        version: 17,
        at: UNTIL,
        shopper: Some(shopper()),
        state: Some(OrderState::AwaitingPayment),
        amounts: amounts(),
        awaited: 2,
        deadline: Some(UNTIL),
        fact,
    };
    facts().into_iter().map(event).collect()
}
