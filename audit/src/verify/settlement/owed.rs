//! Lines that are owed against lines that were sold, in both directions.

use std::collections::{BTreeMap, HashMap};

use events::calendar::{Day, Zone, ZoneName};
use events::ids::{OrderId, SellerId, Sku};
use events::settlement::{Basis, Settled};
use events::time::Timestamp;
use projections::{FrozenLine, OrderLineRow, PolicyRow, Projection};

use super::steps::{OrderSteps, Steps};
use crate::ledgers::settlement::{LineRecord, SettlementLedger};

/// How far the clocks of two partitions' leaders may be apart.
const CLOCKS_DIFFER_MS: i64 = 1_000;

/// The policies of each seller, in order.
type Policies<'a> = BTreeMap<&'a SellerId, (Option<Zone>, Vec<&'a PolicyRow>)>;

/// What is owed, by order and product.
type Posted<'a> = HashMap<(&'a OrderId, &'a Sku), (&'a SellerId, &'a LineRecord)>;

/// A line that is owed and was not sold so, or was sold and is not owed.
pub(super) fn differ(ledger: &SettlementLedger, steps: &Steps, rows: &Projection) -> Option<String> {
    let policies = policies(rows);
    let mut posted_lines: Posted<'_> = HashMap::new();
    for (seller, book) in ledger.sellers() {
        posted_lines.extend(book.lines().map(|(order, sku, line)| ((order, sku), (seller, line))));
    }
    for row in rows.lines.values() {
        let Some(frozen) = &row.frozen else { continue };
        let posted = posted_lines.remove(&(&row.order, &row.sku));
        let steps = steps.of(&row.order);
        if let Some(difference) = of_line(row, frozen, posted, steps, &policies) {
            return Some(difference);
        }
    }
    // In order of ids, so that a log has one first counterexample.
    if let Some(((order, sku), (seller, line))) = posted_lines.into_iter().min_by_key(|(place, _)| *place) {
        return Some(format!("{seller} is owed for {sku} of {order}, which was never sold: {line:?}"));
    }
    rows.statement_lines.values().find_map(|row| {
        let explained = steps.of(&row.order).is_some_and(|steps| steps.explains(row.refund, row.reached_at));
        (!explained).then(|| format!("nothing has happened to the order then: {row:?}"))
    })
}

fn of_line(
    row: &OrderLineRow,
    frozen: &FrozenLine,
    posted: Option<(&SellerId, &LineRecord)>,
    steps: Option<&OrderSteps>,
    policies: &Policies<'_>,
) -> Option<String> {
    let seller = &frozen.unit.seller;
    let left = frozen.quantity.saturating_sub(row.refunded_quantity);
    let reached = steps.map_or(&[][..], |steps| &steps.reached);
    let bounds = |(basis, at): &(Basis, Timestamp)| (*basis, bounds(policies.get(seller), *at));
    match posted {
        None => {
            let must = reached.iter().map(bounds).any(|(basis, (_, last))| basis >= last);
            (must && left > 0).then(|| format!("{seller} is not owed for {row:?}"))
        }
        Some((owed_to, line)) => {
            let may = reached.iter().map(bounds).any(|(basis, (first, _))| basis >= first);
            let amounts = Settled::of(
                &frozen.amounts,
                frozen.quantity,
                row.refunded_quantity,
                frozen.unit.supply_price,
                &line.terms,
            );
            let agrees = may
                && owed_to == seller
                && line.left == left
                && line.sold <= frozen.quantity
                && amounts == Some(line.amounts);
            (!agrees).then(|| format!("{owed_to} is owed {line:?}; the order says {row:?}, and reached {reached:?}"))
        }
    }
}

fn policies(rows: &Projection) -> Policies<'_> {
    let mut found: Policies<'_> = BTreeMap::new();
    for row in rows.policies.values() {
        // Their zone is frozen with the first.
        let (_, rows) = found.entry(&row.seller).or_insert_with(|| (row.policy.time_zone.zone(), Vec::new()));
        rows.push(row);
    }
    found
}

/// The earliest and the latest step that counts by any policy that may have held when a step of this instant was seen.
fn bounds(policies: Option<&(Option<Zone>, Vec<&PolicyRow>)>, at: Timestamp) -> (Basis, Basis) {
    let market = (Basis::default(), Basis::default());
    let Some((zone, rows)) = policies else { return market };
    let day = zone.clone().or_else(|| ZoneName::default().zone()).and_then(|zone| zone.day(at)).unwrap_or(Day::FIRST);
    let surely_set = |row: &PolicyRow| row.set_at.plus_millis(CLOCKS_DIFFER_MS) <= at && row.effective_from <= day;
    let held = rows.iter().rev().find(|row| surely_set(row)).map_or(Basis::default(), |row| row.policy.basis);
    let maybe = rows.iter().filter(|row| !surely_set(row)).map(|row| row.policy.basis);
    maybe.fold((held, held), |(first, last), basis| (first.min(basis), last.max(basis)))
}
