//! Every order fact's rows, and what later facts leave as it was.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use crate::{OrderDetails, Projection, RequestKind, RequestStatus, Source, Subject, project};
use events::ids::ShopperId;
use events::money::Money;
use events::orders::{OrderEvent, OrderFact, OrderRefusal, RefundLine};
use events::samples::orders::{amounts, events};

const AT: Source = Source { partition: 2, offset: 5 };

fn event(kind: &str, version: u64) -> OrderEvent {
    let event = events().into_iter().find(|event| event.fact.kind() == kind).unwrap();
    OrderEvent { version, ..event }
}

fn rows(kinds: &[&str]) -> Projection {
    let mut rows = Projection::default();
    for (kind, version) in kinds.iter().zip(1..) {
        rows.apply(&event(kind, version), AT);
    }
    rows
}

/// The names of the details that a fact says.
fn said(details: &OrderDetails) -> Vec<&'static str> {
    let OrderDetails {
        request,
        placed_at,
        coupon,
        coupon_hold,
        platform_share,
        attempt,
        payment_key,
        method,
        account,
        reason,
    } = details;
    let parts = [
        ("request", request.is_some()),
        ("placed_at", placed_at.is_some()),
        ("coupon", coupon.is_some()),
        ("coupon_hold", coupon_hold.is_some()),
        ("platform_share", platform_share.is_some()),
        ("attempt", attempt.is_some()),
        ("payment_key", payment_key.is_some()),
        ("method", method.is_some()),
        ("account", account.is_some()),
        ("reason", reason.is_some()),
    ];
    parts.into_iter().filter(|(_, said)| *said).map(|(part, _)| part).collect()
}

#[test]
fn every_fact_has_its_rows() {
    use RequestStatus::{Applied as A, Refused as R};
    type Expected = (&'static str, &'static [&'static str], usize, Option<(RequestStatus, Option<&'static str>)>);
    let table: [Expected; 25] = [
        ("order_placed", &["placed_at", "coupon"], 0, None),
        ("order_priced", &["request", "coupon", "coupon_hold", "platform_share"], 1, Some((A, None))),
        ("order_rejected", &["request", "reason"], 0, Some((R, Some("MIN_SPEND")))),
        ("payment_started", &["attempt", "payment_key"], 0, None),
        ("payment_unknown", &["attempt"], 0, None),
        ("payment_declined", &["attempt", "reason"], 0, Some((R, Some("PAYMENT_DECLINED")))),
        ("payment_failed", &["attempt", "reason"], 0, Some((R, Some("PAYMENT_DECLINED")))),
        ("deposit_awaited", &["attempt", "payment_key", "account"], 0, Some((A, None))),
        ("order_paid", &["attempt", "payment_key", "method"], 0, Some((A, None))),
        ("late_payment_found", &["payment_key"], 0, None),
        ("order_expired", &[], 0, None),
        ("cancel_requested", &[], 0, Some((A, None))),
        ("order_cancelled", &[], 0, Some((A, None))),
        ("refund_started", &[], 0, None),
        ("refund_unknown", &[], 0, None),
        ("refund_completed", &[], 1, Some((A, None))),
        ("refund_refused", &[], 0, Some((R, Some("REFUND_REFUSED")))),
        ("hold_lost", &[], 0, None),
        ("steps_answered", &[], 0, None),
        ("order_shipped", &[], 0, Some((A, None))),
        ("order_delivered", &[], 0, Some((A, None))),
        ("purchase_confirmed", &[], 0, Some((A, None))),
        ("hint_taken", &[], 0, None),
        ("payment_differs", &[], 0, None),
        ("order_refused", &[], 0, Some((R, Some("AMOUNT_MISMATCH")))),
    ];
    for (event, (kind, details, lines, request)) in events().into_iter().zip(table) {
        assert_eq!(event.fact.kind(), kind);
        let rows = project(&event, AT);
        let order = &rows.orders[&event.order];
        assert_eq!((order.version, order.partition, order.awaited, order.amounts), (17, 2, 2, amounts()), "{kind}");
        assert_eq!((order.deadline, Some(order.state)), (event.deadline, event.state), "{kind}");
        assert_eq!(said(&order.details), details, "{kind}");
        assert_eq!(rows.lines.len(), lines, "{kind}");
        assert_eq!(rows.timeline[&(event.order.clone(), 17)].fact, event.fact, "{kind}");
        let row = rows.requests.values().next();
        assert_eq!(row.map(|row| (row.status, row.reason.as_deref())), request, "{kind}");
        let of_order = |row: &crate::RequestRow| {
            row.kind == RequestKind::Order && row.subject == Subject::Order(event.order.clone())
        };
        assert!(row.is_none_or(of_order), "{kind}");
    }
}

#[test]
fn a_refusal_for_an_unknown_order_makes_no_order() {
    let other = ShopperId::new("other").unwrap();
    let OrderFact::OrderRefused { request, .. } = event("order_refused", 0).fact else { unreachable!() };
    let reason = OrderRefusal::UnknownOrder.into();
    let fact = OrderFact::OrderRefused { request, shopper: Some(other.clone()), reason };
    let unknown = OrderEvent { shopper: None, state: None, fact, ..event("order_refused", 0) };
    let rows = project(&unknown, AT);
    assert_eq!((rows.orders.len(), rows.timeline.len(), rows.requests.len()), (0, 0, 1));
    assert_eq!(rows.requests[&request].shopper, Some(other.clone()));
    // Of somebody else's order the request is the other's, and the order its owner's.
    let owner = event("order_placed", 1).shopper.unwrap();
    let foreign = OrderEvent { shopper: Some(owner.clone()), ..event("order_refused", 3) };
    let foreign = OrderEvent { fact: unknown.fact, ..foreign };
    let rows = project(&foreign, AT);
    assert_eq!(rows.requests[&request].shopper, Some(other));
    assert_eq!(rows.orders[&foreign.order].shopper, owner);
}

#[test]
fn an_order_keeps_what_earlier_facts_said() {
    let kinds = ["order_placed", "order_priced", "payment_started", "payment_declined", "order_paid", "order_shipped"];
    let rows = rows(&kinds);
    let row = rows.orders.values().next().unwrap();
    assert_eq!(
        said(&row.details),
        [
            "request",
            "placed_at",
            "coupon",
            "coupon_hold",
            "platform_share",
            "attempt",
            "payment_key",
            "method",
            "reason"
        ]
    );
    assert_eq!((row.version, rows.timeline.len()), (6, 6));
}

#[test]
fn a_refund_changes_what_is_refunded_and_leaves_the_line_frozen() {
    let rows = rows(&["order_priced", "refund_completed"]);
    let line = rows.lines.values().next().unwrap();
    let frozen = line.frozen.as_ref().unwrap();
    assert_eq!((line.version, frozen.quantity, frozen.amounts.due), (2, 3, Money::new(38_250)));
    let OrderFact::RefundCompleted { lines, .. } = event("refund_completed", 2).fact else { unreachable!() };
    let RefundLine { refunded_quantity, refunded, .. } = lines[0];
    assert_eq!((line.refunded_quantity, line.refunded), (refunded_quantity, refunded));
    // A line whose price is not at hand is a line all the same.
    let alone = project(&event("refund_completed", 2), AT);
    assert_eq!(alone.lines.values().next().map(|line| line.frozen.is_none()), Some(true));
}
