//! Orders and products as nobody should write them: a documented 4xx, never a record.

use serde_json::{Value, json};

use super::bad_input_tests::{KEY, all_refused, good_body, path_of, started};
use super::fixture::*;
use crate::routes::{Body, Route, TABLE};

fn routes() -> impl Iterator<Item = &'static Route> {
    let kinds =
        [Body::ProductTerms, Body::StockChange, Body::Placement, Body::Payment, Body::Cancellation, Body::Refund];
    TABLE.iter().filter(move |route| kinds.contains(&route.body))
}

fn of(body: Body) -> &'static Route {
    routes().find(|route| route.body == body).unwrap()
}

fn lines(lines: Value) -> Value {
    json!({ "lines": lines })
}

#[tokio::test]
async fn lines_that_no_order_can_have_are_refused() {
    let unit = |quantity: Value| json!([{ "sku": "tea", "quantity": quantity }]);
    let many = |count: usize| (0..count).map(|number| json!({ "sku": format!("s{number}"), "quantity": 1 })).collect();
    let bad: Vec<Value> = vec![
        json!([]),
        json!(null),
        json!({}),
        json!("tea"),
        json!([[]]),
        json!([{}]),
        json!([{ "sku": "tea" }]),
        json!([{ "quantity": 1 }]),
        json!([{ "sku": "tea", "quantity": 1, "price": 1 }]),
        unit(json!(0)),
        unit(json!(-1)),
        unit(json!(1_001)),
        unit(json!(1.5)),
        unit(json!("1")),
        unit(json!(null)),
        unit(json!(4_294_967_296_u64)),
        unit(json!(u64::MAX)),
        unit(json!(1e308)),
        json!([{ "sku": "", "quantity": 1 }]),
        json!([{ "sku": "a b", "quantity": 1 }]),
        json!([{ "sku": "a".repeat(65), "quantity": 1 }]),
        json!([{ "sku": "녹차", "quantity": 1 }]),
        json!([{ "sku": "' or 1=1 --", "quantity": 1 }]),
        // Repeated lines are added up, and the sum is what counts.
        json!([{ "sku": "tea", "quantity": 600 }, { "sku": "cup", "quantity": 1 }, { "sku": "tea", "quantity": 401 }]),
        json!([{ "sku": "tea", "quantity": 1 }, { "sku": "tea", "quantity": u32::MAX }]),
        json!([{ "sku": "tea", "quantity": 1 }, { "sku": "tea", "quantity": 0 }]),
        Value::Array(many(51)),
    ];
    let mut corpus = Vec::new();
    for body in [Body::Placement, Body::Cancellation, Body::Refund] {
        for bad in &bad {
            // Of a cancellation no list is all units; an empty list is not.
            if bad.is_null() && body != Body::Placement {
                continue;
            }
            let mut whole: Value = serde_json::from_str(&good_body(body).unwrap()).unwrap();
            whole["lines"] = bad.clone();
            corpus.push((format!("{body:?} {bad}"), started(of(body)).json(whole.to_string())));
        }
    }
    corpus.push(("no lines".into(), started(of(Body::Placement)).json("{}")));
    let count = all_refused(corpus, |status, code| (status, code) == (422, "INVALID_FIELD")).await;
    assert!(count > 75, "{count}");
    // The most that is allowed is allowed.
    let fixture = fixture();
    for (place, good) in [json!([{ "sku": "tea", "quantity": 1_000 }]), Value::Array(many(50))].into_iter().enumerate()
    {
        let asked = ask("POST", "/v1/orders").shopper("kim").header("idempotency-key", format!("{KEY}-{place}"));
        let answer = fixture.send(asked.header("prefer", "wait=0").json(lines(good).to_string())).await;
        assert_eq!(answer.status, 202);
    }
}

