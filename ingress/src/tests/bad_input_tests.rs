//! Whatever comes in: a documented 4xx, never a 5xx, never a record. The corpus is made of a few hundred bad parts put into every
//! place where they fit.

use super::world::*;
use crate::routes::{Access, Body, Route, TABLE};

pub(super) const KEY: &str = "0123456789abcdef";

pub(super) fn path_of(route: &Route) -> String {
    route.template.replace("{campaign}", "sale").replace("{request}", "req_00000000000000000000000000000000")
}

/// A good request of a route, but for what the test changes.
pub(super) fn good(route: &Route) -> Ask {
    let asked = bare(route);
    match route.access {
        Access::Anybody => asked,
        Access::Operator => asked.operator(),
        Access::Shopper | Access::Caller => asked.shopper("kim"),
    }
}

pub(super) fn bare(route: &Route) -> Ask {
    let asked = ask(route.method.as_str(), &path_of(route)).header("idempotency-key", KEY);
    match route.body {
        Body::Terms => asked.json(serde_json::to_string(&terms(10)).unwrap()),
        Body::None | Body::Empty => asked,
    }
}

/// Sends everything, checks every answer, and that the log is as it was.
pub(super) async fn all_refused(corpus: Vec<(String, Ask)>, fits: impl Fn(u16, &str) -> bool) -> usize {
    let world = world();
    world.define("sale", 10);
    let count = corpus.len();
    for (name, ask) in corpus {
        let answer = world.send(ask).await;
        let (status, code) = (answer.status.as_u16(), answer.code());
        assert!((400..500).contains(&status), "{name}: {status}");
        assert!(fits(status, &code), "{name}: {status} {code} {}", String::from_utf8_lossy(&answer.bytes));
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{name}");
        let body = answer.json();
        for member in ["type", "title", "status", "code", "request_id", "retryable"] {
            assert!(!body[member].is_null(), "{name}: no {member}");
        }
        assert!(answer.header("x-request-id").is_some() && answer.header("traceparent").is_some(), "{name}");
    }
    assert_eq!(world.emitter.emitted().len(), 0, "nothing may have reached the log");
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
            let path = route.template.replace("{campaign}", id).replace("{request}", id);
            // A path that is no path at all does not get as far as the door.
            if path.parse::<warp::http::Uri>().is_err() {
                continue;
            }
            let asked = ask(route.method.as_str(), &path).header("idempotency-key", KEY);
            let asked = match route.access {
                Access::Operator => asked.operator(),
                _ => asked.shopper("kim"),
            };
            let asked =
                if route.body == Body::Terms { asked.json(serde_json::to_string(&terms(10)).unwrap()) } else { asked };
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
    for route in TABLE.iter().filter(|route| route.body != Body::None) {
        for key in &keys {
            let asked = ask(route.method.as_str(), &path_of(route)).header("idempotency-key", key);
            let asked = if route.access == Access::Operator { asked.operator() } else { asked.shopper("kim") };
            let asked =
                if route.body == Body::Terms { asked.json(serde_json::to_string(&terms(10)).unwrap()) } else { asked };
            corpus.push((format!("{} {}", route.name, String::from_utf8_lossy(key)), asked));
        }
        corpus.push(("twice".into(), good(route).header("idempotency-key", KEY)));
    }
    corpus.retain(|(name, _)| !name.is_empty());
    let count = all_refused(corpus, |status, code| (status, code) == (400, "IDEMPOTENCY_KEY_INVALID")).await;
    assert!(count > 100, "{count}");
    let missing = ask("POST", "/v1/campaigns/sale/claims").shopper("kim");
    all_refused(vec![("missing".into(), missing)], |status, code| (status, code) == (400, "IDEMPOTENCY_KEY_MISSING"))
        .await;
}

#[tokio::test]
async fn what_says_it_is_something_else_is_refused() {
    let mut corpus = Vec::new();
    for route in TABLE.iter().filter(|route| route.body != Body::None) {
        let start = || {
            let asked = ask(route.method.as_str(), &path_of(route)).header("idempotency-key", KEY);
            if route.access == Access::Operator { asked.operator() } else { asked.shopper("kim") }
        };
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
        let most = if route.body == Body::Terms { 16 * 1024 } else { 1024 };
        for size in [most + 1, most * 2, 4 * 1024 * 1024] {
            let padded = format!("{{{}}}", " ".repeat(size - 2));
            let asked = ask(route.method.as_str(), &path_of(route)).header("idempotency-key", KEY);
            let asked = if route.access == Access::Operator { asked.operator() } else { asked.shopper("kim") };
            corpus.push((format!("{} {size}", route.name), asked.json(padded)));
        }
    }
    all_refused(corpus, |status, code| (status, code) == (413, "BODY_TOO_LARGE")).await;
    let world = world();
    let fits = claim("kim", "sale", KEY).json(format!("{{{}}}", " ".repeat(1022)));
    world.define("sale", 10);
    assert_eq!(world.send(fits.header("prefer", "wait=0")).await.status, 202);
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
