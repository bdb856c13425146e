//! Tests of the test: books that agree hold, and each defect is found. And the client reads pages as the provider serves them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use events::time::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::books::StubCancel;
use super::{Books, ProviderError, ProviderSide, StubPayment, Transaction, compare};
use crate::ledgers::orders::OrderLedger;
use crate::verify::saga::fixture::{Fixture, fixture};

fn row(key: &str, payment: &str, order: &str, amount: i64) -> Transaction {
    Transaction { transaction_key: key.into(), payment_key: payment.into(), order_id: order.into(), amount }
}

fn stub(payment: &str, balance: i64, cancels: &[i64]) -> StubPayment {
    StubPayment {
        payment_key: payment.into(),
        total: 1_800,
        balance,
        charges: 1,
        cancels: cancels.iter().map(|amount| StubCancel { amount: *amount }).collect(),
    }
}

/// What the provider has for the fixture: the order's charge and its refund of one of two units.
fn transactions(fixture: &Fixture) -> Vec<Transaction> {
    let order = fixture.bought();
    vec![row("t1", "pay-1", order.as_str(), 1_800), row("t2", "pay-1", order.as_str(), -900)]
}

fn ledger(fixture: &Fixture) -> OrderLedger {
    let mut ledger = OrderLedger::new();
    fixture.orders.iter().for_each(|event| ledger.apply(event).unwrap());
    ledger
}

fn differ(rows: &[Transaction], stub: Vec<StubPayment>, orders: &OrderLedger) -> Option<String> {
    let mut books = Books::default();
    rows.iter().for_each(|row| books.take(row));
    books.take_ledger(stub);
    books.differ(orders)
}

#[test]
fn books_that_agree_hold() {
    let fixture = fixture();
    let (mut rows, ledger) = (transactions(&fixture), ledger(&fixture));
    assert_eq!(differ(&rows, vec![stub("pay-1", 900, &[900])], &ledger), None);
    // Charged for somebody who was answered no, and given back whole.
    let mut given_back = rows.clone();
    given_back.extend([
        row("t3", "pay-2", fixture.expired().as_str(), 900),
        row("t4", "pay-2", fixture.expired().as_str(), -900),
    ]);
    assert_eq!(differ(&given_back, Vec::new(), &ledger), None);
    // A virtual account that was closed before anybody paid into it.
    rows.push(row("t3", "pay-2", fixture.expired().as_str(), -900));
    assert_eq!(differ(&rows, Vec::new(), &ledger), None);
}

#[test]
fn each_defect_of_the_books_is_found() {
    type Defect = fn(&mut Vec<Transaction>, &mut Vec<StubPayment>, &Fixture);
    let table: [(&str, Defect); 9] = [
        ("charged twice", |rows, _, fixture| rows.push(row("t3", "pay-1", fixture.bought().as_str(), 1_800))),
        ("charged something else", |rows, _, _| rows[0].amount = 1_799),
        ("never charged", |rows, _, _| rows.clear()),
        ("a refund that the order does not know", |rows, _, fixture| {
            rows.push(row("t3", "pay-1", fixture.bought().as_str(), -900));
        }),
        ("a refund that the provider does not know", |rows, _, _| drop(rows.remove(1))),
        ("a charge that no order knows", |rows, _, _| rows.push(row("t3", "pay-9", "ord_0", 1_800))),
        ("a charge for an order that was given up", |rows, _, fixture| {
            rows.push(row("t3", "pay-2", fixture.expired().as_str(), 900));
        }),
        ("the stand-in has taken money twice", |_, stub, _| stub[0].charges = 2),
        ("the stand-in's balance does not add up", |_, stub, _| stub[0].cancels.clear()),
    ];
    let fixture = fixture();
    let ledger = ledger(&fixture);
    for (defect, apply) in table {
        let (mut rows, mut stubs) = (transactions(&fixture), vec![stub("pay-1", 900, &[900])]);
        apply(&mut rows, &mut stubs, &fixture);
        assert!(differ(&rows, stubs, &ledger).is_some(), "{defect} is not found");
    }
}

/// Answers calls one after the other, each on a connection of its own; answers what was asked.
async fn serve(listener: TcpListener, answers: Vec<(u16, String)>) -> Vec<String> {
    let mut asked = Vec::new();
    for (status, body) in answers {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        asked.push(String::from_utf8(request).unwrap());
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
    asked
}

#[tokio::test]
async fn every_page_is_read_with_the_key_and_the_stand_ins_ledger_beside_them() {
    let fixture = fixture();
    let order = fixture.bought();
    let page = |key: &str, amount: i64| {
        format!(
            "[{{\"mId\":\"x\",\"transactionKey\":\"{key}\",\"paymentKey\":\"pay-1\",\"orderId\":\"{order}\",\
             \"status\":\"DONE\",\"amount\":{amount}}}]"
        )
    };
    let ledger_text = format!(
        "{{\"payments\":[{{\"paymentKey\":\"pay-1\",\"orderId\":\"{order}\",\"status\":\"PARTIAL_CANCELED\",\"total\":1800,\
         \"balance\":900,\"charges\":1,\"cancels\":[{{\"transactionKey\":\"t2\",\"amount\":900}}]}}]}}"
    );
    let answers = [page("t1", 1_800), page("t2", -900), "[]".into(), ledger_text].map(|body| (200, body)).to_vec();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let side = ProviderSide { base_url, key: "test_sk_secret".into() };
    assert!(!format!("{side:?}").contains("secret"));
    let (rows, ledger) = (fixture.rows(), ledger(&fixture));
    let now = Timestamp::from_millis(1_790_000_000_000);
    let (found, asked) = tokio::join!(compare(&side, &rows, &ledger, now), serve(listener, answers));
    assert_eq!(found.unwrap(), (1, None));
    assert!(asked[0].starts_with("GET /v1/transactions?startDate=1970-01-01T08:59:01&endDate=2026-"), "{}", asked[0]);
    assert!(asked[1].contains("&startingAfter=t1 "), "{}", asked[1]);
    assert!(asked[2].contains("&startingAfter=t2 "), "{}", asked[2]);
    assert!(asked[3].starts_with("GET /stub/ledger "), "{}", asked[3]);
    // "test_sk_secret:" in Base64.
    assert!(asked.iter().all(|call| call.to_lowercase().contains("authorization: basic dgvzdf9za19zzwnyzxq6\r\n")));
}

#[tokio::test]
async fn a_provider_that_refuses_or_is_no_address_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let side = ProviderSide { base_url, key: "wrong".into() };
    let fixture = fixture();
    let (rows, ledger, now) = (fixture.rows(), ledger(&fixture), Timestamp::from_millis(0));
    let (found, _) = tokio::join!(compare(&side, &rows, &ledger, now), serve(listener, vec![(401, "{}".into())]));
    assert!(matches!(found, Err(ProviderError::Status(401))), "{found:?}");
    for bad in ["", "ftp://x", "https://", "http://:1", "http://a@b", "http://a:b", "http://a?b"] {
        let side = ProviderSide { base_url: bad.into(), ..side.clone() };
        assert!(matches!(compare(&side, &rows, &ledger, now).await, Err(ProviderError::Address)), "{bad}");
    }
}
