//! Policies that would lose somebody money, days that are none, queries that ask for something else than they seem to.

use serde_json::{Value, json};

use super::bad_input_tests::{KEY, all_refused, good_body, started};
use super::fixture::*;
use crate::routes::{Body, Route, TABLE};

fn put() -> &'static Route {
    TABLE.iter().find(|route| route.name == "put_seller").unwrap()
}

#[tokio::test]
async fn policies_that_break_a_rule_are_refused_with_the_field() {
    let good: Value = serde_json::from_str(&good_body(Body::SellerPolicy).unwrap()).unwrap();
    let rule = |fee: Value| json!([{ "applies_to": "seller", "fee": fee }]);
    let twice = |what: Value| {
        json!([{ "applies_to": what, "fee": { "rate": 1 } }, { "applies_to": "seller", "fee": { "rate": 1 } },
            { "applies_to": what, "fee": { "rate": 2 } }])
    };
    let many: Value = (0..257)
        .map(|number| json!({ "applies_to": { "product": format!("s{number}") }, "fee": { "rate": 1 } }))
        .collect();
    let daily = |days: Value| json!({ "daily": { "business_days": days } });
    let weekly = |share: i64, days: i64| json!({ "weekly": { "first_share": share, "weekday": "tuesday", "reserve_after_days": days } });
    let of_rules: [(&str, Value, &str); 21] = [
        ("time_zone", json!("Asia/Atlantis"), "/time_zone"),
        ("time_zone", json!("asia/seoul"), "/time_zone"),
        ("time_zone", json!("KST"), "/time_zone"),
        ("time_zone", json!("+09:00"), "/time_zone"),
        ("time_zone", json!("../../etc/localtime"), "/time_zone"),
        ("time_zone", json!(""), "/time_zone"),
        ("commission", rule(json!({ "rate": 10_001 })), "/commission/fee/rate"),
        ("commission", rule(json!({ "rate": 65_535 })), "/commission/fee/rate"),
        ("commission", rule(json!({ "fixed": -1 })), "/commission/fee/fixed"),
        ("commission", rule(json!({ "fixed": 1_000_000_000_001_i64 })), "/commission/fee/fixed"),
        ("commission", json!([{ "applies_to": "seller", "fee": { "rate": 1 }, "minimum": -1 }]), "/commission/minimum"),
        ("commission", twice(json!({ "product": "tea" })), "/commission/applies_to"),
        ("commission", twice(json!({ "category": "food" })), "/commission/applies_to"),
        ("commission", twice(json!("seller")), "/commission/applies_to"),
        ("commission", many, "/commission"),
        ("grace_ms", json!(-1), "/grace_ms"),
        ("grace_ms", json!(604_800_001), "/grace_ms"),
        ("pay_out", daily(json!(91)), "/pay_out/daily/business_days"),
        ("pay_out", weekly(0, 14), "/pay_out/weekly/first_share"),
        ("pay_out", weekly(10_001, 14), "/pay_out/weekly/first_share"),
        ("pay_out", weekly(7_000, 91), "/pay_out/weekly/reserve_after_days"),
    ];
    let fixture = fixture();
    for (member, value, pointer) in of_rules {
        let mut policy = good.clone();
        policy[member] = value.clone();
        let answer = fixture.send(started(put()).json(policy.to_string())).await;
        let told = (answer.status.as_u16(), answer.code());
        assert_eq!(told, (422, "INVALID_FIELD".to_owned()), "{member} = {value:.60}");
        assert_eq!(answer.json()["pointer"], pointer, "{member} = {value:.60}");
    }
    assert_eq!(fixture.emitter.emitted().len(), 0);
}

#[tokio::test]
async fn what_is_json_but_no_policy_is_refused() {
    let good: Value = serde_json::from_str(&good_body(Body::SellerPolicy).unwrap()).unwrap();
    let bad = [
        ("basis", vec![json!("returned"), json!("Paid"), json!(1), json!(null)]),
        (
            "effective_from",
            vec![json!("2026-02-30"), json!("23.11.2026"), json!("2026-1-1"), json!(20_000), json!("today")],
        ),
        ("vat", vec![json!("10%"), json!(10), json!(true)]),
        ("time_zone", vec![json!(9), json!(null), json!({})]),
        ("grace_ms", vec![json!("600000"), json!(1.5), json!(1e30)]),
        (
            "pay_out",
            vec![
                json!("daily"),
                json!({}),
                json!({ "daily": {} }),
                json!({ "daily": { "business_days": -1 } }),
                json!({ "daily": { "business_days": 1, "weekday": "monday" } }),
                json!({ "daily": { "business_days": 1 }, "monthly": { "business_days": 15 } }),
                json!({ "weekly": { "first_share": 7_000, "weekday": "moonday", "reserve_after_days": 14 } }),
                json!({ "yearly": { "business_days": 1 } }),
            ],
        ),
        (
            "commission",
            vec![
                json!({}),
                json!([[]]),
                json!([{ "applies_to": "everything", "fee": { "rate": 1 } }]),
                json!([{ "applies_to": { "product": "a b" }, "fee": { "rate": 1 } }]),
                json!([{ "applies_to": { "product": "a", "category": "b" }, "fee": { "rate": 1 } }]),
                json!([{ "applies_to": "seller", "fee": { "rate": 1, "fixed": 1 } }]),
                json!([{ "applies_to": "seller", "fee": { "rate": 0.1 } }]),
                json!([{ "applies_to": "seller", "fee": { "rate": -1 } }]),
                json!([{ "applies_to": "seller", "fee": { "rate": 65_536 } }]),
                json!([{ "applies_to": "seller", "fee": { "rate": "10%" } }]),
                json!([{ "applies_to": "seller" }]),
                json!([{ "fee": { "rate": 1 } }]),
            ],
        ),
        ("effective_to", vec![json!("2026-12-31")]),
        ("__proto__", vec![json!({})]),
    ];
    let mut corpus = Vec::new();
    for (member, values) in bad {
        for value in values {
            let mut policy = good.clone();
            policy[member] = value.clone();
            corpus.push((format!("{member} = {value:.60}"), started(put()).json(policy.to_string())));
        }
    }
    let text = good_body(Body::SellerPolicy).unwrap();
    let count = all_refused(corpus, |status, code| (status, code) == (422, "INVALID_FIELD")).await;
    assert!(count > 35, "{count}");
    let mut corpus: Vec<_> =
        (1..text.len()).map(|cut| (format!("cut at {cut}"), started(put()).json(&text[..cut]))).collect();
    corpus.push(("twice".into(), started(put()).json(text.replacen('{', "{\"basis\":\"paid\",", 1))));
    all_refused(corpus, |status, code| (status, code) == (400, "MALFORMED_JSON")).await;
}

