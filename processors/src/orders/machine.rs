//! The orders machine: one message or one wake-up, one order and the log time in; facts, commands to others and replies out, and the
//! order's next state. It reads no store and no clock. A refused command changes nothing but the record of the refusal.

use events::ids::{RequestId, ShopperId};
use events::orders::{Confirmer, Goods, OrderCommand, OrderFact, OrderRefusal, OrderState, Reason, RefundCause, Units};
use events::payments::RefundAccount;
use events::request::Fingerprint;

use super::effects::Effects;
use super::order::Order;
use super::refunding::RefundRequest;
use super::requests::Answer;
use crate::kit::machine::CorruptState;
use crate::kit::requests::Remembered;
use crate::policy;

/// What becomes of an order that was woken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Woken {
    /// It goes on.
    Kept,
    /// It need not be kept any longer.
    Over,
}

/// Decides a command that the order does not remember. The order is the shopper's, if a shopper sent it. Exactly one fact
/// names the command's request: now, or when others have answered that must answer first.
pub(crate) fn decide(
    order: &mut Order,
    request: RequestId,
    fingerprint: Fingerprint,
    command: &OrderCommand,
    reply_to: Option<i32>,
    effects: &mut Effects,
) -> Result<(), CorruptState> {
    let (now, bounds) = (effects.at(), &policy::REQUESTS_PER_ORDER);
    let has_room = order.requests.has_room(now, bounds);
    let answer = Answer::Pending(reply_to);
    order.requests.remember(Remembered { request, fingerprint, at: now, answer }, now, bounds);
    let done = if has_room { step(order, request, command, effects)? } else { Err(OrderRefusal::TooManyRequests) };
    if let Err(refusal) = done {
        let reason = Reason::from(refusal);
        let shopper = command.shopper().cloned();
        order.state(OrderFact::OrderRefused { request, shopper, reason: reason.clone() }, effects);
        order.refuse(request, reason, effects);
    }
    order.settle(effects)
}

/// Takes in an answer or a hint.
pub(crate) fn receive(order: &mut Order, message: &OrderCommand, effects: &mut Effects) -> Result<(), CorruptState> {
    match message {
        OrderCommand::StockAnswered { sku, request, answer, .. } => {
            order.stock_answered(sku, *request, answer, effects)?;
        }
        OrderCommand::CouponAnswered { request, answer, .. } => order.coupon_answered(*request, answer, effects)?,
        OrderCommand::PaymentAnswered { request, answer, .. } => order.payment_answered(*request, answer, effects)?,
        OrderCommand::Hint { transmission, payment_key, status, .. } => {
            order.hint(transmission, payment_key.as_ref(), *status, effects);
        }
        _ => {}
    }
    order.settle(effects)
}

/// Does what time alone leads to.
pub(crate) fn wake(order: &mut Order, effects: &mut Effects) -> Result<Woken, CorruptState> {
    let now = effects.at();
    if order.is_at_rest() && order.look_ups.waiting.is_none() && order.forgotten_at() <= now {
        return Ok(Woken::Over);
    }
    if order.refund.is_none() && order.limit.is_some_and(|limit| limit <= now) {
        over(order, effects)?;
    }
    if order.refund.as_ref().is_some_and(|refund| refund.next <= now) {
        order.refund_due(effects)?;
    }
    if order.retry.is_some_and(|retry| retry.next <= now) {
        order.repeat_steps(effects);
    }
    order.look_due(effects);
    order.settle(effects)?;
    Ok(Woken::Kept)
}

/// The time that the order may stay where it is is over.
fn over(order: &mut Order, effects: &mut Effects) -> Result<(), CorruptState> {
    match order.state {
        OrderState::Holding => order.reject(OrderRefusal::NotAnswered.into(), effects)?,
        OrderState::AwaitingPayment => order.expire(effects),
        OrderState::Confirming | OrderState::PaymentUnknown | OrderState::CancelRequested => {
            order.repeat_payment(effects);
        }
        OrderState::AwaitingDeposit => order.close_account(effects),
        OrderState::Paid => order.refund_unshipped(effects)?,
        OrderState::Shipped | OrderState::Delivered => {
            order.enter(OrderState::PurchaseConfirmed, None);
            order.state(OrderFact::PurchaseConfirmed { request: None, by: Confirmer::Time }, effects);
        }
        OrderState::PurchaseConfirmed
        | OrderState::Refunding
        | OrderState::Rejected
        | OrderState::Expired
        | OrderState::PaymentFailed
        | OrderState::Cancelled
        | OrderState::Refunded => order.limit = None,
    }
    Ok(())
}

fn step(
    order: &mut Order,
    request: RequestId,
    command: &OrderCommand,
    effects: &mut Effects,
) -> Result<Result<(), OrderRefusal>, CorruptState> {
    Ok(match command {
        OrderCommand::Pay { payment_key, amount, .. } => order.pay(request, payment_key, *amount, effects),
        OrderCommand::Cancel { lines, account, .. } => return cancel(order, request, lines, account.as_ref(), effects),
        OrderCommand::Refund { lines, cause, goods, account, .. } => {
            if !RefundCause::OF_OPERATORS.contains(cause) {
                return Ok(Err(OrderRefusal::InvalidOrder));
            }
            let requested = RefundRequest { request, cause: *cause, goods: *goods, lines, account: account.as_ref() };
            return refund(order, &requested, effects);
        }
        OrderCommand::Ship { .. } => ship(order, request, effects),
        OrderCommand::Deliver { .. } => deliver(order, request, effects),
        OrderCommand::ConfirmPurchase { shopper, .. } => confirm(order, request, shopper.as_ref(), effects),
        OrderCommand::Place { .. }
        | OrderCommand::Hint { .. }
        | OrderCommand::StockAnswered { .. }
        | OrderCommand::CouponAnswered { .. }
        | OrderCommand::PaymentAnswered { .. } => return Err(CorruptState("not a command to an order that is there")),
    })
}

