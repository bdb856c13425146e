//! Between records and the machine: brings the seller and what the step needs from the tables, lets the machine decide, writes back,
//! states the facts. Commands of operators are in `operators`.

use events::calendar::Day;
use events::ids::SellerId;
use events::settlement::{Basis, LineTerms, RefundedLine, SettlementCommand, SoldLine, Source, Vat};
use events::time::Timestamp;
use streams::processor::Verdict;
use streams::wakeup;

use super::effects::{Effects, Wakeup};
use super::operators::{self, OperatorRequest};
use super::posting::{self, Cause, Implausible};
use super::rows_of_policies;
use super::schedule::Calendar;
use super::seller::Seller;
use super::stores::{self, LINES, LinesKey, REQUESTS, SELLERS};
use crate::kit::machine::CorruptState;
use crate::kit::row::Corrupt;
use crate::kit::step::Step;
use crate::policy;

/// Decides a command.
pub(crate) fn decide(command: &SettlementCommand, step: &mut Step<'_>) -> Result<(), Verdict> {
    let source =
        step.position.map_or(Source { partition: 0, offset: 0 }, |(partition, offset)| Source { partition, offset });
    match command {
        SettlementCommand::LinesReached { seller, order, basis, at, lines } => {
            posting::are_plausible(lines, *at)?;
            reached(seller, *basis, lines, &Cause { order, refund: None, reached_at: *at, source }, step)
        }
        SettlementCommand::LinesRefunded { seller, order, refund, at, lines } => {
            if !at.is_plausible() {
                return Err(Verdict::Poison("a refund at no time".into()));
            }
            refunded(seller, lines, &Cause { order, refund: Some(*refund), reached_at: *at, source }, step)
        }
        SettlementCommand::SetPolicy { request, seller, policy } => {
            operators::set_policy(&OperatorRequest::new(*request, command, seller, step)?, policy, step)
        }
        SettlementCommand::CloseDay { request, seller, day } => {
            operators::close_day(&OperatorRequest::new(*request, command, seller, step)?, *day, step)
        }
    }
}

/// Does what time alone leads to.
pub(crate) fn wake(wakeup: Wakeup, step: &mut Step<'_>) -> Result<(), Verdict> {
    match wakeup {
        Wakeup::ForgetRequests => {
            let now = step.now();
            Ok(REQUESTS.forget(step.context, now)?)
        }
        Wakeup::ForgetLines { seller, after } => forget_lines(&seller, &after, step),
        Wakeup::Snapshot { seller } => {
            let Some(mut seller) = SELLERS.get(step.context, &seller)? else { return Ok(()) };
            let mut effects = Effects::new(step.now());
            seller.publish_snapshots(&mut effects);
            stores::record(&seller, effects, step)
        }
        Wakeup::Close { seller, day } => close(&seller, day, step),
    }
}

/// An order came to a step. What does not count yet leaves no trace; what counts already can only have been refunded since.
fn reached(
    id: &SellerId,
    basis: Basis,
    lines: &[SoldLine],
    cause: &Cause<'_>,
    step: &mut Step<'_>,
) -> Result<(), Verdict> {
    let mut effects = Effects::new(step.now());
    let (mut seller, place, opened) = day_for(id, cause.reached_at, &mut effects, step)?;
    let Some(open) = seller.days.get(place) else { return Ok(()) };
    let (counts, number) = (basis >= open.basis, open.policy);
    let key = LinesKey::new(id, cause.order);
    // A line that was posted under another policy stays posted, whatever the day's policy waits for.
    match LINES.get(step.context, &key)? {
        Some(mut sold) => {
            let now = lines.iter().map(|line| RefundedLine { sku: line.sku.clone(), refunded: line.refunded });
            if seller.post_contra(place, &mut sold, now, cause, &mut effects)? {
                LINES.put(step.context, &key, &sold);
            } else if !opened {
                return Ok(());
            }
        }
        None if counts => {
            let terms = terms(id, number, lines, step)?;
            if let Some(sold) = seller.post_sale(place, lines, &terms, cause, &mut effects)? {
                LINES.put(step.context, &key, &sold);
                keep_forgetting(&mut seller, &mut effects);
            }
        }
        None if !opened => return Ok(()),
        None => {}
    }
    stores::record(&seller, effects, step)
}

