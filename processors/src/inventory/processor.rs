//! Between records and the machine: brings product and hold from their tables, lets the machine decide, writes both back, states the
//! facts, replies to a merchant and answers an order.

use events::ids::{HoldId, OrderId, Sku};
use events::inventory::{InventoryCommand, InventoryEvent, InventoryFact, StockAnswer, StockLevel, StockRefusal};
use events::orders::OrderCommand;
use events::prices::PriceCommand;
use events::request::{Fingerprint, Outcome};
use events::topics;
use streams::processor::Verdict;

use super::effects::{Declined, Effects, Wakeup};
use super::hold::{Hold, answer_to};
use super::machine::MerchantCommand;
use super::moves::{HoldRequest, Move};
use super::product::Product;
use super::requests::Decided;
use super::stores::{self, FORMER_REQUESTS, HOLDS, PRODUCTS, REQUESTS};
use super::{machine, moves};
use crate::kit::machine::report;
use crate::kit::requests::{Remembered, Seen};
use crate::kit::step::Step;

/// What was decided about an order's command, and the hold it is about, as it is now.
type Decision = (Result<(), StockRefusal>, Option<Hold>);

/// Decides a command.
pub(crate) fn decide(command: &InventoryCommand, step: &mut Step<'_>) -> Result<(), Verdict> {
    let fingerprint = step.fingerprint(|| command.fingerprint());
    match MerchantCommand::of(command) {
        Some(requested) => decide_for_merchant(command, requested, fingerprint, step),
        None => {
            let answer = decide_for_order(command, fingerprint, step)?;
            match &step.envelope.answer_to {
                Some(order) => notify(order, command, answer, step),
                None => Ok(()),
            }
        }
    }
}

/// Does what time alone leads to.
pub(crate) fn wake(wakeup: Wakeup, step: &mut Step<'_>) -> Result<(), Verdict> {
    match wakeup {
        Wakeup::ForgetRequests => {
            let now = step.now();
            REQUESTS.forget(step.context, now)?;
        }
        Wakeup::Forget { hold } => HOLDS.delete(step.context, &hold),
        Wakeup::Lapse { sku, hold } => lapse(&sku, hold, step)?,
    }
    Ok(())
}

/// Decides a command of a merchant or an operator, or finds it decided, and replies.
fn decide_for_merchant(
    command: &InventoryCommand,
    requested: MerchantCommand<'_>,
    fingerprint: Fingerprint,
    step: &mut Step<'_>,
) -> Result<(), Verdict> {
    let (request, sku, now) = (command.request(), command.sku(), step.now());
    let known = REQUESTS.find_also_in(&FORMER_REQUESTS, sku, step.context, request, now)?;
    match known.map(|known| known.seen(fingerprint)) {
        Some(Seen::Repeat(known)) => return step.repeat_reply(&known.reply(sku)),
        Some(Seen::Conflict) => {
            return step.reply(request, Outcome::ProductRefused { reason: StockRefusal::IdempotencyConflict });
        }
        None => {}
    }
    let has_room = REQUESTS.has_room(step.context)?;
    let mut effects = Effects::new(now);
    let answer = match stores::product(step.context, sku)? {
        Some(mut product) => {
            let requested = if has_room { Ok(requested) } else { Err(StockRefusal::TooManyRequests) };
            let decided = machine::decide(&mut product, request, requested, &mut effects);
            record_merchant(command, &product, effects, step)?;
            decided
        }
        None => match machine::begin(sku, request, requested, &mut effects) {
            Ok(product) => {
                let decided = Decided::Applied { version: product.version, stock: product.level };
                record_merchant(command, &product, effects, step)?;
                decided
            }
            Err(reason) => {
                refuse_without_product(sku, InventoryFact::ProductRefused { request, reason }, step)?;
                Decided::Refused(reason)
            }
        },
    };
    let known = Remembered { request, fingerprint, at: now, answer };
    REQUESTS.remember(step.context, &known)?;
    step.repeat_reply(&known.reply(sku))
}