#[tokio::test]
async fn what_is_json_but_not_what_the_route_asks_for_is_refused() {
    let mut corpus = Vec::new();
    let mut add = |body: Body, member: &str, value: Value| {
        let mut whole: Value = serde_json::from_str(&good_body(body).unwrap()).unwrap();
        whole[member] = value.clone();
        corpus.push((format!("{body:?} {member} = {value:.60}"), started(of(body)).json(whole.to_string())));
    };
    for route in routes() {
        add(route.body, "unknown", json!(1));
        add(route.body, "__proto__", json!({}));
    }
    let not_money =
        [json!(-1), json!(1_000_000_000_001_i64), json!(1.5), json!("1"), json!([]), json!(1e30), json!(true)];
    for value in not_money {
        add(Body::Placement, "quoted", value.clone());
        add(Body::Payment, "amount", value.clone());
        add(Body::ProductTerms, "list_price", value);
    }
    add(Body::Payment, "amount", json!(null));
    for value in
        [json!(""), json!("a b"), json!("a".repeat(201)), json!(1), json!(null), json!("../x"), json!("k\u{e9}")]
    {
        add(Body::Payment, "payment_key", value);
    }
    for value in [json!("1"), json!(1.5), json!(null), json!(i128::from(i64::MAX) + 1), json!([]), json!(1e40)] {
        add(Body::StockChange, "change", value);
    }
    let coupon = "cpn_0123456789abcdef0123456789abcdef";
    for value in [
        json!({}),
        json!({ "campaign": "sale" }),
        json!({ "coupon": coupon }),
        json!({ "campaign": "a b", "coupon": coupon }),
        json!({ "campaign": "sale", "coupon": "cpn_1" }),
        json!({ "campaign": "sale", "coupon": coupon, "discount": 1 }),
        json!(coupon),
    ] {
        add(Body::Placement, "coupon", value);
    }
    for cause in ["cancelled", "not_shipped", "stock_lost", "paid_late", "", "Faulty", "other"] {
        add(Body::Refund, "cause", json!(cause));
    }
    for goods in [json!("back"), json!(""), json!(null), json!(1)] {
        add(Body::Refund, "goods", goods);
    }
    let account =
        |bank: &str, number: &str, holder: &str| json!({ "bank": bank, "account_number": number, "holder": holder });
    for value in [
        account("", "1", "a"),
        account("2000", "1", "a"),
        account("20", "", "a"),
        account("20", "1-2", "a"),
        account("20", &"1".repeat(21), "a"),
        account("20", "1", ""),
        account("20", "1", &"a".repeat(61)),
        account("20", "1", "a\nb"),
        json!({ "bank": "20", "account_number": "1" }),
        json!("20"),
    ] {
        add(Body::Cancellation, "account", value.clone());
        add(Body::Refund, "account", value);
    }
    for (member, value) in [
        ("name", json!("")),
        ("name", json!("a".repeat(201))),
        ("name", json!("a\u{0}b")),
        ("seller", json!("a b")),
        ("sale", json!({ "price": 20_001, "window": { "from": 1, "until": 2 } })),
        ("sale", json!({ "price": 1, "window": { "from": 2, "until": 2 } })),
        ("low_stock", json!(-1)),
        ("supply_price", json!(-1)),
    ] {
        add(Body::ProductTerms, member, value);
    }
    for route in routes() {
        for text in ["null", "true", "1", "\"a\"", "[]", "[{}]"] {
            corpus.push((format!("{} {text}", route.name), started(route).json(text)));
        }
    }
    let count = all_refused(corpus, |status, code| (status, code) == (422, "INVALID_FIELD")).await;
    assert!(count > 100, "{count}");
}

#[tokio::test]
async fn members_named_twice_and_texts_cut_off_are_refused() {
    let mut corpus = Vec::new();
    for route in routes() {
        let good = good_body(route.body).unwrap();
        let whole: Value = serde_json::from_str(&good).unwrap();
        for member in whole.as_object().unwrap().keys() {
            let twice = good.replacen('{', &format!("{{\"{member}\":1,"), 1);
            corpus.push((format!("{} {member} twice", route.name), started(route).json(twice)));
        }
        for cut in (1..good.len()).filter(|cut| good.is_char_boundary(*cut)) {
            corpus.push((format!("{} cut at {cut}", route.name), started(route).json(&good[..cut])));
        }
        let mut broken = good.clone().into_bytes();
        broken.insert(good.len() - 1, 0xff);
        corpus.push((format!("{} not UTF-8", route.name), started(route).json(broken)));
    }
    let count = all_refused(corpus, |status, code| (status, code) == (400, "MALFORMED_JSON")).await;
    assert!(count > 200, "{count}");
}

#[tokio::test]
async fn a_body_that_must_be_there_must_be_there() {
    let required = TABLE.iter().filter(|route| route.body.is_required());
    let corpus = required
        .map(|route| {
            let asked = ask(route.method.as_str(), &path_of(route)).header("idempotency-key", KEY);
            let asked = match route.access {
                crate::routes::Access::Operator => asked.operator(),
                _ => asked.shopper("kim"),
            };
            (route.name.to_owned(), asked.header("content-type", "application/json"))
        })
        .collect();
    all_refused(corpus, |status, code| (status, code) == (400, "MALFORMED_JSON")).await;
}
