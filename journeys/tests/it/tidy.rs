//! How the house is kept: who may import whom, what each room may name, how files begin and how long they grow. Lints hold
//! what lints can hold; this holds the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::rooms::ROOMS;

/// Words that only one place may say: the outside crate, and where it may be named.
const CLIENTS: [(&str, &[&str]); 4] = [
    ("rdkafka", &["streams/src/kafka/", "streams/examples/"]),
    (
        "sqlx",
        &[
            "sinks/",
            "ingress/src/",
            "ingress/examples/",
            "audit/src/",
            "console/src/",
            "loadtest/src/",
            "journeys/tests/",
        ],
    ),
    ("redis", &["sinks/", "ingress/src/", "ingress/examples/", "audit/src/", "loadtest/src/", "journeys/tests/"]),
    ("warp", &["ingress/"]),
];

/// Files that are longer than [`LONGEST`] lines, with the reason. The list may only shrink.
const LONG_FILES: [(&str, &str); 0] = [];

/// A file longer than this holds more than one subject.
const LONGEST: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

/// Every file of the rooms with this ending, relative to the root.
pub(crate) fn files(ending: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, ending, found);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    for (room, _, _) in ROOMS {
        walk(&root().join(room), ending, &mut found);
    }
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a text file");
            (path.strip_prefix(root()).expect("inside").to_string_lossy().into_owned(), text)
        })
        .collect()
}

fn dependencies(room: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(room).join("Cargo.toml")).expect("a manifest");
    let manifest: toml::Table = text.parse().expect("TOML");
    manifest
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

#[test]
fn a_room_imports_only_the_rooms_below_it_and_the_crates_it_may_name() {
    for &(room, rooms, crates) in ROOMS {
        let allowed: BTreeSet<String> = rooms.iter().chain(crates).map(|name| (*name).to_owned()).collect();
        let more: Vec<String> = dependencies(room).difference(&allowed).cloned().collect();
        assert!(more.is_empty(), "{room}/Cargo.toml names {more:?}, which {room} may not");
    }
}

#[test]
fn the_manifest_proves_that_processors_are_pure() {
    let impure = ["tokio", "rdkafka", "redis", "sqlx", "warp", "hyper", "hyper-util", "fastrand", "uuid"];
    let named = dependencies("processors");
    for name in impure {
        assert!(!named.contains(name), "processors/Cargo.toml names {name}");
    }
}

/// Load tests and stand-ins are no part of what runs in production: without the feature the binary does not link them.
#[test]
fn test_rooms_are_linked_only_behind_a_feature() {
    for room in ROOMS.iter().map(|(room, ..)| *room).filter(|room| *room != "journeys") {
        let text = fs::read_to_string(root().join(room).join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = text.parse().expect("TOML");
        let default = manifest.get("features").and_then(|features| features.get("default")).map(ToString::to_string);
        assert!(!default.unwrap_or_default().contains("loadtest"), "{room} links load tests by default");
        for apart in ["stubs", "loadtest"] {
            let dependency = manifest.get("dependencies").and_then(|dependencies| dependencies.get(apart));
            let is_optional =
                |dependency: &toml::Value| dependency.get("optional") == Some(&toml::Value::Boolean(true));
            assert!(dependency.is_none_or(is_optional), "{room} always links {apart}");
        }
    }
}

#[test]
fn each_room_of_the_listing_is_in_the_table() {
    let manifest: toml::Table =
        fs::read_to_string(root().join("Cargo.toml")).expect("a manifest").parse().expect("TOML");
    let members: BTreeSet<&str> =
        manifest["workspace"]["members"].as_array().expect("members").iter().filter_map(toml::Value::as_str).collect();
    assert_eq!(members, ROOMS.iter().map(|(room, _, _)| *room).collect());
}

#[test]
fn an_outside_client_is_named_only_where_it_may_be() {
    for (path, text) in files("rs") {
        for (client, places) in CLIENTS {
            let names = text.lines().any(|line| {
                let code = line.split("//").next().unwrap_or("");
                code.contains(&format!("{client}::"))
            });
            assert!(
                !names || places.iter().any(|place| path.starts_with(place)),
                "{path} names {client}, which may be named only in {places:?}"
            );
        }
    }
}

#[test]
fn every_file_says_what_it_holds() {
    for (path, text) in files("rs") {
        let first = text.lines().next().unwrap_or("");
        assert!(
            first.starts_with("//!") || first.starts_with("#![doc"),
            "{path} does not begin with a sentence on what it holds"
        );
    }
}

#[test]
fn no_file_outgrows_its_subject() {
    let excused: BTreeMap<&str, &str> = LONG_FILES.into_iter().collect();
    let mut found = vec![];
    for (path, text) in files("rs") {
        let long = text.lines().count() > LONGEST;
        let excuse = excused.get(path.as_str());
        if long && excuse.is_none() {
            found.push(format!("{path} has {} lines, more than {LONGEST}", text.lines().count()));
        }
        if !long && excuse.is_some() {
            found.push(format!("{path} has become short: take it off the list"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn nothing_is_left_for_later() {
    // Written in two halves so that this file does not name them.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    for (path, text) in files("rs") {
        for mark in marks {
            assert!(!text.contains(mark), "{path} leaves something for later");
        }
    }
}

#[test]
fn a_topic_is_named_in_one_place() {
    let handles = fs::read_to_string(root().join("events/src/topics.rs")).expect("topics.rs");
    let names: Vec<&str> = handles.split("Topic::new(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(names.len() >= 5, "topics.rs declares {} topics", names.len());
    for (path, text) in files("rs") {
        if path == "events/src/topics.rs" || path.contains("tests") {
            continue;
        }
        for name in &names {
            let written = text.lines().any(|line| {
                let code = line.split("//").next().unwrap_or("");
                code.contains(&format!("\"{name}\""))
            });
            assert!(!written, "{path} spells out the topic {name}; use its handle in events::topics");
        }
    }
}

/// A line without what stands in its text literals, which are part of topics, SQL, HTTP or stored state.
pub(crate) fn without_texts(line: &str) -> String {
    line.split('"').step_by(2).collect::<Vec<_>>().join(" ")
}
