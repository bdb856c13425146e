//! Expressions on records: what they say, what they may ask, and what bounds them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::time::Duration;

use bytes::Bytes;
use streams::kafka::tap::{KeptRecord, TimeKind};
use streams::record::Record;

use super::*;

fn record(value: Option<&str>) -> KeptRecord {
    let record = Record {
        topic: "orders.events".into(),
        partition: 3,
        offset: 17,
        timestamp: 1_000,
        key: Some(Bytes::from_static(b"o-1")),
        value: value.map(|value| Bytes::copy_from_slice(value.as_bytes())),
        headers: vec![("event-type".into(), "order_paid".into()), ("n".into(), "1".into()), ("n".into(), "2".into())],
    };
    KeptRecord { record, time: TimeKind::Create }
}

fn judged(expression: &str, value: Option<&str>) -> Verdict {
    judge(&mut Condition::compile(expression).unwrap(), value)
}

fn judge(condition: &mut Condition, value: Option<&str>) -> Verdict {
    let kept = record(value);
    let view = kept.view();
    condition.judge(&view, view.key.unwrap_or_default())
}

const VALUE: &str = r#"{"amount":12,"big":18446744073709551615,"rate":1.5,"lines":[{"sku":"tea","units":2},{"sku":"cup","units":1}],
    "fact":{"paid":{"by":"card"}},"none":null,"a.b":1,"name":"kim"}"#;

#[test]
fn an_expression_is_true_false_or_cannot_be_judged() {
    let table = [
        ("value.amount > 10", Some(true)),
        ("value.amount == 12 && event == 'order_paid'", Some(true)),
        ("value.amount > 12", Some(false)),
        ("value.rate * 2.0 == 3.0", Some(true)),
        ("value.big > 1u", Some(true)),
        ("value.fact.paid.by == 'card'", Some(true)),
        ("value['fact']['paid'].by.startsWith('ca')", Some(true)),
        ("value['a.b'] == 1", Some(true)),
        ("has(value.fact.paid)", Some(true)),
        ("has(value.fact.failed)", Some(false)),
        ("value.none == null", Some(true)),
        ("value.lines.exists(line, line.sku == 'cup' && line.units == 1)", Some(true)),
        ("value.lines.all(line, line.units > 1)", Some(false)),
        ("value.lines[0].sku == 'tea'", Some(true)),
        ("size(value.lines) == 2", Some(true)),
        ("value.name.matches('^k.m$')", Some(true)),
        ("partition == 3 && offset >= 17 && timestamp < 2000 && topic.endsWith('.events')", Some(true)),
        ("key == 'o-1' && headers['n'] == '2'", Some(true)),
        ("value.missing == 1", None),
        ("value.fact.failed.by == 'card'", None),
        ("value.amount", None),
        ("value.amount == 12 || value.missing == 1", Some(true)),
        ("value.lines[7].sku == 'tea'", None),
    ];
    for (expression, expected) in table {
        let found = match judged(expression, Some(VALUE)) {
            Verdict::Match => Some(true),
            Verdict::NoMatch => Some(false),
            Verdict::NotJudged(_) => None,
        };
        assert_eq!(found, expected, "{expression}");
    }
    assert_eq!(judged("value == null", None), Verdict::Match, "a tombstone");
    assert!(matches!(judged("value.amount > 1", Some("garbage")), Verdict::NotJudged(_)));
    assert!(matches!(judged("value.amount > 1", Some("[1,2]")), Verdict::NotJudged(_)));
}

#[test]
fn why_a_record_is_not_judged_does_not_show_what_stands_in_it() {
    for expression in ["value.name > 1", "value.name.x == 1", "value.name + 1 == 2", "value.missing == value.name"] {
        let Verdict::NotJudged(reason) = judged(expression, Some(VALUE)) else { continue };
        assert!(!reason.contains("kim"), "{expression}: {reason}");
    }
}

