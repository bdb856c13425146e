//! Bodies that are not strict JSON, and bodies that are JSON but not what the route asks for.

use serde_json::{Value, json};

use super::bad_input_tests::{all_refused, good, started};
use super::fixture::*;
use crate::routes::{Body, TABLE};

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
            corpus.push((name, started(route).json(text)));
        }
        if route.body == Body::CampaignTerms {
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
    let count = all_refused(corpus, |status, code| (status, code) == (422, "INVALID_FIELD")).await;
    assert!(count > 150, "{count}");
}

#[tokio::test]
async fn what_says_something_where_there_is_nothing_to_say_is_refused() {
    let mut corpus = Vec::new();
    for route in TABLE.iter().filter(|route| route.body == Body::Empty) {
        for text in [
            "null",
            "true",
            "1",
            "\"a\"",
            "{\"a\":1}",
            "[]",
            "[1]",
            "{\"campaign\":\"other\"}",
            "{\"shopper\":\"lee\"}",
        ] {
            corpus.push((format!("{} {text}", route.name), good(route).json(text)));
        }
    }
    let count = all_refused(corpus, |status, code| (status, code) == (422, "INVALID_FIELD")).await;
    assert!(count > 50, "{count}");
}
