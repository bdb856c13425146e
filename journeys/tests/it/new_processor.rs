//! What a new processor needs beside its rules, its messages and its rule tests, counted in lines on one that is small: `prices`.
//!
//! Rules: `offer.rs`, `product.rs`. Messages: `events/src/prices/`. Rule tests: what is tested of the rules, and the words in which
//! those tests are written (`table.rs`). All else counts, in files of its own and in those that all processors share.

use std::fs;
use std::ops::Range;
use std::path::Path;

/// The most lines that all else may take.
const MOST: usize = 350;

/// Files of its own, whole.
const FILES: [&str; 6] = [
    "processors/src/prices/mod.rs",
    "processors/src/prices/processor.rs",
    "processors/src/prices/fixture.rs",
    "processors/src/prices/topology_tests.rs",
    "processors/src/prices/speed_tests.rs",
    "events/src/samples/prices.rs",
];

/// Rules and rule tests: they do not count.
const RULES: [&str; 7] = [
    "offer.rs",
    "product.rs",
    "table.rs",
    "price_tests.rs",
    "refusal_tests.rs",
    "properties_tests.rs",
    "rows_tests.rs",
];

/// Parts of shared files: from the line that begins so to the one that begins so, without that one.
const PARTS: [(&str, &str, &str); 2] = [
    ("topics.yaml", "  prices.inbox:", "  ingress.replies:"),
    ("timesale/src/applications.rs", "/// Prices, with a counter", "fn start("),
];

/// Shared files of which the lines count that name prices.
const MENTIONS: [&str; 8] = [
    "events/src/codec.rs",
    "events/src/lib.rs",
    "events/src/samples/mod.rs",
    "events/src/schema.rs",
    "events/src/topics.rs",
    "processors/src/lib.rs",
    "processors/src/policy.rs",
    "timesale/src/applications.rs",
];

fn text(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines of a part.
fn part(text: &str, from: &str, to: &str) -> Range<usize> {
    let place = |begins: &str| text.lines().position(|line| line.starts_with(begins));
    place(from).unwrap_or_else(|| panic!("{from} is gone"))..place(to).unwrap_or_else(|| panic!("{to} is gone"))
}

/// The lines that name prices and are in no part.
fn mentions(path: &str) -> usize {
    let text = text(path);
    let parts: Vec<_> =
        PARTS.iter().filter(|(of, ..)| *of == path).map(|(_, from, to)| part(&text, from, to)).collect();
    let names = |line: &str| {
        ["prices", "Price", "PRICES", "OFFER_", "shop's price", "lowest price"].iter().any(|name| line.contains(name))
    };
    let counts = |(number, line): &(usize, &str)| names(line) && !parts.iter().any(|part| part.contains(number));
    text.lines().enumerate().filter(counts).count()
}

#[test]
fn a_processor_takes_few_lines_beside_its_rules() {
    let mut counts = vec![];
    for path in FILES {
        counts.push((path, text(path).lines().count()));
    }
    for (path, from, to) in PARTS {
        counts.push((path, part(&text(path), from, to).len()));
    }
    for path in MENTIONS {
        counts.push((path, mentions(path)));
    }
    let sum: usize = counts.iter().map(|(_, lines)| lines).sum();
    assert!(sum <= MOST, "{sum} lines: {counts:#?}");
}

/// A file that is not in one of the lists would not be counted.
#[test]
fn every_file_of_the_processor_is_counted_or_is_of_the_rules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../processors/src/prices");
    for entry in fs::read_dir(folder).expect("the folder of prices") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let counted = FILES.iter().any(|path| path.ends_with(&format!("processors/src/prices/{name}")));
        assert!(counted || RULES.contains(&name.as_str()), "{name} is in no list");
    }
}