#[test]
fn the_paths_that_an_expression_names_are_known() {
    let paths = |text: &str| -> Vec<String> {
        Condition::compile(text).unwrap().paths().iter().map(|path| format!("/{}", path.join("/"))).collect()
    };
    assert_eq!(paths("value.a.b > 1 && value.c == 'x'"), ["/a/b", "/c"]);
    assert_eq!(paths("has(value.a.b)"), ["/a/b"]);
    assert_eq!(paths("value.lines.exists(line, line.sku == value.sku)"), ["/lines", "/sku"]);
    assert_eq!(paths("value['a'][key] == 1"), ["/a"]);
    assert_eq!(paths("size(value) > 1"), ["/"]);
    assert_eq!(paths("[value].exists(x, x.a == 1)"), ["/"]);
    assert_eq!(paths("{'a': value.b}['a'] == 1"), ["/b"]);
    assert_eq!(paths("partition == 1"), Vec::<String>::new());
    assert!(Condition::compile("key == 'a'").unwrap().asks_key());
    assert!(Condition::compile("event == 'a'").unwrap().asks_headers());
}

#[test]
fn expressions_are_bounded() {
    let long = format!("key == '{}'", "a".repeat(2_000));
    assert!(matches!(Condition::compile(&long), Err(ConditionError::Long(_))));
    let two = "value.a.all(x, x.b.all(y, y == 1))";
    assert!(Condition::compile(two).is_ok());
    let three = "value.a.all(x, x.b.all(y, y.c.all(z, z == 1)))";
    assert!(matches!(Condition::compile(three), Err(ConditionError::Nested(3))));
    for wrong in ["", "value.", "value.a ==", "1 +", "shopper == 'kim'", "foo.bar == 1", "(((", "'unclosed"] {
        assert!(Condition::compile(wrong).is_err(), "{wrong}");
    }
    let nested = format!("{}true{}", "(".repeat(500), ")".repeat(500));
    assert!(Condition::compile(&nested).is_err() || nested.len() > 1_024 || Condition::compile(&nested).is_ok());
}

#[test]
fn where_the_machine_is_shared_macros_go_through_little() {
    let bounded = |text: &str, value: &str| {
        let mut condition = Condition::compile(text).unwrap();
        condition.bound().map(|()| judge(&mut condition, Some(value)))
    };
    let list = |elements: usize| format!("[{}]", vec!["1"; elements].join(","));
    let (short, long) = (list(100), list(101));
    assert_eq!(bounded(&format!("{short}.all(x, x == 1)"), VALUE), Ok(Verdict::Match));
    assert_eq!(bounded(&format!("{long}.all(x, x == 1)"), VALUE), Err(ConditionError::Costly(101)));
    assert_eq!(bounded(&format!("size({long}) == 101"), VALUE), Ok(Verdict::Match), "no macro");
    let value = |elements: usize| format!("{{\"a\":{}}}", list(elements));
    assert_eq!(bounded("value.a.all(x, x == 1)", &value(499)), Ok(Verdict::Match));
    for (text, value) in [
        ("value.a.all(x, x == 1)", value(500)),
        ("value.map(x, value) == []", value(501)),
        ("value.exists(x, x == 'a')", format!("{{\"a\":\"{}\"}}", "x".repeat(64 * 500))),
    ] {
        assert!(matches!(bounded(text, &value), Ok(Verdict::NotJudged(_))), "{text}");
    }
    assert_eq!(bounded("size(value.a) == 501", &value(501)), Ok(Verdict::Match), "no macro");
}

#[test]
fn a_costly_expression_ends() {
    let ones = vec!["1"; 150].join(",");
    let costly = format!("[{ones}].all(x, [{ones}].all(y, x == y))");
    let began = std::time::Instant::now();
    assert_eq!(judged(&costly, Some(VALUE)), Verdict::Match);
    assert!(began.elapsed() < Duration::from_secs(60), "it ends");
}
