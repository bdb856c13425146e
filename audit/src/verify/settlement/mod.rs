//! What sellers are owed against what orders sold: settlement's own log keeps its rules, every line that it owes is an order's, less
//! what was refunded, and every statement is the sum of its lines. Pure: facts go in one by one, counterexamples come out.
//!
//! What counts is said by the seller's policy, and which policy held when a step was seen is settlement's to say. So a step that counts
//! by every policy that may have held must be posted, and one that counts by none must not; in between both are right.

mod owed;
mod steps;

use std::collections::BTreeMap;

use events::calendar::Day;
use events::ids::SellerId;
use events::orders::OrderEvent;
use events::settlement::{DayTotals, SettlementEvent};
use projections::{Projection, Source, StatementLineRow};

use super::verdict::Verdict;
use crate::ledgers::settlement::SettlementLedger;
use steps::Steps;

/// Every fact about what sellers are owed keeps every rule of the settlement ledger.
pub const SETTLEMENT: &str = "settlement_keeps_its_rules";
/// Each line that is owed is what an order sold, less what it gave back; and what was sold and counts is owed.
pub const OWED: &str = "sellers_are_owed_what_orders_sold";
/// Each statement, and what is stated of an open day, is the sum of its lines.
pub const STATEMENTS: &str = "statements_are_the_sums_of_their_lines";
/// What shoppers paid, and what platform and seller bore of the discount, is the gross, on each line and each statement.
pub const GROSS: &str = "paid_and_shares_are_the_gross";

/// The fold of both logs.
#[derive(Debug, Default)]
pub struct Settling {
    ledger: SettlementLedger,
    steps: Steps,
}

impl Settling {
    /// Takes in a fact of `settlement.events`, in the order of its partition.
    pub fn settlement(&mut self, event: &SettlementEvent, source: Source, verdict: &mut Verdict) {
        if let Err(violation) = self.ledger.apply(event) {
            verdict.state(SETTLEMENT, Some(format!("{violation}, at {source:?}: {event:?}")));
        }
    }

    /// Takes in a fact of `orders.events`, in the order of its partition.
    pub fn order(&mut self, event: &OrderEvent) {
        self.steps.take(event);
    }

    /// Whether everything that orders have sold is posted, and everything posted is stated.
    #[must_use]
    pub fn rests(&self, rows: &Projection) -> bool {
        self.owed(rows).is_none() && statements(rows).is_none()
    }

    /// Judges what only the whole logs tell.
    pub fn judge(&self, rows: &Projection, verdict: &mut Verdict) {
        verdict.counts.statements = rows.statements.len() as u64;
        verdict.counts.statement_lines = rows.statement_lines.len() as u64;
        if rows.policies.is_empty() && rows.statement_lines.is_empty() && self.steps.is_empty() {
            return;
        }
        verdict.state(SETTLEMENT, None);
        verdict.state(OWED, self.owed(rows));
        verdict.state(STATEMENTS, statements(rows));
        verdict.state(GROSS, gross(rows));
    }

    fn owed(&self, rows: &Projection) -> Option<String> {
        owed::differ(&self.ledger, &self.steps, rows)
    }
}

/// A day that is not what its lines amount to.
fn statements(rows: &Projection) -> Option<String> {
    let mut sums: BTreeMap<(&SellerId, Day), DayTotals> = BTreeMap::new();
    for line in rows.statement_lines.values() {
        let sum = sums.entry((&line.seller, line.day)).or_default();
        match sum.with(&line.amounts) {
            Some(with) => *sum = with,
            None => return Some(format!("{:?} of {}: a sum that does not fit", line.day, line.seller)),
        }
    }
    for row in rows.statements.values() {
        let sum = sums.remove(&(&row.seller, row.day)).unwrap_or_default();
        if sum != row.totals {
            return Some(format!("the lines of {:?} amount to {sum:?}; {row:?}", row.day));
        }
    }
    let ((seller, day), sum) = sums.first_key_value()?;
    Some(format!("{day:?} of {seller} has lines and was never stated: {sum:?}"))
}

/// A line or a statement that is not balanced.
fn gross(rows: &Projection) -> Option<String> {
    let line = |row: &StatementLineRow| (!row.amounts.is_balanced()).then(|| format!("{row:?}"));
    let lines = rows.statement_lines.values().find_map(line);
    let unbalanced = rows.statements.values().find(|row| !row.totals.amounts.is_balanced());
    lines.or_else(|| unbalanced.map(|row| format!("{row:?}")))
}

#[cfg(test)]
#[path = "settlement_tests.rs"]
mod tests;
