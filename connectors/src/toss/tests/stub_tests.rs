//! The stub as the provider: what a client that is not ours would see.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::AUTHORIZATION;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use web::client::{Address, Cleartext, Client};

use super::fixture::*;
use crate::toss::{Metrics, Provider};

/// A raw call: status and body.
async fn call(fixture: &Fixture, method: Method, path: &str, headers: &[(&str, &str)], body: Value) -> (u16, Value) {
    let pool =
        Client::new(Address::parse(&fixture.base_url, Cleartext::Loopback).unwrap(), Duration::from_secs(1)).unwrap();
    let body = Bytes::from(body.to_string());
    let request = |_: &str| {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.header(AUTHORIZATION, key().authorization());
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        request.body(Full::new(body.clone())).ok()
    };
    let answer = pool.call(request, Duration::from_secs(5)).await.unwrap();
    (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap())
}

async fn post(fixture: &Fixture, path: &str, key: &str, body: Value) -> (u16, Value) {
    call(fixture, Method::POST, path, &[("idempotency-key", key)], body).await
}

fn confirm_body(payment: &events::ids::PaymentKey, order: &str, amount: i64) -> Value {
    json!({"paymentKey": payment, "orderId": order, "amount": amount})
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_without_the_key_are_refused() {
    let fixture = Fixture::new().await;
    for (authorization, status, code) in [
        ("", 403, "INCORRECT_BASIC_AUTH_FORMAT"),
        ("Bearer x", 403, "INCORRECT_BASIC_AUTH_FORMAT"),
        ("Basic dGVzdDo=", 401, "UNAUTHORIZED_KEY"),
    ] {
        let (found, body) =
            call(&fixture, Method::GET, "/v1/payments/x", &[("authorization", authorization)], Value::Null).await;
        assert_eq!((found, body["code"].as_str()), (status, Some(code)));
    }
    let (status, body) = call(&fixture, Method::GET, "/v1/payments/x", &[], Value::Null).await;
    assert_eq!((status, body["code"].as_str()), (404, Some("NOT_FOUND_PAYMENT")));
    let forced = [("tosspayments-test-code", "FDS_ERROR")];
    let (status, body) = call(&fixture, Method::GET, "/v1/payments/x", &forced, Value::Null).await;
    assert_eq!((status, body["code"].as_str()), (403, Some("FDS_ERROR")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_under_key_url_and_method_and_not_under_the_body() {
    let fixture = Fixture::new().await;
    let first = fixture.begin("order-000001", 1_000, json!({})).await;
    let second = fixture.begin("order-000002", 2_000, json!({})).await;
    let path = "/v1/payments/confirm";
    let (status, shown) = post(&fixture, path, "key-1", confirm_body(&first, "order-000001", 1_000)).await;
    assert_eq!((status, shown["status"].as_str()), (200, Some("DONE")));
    // The trap that shops have fallen into: another body under the same key is answered with the first answer.
    let (status, trap) = post(&fixture, path, "key-1", confirm_body(&second, "order-000002", 2_000)).await;
    assert_eq!((status, trap["paymentKey"].as_str()), (200, Some(first.as_str())));
    assert_eq!(fixture.row(&second).await.0, 0);
    // A no is kept as well.
    let wrong = confirm_body(&second, "order-000002", 1);
    assert_eq!(post(&fixture, path, "key-2", wrong).await.1["code"], "INVALID_REQUEST");
    let right = confirm_body(&second, "order-000002", 2_000);
    assert_eq!(post(&fixture, path, "key-2", right.clone()).await.1["code"], "INVALID_REQUEST");
    // The same key at another URL is another.
    let cancel = json!({"cancelReason": "x", "cancelAmount": 100});
    let (status, shown) = post(&fixture, &format!("/v1/payments/{first}/cancel"), "key-1", cancel).await;
    assert_eq!((status, shown["balanceAmount"].as_i64()), (200, Some(900)));
    let long = "k".repeat(301);
    assert_eq!(post(&fixture, path, &long, right.clone()).await.1["code"], "INVALID_IDEMPOTENCY_KEY");
    // After 15 days it is forgotten.
    fixture.control.advance(15 * 24 * 3_600_000).await.unwrap();
    assert_eq!(post(&fixture, path, "key-2", right).await.1["code"], "NOT_FOUND_PAYMENT_SESSION");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_call_under_a_key_does_not_wait() {
    let fixture = Fixture::new().await;
    let payment = fixture.begin("order-000001", 1_000, json!({})).await;
    fixture.faults(json!({"delay_ms": 300})).await;
    let body = confirm_body(&payment, "order-000001", 1_000);
    let confirm = || post(&fixture, "/v1/payments/confirm", "key-1", body.clone());
    let second = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        confirm().await
    };
    let ((first, _), (second, said)) = tokio::join!(confirm(), second);
    assert_eq!((first, second, said["code"].as_str()), (200, 409, Some("IDEMPOTENT_REQUEST_PROCESSING")));
    assert_eq!(confirm().await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_answered_is_forgotten_when_it_is_killed() {
    let mut fixture = Fixture::new().await;
    fixture.control.advance(1_000).await.unwrap();
    let path = "/v1/payments/confirm";
    let mut charged = Vec::new();
    for round in 0..4 {
        for number in 0..25 {
            let order = format!("order-{round:03}-{number:03}");
            let payment = fixture.begin(&order, 1_000, json!({})).await;
            let (status, shown) = post(&fixture, path, &order, confirm_body(&payment, &order, 1_000)).await;
            assert_eq!(status, 200);
            charged.push((order, payment, shown));
        }
        let (data, base_url) = fixture.kill().await;
        fixture = Fixture::over(data, base_url.trim_start_matches("http://"), None).await;
    }
    for (order, payment, shown) in &charged {
        let (status, again) = post(&fixture, path, order, confirm_body(payment, order, 1_000)).await;
        assert_eq!((status, &again), (200, shown), "the same answer under the same key");
        assert_eq!(fixture.row(payment).await.0, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn approvals_and_cancels_are_listed_page_by_page() {
    let fixture = Fixture::new().await;
    let executor = fixture.executor();
    for number in 0..5 {
        let order = format!("order-{number:06}");
        let payment = fixture.begin(&order, 1_000, json!({})).await;
        answer(&executor, &confirm(&order, &payment, 1_000, 0)).await;
        answer(&executor, &refund(&order, &payment, 1, 100, 1_000, 0)).await;
    }
    let metrics = Metrics::register(&prometheus::Registry::new()).unwrap();
    let provider = Provider::new(&config(&fixture.base_url), &key(), &metrics).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let at = |millis: i64| events::time::Timestamp::from_millis(i64::try_from(now).unwrap() + millis);
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = provider.transactions(at(-60_000), at(60_000), after.as_deref(), 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.transaction_key.clone());
        assert!(page.len() <= 3);
        rows.extend(page);
    }
    assert_eq!(rows.len(), 10);
    assert_eq!(rows.iter().map(|row| row.amount).sum::<i64>(), 5 * 900);
    assert!(provider.transactions(at(60_000), at(120_000), None, 100).await.unwrap().is_empty());
}

/// A shop's webhook route: refuses the first few of each, keeps what it has seen.
async fn shop(refused: u32) -> (String, Arc<Mutex<Vec<(String, String, Value)>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/webhooks/toss", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    tokio::spawn(async move {
        let counts: Arc<Mutex<BTreeMap<String, u32>>> = Arc::default();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (kept, counts) = (Arc::clone(&kept), Arc::clone(&counts));
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let (kept, counts) = (Arc::clone(&kept), Arc::clone(&counts));
                async move {
                    let header = |name: &str| request.headers()[name].to_str().unwrap().to_owned();
                    let id = header("tosspayments-webhook-transmission-id");
                    let retried = header("tosspayments-webhook-transmission-retried-count");
                    assert_eq!(request.uri().path(), "/v1/webhooks/toss");
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let body: Value = serde_json::from_slice(&body).unwrap();
                    let mut counts = counts.lock().unwrap();
                    let count = counts.entry(id.clone()).or_default();
                    *count += 1;
                    kept.lock().unwrap().push((id, retried, body));
                    let status = if *count <= refused { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
                    Ok::<_, std::convert::Infallible>(
                        Response::builder().status(status).body(Full::<Bytes>::default()).unwrap(),
                    )
                }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (url, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_come_until_they_are_taken_twice_and_out_of_order() {
    let (url, seen) = shop(2).await;
    let fixture = Fixture::over(Arc::new(tempfile::tempdir().unwrap()), "127.0.0.1:0", Some(url)).await;
    fixture.faults(json!({"webhook_duplicate_share": 0.5, "webhook_delay_ms": 60, "seed": 2})).await;
    let executor = fixture.executor();
    for number in 0..10 {
        let order = format!("order-{number:06}");
        let payment = fixture.begin(&order, 1_000, json!({"method": "virtual_account"})).await;
        answer(&executor, &confirm(&order, &payment, 1_000, 0)).await;
        let path = format!("/stub/payments/{payment}/deposit");
        fixture.control.call(Method::POST, &path, &json!({})).await.unwrap();
        answer(&executor, &with_account(refund(&order, &payment, 1, 100, 1_000, 0))).await;
    }
    // Waiting, done (both kinds), partly cancelled: four each, each at least three times.
    tokio::time::timeout(Duration::from_secs(30), async {
        let taken = |seen: &Vec<(String, String, Value)>| {
            let mut counts: BTreeMap<String, u32> = BTreeMap::new();
            seen.iter().for_each(|(id, ..)| *counts.entry(id.clone()).or_default() += 1);
            counts.len() == 40 && counts.values().all(|count| *count >= 3)
        };
        while !taken(&seen.lock().unwrap()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap_or_else(|_| panic!("{:#?}", seen.lock().unwrap()));
    let seen = seen.lock().unwrap();
    let mut first_sends: BTreeMap<&str, u32> = BTreeMap::new();
    seen.iter().filter(|(_, retried, _)| retried == "0").for_each(|(id, ..)| *first_sends.entry(id).or_default() += 1);
    assert!(first_sends.values().any(|count| *count == 2), "none came twice: {first_sends:?}");
    assert!(seen.iter().any(|(_, retried, _)| retried == "2"));
    let statuses = seen.iter().filter(|(.., body)| body["eventType"] == "PAYMENT_STATUS_CHANGED");
    let statuses: Vec<&str> = statuses.map(|(.., body)| body["data"]["status"].as_str().unwrap()).collect();
    assert!(statuses.contains(&"DONE") && statuses.contains(&"PARTIAL_CANCELED"), "{statuses:?}");
    let deposits: Vec<&Value> = seen.iter().map(|(.., body)| body).filter(|body| body["eventType"].is_null()).collect();
    assert!(deposits.iter().all(|body| body["secret"].is_string() && body["orderId"].is_string()));
    assert!(deposits.iter().any(|body| body["status"] == "WAITING_FOR_DEPOSIT"));
}
