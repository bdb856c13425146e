//! Stories of orders against a full scan: the same records, with their causes, although only a part of the log is read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::fixture::Fixture;

const TOPICS: &str = "coupons.inbox,coupons.events,inventory.inbox,inventory.events,orders.inbox,orders.events,\
payments.inbox,payments.events,settlement.inbox,settlement.events,ingress.replies";

/// Some orders; who does not pay within ten seconds has lost the order.
const SALE: [&str; 10] =
    ["--shoppers", "600", "--stock", "200", "--rate", "1500", "--orders", "all", "--pay-window", "10"];

/// Topic, partition and offset.
type Place = (String, i64, i64);

/// A record as a line of ndjson.
struct Line {
    place: Place,
    key: String,
    trace: Option<String>,
    text: String,
    json: Value,
}

impl Line {
    fn of(text: &str) -> Self {
        let json: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let number = |field: &str| json[field].as_i64().unwrap_or_else(|| panic!("no {field}: {text}"));
        let header = |name: &str| {
            let headers = json["headers"].as_array()?;
            let found = headers.iter().find(|header| header[0] == name)?;
            Some(found[1].as_str()?.to_owned())
        };
        let trace = header("traceparent").and_then(|parent| Some(parent.split('-').nth(1)?.to_owned()));
        let topic = json["topic"].as_str().expect("a topic").to_owned();
        let key = json["key"].as_str().unwrap_or_default().to_owned();
        Self { place: (topic, number("partition"), number("offset")), key, trace, text: text.to_owned(), json }
    }
}

/// Everything there is, by the verb that data engineers read with.
fn scan(fixture: &Fixture) -> Vec<Line> {
    let arguments = ["tap", TOPICS, "--all", "--format", "ndjson", "--rate", "max", "--quiet"];
    let output = fixture.timesale(&arguments).output().expect("timesale tap");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(Line::of).collect()
}

fn holds(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inside)| match inside {
            Value::String(hold) if name == "hold" => {
                found.insert(hold.clone());
            }
            inside => holds(inside, found),
        }),
        Value::Array(elements) => elements.iter().for_each(|inside| holds(inside, found)),
        _ => {}
    }
}

/// The records that name an order or one of its holds, or are of one of its traces.
fn expected(lines: &[Line], order: &str) -> BTreeSet<Place> {
    let own = lines.iter().filter(|line| line.place.0.starts_with("orders.") && line.key == order);
    let (mut names, mut traces) = (BTreeSet::from([order.to_owned()]), BTreeSet::new());
    for line in own {
        holds(&line.json["value"], &mut names);
        traces.extend(line.trace.clone());
    }
    let belongs = |line: &&Line| {
        names.iter().any(|name| line.text.contains(name.as_str()))
            || line.trace.as_ref().is_some_and(|trace| traces.contains(trace))
    };
    lines.iter().filter(belongs).map(|line| line.place.clone()).collect()
}

#[test]
fn an_orders_story_is_what_a_full_scan_finds_and_reads_less() {
    let Some(fixture) = Fixture::enter() else { return };
    fixture.sale(&SALE);
    let lines = scan(&fixture);
    // The newest orders: those of this sale.
    let mut placed: Vec<(i64, &str)> = lines
        .iter()
        .filter(|line| line.place.0 == "orders.events" && line.text.contains("order_placed"))
        .map(|line| (line.json["timestamp"].as_i64().expect("a time"), line.key.as_str()))
        .collect();
    placed.sort_unstable();
    let newest: Vec<&str> = placed.iter().rev().take(100).map(|(_, order)| *order).collect();
    assert!(newest.len() >= 50, "the sale has orders: {}", newest.len());
    let (mut told, mut causes) = (0, 0);
    for order in newest.iter().step_by(10) {
        let output = fixture.timesale(&["story", "order", order, "--format", "ndjson", "--expect"]).output();
        let output = output.expect("timesale story");
        assert!(output.status.success(), "{order}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(!text.contains("\"shopper-"), "nobody's name is shown: {text}");
        let mut story: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let end = story.pop().expect("an end");
        let coverage = &end["end"]["coverage"];
        assert_eq!(coverage["complete"], true, "{end}");
        assert_eq!(coverage["by_postgres"], true, "{end}");
        let place = |entry: &Value| -> Place {
            let number = |field: &str| entry[field].as_i64().expect("a number");
            (entry["topic"].as_str().expect("a topic").to_owned(), number("partition"), number("offset"))
        };
        let found: BTreeSet<Place> = story.iter().map(place).collect();
        let wanted = expected(&lines, order);
        let missing: Vec<&Place> = wanted.difference(&found).collect();
        let too_many: Vec<&Place> = found.difference(&wanted).collect();
        assert!(missing.is_empty() && too_many.is_empty(), "{order}: missing {missing:?}, too many {too_many:?}");
        let times: Vec<i64> = story.iter().map(|entry| entry["timestamp"].as_i64().expect("a time")).collect();
        assert!(times.is_sorted(), "{order}");
        // Every fact has its command in the story.
        for entry in story.iter().filter(|entry| entry["topic"] == "orders.events") {
            let caused_by = entry["caused_by"].as_u64();
            let is_by_time =
                matches!(entry["event"].as_str(), Some("order_expired" | "steps_answered" | "refund_unknown"));
            assert!(caused_by.is_some() || is_by_time, "{order}: nothing led to {entry}");
            causes += u64::from(caused_by.is_some());
        }
        told += story.len();
    }
    assert!(told > 100 && causes > 30, "{told} records, {causes} causes");
    let by_topic = lines.iter().fold(BTreeMap::<&str, usize>::new(), |mut counts, line| {
        *counts.entry(line.place.0.as_str()).or_default() += 1;
        counts
    });
    assert!(by_topic.contains_key("settlement.events"), "{by_topic:?}");
}
