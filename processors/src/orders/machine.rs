//! The orders machine: one message or one wake-up, one order and the log time in; facts, questions and answers out, and the
//! order's next state. It reads no store and no clock. A refused command changes nothing but the record of the refusal.

use events::ids::{RequestId, ShopperId};
use events::orders::{Confirmer, Goods, OrderCommand, OrderFact, OrderRefusal, OrderState, Reason, RefundCause, Units};
use events::payments::RefundAccount;

use super::journal::Journal;
use super::order::{Broken, Order};
use super::refunding::Wish;
use super::requests::{Answer, Remembered};

/// What becomes of an order that was woken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Woken {
    /// It goes on.
    Kept,
    /// It need not be kept any longer.
    Over,
}

/// Decides a command that the order does not remember. The order is the shopper's who asks, if a shopper asks. Exactly one fact
/// names the command's request: now, or when those who must answer first have answered.
pub(crate) fn decide(
    order: &mut Order,
    request: RequestId,
    command: &OrderCommand,
    reply_to: Option<i32>,
    journal: &mut Journal,
) -> Result<(), Broken> {
    order.requests.begin(Remembered {
        request,
        fingerprint: command.fingerprint(),
        at: journal.at(),
        answer: Answer::Pending(reply_to),
    });
    if let Err(refusal) = step(order, request, command, journal)? {
        let reason = Reason::from(refusal);
        let shopper = command.shopper().cloned();
        order.state(OrderFact::OrderRefused { request, shopper, reason: reason.clone() }, journal);
        order.refuse(request, reason, journal);
    }
    order.settle(journal)
}

/// Takes in an answer or a hint.
pub(crate) fn hear(order: &mut Order, message: &OrderCommand, journal: &mut Journal) -> Result<(), Broken> {
    match message {
        OrderCommand::StockAnswered { sku, request, answer, .. } => {
            order.stock_answered(sku, *request, answer, journal)?;
        }
        OrderCommand::CouponAnswered { request, answer, .. } => order.coupon_answered(*request, answer, journal)?,
        OrderCommand::PaymentAnswered { request, answer, .. } => order.payment_answered(*request, answer, journal)?,
        OrderCommand::Hint { transmission, payment_key, status, .. } => {
            order.hint(transmission, payment_key.as_ref(), *status, journal);
        }
        _ => {}
    }
    order.settle(journal)
}

/// Does what time alone leads to.
pub(crate) fn wake(order: &mut Order, journal: &mut Journal) -> Result<Woken, Broken> {
    let now = journal.at();
    if order.is_at_rest() && order.look_ups.waiting.is_none() && order.forgotten_at() <= now {
        return Ok(Woken::Over);
    }
    if order.refund.is_none() && order.limit.is_some_and(|limit| limit <= now) {
        over(order, journal)?;
    }
    if order.refund.as_ref().is_some_and(|refund| refund.next <= now) {
        order.refund_due(journal)?;
    }
    if order.asking.is_some_and(|asking| asking.next <= now) {
        order.ask_again(journal);
    }
    order.look_due(journal);
    order.settle(journal)?;
    Ok(Woken::Kept)
}

