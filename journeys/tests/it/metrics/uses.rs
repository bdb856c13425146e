//! What dashboards, rules and scripts ask for is in the contract, and what the contract lists is asked for somewhere or says why not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Contract, Kind, contract, root};

/// Beginnings of our names.
const PREFIXES: [&str; 5] = ["kafka_", "streams_", "http_", "process_", "timesale_"];
/// Where names of metrics may stand, beside rules and dashboards.
const TEXTS: [&str; 4] = ["README.md", "ARCHITECTURE.md", "BENCHMARKS.md", "scripts/bench/price"];

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    found.retain(|path| path.to_string_lossy().ends_with(ending));
    found.sort();
    found
}

/// Every text under a key that holds a query.
fn queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                match field {
                    Value::String(text) if matches!(key.as_str(), "expr" | "query" | "definition") => {
                        found.push(text.clone());
                    }
                    field => queries(field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| queries(item, found)),
        _ => {}
    }
}

/// Names of metrics in a text, without those of recorded series, which have a colon.
fn names(text: &str) -> BTreeSet<String> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '_' | ':'))
        .filter(|word| !word.contains(':') && PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
        .map(str::to_owned)
        .collect()
}

/// The family that a query names; a histogram is asked for by its parts.
fn family<'a>(contract: &'a Contract, name: &str) -> Option<&'a str> {
    let parts = ["_bucket", "_sum", "_count"].into_iter().filter_map(|part| name.strip_suffix(part));
    let whole = contract.families.get_key_value(name);
    let of_part = parts.filter_map(|stem| contract.families.get_key_value(stem));
    whole
        .into_iter()
        .chain(of_part.filter(|(_, family)| family.kind == Kind::Histogram))
        .map(|(name, _)| name.as_str())
        .next()
}

/// The names that each rule file and dashboard asks for.
fn asked() -> BTreeMap<String, BTreeSet<String>> {
    let mut asked = BTreeMap::new();
    let mut note = |path: &Path, value: &Value| {
        let mut found = Vec::new();
        queries(value, &mut found);
        let path = path.strip_prefix(root()).expect("inside").to_string_lossy().into_owned();
        asked.insert(path, found.iter().flat_map(|query| names(query)).collect());
    };
    for path in files("ops/prometheus/rules", ".rules.yml") {
        let text = fs::read_to_string(&path).expect("a text file");
        let value: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        note(&path, &value);
    }
    for path in files("ops/grafana/dashboards", ".json") {
        let text = fs::read_to_string(&path).expect("a text file");
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        note(&path, &value);
    }
    asked
}

#[test]
fn dashboards_and_rules_ask_for_nothing_that_does_not_exist() {
    let contract = contract();
    for (path, names) in asked() {
        for name in names {
            assert!(family(&contract, &name).is_some(), "{path} asks for {name}, which ops/metrics.yaml does not list");
        }
    }
}

#[test]
fn pages_and_scripts_name_only_what_exists() {
    let contract = contract();
    for path in TEXTS {
        let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        // A name that ends in an underscore stands for several; a path is none.
        for name in names(&text).into_iter().filter(|name| !name.ends_with('_')) {
            assert!(family(&contract, &name).is_some(), "{path} names {name}, which ops/metrics.yaml does not list");
        }
    }
}

#[test]
fn every_family_is_asked_for_or_says_why_not() {
    let contract = contract();
    let asked = asked();
    let used: BTreeSet<&str> = asked.values().flatten().filter_map(|name| family(&contract, name)).collect();
    for (name, family) in &contract.families {
        let (is_used, says_not) = (used.contains(name.as_str()), family.unused.is_some());
        assert!(is_used || says_not, "no panel and no alert uses {name}: use it, or say why not (`unused`)");
        assert!(!(is_used && says_not), "{name} is used: take away its `unused`");
    }
}

#[test]
fn names_are_found_in_queries() {
    let query = r#"histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{route="x"}[5m]))) / timesale:lag:max"#;
    assert_eq!(names(query), BTreeSet::from(["http_request_duration_seconds_bucket".to_owned()]));
    let contract = contract();
    assert_eq!(family(&contract, "http_request_duration_seconds_bucket"), Some("http_request_duration_seconds"));
    assert_eq!(family(&contract, "http_connections_count"), None, "no histogram");
}