fn record_merchant(
    command: &InventoryCommand,
    product: &Product,
    effects: Effects,
    step: &mut Step<'_>,
) -> Result<(), Verdict> {
    if matches!(command, InventoryCommand::DefineProduct { .. }) {
        PRODUCTS.put(step.context, &product.sku, &product.terms);
    }
    record(product, effects, step)
}

/// Decides an order's command, or finds it decided, and answers with what is true now.
fn decide_for_order(
    command: &InventoryCommand,
    fingerprint: Fingerprint,
    step: &mut Step<'_>,
) -> Result<StockAnswer, Verdict> {
    let (refused, hold) = match REQUESTS.recall(step.context, command.request(), fingerprint)? {
        Some(Seen::Repeat(Remembered { answer: Decided::Refused(reason), .. })) => (Some(reason), None),
        // An order's command that is remembered here was refused, so anything else is another command under its name.
        Some(_) => (Some(StockRefusal::IdempotencyConflict), None),
        None => {
            let (decided, hold) = decide_move(command, fingerprint, step)?;
            (decided.err(), hold)
        }
    };
    Ok(answer_to(command, refused, hold.as_ref()))
}

fn decide_move(command: &InventoryCommand, fingerprint: Fingerprint, step: &mut Step<'_>) -> Result<Decision, Verdict> {
    let Some(product) = stores::product(step.context, command.sku())? else {
        let (request, reason) = (command.request(), StockRefusal::UnknownProduct);
        let fact = InventoryFact::StockRefused { request, order: order_of(command, step), reason };
        refuse_without_product(command.sku(), fact, step)?;
        return remember_refusal(command, fingerprint, reason, step);
    };
    let requested = match command {
        InventoryCommand::Hold { request, order, quantity, until, .. } => {
            let (request, quantity, until) = (*request, *quantity, *until);
            return hold(product, command, &HoldRequest { request, fingerprint, order, quantity, until }, step);
        }
        InventoryCommand::Commit { hold, .. } => (*hold, Move::Commit),
        InventoryCommand::Release { hold, .. } => (*hold, Move::Release),
        InventoryCommand::Return { hold, returned, .. } => (*hold, Move::Return(*returned)),
        InventoryCommand::DefineProduct { .. } | InventoryCommand::AdjustStock { .. } => {
            return Err(Verdict::Fatal("a merchant's command was taken for an order's".into()));
        }
    };
    move_hold(product, command, fingerprint, requested, step)
}

fn hold(
    mut product: Product,
    command: &InventoryCommand,
    requested: &HoldRequest<'_>,
    step: &mut Step<'_>,
) -> Result<Decision, Verdict> {
    if let Some(known) = HOLDS.get(step.context, &requested.request.hold())? {
        let same = known.fingerprint == requested.fingerprint;
        return Ok((if same { Ok(()) } else { Err(StockRefusal::IdempotencyConflict) }, Some(known)));
    }
    let mut effects = Effects::new(step.now());
    match moves::hold(&mut product, requested, &mut effects) {
        Ok(hold) => {
            HOLDS.put(step.context, &hold.id, &hold);
            record(&product, effects, step)?;
            Ok((Ok(()), Some(hold)))
        }
        Err(Declined::Refused(reason)) => {
            refuse(product, command, reason, effects, step)?;
            remember_refusal(command, requested.fingerprint, reason, step)
        }
        Err(Declined::Corrupt(error)) => Err(error.into()),
    }
}

fn move_hold(
    mut product: Product,
    command: &InventoryCommand,
    fingerprint: Fingerprint,
    (id, requested): (HoldId, Move),
    step: &mut Step<'_>,
) -> Result<Decision, Verdict> {
    let request = command.request();
    let mut effects = Effects::new(step.now());
    let Some(mut hold) = HOLDS.get(step.context, &id)?.filter(|hold| hold.sku == product.sku) else {
        refuse(product, command, StockRefusal::NotHeld, effects, step)?;
        return remember_refusal(command, fingerprint, StockRefusal::NotHeld, step);
    };
    match hold.recall(request, fingerprint) {
        Some(Seen::Repeat(refused)) => return Ok((refused.map_or(Ok(()), Err), Some(hold))),
        Some(Seen::Conflict) => return Ok((Err(StockRefusal::IdempotencyConflict), Some(hold))),
        None => {}
    }
    let refused = match moves::make(&mut product, &mut hold, request, requested, &mut effects) {
        Ok(()) => {
            record(&product, effects, step)?;
            None
        }
        Err(Declined::Refused(reason)) => {
            refuse(product, command, reason, effects, step)?;
            Some(reason)
        }
        Err(Declined::Corrupt(error)) => return Err(error.into()),
    };
    hold.remember(request, fingerprint, refused);
    HOLDS.put(step.context, &hold.id, &hold);
    Ok((refused.map_or(Ok(()), Err), Some(hold)))
}

