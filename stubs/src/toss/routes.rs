//! The provider's paths.

use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::{Method, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use web::kst_time;

use super::control;
use super::reply::{self, HttpResponse};
use super::rules::{self, CancelBody};
use super::stub::{Stub, new_id};
use crate::server::Cut;

/// Longest `Idempotency-Key`.
const LONGEST_KEY: usize = 300;
/// Rows of a list, if not said otherwise, and at most.
const ROWS: (usize, usize) = (100, 5_000);

/// The body of a confirm.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfirmBody {
    payment_key: String,
    order_id: String,
    amount: i64,
}

/// Answers a call.
pub(crate) async fn answer(stub: &Arc<Stub>, request: Request<Bytes>) -> Result<HttpResponse, Cut> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    if let ["stub", rest @ ..] = parts.as_slice() {
        return Ok(control::answer(stub, &head.method, rest, head.uri.query().unwrap_or(""), &body).await);
    }
    if let (&Method::GET, ["livez" | "readyz"]) = (&head.method, parts.as_slice()) {
        return Ok(reply::ok(&json!({})));
    }
    if let Err(response) = admit(stub, &head.headers) {
        return Ok(*response);
    }
    let key = match idempotency(&head.headers, &head.method, &path) {
        Ok(key) => key,
        Err(response) => return Ok(*response),
    };
    match (&head.method, parts.as_slice()) {
        (&Method::POST, ["v1", "payments", "confirm"]) => {
            let Ok(body) = serde_json::from_slice::<ConfirmBody>(&body) else {
                return Ok(reply::no("INVALID_REQUEST"));
            };
            stub.change(body.payment_key.clone(), key, move |bill, books, now| {
                let otherwise = books.is_paid_otherwise(&body.order_id, &body.payment_key);
                rules::confirm(bill, &body.order_id, body.amount, otherwise, new_id("txa"), now)
            })
            .await
        }
        (&Method::POST, ["v1", "payments", payment, "cancel"]) => {
            let Ok(body) = serde_json::from_slice::<CancelBody>(&body) else {
                return Ok(reply::no("INVALID_REQUEST"));
            };
            stub.change((*payment).to_owned(), key, move |bill, _, now| rules::cancel(bill, &body, new_id("txc"), now))
                .await
        }
        (&Method::GET, ["v1", "payments", "orders", order]) => {
            stub.look(|books| books.of_order(order).map_or_else(not_found, |bill| reply::ok(&bill.shown()))).await
        }
        (&Method::GET, ["v1", "payments", payment]) => {
            stub.look(|books| books.bill(payment).map_or_else(not_found, |bill| reply::ok(&bill.shown()))).await
        }
        (&Method::GET, ["v1", "transactions"]) => transactions(stub, head.uri.query().unwrap_or("")).await,
        _ => Ok(reply::no("NOT_FOUND")),
    }
}

fn not_found() -> HttpResponse {
    reply::no("NOT_FOUND_PAYMENT")
}

/// Checks the key, and does what a test asks for.
fn admit(stub: &Stub, headers: &HeaderMap) -> Result<(), Box<HttpResponse>> {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match given {
        Some(given) if given == stub.authorization => {}
        Some(given) if given.starts_with("Basic ") => return Err(Box::new(reply::no("UNAUTHORIZED_KEY"))),
        _ => return Err(Box::new(reply::no("INCORRECT_BASIC_AUTH_FORMAT"))),
    }
    let forced = headers.get("tosspayments-test-code").and_then(|value| value.to_str().ok());
    match forced {
        Some(code) if stub.is_test_key => Err(Box::new(reply::no(code))),
        _ => Ok(()),
    }
}

/// What the provider recognises a repeat by: the key, the URL and the method, and not the body.
fn idempotency(headers: &HeaderMap, method: &Method, path: &str) -> Result<Option<String>, Box<HttpResponse>> {
    let Some(key) = headers.get("idempotency-key").filter(|_| *method == Method::POST) else { return Ok(None) };
    match key.to_str() {
        Ok(key) if key.len() <= LONGEST_KEY => Ok(Some(format!("{method} {path} {key}"))),
        _ => Err(Box::new(reply::no("INVALID_IDEMPOTENCY_KEY"))),
    }
}

async fn transactions(stub: &Arc<Stub>, query: &str) -> Result<HttpResponse, Cut> {
    let value = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(found, _)| *found == name).map(|(_, value)| value.replace("%3A", ":")).next_back()
    };
    let instant = |name: &str| value(name).as_deref().and_then(kst_time::parse);
    let (Some(from), Some(until)) = (instant("startDate"), instant("endDate")) else {
        return Ok(reply::no("INVALID_REQUEST"));
    };
    let limit = value("limit").and_then(|limit| limit.parse().ok()).unwrap_or(ROWS.0).clamp(1, ROWS.1);
    let after = value("startingAfter");
    stub.look(|books| {
        let all = books.transactions();
        let begin = after.and_then(|after| all.iter().position(|row| row.key == after)).map_or(0, |found| found + 1);
        let within = all.iter().skip(begin).filter(|row| (from..=until).contains(&row.at));
        let rows = within.take(limit).map(|row| {
            json!({
                "mId": "timesale-stub", "transactionKey": row.key, "paymentKey": row.bill.payment_key,
                "orderId": row.bill.order_id, "status": row.bill.status_word(), "amount": row.amount,
                "currency": "KRW", "transactionAt": kst_time::with_offset(row.at),
            })
        });
        reply::ok(&Value::Array(rows.collect()))
    })
    .await
}
