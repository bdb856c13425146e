//! Whatever comes in: a documented 4xx, never a 5xx, never a record. The corpus is made of a few hundred bad parts put into every
//! place where they fit.

use super::fixture::*;
use crate::routes::{Access, Body, Key, Route, TABLE};

/// A policy that uses every member.
const POLICY: &str = r#"{"effective_from":"2026-12-01","basis":"delivered","time_zone":"Asia/Seoul","commission":[
    {"applies_to":{"product":"tea"},"fee":{"fixed":500}},{"applies_to":{"category":"food"},"fee":{"rate":800},"minimum":100},
    {"applies_to":"seller","fee":{"rate":1000}}],"vat":"added","pay_out":{"weekly":{"first_share":7000,"weekday":"tuesday",
    "reserve_after_days":14}},"grace_ms":600000}"#;

pub(super) const KEY: &str = "0123456789abcdef";

pub(super) fn path_of(route: &Route) -> String {
    path_with(route.template, "sale", "req_00000000000000000000000000000000", "ord_00000000000000000000000000000000")
}

/// A template's path: campaigns, products and sellers share what is good for all of them.
pub(super) fn path_with(template: &str, text: &str, request: &str, order: &str) -> String {
    let path =
        template.replace("{campaign}", text).replace("{sku}", text).replace("{seller}", text).replace("{source}", text);
    let path = path.replace("{day}", if text == "sale" { "2026-11-23" } else { text });
    path.replace("{request}", request).replace("{order}", order)
}

/// A body that its route would take.
pub(super) fn good_body(body: Body) -> Option<String> {
    Some(match body {
        Body::None | Body::Empty => return None,
        Body::CampaignTerms => serde_json::to_string(&terms(10)).unwrap(),
        Body::ProductTerms => serde_json::to_string(&product_terms()).unwrap(),
        Body::StockChange => r#"{"change":10}"#.into(),
        Body::Placement => r#"{"lines":[{"sku":"tea","quantity":2}],"quoted":20000}"#.into(),
        Body::Payment => r#"{"payment_key":"tviva1","amount":20000}"#.into(),
        Body::Cancellation => r#"{"lines":[{"sku":"tea","quantity":1}]}"#.into(),
        Body::Refund => r#"{"cause":"faulty","goods":"gone"}"#.into(),
        Body::Webhook => webhook("ord_00000000000000000000000000000000", "DONE"),
        Body::SellerPolicy => POLICY.into(),
        Body::Offer => r#"{"price":9900,"seen_at":1,"fresh_ms":30000,"until":2}"#.into(),
    })
}

/// Who may call a route, calls it, without a body.
pub(super) fn started(route: &Route) -> Ask {
    called(route, ask(route.method.as_str(), &path_of(route)).header("idempotency-key", KEY))
}

fn called(route: &Route, asked: Ask) -> Ask {
    match route.access {
        Access::Anybody | Access::Provider => asked,
        Access::Operator | Access::SellerOrOperator => asked.operator(),
        Access::Shopper | Access::Caller | Access::Either => asked.shopper("kim"),
    }
}

/// A good request of a route, but for what the test changes.
pub(super) fn good(route: &Route) -> Ask {
    called(route, bare(route))
}

pub(super) fn bare(route: &Route) -> Ask {
    let asked = ask(route.method.as_str(), &path_of(route)).header("idempotency-key", KEY);
    match good_body(route.body) {
        Some(body) => asked.json(body),
        None => asked,
    }
}

/// Sends everything, checks every answer, and that the log is as it was.
pub(super) async fn all_refused(corpus: Vec<(String, Ask)>, fits: impl Fn(u16, &str) -> bool) -> usize {
    let fixture = fixture();
    fixture.define("sale", 10);
    let count = corpus.len();
    for (name, ask) in corpus {
        let answer = fixture.send(ask).await;
        let (status, code) = (answer.status.as_u16(), answer.code());
        assert!((400..500).contains(&status), "{name}: {status}");
        assert!(fits(status, &code), "{name}: {status} {code} {}", String::from_utf8_lossy(&answer.bytes));
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{name}");
        let body = answer.json();
        for member in ["type", "title", "status", "code", "request_id", "retryable"] {
            assert!(!body[member].is_null(), "{name}: no {member}");
        }
        assert!(answer.header("x-request-id").is_some(), "{name}");
    }
    assert_eq!(fixture.emitter.emitted().len(), 0, "nothing may have reached the log");
    count
}

#[tokio::test]
async fn every_bad_id_is_refused() {
    let long = "a".repeat(10 * 1024);
    let ids = [
        "%2e%2e%2f",
        "..%2f",
        "%00",
        "a%00",
        "a%20b",
        "a%0ab",
        "sale%3b",
        "*",
        "sal*",
        "a.b",
        "~",
        "a+b",
        "a:b",
        "{sale}",
        "a;b",
        "a,b",
        "a'b",
        "a%22b",
        "%ef%bc%8e",
        "%e2%80%ae",
        "s%D0%B0le",
        "$%7bjndi%7d",
        "a|b",
        "a@b",
        "a=b",
        "a&b",
        "%",
        "%zz",
        &"a".repeat(65),
        &long,
    ];
    let mut corpus = Vec::new();
    for route in TABLE.iter().filter(|route| route.template.contains('{')) {
        for id in ids {
            let path = path_with(route.template, id, id, id);
            // A path that is no path at all does not get as far as ingress.
            if path.parse::<warp::http::Uri>().is_err() {
                continue;
            }
            let asked = called(route, ask(route.method.as_str(), &path).header("idempotency-key", KEY));
            let asked = match good_body(route.body) {
                Some(body) => asked.json(body),
                None => asked,
            };
            corpus.push((format!("{} {id:.20}", route.name), asked));
        }
    }
    for id in [
        "req_",
        "req_0",
        "req_0000000000000000000000000000000G",
        "REQ_00000000000000000000000000000000",
        "req_0000000000000000000000000000000A",
        "req_000000000000000000000000000000000",
        "cpn_00000000000000000000000000000000",
        "req_+0000000000000000000000000000000",
    ] {
        corpus.push((id.to_owned(), ask("GET", &format!("/v1/requests/{id}")).shopper("kim")));
    }
    for id in [
        "ord_",
        "ord_0",
        "order-1",
        "ord_0000000000000000000000000000000G",
        "ORD_00000000000000000000000000000000",
        "ord_0000000000000000000000000000000A",
        "ord_000000000000000000000000000000000",
        "req_00000000000000000000000000000000",
    ] {
        corpus.push((id.to_owned(), ask("GET", &format!("/v1/orders/{id}")).shopper("kim")));
    }
    let count = all_refused(corpus, |status, code| (status, code) == (400, "INVALID_ID")).await;
    assert!(count > 150, "{count}");
}

