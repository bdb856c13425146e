//! What the provider does not have: the shopper's browser, the clock, what goes wrong, and the ledger to compare with.

use std::sync::Arc;

use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::bill::Bill;
use super::faults::Faults;
use super::reply::{self, HttpResponse};
use super::rules::{self, Begin};
use super::stub::{Stub, new_id};
use super::wal::Entry;

/// Moves the clock.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    advance_ms: i64,
}

/// One payment to begin, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Begins {
    One(Begin),
    Several(Vec<Begin>),
}

/// Answers a call of whoever runs the stub. No key is needed: it listens on this machine only.
pub(crate) async fn answer(stub: &Arc<Stub>, method: &Method, path: &[&str], query: &str, body: &[u8]) -> HttpResponse {
    let done = match (method, path) {
        (&Method::POST, ["payments"]) => begin(stub, body).await,
        (&Method::POST, ["payments", payment, "deposit"]) => deposit(stub, payment).await,
        (&Method::POST, ["faults"]) => serde_json::from_slice::<Faults>(body).ok().map(|faults| {
            stub.dice.set(faults);
            json!({})
        }),
        (&Method::POST, ["clock"]) => advance(stub, body).await,
        (&Method::GET, ["ledger"]) => ledger(stub, query).await,
        _ => return reply::no("NOT_FOUND"),
    };
    done.map_or_else(|| reply::no("INVALID_REQUEST"), |value| reply::ok(&value))
}

/// The shopper authenticates.
async fn begin(stub: &Arc<Stub>, body: &[u8]) -> Option<Value> {
    let (begins, is_one) = match serde_json::from_slice(body).ok()? {
        Begins::One(begin) => (vec![begin], true),
        Begins::Several(begins) => (begins, false),
    };
    let now = stub.books().now();
    let new = |begin| rules::begin(begin, new_id("tsp"), new_id("ps"), now);
    let bills = begins.into_iter().map(new).collect::<Option<Vec<Bill>>>()?;
    let shown: Vec<Value> = bills.iter().map(|bill| json!({"paymentKey": bill.payment_key})).collect();
    let entries = bills.into_iter().map(|bill| Entry { bill: Some(bill), ..Entry::default() }).collect();
    stub.write(|_| (entries, ())).await?;
    if is_one { shown.into_iter().next() } else { Some(Value::Array(shown)) }
}

/// The shopper transfers.
async fn deposit(stub: &Arc<Stub>, payment: &str) -> Option<Value> {
    stub.write(|books| {
        let bill = books.bill(payment).and_then(|bill| rules::deposit(&bill, books.now()));
        let shown = bill.as_ref().map(row);
        (bill.map(|bill| Entry { bill: Some(bill), ..Entry::default() }).into_iter().collect(), shown)
    })
    .await?
}

/// Payments by their keys: all of them, or so many after one.
async fn ledger(stub: &Arc<Stub>, query: &str) -> Option<Value> {
    let value = |name: &str| query.split('&').filter_map(|pair| pair.split_once('=')).find(|(found, _)| *found == name);
    let after = value("startingAfter").map(|(_, key)| key.to_owned());
    let limit = match value("limit") {
        Some((_, limit)) => limit.parse().ok()?,
        None => usize::MAX,
    };
    stub.sweep().await;
    stub.read(|books| {
        let rows = books.bills_after(after.as_deref()).take(limit).map(|bill| row(bill));
        json!({"payments": rows.collect::<Vec<_>>()})
    })
    .await
}

async fn advance(stub: &Arc<Stub>, body: &[u8]) -> Option<Value> {
    let Clock { advance_ms } = serde_json::from_slice(body).ok()?;
    let now = stub
        .write(|books| {
            let ahead_ms = books.ahead_ms().saturating_add(advance_ms.max(0));
            (
                vec![Entry { ahead_ms: Some(ahead_ms), ..Entry::default() }],
                books.now().saturating_add(advance_ms.max(0)),
            )
        })
        .await?;
    stub.sweep().await;
    Some(json!({"now_ms": now}))
}

fn row(bill: &Bill) -> Value {
    let cancels =
        bill.cancels.iter().map(|cancel| json!({"transactionKey": cancel.transaction, "amount": cancel.amount}));
    json!({
        "paymentKey": bill.payment_key, "orderId": bill.order_id, "status": bill.status_word(), "total": bill.total,
        "balance": bill.balance, "charges": bill.charges, "cancels": cancels.collect::<Vec<_>>(),
    })
}
