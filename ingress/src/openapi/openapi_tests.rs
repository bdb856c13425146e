//! The document is whole. (That it says what the routes do is shown in `tests/routes_tests.rs`.)
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use serde_json::Value;

use super::document;

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn it_is_an_openapi_3_1_document() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    for member in ["title", "version"] {
        assert!(document["info"][member].is_string());
    }
    let fields = document["components"]["schemas"]["CampaignTerms"]["properties"].as_object().unwrap();
    assert!(fields.values().all(|field| field["description"].is_string()), "a field's comment is its description");
}
