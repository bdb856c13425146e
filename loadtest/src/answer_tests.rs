//! What each answer means, and that an answer is read off the wire only when it is whole.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::time::Duration;

use audit::client_log::{Answered, Seen};
use events::coupons::Refusal;
use events::ids::RequestId;
use events::money::Money;
use events::orders::{OrderAmounts, OrderState};

use super::answer::{Answer, Trace, to_claim, to_lookup, to_order, to_order_lookup};
use super::wire::{Response, parse_for_tests as parse};

fn response(status: u16, body: &str) -> Response {
    Response { status, body: body.as_bytes().to_vec(), retry_after: Some(2), closes: false }
}

#[test]
fn an_answer_to_a_claim_says_what_to_do_next() {
    let coupon = RequestId::of("a", "b", "c").coupon();
    let granted = format!(r#"{{"request":"r","status":"granted","campaign":"c","coupon":"{coupon}","expires_at":5}}"#);
    let again = |trace, said: &str| Answer::Again { after: Some(Duration::from_secs(2)), trace, said: said.into() };
    let ingress = |status, code: &str| Answer::NotAccepted(Answered::NotAccepted { status, code: code.into() });
    let table = [
        (201, granted.as_str(), Answer::Decided(Answered::Granted { coupon })),
        (202, r#"{"request":"r","status":"pending"}"#, Answer::Pending),
        (
            409,
            r#"{"status":409,"code":"SOLD_OUT","admitted":true}"#,
            Answer::Decided(Answered::Refused { reason: Refusal::SoldOut }),
        ),
        (
            403,
            r#"{"status":403,"code":"NOT_ELIGIBLE","admitted":true}"#,
            Answer::Decided(Answered::Refused { reason: Refusal::NotEligible }),
        ),
        (409, r#"{"status":409,"code":"SOLD_OUT","admitted":false}"#, ingress(409, "SOLD_OUT")),
        (401, r#"{"status":401,"code":"UNAUTHENTICATED"}"#, ingress(401, "UNAUTHENTICATED")),
        (429, r#"{"status":429,"code":"TOO_MANY","admitted":false}"#, again(Trace::None, "429 TOO_MANY")),
        (503, r#"{"status":503,"code":"OVERLOADED","admitted":false}"#, again(Trace::None, "503 OVERLOADED")),
        (503, r#"{"status":503,"code":"UNKNOWN"}"#, again(Trace::Possible, "503 UNKNOWN")),
        (503, "not json", again(Trace::Possible, "503 NONE")),
    ];
    for (status, body, expected) in table {
        assert_eq!(to_claim(&response(status, body)), expected, "{status} {body}");
    }
    for (status, body) in [(500, "{}"), (201, "{}"), (409, r#"{"code":"NEW","admitted":true}"#)] {
        let answer = to_claim(&response(status, body));
        assert!(matches!(answer, Answer::Again { trace: Trace::Possible, .. }), "{status} {body}: {answer:?}");
    }
}

#[test]
fn a_lookup_tells_a_decision_and_nothing_else() {
    let coupon = RequestId::of("a", "b", "c").coupon();
    let granted = format!(r#"{{"status":"granted","coupon":"{coupon}"}}"#);
    assert_eq!(to_lookup(&response(200, &granted)), Some(Answered::Granted { coupon }));
    let refused = response(200, r#"{"status":"refused","reason":"SOLD_OUT"}"#);
    assert_eq!(to_lookup(&refused), Some(Answered::Refused { reason: Refusal::SoldOut }));
    assert_eq!(to_lookup(&response(200, r#"{"status":"pending"}"#)), None);
    assert_eq!(to_lookup(&response(404, &granted)), None);
}

#[test]
fn an_answer_about_an_order_says_what_to_do_next() {
    let order = RequestId::of("a", "b", "c").order();
    let amounts = OrderAmounts { gross: Money::new(9), due: Money::new(9), ..OrderAmounts::default() };
    let seen = Seen { version: 2, state: OrderState::AwaitingPayment, amounts };
    let placed = format!(
        r#"{{"request":"r","order":"{order}","state":"awaiting_payment","version":2,"pay_by":7,
            "amounts":{{"gross":9,"discount":0,"due":9,"paid":0,"refunded":0}}}}"#
    );
    let applied = || Answer::Decided(Answered::Applied { order: order.clone(), seen: Some(seen) });
    let refused = |code: &str| Answer::Decided(Answered::OrderRefused { code: code.into() });
    let again = |trace, said: &str| Answer::Again { after: Some(Duration::from_secs(2)), trace, said: said.into() };
    let table = [
        (201, placed.as_str(), applied()),
        (200, placed.as_str(), applied()),
        (202, r#"{"request":"r","status":"pending"}"#, Answer::Pending),
        (409, r#"{"code":"INSUFFICIENT_STOCK","admitted":true}"#, refused("INSUFFICIENT_STOCK")),
        (402, r#"{"code":"PAYMENT_DECLINED","admitted":true}"#, refused("PAYMENT_DECLINED")),
        (502, r#"{"code":"REFUND_REFUSED","admitted":true}"#, refused("REFUND_REFUSED")),
        (429, r#"{"code":"TOO_MANY","admitted":false}"#, again(Trace::None, "429 TOO_MANY")),
        (503, r#"{"code":"UNKNOWN"}"#, again(Trace::Possible, "503 UNKNOWN")),
        (
            422,
            r#"{"code":"INVALID_FIELD","admitted":false}"#,
            Answer::NotAccepted(Answered::NotAccepted { status: 422, code: "INVALID_FIELD".into() }),
        ),
    ];
    for (status, body, expected) in table {
        assert_eq!(to_order(&response(status, body)), expected, "{status} {body}");
    }
    // An answer that lacks what it must say, or comes from something in between, says nothing about the request.
    for (status, body) in [(201, "{}"), (502, "<html>"), (500, "{}")] {
        let answer = to_order(&response(status, body));
        assert!(matches!(answer, Answer::Again { trace: Trace::Possible, .. }), "{status} {body}: {answer:?}");
    }
}

#[test]
fn a_lookup_tells_what_became_of_an_order() {
    let order = RequestId::of("a", "b", "c").order();
    let applied = response(200, &format!(r#"{{"status":"applied","order":"{order}"}}"#));
    assert_eq!(to_order_lookup(&applied), Some(Answered::Applied { order, seen: None }));
    let refused = response(200, r#"{"status":"refused","reason":"PRICE_CHANGED"}"#);
    assert_eq!(to_order_lookup(&refused), Some(Answered::OrderRefused { code: "PRICE_CHANGED".into() }));
    assert_eq!(to_order_lookup(&response(200, r#"{"status":"pending"}"#)), None);
    assert_eq!(to_order_lookup(&response(404, "{}")), None);
}

#[test]
fn an_answer_is_read_only_when_it_is_whole() {
    let whole =
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nRetry-After: 1\r\nconnection: close\r\n\r\nbody";
    for end in 0..whole.len() {
        assert_eq!(parse(&whole[..end]).unwrap(), None, "{end} bytes");
    }
    let response = parse(whole).unwrap().unwrap();
    assert_eq!((response.status, response.retry_after, response.closes), (503, Some(1), true));
    assert_eq!(response.body, b"body");
}

#[test]
fn what_is_no_answer_is_an_error() {
    let table: [&[u8]; 4] = [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
    ];
    for bytes in table {
        assert!(parse(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
    }
}