/// The time that the order may stay where it is is over.
fn over(order: &mut Order, journal: &mut Journal) -> Result<(), Broken> {
    match order.state {
        OrderState::Holding => order.reject(OrderRefusal::NotAnswered.into(), journal)?,
        OrderState::AwaitingPayment => order.expire(journal),
        OrderState::Confirming | OrderState::PaymentUnknown | OrderState::CancelRequested => {
            order.ask_about_payment(journal);
        }
        OrderState::AwaitingDeposit => order.close_account(journal),
        OrderState::Paid => order.refund_unshipped(journal)?,
        OrderState::Shipped | OrderState::Delivered => {
            order.enter(OrderState::PurchaseConfirmed, None);
            order.state(OrderFact::PurchaseConfirmed { request: None, by: Confirmer::Time }, journal);
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
    journal: &mut Journal,
) -> Result<Result<(), OrderRefusal>, Broken> {
    Ok(match command {
        OrderCommand::Pay { payment_key, amount, .. } => order.pay(request, payment_key, *amount, journal),
        OrderCommand::Cancel { lines, account, .. } => return cancel(order, request, lines, account.as_ref(), journal),
        OrderCommand::Refund { lines, cause, goods, account, .. } => {
            if !RefundCause::OF_OPERATORS.contains(cause) {
                return Ok(Err(OrderRefusal::InvalidOrder));
            }
            let wish = Wish { request, cause: *cause, goods: *goods, lines, account: account.as_ref() };
            return refund(order, &wish, journal);
        }
        OrderCommand::Ship { .. } => ship(order, request, journal),
        OrderCommand::Deliver { .. } => deliver(order, request, journal),
        OrderCommand::ConfirmPurchase { shopper, .. } => confirm(order, request, shopper.as_ref(), journal),
        OrderCommand::Place { .. }
        | OrderCommand::Hint { .. }
        | OrderCommand::StockAnswered { .. }
        | OrderCommand::CouponAnswered { .. }
        | OrderCommand::PaymentAnswered { .. } => return Err(Broken("not a command to an order that is there")),
    })
}

fn cancel(
    order: &mut Order,
    request: RequestId,
    lines: &[Units],
    account: Option<&RefundAccount>,
    journal: &mut Journal,
) -> Result<Result<(), OrderRefusal>, Broken> {
    let wish = Wish { request, cause: RefundCause::Cancelled, goods: Goods::Returned, lines, account };
    if let Err(refusal) = plausible(order, &wish) {
        return Ok(Err(refusal));
    }
    match order.state {
        OrderState::AwaitingPayment if lines.is_empty() => order.cancelled(Some(request), journal),
        OrderState::Confirming | OrderState::PaymentUnknown | OrderState::AwaitingDeposit if lines.is_empty() => {
            order.request_cancel(request, account.cloned(), journal);
        }
        OrderState::Paid => return order.refund_asked(&wish, journal),
        OrderState::Shipped | OrderState::Delivered | OrderState::PurchaseConfirmed => {
            return Ok(Err(OrderRefusal::AlreadyShipped));
        }
        OrderState::Refunding => {
            let brought = order.bring_account(request, account, journal)?;
            return Ok(if brought { Ok(()) } else { Err(OrderRefusal::RefundInFlight) });
        }
        _ => return Ok(Err(unready(order))),
    }
    Ok(Ok(()))
}

fn refund(order: &mut Order, wish: &Wish<'_>, journal: &mut Journal) -> Result<Result<(), OrderRefusal>, Broken> {
    if let Err(refusal) = plausible(order, wish) {
        return Ok(Err(refusal));
    }
    if order.is_bought() {
        return order.refund_asked(wish, journal);
    }
    if order.state == OrderState::Refunding && order.bring_account(wish.request, wish.account, journal)? {
        return Ok(Ok(()));
    }
    Ok(Err(unready(order)))
}

/// Whether what is to be refunded, and where to, can be at all.
fn plausible(order: &Order, wish: &Wish<'_>) -> Result<(), OrderRefusal> {
    if wish.account.is_some_and(|account| !account.is_plausible()) {
        return Err(OrderRefusal::InvalidOrder);
    }
    order.units_of(wish.lines).map(drop)
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

fn ship(order: &mut Order, request: RequestId, journal: &mut Journal) -> Result<(), OrderRefusal> {
    match order.state {
        // Its goods are not there: it is about to be refunded.
        OrderState::Paid if order.has_lost_stock() => Err(OrderRefusal::RefundInFlight),
        OrderState::Paid => {
            order.enter(OrderState::Shipped, Some(journal.in_millis(order.limits.deliver_ms)));
            order.state(OrderFact::OrderShipped { request }, journal);
            order.grant(request, journal);
            Ok(())
        }
        OrderState::Shipped | OrderState::Delivered | OrderState::PurchaseConfirmed => {
            Err(OrderRefusal::AlreadyShipped)
        }
        _ => Err(unready(order)),
    }
}

fn deliver(order: &mut Order, request: RequestId, journal: &mut Journal) -> Result<(), OrderRefusal> {
    match order.state {
        OrderState::Shipped => {
            order.enter(OrderState::Delivered, Some(journal.in_millis(order.limits.confirm_ms)));
            order.state(OrderFact::OrderDelivered { request }, journal);
            order.grant(request, journal);
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
    journal: &mut Journal,
) -> Result<(), OrderRefusal> {
    match order.state {
        OrderState::Shipped | OrderState::Delivered => {
            let by = if shopper.is_some() { Confirmer::Shopper } else { Confirmer::Operator };
            order.enter(OrderState::PurchaseConfirmed, None);
            order.state(OrderFact::PurchaseConfirmed { request: Some(request), by }, journal);
            order.grant(request, journal);
            Ok(())
        }
        OrderState::Paid => Err(OrderRefusal::NotShipped),
        OrderState::PurchaseConfirmed => Err(OrderRefusal::AlreadyShipped),
        _ => Err(unready(order)),
    }
}
