//! What leaves a mask: never a personal text, whatever shape the value has.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use events::manifest::Manifest;

use super::*;

const CANARY: &str = "kim-9f1c";

fn mask(pii: &[&str], mode: MaskMode, key: Option<&str>) -> Mask {
    let key = key.map(MaskKey::of_secret);
    let names = names(&pii.iter().map(|pointer| (*pointer).to_owned()).collect::<Vec<_>>());
    Mask { fields: Pointers::new(pii.iter().copied()).unwrap(), names, mode, key, ..Mask::none() }
}

fn masked(mask: &Mask, value: &str) -> String {
    mask.value(value.as_bytes()).map_or("(none)".to_owned(), |value| String::from_utf8(value.into_owned()).unwrap())
}

#[test]
fn personal_fields_are_replaced_and_nothing_else_changes() {
    let redact = mask(&["/a/shopper", "/account"], MaskMode::Redact, None);
    let table = [
        (r#"{"a":{"shopper":"kim-9f1c","b": 1.50}}"#, r#"{"a":{"shopper":"redacted","b": 1.50}}"#),
        (r#"{ "account" : {"n":["kim-9f1c"]} }"#, r#"{ "account" : "redacted" }"#),
        (r#"{"a":{"\u0073hopper":"kim-9f1c"}}"#, r#"{"a":{"\u0073hopper":"redacted"}}"#),
        (r#"{"account":"kim-9f1c","account":"kim-9f1c"}"#, r#"{"account":"redacted","account":"redacted"}"#),
        (r#"{"a":"kim-9f1c"}"#, r#"{"a":"redacted"}"#),
        (r#"{"a":[{"shopper":"kim-9f1c"}]}"#, r#"{"a":"redacted"}"#),
        (r#"{"a":null,"account":null}"#, r#"{"a":null,"account":null}"#),
        (r#"{"b":1}"#, r#"{"b":1}"#),
        (r#""kim-9f1c""#, r#""redacted""#),
        (r#"["kim-9f1c"]"#, r#""redacted""#),
        (r#"{"account":"kim-9f1c""#, r#""redacted""#),
        ("kim-9f1c", r#""redacted""#),
        ("", r#""redacted""#),
    ];
    for (value, expected) in table {
        let shown = masked(&redact, value);
        assert_eq!(shown, expected, "{value}");
        assert!(!shown.contains(CANARY));
    }
    assert_eq!(redact.value(&[0xff, b'"']).as_deref(), Some(&b"\"redacted\""[..]));
}

#[test]
fn a_field_that_is_called_as_a_personal_one_is_personal_wherever_it_stands() {
    let redact = mask(&["/a/shopper", "/b/shopper", "/account"], MaskMode::Redact, None);
    let table = [
        (r#"{"shopper":"kim-9f1c"}"#, r#""redacted""#),
        (r#"{"a":{"shopper":"kim-9f1c"},"new":{"shopper":"kim-9f1c"}}"#, r#""redacted""#),
        (r#"{"new":[{"account":"kim-9f1c"}],"account":null}"#, r#""redacted""#),
        (r#"{"a":{"shopper":"x"},"b":{"shopper":"y"}}"#, r#"{"a":{"shopper":"redacted"},"b":{"shopper":"redacted"}}"#),
        (r#"{"account":{"shopper":"kim-9f1c"}}"#, r#"{"account":"redacted"}"#),
        (r#"{"a":{"shopper":null}}"#, r#"{"a":{"shopper":null}}"#),
        // A value that reads like the name is no field: `by` says who confirmed a purchase.
        (r#"{"by":"shopper","a":{"shopper":"shopper"}}"#, r#"{"by":"shopper","a":{"shopper":"redacted"}}"#),
        (r#"{"by":"shopper","new":{"shopper" : "kim-9f1c"}}"#, r#""redacted""#),
    ];
    for (value, expected) in table {
        assert_eq!(masked(&redact, value), expected, "{value}");
    }
}

#[test]
fn a_field_that_is_left_out_leaves_json() {
    let left_out = mask(&["/a", "/b"], MaskMode::Drop, None);
    let table = [
        (r#"{"a":1,"c":2}"#, r#"{"c":2}"#),
        (r#"{"c":2,"a":1}"#, r#"{"c":2}"#),
        (r#"{"c":2, "a" : 1 , "b":3}"#, r#"{"c":2}"#),
        (r#"{"a":1,"b":3,"c":2}"#, r#"{"c":2}"#),
        (r#"{"c":",\":","a":"x\\\"","d":1}"#, r#"{"c":",\":","d":1}"#),
        (r#"{"a":1}"#, "{}"),
        (r#"{"a":1,"b":3}"#, "{}"),
        ("garbage", "(none)"),
    ];
    for (value, expected) in table {
        let shown = masked(&left_out, value);
        assert!(shown == "(none)" || serde_json::from_str::<serde_json::Value>(&shown).is_ok(), "{shown}");
        assert_eq!(shown.replace(' ', ""), expected, "{value}");
    }
}

#[test]
fn a_hash_joins_topics_keys_and_escapes() {
    let hash = mask(&["/a"], MaskMode::Hash, Some("an installation's secret"));
    let keys = Mask { is_key_personal: true, ..hash.clone() };
    let of_value = masked(&hash, r#"{"a":"kim-9f1c"}"#);
    let of_escaped = masked(&hash, r#"{"a":"\u006bim-9f1c"}"#);
    let of_key = String::from_utf8(keys.key(CANARY.as_bytes()).unwrap().into_owned()).unwrap();
    assert_eq!(of_value, of_escaped);
    assert_eq!(of_value, format!(r#"{{"a":"{of_key}"}}"#));
    assert_eq!(of_key.len(), DIGITS);
    assert_ne!(masked(&hash, r#"{"a":"lee"}"#), of_value);
    let elsewhere = mask(&["/a"], MaskMode::Hash, Some("another installation's secret"));
    assert_ne!(masked(&elsewhere, r#"{"a":"kim-9f1c"}"#), of_value);
    let without_secret = mask(&["/a"], MaskMode::Hash, None);
    assert_eq!(masked(&without_secret, r#"{"a":"kim-9f1c"}"#), r#"{"a":"redacted"}"#);
}

#[test]
fn what_nobody_declared_is_personal_as_a_whole() {
    let manifest = Manifest::embedded().unwrap();
    let unknown = Mask::of_topic(&manifest, "somebody.elses", MaskMode::Redact, None);
    assert_eq!(masked(&unknown, r#"{"a":1}"#), r#""redacted""#);
    assert!(unknown.is_key_personal() && unknown.are_headers_personal() && unknown.touches(&[]));
    assert_eq!(unknown.header(b"x").as_deref(), Some(&b"redacted"[..]));
    let known = Mask::of_topic(&manifest, events::topics::INVENTORY_EVENTS.name(), MaskMode::Redact, None);
    assert_eq!(masked(&known, "anything"), "anything");
    assert_eq!(known.key(b"sku").as_deref(), Some(&b"sku"[..]));
}