/// Units were refunded. Of an order whose lines do not count yet, or are forgotten, nothing is taken back.
fn refunded(id: &SellerId, lines: &[RefundedLine], cause: &Cause<'_>, step: &mut Step<'_>) -> Result<(), Verdict> {
    let key = LinesKey::new(id, cause.order);
    let Some(mut sold) = LINES.get(step.context, &key)? else { return Ok(()) };
    let mut effects = Effects::new(step.now());
    let (mut seller, place, _) = day_for(id, cause.reached_at, &mut effects, step)?;
    if seller.post_contra(place, &mut sold, lines.iter().cloned(), cause, &mut effects)? {
        LINES.put(step.context, &key, &sold);
        return stores::record(&seller, effects, step);
    }
    Ok(())
}

/// The seller, and the place of the day that takes what happened at this instant; whether it had to be opened.
fn day_for(
    id: &SellerId,
    at: Timestamp,
    effects: &mut Effects,
    step: &Step<'_>,
) -> Result<(Seller, usize, bool), Verdict> {
    // Logs of two topics are not stamped by the same clock: nothing has happened in the future.
    let at = at.min(step.now());
    let mut seller = SELLERS.get(step.context, id)?.unwrap_or_else(|| Seller::new(id));
    if let Some(place) = seller.open_at(at) {
        return Ok((seller, place, false));
    }
    let zone = seller.zone()?;
    let schedule = stores::schedule(step.context, id)?;
    let calendar = Calendar { zone: &zone, schedule: &schedule };
    let place = seller.open(&calendar, at, effects)?;
    Ok((seller, place, true))
}

/// The terms of each line by the policy of this number.
fn terms(seller: &SellerId, number: u32, lines: &[SoldLine], step: &Step<'_>) -> Result<Vec<LineTerms>, Verdict> {
    let row = stores::policy_row(step.context, seller, number);
    if row.is_none() && number != 0 {
        return Err(CorruptState("a day has a policy that is forgotten").into());
    }
    let of = |line: &SoldLine| match (row, line.supply_price) {
        (Some(row), Some(_)) => rows_of_policies::vat_in(row).map(LineTerms::supply_price),
        (Some(row), None) => rows_of_policies::terms_in(row, &line.sku, line.category.as_ref()),
        (None, Some(_)) => Ok(LineTerms::supply_price(Vat::default())),
        (None, None) => Ok(LineTerms::market(Vat::default())),
    };
    Ok(lines.iter().map(of).collect::<Result<_, Corrupt>>()?)
}

/// A day's time is over.
fn close(id: &SellerId, day: Day, step: &mut Step<'_>) -> Result<(), Verdict> {
    let Some(mut seller) = SELLERS.get(step.context, id)? else { return Ok(()) };
    let mut effects = Effects::new(step.now());
    let zone = seller.zone()?;
    let schedule = stores::schedule(step.context, id)?;
    let calendar = Calendar { zone: &zone, schedule: &schedule };
    seller.over(&calendar, day, &mut effects)?;
    stores::forget_policies(step.context, &seller, &schedule);
    stores::record(&seller, effects, step)
}

fn keep_forgetting(seller: &mut Seller, effects: &mut Effects) {
    if !seller.forgetting {
        seller.forgetting = true;
        let first = Wakeup::ForgetLines { seller: seller.id.clone(), after: Vec::new() };
        effects.wake(effects.at().plus_millis(policy::LINES_CHECKED_EVERY_MS), first);
    }
}

/// Forgets lines whose orders cannot be refunded any more, some at a time, and sets a timer for the rest.
fn forget_lines(id: &SellerId, after: &[u8], step: &mut Step<'_>) -> Result<(), Verdict> {
    let now = step.now();
    let old = now.as_millis().saturating_sub(policy::SETTLED_LINES_RETENTION_MS);
    let before = posting::touched(Timestamp::from_millis(old));
    if let Some(after) = stores::forget_lines(step.context, id, after, before)? {
        let next = now.plus_millis(policy::ROUND_PAUSE_MS).as_millis();
        wakeup::schedule(step.context, next, &Wakeup::ForgetLines { seller: id.clone(), after });
        return Ok(());
    }
    let Some(mut seller) = SELLERS.get(step.context, id)? else { return Ok(()) };
    let mut effects = Effects::new(now);
    seller.forgetting = false;
    if stores::has_lines(step.context, id) {
        keep_forgetting(&mut seller, &mut effects);
    }
    stores::record(&seller, effects, step)
}

impl From<Implausible> for Verdict {
    fn from(error: Implausible) -> Self {
        Self::Poison(error.0.into())
    }
}
