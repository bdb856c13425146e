//! Whatever comes in: a documented 4xx, never a 5xx, never a record. The corpus is made of a few hundred bad parts put into every
//! place where they fit.

use serde_json::{Value, json};

use super::world::*;
use crate::routes::{Access, Body, Route, TABLE};

const KEY: &str = "0123456789abcdef";

fn path_of(route: &Route) -> String {
    route.template.replace("{campaign}", "sale").replace("{request}", "req_00000000000000000000000000000000")
}

/// A good request of a route, but for what the test changes.
fn good(route: &Route) -> Ask {
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

/// Texts that are not strict JSON.
fn not_json() -> Vec<Vec<u8>> {
    let deep =
        |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth)).into_bytes();
    let mut texts: Vec<Vec<u8>> = [
        "{",
        "}",
        "[",
        "{]",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1,}",
        "[1,]",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":1e}",
        "{\"a\":1e999}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-}",
        "{\"a\":0x1}",
        "{\"a\":tru}",
        "nul",
        "{}{}",
        "{} x",
        "{}\0",
        "\u{feff}{}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00x\"}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\0\"}",
        "/**/{}",
        "{}//",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":1,\"b\":1}}",
        "[{\"a\":1,\"\\u0061\":1}]",
        "{\"\":1,\"\":2}",
        " ",
        "\n",
        "\"",
        "\u{1}",
        "--1",
        "{\"a\"=1}",
        "{,}",
        "<a/>",
        "a=b",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    texts.extend([17, 64, 100].map(|depth| deep("[", "]", depth)));
    texts.extend([17, 60].map(|depth| deep("{\"a\":", "}", depth)));
    texts.push(deep("[", "", 120));
    texts.extend([
        b"\xff".to_vec(),
        b"{\"a\":\"\xff\"}".to_vec(),
        b"{\"a\":\"\xc0\xaf\"}".to_vec(),
        b"{\"\xed\xa0\x80\":1}".to_vec(),
    ]);
    texts
}

#[tokio::test]
async fn what_is_not_strict_json_is_refused() {
    let mut corpus = Vec::new();
    for route in TABLE.iter().filter(|route| route.body != Body::None) {
        for text in not_json() {
            let name = format!("{} {:.40}", route.name, String::from_utf8_lossy(&text));
            let asked = ask(route.method.as_str(), &path_of(route)).header("idempotency-key", KEY);
            let asked = if route.access == Access::Operator { asked.operator() } else { asked.shopper("kim") };
            corpus.push((name, asked.json(text)));
        }
        if route.body == Body::Terms {
            // The same faults inside otherwise good terms.
            let good = serde_json::to_string(&terms(10)).unwrap();
            for member in ["stock", "claim", "discount", "per_shopper"] {
                let twice = good.replacen('{', &format!("{{\"{member}\":1,"), 1);
                corpus.push((format!("{member} twice"), good_terms(&twice)));
            }
            for cut in 1..good.len() {
                corpus.push((format!("cut at {cut}"), good_terms(&good[..cut])));
            }
        }
    }
    let count = all_refused(corpus, |status, code| (status, code) == (400, "MALFORMED_JSON")).await;
    assert!(count > 500, "{count}");
}

fn good_terms(text: &str) -> Ask {
    ask("PUT", "/v1/campaigns/sale").operator().json(text)
}

#[tokio::test]
async fn what_is_json_but_not_terms_is_refused() {
    let mut corpus = Vec::new();
    let fine = serde_json::to_value(terms(10)).unwrap();
    let wrong: Vec<Value> = vec![
        json!(null),
        json!(true),
        json!("1"),
        json!(""),
        json!(-1),
        json!(-0.0),
        json!(0.5),
        json!(1e308),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(i64::MAX),
        json!([]),
        json!([1]),
        json!({}),
        json!({ "a": 1 }),
        json!("\u{202e}"),
        json!("' or 1=1 --"),
    ];
    let members: Vec<String> = fine.as_object().unwrap().keys().cloned().collect();
    for member in &members {
        for value in &wrong {
            let is_fine = matches!(
                (member.as_str(), value),
                ("minimum_spend", Value::Number(number)) if number.as_f64() == Some(0.0) && number.is_i64()
            );
            if !is_fine {
                let mut changed = fine.clone();
                changed[member] = value.clone();
                corpus.push((format!("{member} = {value}"), good_terms(&changed.to_string())));
            }
        }
    }
    for member in ["stock", "claim", "usable", "discount"] {
        let mut changed = fine.clone();
        changed.as_object_mut().unwrap().remove(member);
        corpus.push((format!("without {member}"), good_terms(&changed.to_string())));
    }
    for (member, value) in [
        ("stock", json!(0)),
        ("stock", json!(100_000_001)),
        ("stock", json!(4_294_967_296_u64)),
        ("per_shopper", json!(0)),
        ("per_shopper", json!(101)),
        ("per_shopper", json!(256)),
        ("minimum_spend", json!(-1)),
        ("minimum_spend", json!(1_000_000_000_001_i64)),
        ("platform_share", json!(10_001)),
        ("platform_share", json!(65_536)),
        ("budget", json!(0)),
        ("budget", json!(-5)),
        ("budget", json!(1.5)),
        ("discount", json!({ "fixed": { "amount": 0 } })),
        ("discount", json!({ "fixed": { "amount": -1 } })),
        ("discount", json!({ "fixed": { "amount": i64::MAX } })),
        ("discount", json!({ "fixed": { "amount": "1" } })),
        ("discount", json!({ "percent": { "share": 0 } })),
        ("discount", json!({ "percent": { "share": 10_001 } })),
        ("discount", json!({ "percent": { "share": 10, "cap": 0 } })),
        ("discount", json!({ "free": {} })),
        ("discount", json!({ "fixed": { "amount": 1 }, "percent": { "share": 1 } })),
        ("discount", json!({ "fixed": { "amount": 1, "x": 1 } })),
        ("claim", json!({ "from": 5, "until": 5 })),
        ("claim", json!({ "from": 5, "until": 4 })),
        ("claim", json!({ "from": -1, "until": 4 })),
        ("claim", json!({ "from": 0, "until": i64::MAX })),
        ("claim", json!({ "from": 0 })),
        ("claim", json!({ "from": 0, "until": 1, "x": 1 })),
        ("usable", json!({ "from": 0, "until": 1 })),
        ("eligibility", json!({ "segments": [] })),
        ("eligibility", json!({ "segments": ["a b"] })),
        ("eligibility", json!({ "segments": vec!["a"; 33] })),
        ("eligibility", json!("nobody")),
        ("restoration", json!("always")),
        ("restoration", json!({ "within_use_window": { "times": 0 } })),
        ("unknown", json!(1)),
        ("Stock", json!(1)),
        ("__proto__", json!({})),
    ] {
        let mut changed = fine.clone();
        changed[member] = value.clone();
        corpus.push((format!("{member} = {value}"), good_terms(&changed.to_string())));
    }
    for text in ["null", "true", "1", "\"a\"", "[]", "[{}]", "{}", "{\"terms\":{}}"] {
        corpus.push((text.to_owned(), good_terms(text)));
    }
    for route in TABLE.iter().filter(|route| route.body == Body::Empty) {
        for text in
            ["null", "true", "1", "\"a\"", "{\"a\":1}", "[1]", "{\"campaign\":\"other\"}", "{\"shopper\":\"lee\"}"]
        {
            corpus.push((format!("{} {text}", route.name), good(route).json(text)));
        }
    }
    let count = all_refused(corpus, |status, code| (status, code) == (422, "INVALID_FIELD")).await;
    assert!(count > 200, "{count}");
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
