//! What orders do with a product's units: each move is checked first, then made. A refusal leaves no trace
//! here but its fact.

use events::hold::ReleaseCause;
use events::ids::{OrderId, RequestId};
use events::inventory::{InventoryFact, MOST_QUANTITY, StockAnswer, StockRefusal};
use events::request::Fingerprint;
use events::time::Timestamp;

use super::effects::{Declined, Effects, Notice, Wakeup};
use super::hold::{Hold, HoldState};
use super::product::{Place, Product};
use crate::kit::machine::CorruptState;
use crate::kit::requests::Requests;
use crate::policy;

/// What a command to hold says.
#[derive(Debug)]
pub(crate) struct HoldRequest<'a> {
    pub(crate) request: RequestId,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) order: &'a OrderId,
    pub(crate) quantity: u32,
    pub(crate) until: Timestamp,
}

/// A move of a hold that exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Move {
    Commit,
    Release,
    /// So many of its units have come back in all.
    Return(u32),
}

/// Sets units aside for one order, at the price of this instant. A hold longer than [`policy::LONGEST_HOLD_MS`] is cut to it.
pub(crate) fn hold(
    product: &mut Product,
    requested: &HoldRequest<'_>,
    effects: &mut Effects,
) -> Result<Hold, Declined> {
    let now = effects.at();
    if !(1..=MOST_QUANTITY).contains(&requested.quantity) {
        return Err(StockRefusal::InvalidQuantity.into());
    }
    if product.level.available < u64::from(requested.quantity) {
        return Err(StockRefusal::InsufficientStock.into());
    }
    if requested.until <= now {
        return Err(StockRefusal::NotHeld.into());
    }
    let until = requested.until.min(now.plus_millis(policy::LONGEST_HOLD_MS));
    let unit = product.terms.unit(now);
    let hold = Hold {
        id: requested.request.hold(),
        sku: product.sku.clone(),
        order: requested.order.clone(),
        quantity: requested.quantity,
        fingerprint: requested.fingerprint,
        state: HoldState::Held { unit: unit.clone(), until },
        requests: Requests::default(),
    };
    product.watched(effects, |product, effects| {
        product.carry(Place::Available, Place::Held, hold.quantity)?;
        let fact = InventoryFact::StockHeld {
            request: requested.request,
            hold: hold.id,
            order: hold.order.clone(),
            quantity: hold.quantity,
            unit,
            until,
        };
        product.state(fact, effects);
        effects.wake(until, lapse_of(&hold));
        Ok::<_, Declined>(())
    })?;
    Ok(hold)
}

/// Makes a move of a hold.
pub(crate) fn make(
    product: &mut Product,
    hold: &mut Hold,
    request: RequestId,
    requested: Move,
    effects: &mut Effects,
) -> Result<(), Declined> {
    match requested {
        Move::Commit => commit(product, hold, request, effects),
        Move::Release => release(product, hold, request, effects),
        Move::Return(returned) => take_back(product, hold, request, returned, effects),
    }
}

/// The order was paid. A hold whose time is over is not committed, also if it has not lapsed yet.
fn commit(product: &mut Product, hold: &mut Hold, request: RequestId, effects: &mut Effects) -> Result<(), Declined> {
    let now = effects.at();
    let until = match &hold.state {
        HoldState::Held { until, .. } if now < *until => *until,
        _ => return Err(StockRefusal::NotHeld.into()),
    };
    product.carry(Place::Held, Place::Sold, hold.quantity)?;
    hold.state = HoldState::Committed { returned: 0 };
    let fact =
        InventoryFact::StockCommitted { request, hold: hold.id, order: hold.order.clone(), quantity: hold.quantity };
    product.state(fact, effects);
    effects.cancel(until, lapse_of(hold));
    effects.wake(now.plus_millis(policy::COMMITTED_HOLD_RETENTION_MS), Wakeup::Forget { hold: hold.id });
    Ok(())
}

/// The order was not paid. Only the exact hold can be released.
fn release(product: &mut Product, hold: &mut Hold, request: RequestId, effects: &mut Effects) -> Result<(), Declined> {
    let HoldState::Held { until, .. } = hold.state else { return Err(StockRefusal::NotHeld.into()) };
    effects.cancel(until, lapse_of(hold));
    Ok(give_back(product, hold, Some(request), ReleaseCause::Released, effects)?)
}

/// A hold's time is over. Whether it still held.
pub(crate) fn lapse(product: &mut Product, hold: &mut Hold, effects: &mut Effects) -> Result<bool, CorruptState> {
    match hold.state {
        HoldState::Held { until, .. } if until <= effects.at() => {}
        _ => return Ok(false),
    }
    let cause = ReleaseCause::Lapsed;
    give_back(product, hold, None, cause, effects)?;
    let answer = StockAnswer::Released { hold: hold.id, cause };
    effects.notices.push(Notice { order: hold.order.clone(), sku: hold.sku.clone(), answer });
    Ok(true)
}

fn give_back(
    product: &mut Product,
    hold: &mut Hold,
    request: Option<RequestId>,
    cause: ReleaseCause,
    effects: &mut Effects,
) -> Result<(), CorruptState> {
    product.carry(Place::Held, Place::Available, hold.quantity)?;
    hold.state = HoldState::Released { cause };
    let fact = InventoryFact::StockReleased {
        request,
        hold: hold.id,
        order: hold.order.clone(),
        quantity: hold.quantity,
        cause,
    };
    product.state(fact, effects);
    let end = effects.at().plus_millis(policy::ENDED_HOLD_RETENTION_MS);
    effects.wake(end, Wakeup::Forget { hold: hold.id });
    Ok(())
}

/// Units of a paid order have come back. `returned` counts all that ever came back, so a repeat, or a late one, changes nothing.
fn take_back(
    product: &mut Product,
    hold: &mut Hold,
    request: RequestId,
    returned: u32,
    effects: &mut Effects,
) -> Result<(), Declined> {
    let HoldState::Committed { returned: before } = hold.state else { return Err(StockRefusal::NotHeld.into()) };
    if !(1..=hold.quantity).contains(&returned) {
        return Err(StockRefusal::InvalidQuantity.into());
    }
    let after = returned.max(before);
    let quantity = after.saturating_sub(before);
    product.carry(Place::Sold, Place::Available, quantity)?;
    hold.state = HoldState::Committed { returned: after };
    let fact =
        InventoryFact::StockReturned { request, hold: hold.id, order: hold.order.clone(), quantity, returned: after };
    product.state(fact, effects);
    Ok(())
}

fn lapse_of(hold: &Hold) -> Wakeup {
    Wakeup::Lapse { sku: hold.sku.clone(), hold: hold.id }
}
