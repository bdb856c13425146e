//! The file is what the manifest and the types say. After a change of either: run with `TIMESALE_BLESS=1` and look at the diff.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::*;

fn manifest() -> Manifest {
    Manifest::embedded().unwrap()
}

#[test]
fn the_file_is_generated_from_the_topics_and_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("asyncapi.yaml");
    let expected = text(&manifest());
    if std::env::var_os("TIMESALE_BLESS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == expected,
        "{} is not what the topics and the types say",
        path.display()
    );
}

#[test]
fn the_yaml_says_what_the_document_says() {
    let read: Value = serde_saphyr::from_str(&text(&manifest())).unwrap();
    assert_eq!(read, document(&manifest()));
    let hard = json!({
        "yes": "no", "1": 1, "a: b": "- c", "": "", "x": [], "y": {}, "z": [[1, [2]], {"a": ["b", null, true, "true", "1"]}],
        "text": "line\nline \u{2028} \"quoted\" # none", "ünï": "한국", "~": "~", "*a": "&b",
    });
    let read: Value = serde_saphyr::from_str(&yaml::text(&hard)).unwrap();
    assert_eq!(read, hard, "{}", yaml::text(&hard));
}

/// Every reference in a value.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                assert_eq!(fields.len(), 1, "something stands beside {reference}");
                found.insert(reference.clone());
            }
            fields.values().for_each(|field| references(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_public_topic_is_there() {
    let document = document(&manifest());
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 50);
    for reference in &found {
        // No name has a slash or a tilde, which a pointer would have to escape.
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
    for (topic, spec) in manifest().topics {
        assert_eq!(document["channels"][&topic].is_object(), spec.value != "private", "{topic}");
    }
    let operations = document["operations"].as_object().unwrap();
    let lag = &operations["sinks.postgres.reads.coupons.events"];
    assert_eq!((&lag["action"], &lag["x-lag-slo-seconds"]), (&json!("receive"), &json!(5)));
    assert_eq!(operations["ingress.writes.coupons.inbox"]["action"], "send");
    assert_eq!(document["channels"]["coupons.events"]["x-personal-fields"][0], "/fact/coupon_granted/shopper");
    assert_eq!(
        document["channels"]["coupons.inbox"]["bindings"]["kafka"]["topicConfiguration"]["retention.ms"],
        1_209_600_000
    );
}

#[test]
fn a_name_of_a_schema_means_the_same_in_every_type() {
    let mut known: BTreeMap<String, Value> = BTreeMap::new();
    for name in schema::NAMES {
        let schema = schema::of(name).unwrap();
        let parts = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
        for (part, schema) in parts.into_iter().chain([(name.to_owned(), json!(name))]) {
            let former = known.insert(part.clone(), schema.clone());
            assert!(former.is_none_or(|former| former == schema), "{part} of {name}");
        }
    }
}
