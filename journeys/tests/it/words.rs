//! One word per idea: words that were given up stay away from names, comments and messages. `GLOSSARY.md` has those to use.

use std::collections::BTreeMap;

use crate::tidy::{files, without_texts};

/// A word that was given up, and what to say instead.
const GIVEN_UP: [(&str, &str); 34] = [
    ("desk", "record handler, dispatcher"),
    ("shelf", "stores, offer cache"),
    ("stranger", "refused request"),
    ("strangers", "refused requests"),
    ("outlets", "outputs"),
    ("whim", "fault"),
    ("purse", "quota class"),
    ("glimpse", "peek"),
    ("surroundings", "deps"),
    ("sabotage", "mutant"),
    ("seat", "subscription"),
    ("seats", "subscriptions"),
    ("rehearsal", "load test"),
    ("inlet", "feed source"),
    ("heir", "next owner"),
    ("errand", "request"),
    ("rival", "competitor"),
    ("crowd", "load generator"),
    ("partners", "fake services"),
    ("telling", "publisher"),
    ("hanging", "open transactions"),
    ("teeth", "mutation tests"),
    ("rig", "fixture"),
    ("world", "fixture"),
    ("door", "service, ingress"),
    ("doors", "processes"),
    ("board", "cache"),
    ("wish", "request"),
    ("suspect", "in doubt"),
    ("cure", "recover"),
    ("patience", "deadline, wait preference"),
    ("almanac", "calendar"),
    ("lane", "queue"),
    ("journal", "effects, client log"),
];

/// Places that must say such a word, with the reason.
const EXCUSED: [(&str, &str); 1] = [("topology_tests.rs", "the name of a store in logs that run")];

#[test]
fn words_that_were_given_up_stay_away() {
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, text) in files("rs") {
        if path.ends_with("journeys/tests/it/words.rs") {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            let line = without_texts(line).to_lowercase();
            let words = line.split(|letter: char| !letter.is_ascii_alphabetic());
            for word in words {
                let given_up = GIVEN_UP.iter().find(|(given_up, _)| *given_up == word);
                let is_excused = EXCUSED.iter().any(|(place, _)| path.ends_with(place));
                if let (Some((given_up, _)), false) = (given_up, is_excused) {
                    found.entry(given_up).or_default().push(format!("{path}:{number}"));
                }
            }
        }
    }
    let say = |word: &str| GIVEN_UP.iter().find(|(given_up, _)| *given_up == word).map_or("", |(_, say)| say);
    let lines: Vec<String> =
        found.iter().map(|(word, places)| format!("{word} (say: {}): {}", say(word), places.join(" "))).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}
