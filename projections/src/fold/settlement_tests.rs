//! Every fact of a settlement, and its rows.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use crate::{Projection, RequestStatus, Source, Subject, project};
use events::samples::settlement::{day, events, totals};
use events::settlement::{LineKind, PayOutShare, SettlementEvent, SettlementFact};

const HERE: Source = Source { partition: 3, offset: 12 };

fn sample(kind: &str) -> SettlementEvent {
    events().into_iter().find(|event| event.fact.kind() == kind).unwrap()
}

#[test]
fn every_fact_makes_its_rows() {
    let table = [
        ("policy_set", (1, 0, 0, 0, 1)),
        ("policy_refused", (0, 0, 0, 0, 1)),
        ("lines_posted", (0, 0, 1, 0, 0)),
        ("day_updated", (0, 1, 0, 0, 0)),
        ("day_closed", (0, 1, 0, 2, 1)),
        ("close_refused", (0, 0, 0, 0, 1)),
    ];
    assert_eq!(table.len(), events().len());
    for (kind, expected) in table {
        let rows = project(&sample(kind), HERE);
        let Projection { policies, statements, statement_lines, pay_outs, requests, .. } = &rows;
        let found = (policies.len(), statements.len(), statement_lines.len(), pay_outs.len(), requests.len());
        assert_eq!(found, expected, "{kind}");
        let (a, b, c, d, e) = expected;
        assert_eq!(rows.len(), a + b + c + d + e, "{kind}");
    }
}

#[test]
fn a_line_says_where_it_came_from_and_what_it_is_settled_by() {
    let event = sample("lines_posted");
    let rows = project(&event, HERE);
    let row = rows.statement_lines.values().next().unwrap();
    let SettlementFact::LinesPosted { source, policy, reached_at, lines, .. } = &event.fact else { unreachable!() };
    assert_eq!((row.number, row.kind, row.refund), (7, LineKind::Contra, Some(2)));
    assert_eq!((row.source, row.policy, row.reached_at, row.at), (*source, *policy, *reached_at, event.at));
    assert_eq!((row.quantity, row.terms, row.amounts), (-1, lines[0].terms, lines[0].amounts));
}

#[test]
fn a_day_is_running_until_it_is_closed() {
    let told = sample("day_updated");
    let mut closed = sample("day_closed");
    closed.version = told.version + 1;
    let mut rows = project(&told, HERE);
    let key = (told.seller.clone(), day());
    assert_eq!((rows.statements[&key].closed, rows.statements[&key].totals), (None, totals()));
    rows.apply(&closed, Source { offset: 13, ..HERE });
    // What was told before the close, delivered again after it.
    rows.apply(&told, HERE);
    let row = &rows.statements[&key];
    let SettlementFact::DayClosed { statement, .. } = &closed.fact else { unreachable!() };
    let stamped = row.closed.unwrap();
    assert_eq!((row.version, stamped.at, stamped.payable), (closed.version, closed.at, statement.payable));
    assert_eq!((stamped.carried_in, stamped.carried_out), (statement.carried_in, statement.carried_out));
    let parts: Vec<_> = rows.pay_outs.keys().map(|(_, _, part)| *part).collect();
    assert_eq!(parts, [PayOutShare::First, PayOutShare::Reserve]);
    let paid: i64 = rows.pay_outs.values().map(|row| row.amount.minor()).sum();
    assert_eq!(paid, statement.payable.minor());
}

#[test]
fn an_operators_request_is_about_its_seller() {
    for (kind, status, reason) in [
        ("policy_set", RequestStatus::Applied, None),
        ("policy_refused", RequestStatus::Refused, Some("TERMS_FROZEN")),
        ("day_closed", RequestStatus::Applied, None),
        ("close_refused", RequestStatus::Refused, Some("DAY_CLOSED")),
    ] {
        let event = sample(kind);
        let rows = project(&event, HERE);
        let row = rows.requests.values().next().unwrap();
        assert_eq!((row.status, row.reason.as_deref()), (status, reason), "{kind}");
        assert_eq!((&row.subject, &row.shopper, row.source), (&Subject::Seller(event.seller), &None, HERE));
    }
}
