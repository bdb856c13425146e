//! Facts of `settlement.events` become rows of policies, statements, their lines, pay-outs and requests.

use super::{Fact, Projection, Row, put};
use crate::{
    ClosedDay, PayOutRow, PolicyRow, RequestKind, RequestRow, RequestStatus, Source, StatementLineRow, StatementRow,
    Subject,
};
use events::calendar::Day;
use events::settlement::{DayTotals, SettlementEvent, SettlementFact, SettlementRefusal, Statement};

impl Fact for SettlementEvent {
    fn project(&self, source: Source, rows: &mut Projection) {
        match &self.fact {
            SettlementFact::PolicySet { number, from, policy, .. } => {
                let row = PolicyRow {
                    seller: self.seller.clone(),
                    version: *number,
                    effective_from: *from,
                    policy: policy.clone(),
                    set_at: self.at,
                };
                put(&mut rows.policies, (row.seller.clone(), row.version), row);
            }
            SettlementFact::LinesPosted { .. } => line_rows(self, rows),
            SettlementFact::DayUpdated { day, totals } => {
                put(&mut rows.statements, (self.seller.clone(), *day), statement_row(self, *day, *totals));
            }
            SettlementFact::DayClosed { day, statement, .. } => close(self, *day, statement, rows),
            SettlementFact::PolicyRefused { .. } | SettlementFact::CloseRefused { .. } => {}
        }
        if let Some(row) = request_row(self, source) {
            put(&mut rows.requests, row.request, row);
        }
    }
}

impl Row for StatementRow {
    fn merge(&mut self, later: Self) {
        if later.version > self.version {
            *self = later;
        }
    }
}

/// Written once, as all of what follows.
impl Row for PolicyRow {
    fn merge(&mut self, _later: Self) {}
}

impl Row for StatementLineRow {
    fn merge(&mut self, _later: Self) {}
}

impl Row for PayOutRow {
    fn merge(&mut self, _later: Self) {}
}

fn line_rows(event: &SettlementEvent, rows: &mut Projection) {
    let SettlementFact::LinesPosted { day, kind, order, refund, reached_at, policy, source, lines } = &event.fact
    else {
        return;
    };
    for line in lines {
        let row = StatementLineRow {
            seller: event.seller.clone(),
            day: *day,
            number: line.number,
            kind: *kind,
            order: order.clone(),
            refund: *refund,
            sku: line.sku.clone(),
            quantity: line.quantity,
            policy: *policy,
            terms: line.terms,
            amounts: line.amounts,
            reached_at: *reached_at,
            at: event.at,
            source: *source,
        };
        put(&mut rows.statement_lines, (row.seller.clone(), row.day, row.number), row);
    }
}

fn statement_row(event: &SettlementEvent, day: Day, totals: DayTotals) -> StatementRow {
    let (seller, version) = (event.seller.clone(), event.version);
    StatementRow { seller, day, version, totals, closed: None, updated_at: event.at }
}

fn close(event: &SettlementEvent, day: Day, statement: &Statement, rows: &mut Projection) {
    let Statement { totals, policy, carried_in, payable, carried_out, pay_outs } = statement;
    let closed = ClosedDay {
        policy: *policy,
        carried_in: *carried_in,
        payable: *payable,
        carried_out: *carried_out,
        at: event.at,
    };
    let row = StatementRow { closed: Some(closed), ..statement_row(event, day, *totals) };
    put(&mut rows.statements, (row.seller.clone(), day), row);
    for part in pay_outs {
        let (seller, pay_on) = (event.seller.clone(), part.on);
        let row = PayOutRow { seller, day, part: part.part, pay_on, amount: part.amount };
        put(&mut rows.pay_outs, (row.seller.clone(), day, row.part), row);
    }
}

fn request_row(event: &SettlementEvent, source: Source) -> Option<RequestRow> {
    let request = event.fact.request()?;
    let refusal: Option<SettlementRefusal> = match &event.fact {
        SettlementFact::PolicyRefused { reason, .. } | SettlementFact::CloseRefused { reason, .. } => Some(*reason),
        _ => None,
    };
    Some(RequestRow {
        request,
        subject: Subject::Seller(event.seller.clone()),
        shopper: None,
        kind: RequestKind::Seller,
        status: if refusal.is_some() { RequestStatus::Refused } else { RequestStatus::Applied },
        reason: refusal.map(|refusal| refusal.code().into()),
        coupon: None,
        decided_at: event.at,
        source,
    })
}

#[cfg(test)]
#[path = "settlement_tests.rs"]
mod tests;