fn cancel(
    order: &mut Order,
    request: RequestId,
    lines: &[Units],
    account: Option<&RefundAccount>,
    effects: &mut Effects,
) -> Result<Result<(), OrderRefusal>, CorruptState> {
    let requested = RefundRequest { request, cause: RefundCause::Cancelled, goods: Goods::Returned, lines, account };
    if let Err(refusal) = plausible(order, &requested) {
        return Ok(Err(refusal));
    }
    match order.state {
        OrderState::AwaitingPayment if lines.is_empty() => order.cancelled(Some(request), effects),
        OrderState::Confirming | OrderState::PaymentUnknown | OrderState::AwaitingDeposit if lines.is_empty() => {
            order.request_cancel(request, account.cloned(), effects);
        }
        OrderState::Paid => return order.refund_requested(&requested, effects),
        OrderState::Shipped | OrderState::Delivered | OrderState::PurchaseConfirmed => {
            return Ok(Err(OrderRefusal::AlreadyShipped));
        }
        OrderState::Refunding => {
            let brought = order.bring_account(request, account, effects)?;
            return Ok(if brought { Ok(()) } else { Err(OrderRefusal::RefundInFlight) });
        }
        _ => return Ok(Err(unready(order))),
    }
    Ok(Ok(()))
}

fn refund(
    order: &mut Order,
    requested: &RefundRequest<'_>,
    effects: &mut Effects,
) -> Result<Result<(), OrderRefusal>, CorruptState> {
    if let Err(refusal) = plausible(order, requested) {
        return Ok(Err(refusal));
    }
    if order.is_bought() {
        return order.refund_requested(requested, effects);
    }
    if order.state == OrderState::Refunding && order.bring_account(requested.request, requested.account, effects)? {
        return Ok(Ok(()));
    }
    Ok(Err(unready(order)))
}

/// Whether what is to be refunded, and where to, can be at all.
fn plausible(order: &Order, requested: &RefundRequest<'_>) -> Result<(), OrderRefusal> {
    if requested.account.is_some_and(|account| !account.is_plausible()) {
        return Err(OrderRefusal::InvalidOrder);
    }
    order.units_of(requested.lines).map(drop)
}

/// Why an order that is not paid for good takes no command that presupposes it.
fn unready(order: &Order) -> OrderRefusal {
    if order.is_paying() {
        OrderRefusal::PaymentInFlight
    } else if order.state == OrderState::Refunding {
        OrderRefusal::RefundInFlight
    } else {
        OrderRefusal::NotPaid
    }
}

fn ship(order: &mut Order, request: RequestId, effects: &mut Effects) -> Result<(), OrderRefusal> {
    match order.state {
        // Its goods are not there: it is about to be refunded.
        OrderState::Paid if order.has_lost_stock() => Err(OrderRefusal::RefundInFlight),
        OrderState::Paid => {
            order.enter(OrderState::Shipped, Some(effects.in_millis(order.limits.deliver_ms)));
            order.state(OrderFact::OrderShipped { request }, effects);
            order.grant(request, effects);
            Ok(())
        }
        OrderState::Shipped | OrderState::Delivered | OrderState::PurchaseConfirmed => {
            Err(OrderRefusal::AlreadyShipped)
        }
        _ => Err(unready(order)),
    }
}

fn deliver(order: &mut Order, request: RequestId, effects: &mut Effects) -> Result<(), OrderRefusal> {
    match order.state {
        OrderState::Shipped => {
            order.enter(OrderState::Delivered, Some(effects.in_millis(order.limits.confirm_ms)));
            order.state(OrderFact::OrderDelivered { request }, effects);
            order.grant(request, effects);
            Ok(())
        }
        OrderState::Paid => Err(OrderRefusal::NotShipped),
        OrderState::Delivered | OrderState::PurchaseConfirmed => Err(OrderRefusal::AlreadyShipped),
        _ => Err(unready(order)),
    }
}

fn confirm(
    order: &mut Order,
    request: RequestId,
    shopper: Option<&ShopperId>,
    effects: &mut Effects,
) -> Result<(), OrderRefusal> {
    match order.state {
        OrderState::Shipped | OrderState::Delivered => {
            let by = if shopper.is_some() { Confirmer::Shopper } else { Confirmer::Operator };
            order.enter(OrderState::PurchaseConfirmed, None);
            order.state(OrderFact::PurchaseConfirmed { request: Some(request), by }, effects);
            order.grant(request, effects);
            Ok(())
        }
        OrderState::Paid => Err(OrderRefusal::NotShipped),
        OrderState::PurchaseConfirmed => Err(OrderRefusal::AlreadyShipped),
        _ => Err(unready(order)),
    }
}