#[tokio::test]
async fn every_bad_key_is_refused() {
    let keys: Vec<Vec<u8>> = [
        "",
        "a",
        "0123456789abcde",
        "\"0123456789abcde\"",
        "\"\"",
        "\"0123456789abcdef",
        "0123456789abcdef\"",
        "0123456789abcde f",
        "0123456789abcdef,0123456789abcdef",
        "0123456789abcdef;a=b",
        "../../etc/passwd-0123",
        "0123456789abcdef%00",
        "'0123456789abcdef'",
        "\"\"0123456789abcdef\"\"",
        ":MDEyMzQ1Njc4OWFiY2RlZg==:",
        "0123456789abcde\u{e9}",
        "*0123456789abcdef",
    ]
    .iter()
    .map(|key| key.as_bytes().to_vec())
    .chain([vec![b'a'; 129], vec![b'a'; 4096], b"0123456789abcdef\xff\xfe".to_vec()])
    .collect();
    let mut corpus = Vec::new();
    for route in TABLE.iter().filter(|route| route.key != Key::Unread) {
        for key in &keys {
            let asked = called(route, ask(route.method.as_str(), &path_of(route)).header("idempotency-key", key));
            let asked = match good_body(route.body) {
                Some(body) => asked.json(body),
                None => asked,
            };
            corpus.push((format!("{} {}", route.name, String::from_utf8_lossy(key)), asked));
        }
        corpus.push(("twice".into(), good(route).header("idempotency-key", KEY)));
    }
    corpus.retain(|(name, _)| !name.is_empty());
    let count = all_refused(corpus, |status, code| (status, code) == (400, "IDEMPOTENCY_KEY_INVALID")).await;
    assert!(count > 100, "{count}");
    let required = TABLE.iter().filter(|route| route.key == Key::Required);
    let missing = required.map(|route| {
        let asked = called(route, ask(route.method.as_str(), &path_of(route)));
        (route.name.to_owned(), asked.json(good_body(route.body).unwrap_or_else(|| "{}".into())))
    });
    let count = all_refused(missing.collect(), |status, code| (status, code) == (400, "IDEMPOTENCY_KEY_MISSING")).await;
    assert_eq!(count, 10);
}

#[tokio::test]
async fn what_says_it_is_something_else_is_refused() {
    let mut corpus = Vec::new();
    for route in TABLE.iter().filter(|route| route.body != Body::None) {
        let start = || started(route);
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/xml",
            "application/jsonp",
            "",
            "json",
            "application/json; charset=utf-16",
            "application/json;charset=latin1",
            "*/*",
        ] {
            corpus
                .push((format!("{} {media_type}", route.name), start().header("content-type", media_type).body("{}")));
        }
        corpus.push(("no media type".into(), start().body("{}")));
        corpus.push(("encoded".into(), start().header("content-encoding", "gzip").json("{}")));
        corpus.push(("two media types".into(), start().header("content-type", "application/json").json("{}")));
    }
    all_refused(corpus, |status, _| status == 415).await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_at_its_first_byte_too_many() {
    let mut corpus = Vec::new();
    for route in TABLE.iter().filter(|route| route.body != Body::None) {
        let most = route.body.most();
        for size in [most + 1, most * 2, 4 * 1024 * 1024] {
            let padded = format!("{{{}}}", " ".repeat(size - 2));
            corpus.push((format!("{} {size}", route.name), started(route).json(padded)));
        }
    }
    all_refused(corpus, |status, code| (status, code) == (413, "BODY_TOO_LARGE")).await;
    let fixture = fixture();
    let fits = claim("kim", "sale", KEY).json(format!("{{{}}}", " ".repeat(1022)));
    fixture.define("sale", 10);
    assert_eq!(fixture.send(fits.header("prefer", "wait=0")).await.status, 202);
}

#[tokio::test]
async fn bodies_without_a_length_are_refused() {
    let corpus = TABLE
        .iter()
        .flat_map(|route| {
            ["chunked", "identity", "gzip, chunked", "xchunked"]
                .map(|coding| (format!("{} {coding}", route.name), good(route).header("transfer-encoding", coding)))
        })
        .collect();
    all_refused(corpus, |status, code| (status, code) == (411, "LENGTH_REQUIRED")).await;
    let corpus = TABLE
        .iter()
        .map(|route| (route.name.to_owned(), good(route).header("host", "a").header("host", "b")))
        .collect();
    all_refused(corpus, |status, code| (status, code) == (400, "BAD_REQUEST")).await;
}