#[tokio::test]
async fn days_that_are_none_cannot_be_closed() {
    let days = [
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-1-1",
        "20261123",
        "1969-12-31",
        "10000-01-01",
        "today",
        "2026-11-23T00:00",
        "-2026-11-23",
        "2026-11-2a",
        "%e2%91%a0026-11-23",
        "2026-11-23%20",
        "2026-11-23%00",
    ];
    let asked = |day: &str| {
        ask("POST", &format!("/v1/sellers/teahouse/days/{day}/close")).operator().header("idempotency-key", KEY)
    };
    let corpus = days.iter().map(|day| ((*day).to_owned(), asked(day))).collect();
    all_refused(corpus, |status, code| (status, code) == (400, "INVALID_ID")).await;
}

#[tokio::test]
async fn queries_that_ask_for_something_else_than_they_seem_to_are_refused() {
    let bad = [
        "sellers=cups",
        "Seller=cups",
        "seller",
        "seller=",
        "seller=a%20b",
        "seller=cups&seller=teahouse",
        "seller=*",
        "seller=' or 1=1 --",
        "seller=cups;from=2026-11-01",
        "from=2026-02-30",
        "from=yesterday",
        "from=",
        "to=2026-11-31",
        "to=99999-01-01",
        "from=2026-11-24&to=2026-11-23",
        "from=2026-11-23&from=2026-11-23",
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=1.5",
        "limit=all",
        "limit=",
        "limit=99999999999",
        "after=",
        "after=cups",
        "after=cups.2026-11-23.1.2",
        "after=a%20b.2026-11-23",
        "after=cups.2026-11-32",
        "after=.2026-11-23",
        "format=csv",
        "offset=10",
        "page=2",
        "=",
        "%00=1",
        "seller[]=cups",
        "__proto__=1",
    ];
    let mut corpus = Vec::new();
    for path in ["/v1/settlements", "/v1/settlements/lines"] {
        for query in bad {
            let path = format!("{path}?{}", query.replace(' ', "%20"));
            corpus.push((path.clone(), ask("GET", &path).operator()));
        }
    }
    // What one list has named is no place in the other.
    corpus.push(("days".into(), ask("GET", "/v1/settlements?after=cups.2026-11-23.1").operator()));
    corpus.push(("lines".into(), ask("GET", "/v1/settlements/lines?after=cups.2026-11-23").operator()));
    corpus.push(("lines".into(), ask("GET", "/v1/settlements/lines?after=cups.2026-11-23.-1").operator()));
    let count = all_refused(corpus, |status, code| (status, code) == (400, "INVALID_PARAMETER")).await;
    assert!(count > 70, "{count}");
}

#[tokio::test]
async fn a_place_in_anothers_rows_shows_a_seller_its_own() {
    let fixture = fixture();
    fixture.accounts.put("cups", "2026-11-22", crate::reads::DayStatus::Closed);
    fixture.accounts.put("teahouse", "2026-11-22", crate::reads::DayStatus::Closed);
    for after in ["cups.2026-11-21", "aaa.2026-11-21", "zzz.2026-11-21"] {
        let answer = fixture.send(ask("GET", &format!("/v1/settlements?after={after}")).seller("teahouse")).await;
        let rows = answer.json()["settlements"].as_array().unwrap().clone();
        assert!(rows.iter().all(|row| row["seller"] == "teahouse"), "{after}: {rows:?}");
    }
}

#[tokio::test]
async fn tokens_that_name_a_seller_in_a_bad_way_are_none() {
    let mut corpus = Vec::new();
    for named in
        [json!("a b"), json!(""), json!(1), json!(["teahouse"]), json!({}), json!("a".repeat(65)), json!("../x")]
    {
        let mut changed = claims("someone", &["seller"]);
        changed["seller"] = named.clone();
        let token = signed(&changed, SECRET, jsonwebtoken::Algorithm::HS256);
        corpus.push((named.to_string(), ask("GET", "/v1/settlements").bearer(&token)));
    }
    all_refused(corpus, |status, code| (status, code) == (401, "TOKEN_INVALID")).await;
}
