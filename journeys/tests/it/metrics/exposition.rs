//! Prometheus' text format, read.

use std::collections::BTreeMap;

/// One family as it was scraped.
#[derive(Debug, Default)]
pub(super) struct Scraped {
    pub(super) kind: String,
    pub(super) help: String,
    pub(super) samples: Vec<Sample>,
}

/// One sample, without the labels that histograms add.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) labels: BTreeMap<String, String>,
}

/// The families of a scrape, by name.
pub(super) fn read(text: &str) -> BTreeMap<String, Scraped> {
    let mut families: BTreeMap<String, Scraped> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap_or((rest, ""));
            families.entry(name.to_owned()).or_default().help = help.replace("\\n", "\n").replace("\\\\", "\\");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap_or_else(|| panic!("no type: {line}"));
            families.entry(name.to_owned()).or_default().kind = kind.to_owned();
            name.clone_into(&mut current);
        } else {
            let family = families.get_mut(&current).unwrap_or_else(|| panic!("a sample of no family: {line}"));
            family.samples.push(sample(line));
        }
    }
    families
}

fn sample(line: &str) -> Sample {
    let mut labels = BTreeMap::new();
    if let Some((_, rest)) = line.split_once('{') {
        let mut rest = rest;
        while !rest.starts_with('}') {
            let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
            let (value, after) = value(after);
            labels.insert(name.trim_start_matches(',').to_owned(), value);
            rest = after;
        }
    }
    labels.remove("le");
    Sample { labels }
}

/// A label's value up to its closing quote, and what follows.
fn value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, text.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| if escaped == 'n' { '\n' } else { escaped })),
            other => value.push(other),
        }
    }
    panic!("no end of a label's value: {text}");
}

#[test]
fn a_scrape_is_read_with_its_labels_and_escapes() {
    let text = "# HELP a_total What \\\\ is counted.\n# TYPE a_total counter\na_total{b=\"x, \\\"y\\\"}\",c=\"\"} 3\n\
                # HELP d_seconds How long.\n# TYPE d_seconds histogram\nd_seconds_bucket{le=\"0.5\"} 0\nd_seconds_count 0\n";
    let read = read(text);
    assert_eq!((read["a_total"].kind.as_str(), read["a_total"].help.as_str()), ("counter", "What \\ is counted."));
    let labels = &read["a_total"].samples[0].labels;
    assert_eq!((labels["b"].as_str(), labels["c"].as_str()), ("x, \"y\"}", ""));
    assert_eq!(read["d_seconds"].samples.len(), 2);
    assert!(read["d_seconds"].samples[0].labels.is_empty());
}
