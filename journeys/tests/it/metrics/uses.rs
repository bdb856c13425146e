//! What dashboards, rules and scripts ask for is in the contract, and what the contract lists is asked for somewhere or says why not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Contract, Kind, contract, root};

/// Beginnings of our names.
const PREFIXES: [&str; 5] = ["kafka_", "streams_", "http_", "process_", "timesale_"];
/// What Prometheus itself adds.
const OF_PROMETHEUS: [&str; 1] = ["up"];
/// Where names of metrics may stand, beside rules and dashboards.
const TEXTS: [&str; 6] = [
    "README.md",
    "ARCHITECTURE.md",
    "BENCHMARKS.md",
    "scripts/bench/price",
    "console/src/page/index.html",
    "console/src/page/detail.mjs",
];

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    found.retain(|path| path.to_string_lossy().ends_with(ending));
    found.sort();
    found
}

/// The series that every query below a value names, and those that its rules record.
fn read(value: &Value, asked: &mut BTreeSet<String>, recorded: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                match (key.as_str(), field) {
                    ("expr", Value::String(text)) => asked.extend(series(text)),
                    // A variable's values: a function of Grafana, which takes the name of a label too.
                    ("query" | "definition", Value::String(text)) => asked.extend(names(text)),
                    ("record", Value::String(name)) => drop(recorded.insert(name.clone())),
                    (_, field) => read(field, asked, recorded),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| read(item, asked, recorded)),
        _ => {}
    }
}

/// The words and parentheses of a query: without quoted text, matchers and ranges, of which no word is the name of a series.
fn tokens(query: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), query);
    while let Some(first) = rest.chars().next() {
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | ':' | '.');
        let end = |text: &str, closes: char| text.find(closes).map_or(text.len(), |at| at + closes.len_utf8());
        let taken = match first {
            '"' | '\'' => 1 + end(rest.get(1..).unwrap_or_default(), first),
            '{' => end(rest, '}'),
            '[' => end(rest, ']'),
            letter if is_word(letter) => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
            other => other.len_utf8(),
        };
        let (token, after) = rest.split_at(taken);
        if matches!(first, '(' | ')') || first.is_ascii_alphabetic() || matches!(first, '_' | ':') {
            found.push(token);
        }
        rest = after;
    }
    found
}

/// The series that a query names, as PromQL is read: words that are no operator, no function and no label.
fn series(query: &str) -> BTreeSet<String> {
    const LISTS: [&str; 6] = ["by", "group_left", "group_right", "ignoring", "on", "without"];
    const OPERATORS: [&str; 7] = ["and", "bool", "inf", "nan", "offset", "or", "unless"];
    let (mut found, mut is_label) = (BTreeSet::new(), false);
    let tokens = tokens(query);
    for (place, token) in tokens.iter().enumerate() {
        let next = tokens.get(place + 1).copied().unwrap_or_default();
        let (is_called, is_sum) = (next == "(", matches!(next, "by" | "without"));
        match *token {
            ")" => is_label = false,
            list if LISTS.contains(&list) => is_label = is_called,
            "(" => {}
            word if is_label || is_called || is_sum || OPERATORS.contains(&word.to_ascii_lowercase().as_str()) => {}
            word => drop(found.insert(word.to_owned())),
        }
    }
    found
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

/// The names that each rule file and dashboard asks for, without recorded series, which must be recorded.
fn asked() -> BTreeMap<String, BTreeSet<String>> {
    let (mut asked, mut recorded) = (BTreeMap::new(), OF_PROMETHEUS.map(str::to_owned).into());
    let mut note = |path: &Path, value: &Value| {
        let mut found = BTreeSet::new();
        read(value, &mut found, &mut recorded);
        let path = path.strip_prefix(root()).expect("inside").to_string_lossy().into_owned();
        asked.insert(path, found);
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
    asked.values_mut().for_each(|names: &mut BTreeSet<String>| names.retain(|name| !recorded.contains(name)));
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
    let bucket = "http_request_duration_seconds_bucket";
    assert_eq!(names(query), BTreeSet::from([bucket.to_owned()]));
    assert_eq!(series(query), BTreeSet::from([bucket.to_owned(), "timesale:lag:max".to_owned()]));
    for (query, expected) in [
        ("max by (group, topic) (a_total{b=\"c) d\"} > 0) and on (group) absent(e)", vec!["a_total", "e"]),
        ("1e9 * rate(a[30s] offset 5m) or vector(0) unless bool b", vec!["a", "b"]),
        ("label_replace(a, \"group\", \"x.$1\", \"y\", \"(.*)\") / on (group) group_left b", vec!["a", "b"]),
        ("sum without (x) (strems_tasks)", vec!["strems_tasks"]),
    ] {
        assert_eq!(series(query), expected.into_iter().map(str::to_owned).collect(), "{query}");
    }
    let contract = contract();
    assert_eq!(family(&contract, "http_request_duration_seconds_bucket"), Some("http_request_duration_seconds"));
    assert_eq!(family(&contract, "http_connections_count"), None, "no histogram");
}