/// A hold's time is over. It may have ended just before, or be forgotten.
fn lapse(sku: &Sku, id: HoldId, step: &mut Step<'_>) -> Result<(), Verdict> {
    let Some(mut hold) = HOLDS.get(step.context, &id)? else { return Ok(()) };
    let Some(mut product) = stores::product(step.context, sku)? else {
        // A product is never deleted, so a hold without one would be another build's doing.
        return Err(Verdict::Fatal(format!("a hold is kept for product {sku}, which does not exist")));
    };
    let mut effects = Effects::new(step.now());
    if moves::lapse(&mut product, &mut hold, &mut effects)? {
        HOLDS.put(step.context, &hold.id, &hold);
        record(&product, effects, step)?;
    }
    Ok(())
}

/// Puts on record that an order's command was refused.
fn refuse(
    mut product: Product,
    command: &InventoryCommand,
    reason: StockRefusal,
    mut effects: Effects,
    step: &mut Step<'_>,
) -> Result<(), Verdict> {
    let (request, order) = (command.request(), order_of(command, step));
    product.state(InventoryFact::StockRefused { request, order, reason }, &mut effects);
    record(&product, effects, step)
}

/// A fact about a product that does not exist has no place in its count.
fn refuse_without_product(sku: &Sku, fact: InventoryFact, step: &mut Step<'_>) -> Result<(), Verdict> {
    let (version, at, stock) = (0, step.now(), StockLevel::default());
    step.state(&topics::INVENTORY_EVENTS, &InventoryEvent { sku: sku.clone(), version, at, stock, fact })
}

fn remember_refusal(
    command: &InventoryCommand,
    fingerprint: Fingerprint,
    reason: StockRefusal,
    step: &mut Step<'_>,
) -> Result<Decision, Verdict> {
    let (request, at, answer) = (command.request(), step.now(), Decided::Refused(reason));
    REQUESTS.remember(step.context, &Remembered { request, fingerprint, at, answer })?;
    Ok((Err(reason), None))
}

/// The order that sends the command, if it says so.
fn order_of(command: &InventoryCommand, step: &Step<'_>) -> Option<OrderId> {
    match command {
        InventoryCommand::Hold { order, .. } => Some(order.clone()),
        _ => step.envelope.answer_to.clone(),
    }
}

/// Writes the level, sets the timers, states the facts and sends the notices. Definitions go to the prices processor.
fn record(product: &Product, effects: Effects, step: &mut Step<'_>) -> Result<(), Verdict> {
    report(&product.sku, product.check());
    stores::put_level(step.context, product);
    for price in effects.events.iter().filter_map(PriceCommand::own_price) {
        step.send(&topics::PRICES_INBOX, &price)?;
    }
    for notice in step.carry_out(&topics::INVENTORY_EVENTS, effects)? {
        let (order, sku, answer) = (notice.order, notice.sku, notice.answer);
        step.answer(&OrderCommand::StockAnswered { order, sku, request: None, answer })?;
    }
    Ok(())
}

/// Answers the order that sent the command.
fn notify(
    order: &OrderId,
    command: &InventoryCommand,
    answer: StockAnswer,
    step: &mut Step<'_>,
) -> Result<(), Verdict> {
    let (order, sku, request) = (order.clone(), command.sku().clone(), Some(command.request()));
    step.answer(&OrderCommand::StockAnswered { order, sku, request, answer })
}
