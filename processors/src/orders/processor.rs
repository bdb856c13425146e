//! Between records and the machine: brings the order from its table, lets the machine decide, writes the order back, sets its timer,
//! and writes facts, commands to others and replies.

use events::ids::{OrderId, RequestId};
use events::orders::{OrderAmounts, OrderCommand, OrderEvent, OrderFact, OrderRefusal, Reason};
use events::request::Outcome;
use events::time::Timestamp;
use events::topics;
use streams::processor::Verdict;

use super::effects::{Effects, Output, Wakeup};
use super::invariants;
use super::machine::{self, Woken};
use super::order::Order;
use super::placing::{Placement, place};
use crate::kit::machine::report;
use crate::kit::requests::Seen;
use crate::kit::step::Step;
use crate::kit::table::{Row, Table};

/// `<order>` -> everything that is kept of an order.
pub(crate) const ORDERS: Table<OrderId, Order> = Table::new(0, "orders");

/// Decides a command, or takes in an answer.
pub(crate) fn decide(message: &OrderCommand, step: &mut Step<'_>) -> Result<(), Verdict> {
    if let OrderCommand::Place { request, order, .. } = message
        && request.order() != *order
    {
        return Err(Verdict::Poison("the order's id does not derive from its request".into()));
    }
    let mut effects = Effects::new(step.now());
    match (ORDERS.get(step.context, message.order())?, message.request()) {
        (Some(order), Some(request)) => decide_request(order, request, message, effects, step),
        (Some(mut order), None) => {
            machine::receive(&mut order, message, &mut effects)?;
            keep(order, effects, step)
        }
        (None, Some(request)) => {
            let fingerprint = step.fingerprint(|| message.fingerprint());
            match Placement::of(message, fingerprint, step.envelope.reply_to) {
                Some(placement) if placement.is_plausible() => {
                    let order = place(&placement, &mut effects);
                    keep(order, effects, step)
                }
                Some(_) => reject(request, message, OrderRefusal::InvalidOrder, step),
                None => reject(request, message, OrderRefusal::UnknownOrder, step),
            }
        }
        // A hint at an order that was never placed, or an answer to one that was forgotten.
        (None, None) => Ok(()),
    }
}

/// Does what time alone leads to.
pub(crate) fn wake(Wakeup::Order { order: id }: Wakeup, step: &mut Step<'_>) -> Result<(), Verdict> {
    // An order that is forgotten has no timer.
    let mut order = step.woken(&ORDERS, &id)?;
    let now = step.now();
    // The timer that is due is gone.
    order.timer = order.timer.filter(|set| *set > now);
    let mut effects = Effects::new(now);
    match machine::wake(&mut order, &mut effects)? {
        Woken::Kept => keep(order, effects, step),
        Woken::Over => {
            step.move_timer(order.timer, None, &Wakeup::Order { order: id.clone() });
            ORDERS.delete(step.context, &id);
            Ok(())
        }
    }
}

fn decide_request(
    mut order: Order,
    request: RequestId,
    command: &OrderCommand,
    mut effects: Effects,
    step: &mut Step<'_>,
) -> Result<(), Verdict> {
    // Another shopper learns nothing, not even that there is an order.
    if command.shopper().is_some_and(|shopper| *shopper != order.shopper) {
        return reject(request, command, OrderRefusal::UnknownOrder, step);
    }
    let reply_to = step.envelope.reply_to;
    let fingerprint = step.fingerprint(|| command.fingerprint());
    match order.requests.recall_for(request, fingerprint, reply_to, &order.id) {
        Some(Seen::Repeat(Some(reply))) => step.repeat_reply(&reply),
        Some(Seen::Repeat(None)) => keep(order, effects, step),
        Some(Seen::Conflict) => {
            let reason = OrderRefusal::IdempotencyConflict.into();
            step.reply(request, Outcome::OrderRefused { order: order.id, reason })
        }
        None => {
            machine::decide(&mut order, request, fingerprint, command, reply_to, &mut effects)?;
            keep(order, effects, step)
        }
    }
}

/// Refuses a command about an order that is not there, or not for this shopper. Nothing is remembered: the answer follows from the
/// command and from what is not there.
fn reject(
    request: RequestId,
    command: &OrderCommand,
    refusal: OrderRefusal,
    step: &mut Step<'_>,
) -> Result<(), Verdict> {
    let reason = Reason::from(refusal);
    let event = OrderEvent {
        order: command.order().clone(),
        version: 0,
        at: step.now(),
        shopper: None,
        state: None,
        amounts: OrderAmounts::default(),
        awaited: 0,
        deadline: None,
        fact: OrderFact::OrderRefused { request, shopper: command.shopper().cloned(), reason: reason.clone() },
    };
    step.state(&topics::ORDERS_EVENTS, &event)?;
    step.reply(request, Outcome::OrderRefused { order: command.order().clone(), reason })
}

/// Writes the order, sets its timer, and writes what the step leads to.
fn keep(mut order: Order, effects: Effects, step: &mut Step<'_>) -> Result<(), Verdict> {
    report(&order.id, invariants::of_order(&order));
    let wake = order.wake_at();
    step.move_timer(order.timer, wake, &Wakeup::Order { order: order.id.clone() });
    order.timer = wake;
    let row = order.to_bytes(Timestamp::default());
    // Answers that come twice, and hints that were seen, change nothing.
    if ORDERS.raw(step.context, &order.id) != Some(row.as_slice()) {
        step.context.put(ORDERS.id(), order.id.as_str().as_bytes(), &row);
    }
    effects.outputs.iter().try_for_each(|output| write(&order.id, output, step))
}

fn write(order: &OrderId, output: &Output, step: &mut Step<'_>) -> Result<(), Verdict> {
    match output {
        Output::Event(event) => step.state(&topics::ORDERS_EVENTS, event.as_ref()),
        Output::Stock(command) => step.send_for(&topics::INVENTORY_INBOX, command, order),
        Output::Coupon(command) => step.send_for(&topics::COUPONS_INBOX, command, order),
        Output::Payment(command) => step.send(&topics::PAYMENTS_INBOX, command),
        Output::Settlement(command) => step.send(&topics::SETTLEMENT_INBOX, command.as_ref()),
        Output::Reply(partition, reply) => step.reply_in(*partition, reply),
    }
}
