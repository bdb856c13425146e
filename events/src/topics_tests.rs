//! Handles and `topics.yaml` name the same topics, and `topics.yaml` says the truth about what they carry.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::NAMES;
use crate::manifest::Manifest;
use crate::{samples, schema};

#[test]
fn the_manifest_and_the_handles_name_the_same_topics() {
    let manifest = Manifest::embedded().unwrap();
    let named: BTreeSet<&str> = manifest.topics.keys().map(String::as_str).collect();
    assert_eq!(named, BTreeSet::from(NAMES));
}

#[test]
fn every_value_is_private_or_has_a_schema() {
    for (name, topic) in Manifest::embedded().unwrap().topics {
        assert!(topic.value == "private" || schema::of(&topic.value).is_some(), "{name} carries {}", topic.value);
    }
}

/// JSON pointers of everything that names a shopper, or an account of one.
fn shoppers(value: &Value, pointer: &str, found: &mut BTreeSet<String>) {
    if let Value::Object(fields) = value {
        for (name, field) in fields {
            let pointer = format!("{pointer}/{name}");
            if matches!(name.as_str(), "shopper" | "account" | "virtual_account") {
                found.insert(pointer.clone());
            }
            shoppers(field, &pointer, found);
        }
    }
}

fn json<T: Serialize>(samples: &[T]) -> Vec<Value> {
    samples.iter().map(|sample| serde_json::to_value(sample).unwrap()).collect()
}

#[test]
fn every_field_that_names_a_shopper_is_marked_as_personal() {
    let values = |name: &str| -> Vec<Value> {
        match name {
            "CouponCommand" => json(&samples::coupons::commands()),
            "CouponEvent" => json(&samples::coupons::events()),
            "InventoryCommand" => json(&samples::inventory::commands()),
            "InventoryEvent" => json(&samples::inventory::events()),
            "OrderCommand" => json(&samples::orders::commands()),
            "OrderEvent" => json(&samples::orders::events()),
            "PaymentCommand" => json(&samples::payments::commands()),
            "PaymentEvent" => json(&samples::payments::events()),
            "SettlementCommand" => json(&samples::settlement::commands()),
            "SettlementEvent" => json(&samples::settlement::events()),
            "PriceCommand" => json(&samples::prices::commands()),
            "BestPrice" => json(&samples::prices::best()),
            "Reply" => json(&samples::replies()),
            other => unreachable!("{other} has no samples"),
        }
    };
    for (name, topic) in Manifest::embedded().unwrap().topics {
        // What is personal as a whole needs no marks inside.
        if topic.pii == ["/"] {
            continue;
        }
        let mut found = BTreeSet::new();
        values(&topic.value).iter().for_each(|value| shoppers(value, "", &mut found));
        assert_eq!(found, topic.pii.into_iter().collect(), "{name}");
    }
}
