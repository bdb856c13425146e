//! Stories of orders against a full scan: the same records, with their causes, although only a part of the log is read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::Value;

use crate::fixture::Fixture;

const TOPICS: &str = "coupons.inbox,coupons.events,inventory.inbox,inventory.events,orders.inbox,orders.events,\
payments.inbox,payments.events,settlement.inbox,settlement.events,ingress.replies";

/// Some orders; who does not pay within ten seconds has lost the order.
const SALE: [&str; 10] =
    ["--shoppers", "600", "--stock", "200", "--rate", "1500", "--orders", "all", "--pay-window", "10"];

/// Topic, partition and offset.
type Place = (String, i64, i64);

/// A record as a line of ndjson. What is in it is read again where it matters: a log of a large sale fits into memory so.
struct Line {
    place: Place,
    timestamp: i64,
    key: String,
    trace: Option<String>,
    text: String,
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
        let place = (topic, number("partition"), number("offset"));
        Self { place, timestamp: number("timestamp"), key, trace, text: text.to_owned() }
    }

    fn value(&self) -> Value {
        let mut json: Value = serde_json::from_str(&self.text).expect("JSON");
        json["value"].take()
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
        holds(&line.value(), &mut names);
        traces.extend(line.trace.clone());
    }
    let belongs = |line: &&Line| {
        names.iter().any(|name| line.text.contains(name.as_str()))
            || line.trace.as_ref().is_some_and(|trace| traces.contains(trace))
    };
    lines.iter().filter(belongs).map(|line| line.place.clone()).collect()
}

/// How much was read for stories, and how long they took.
#[derive(Default)]
struct Cost {
    /// Of the records of the log, the part that was read.
    shares: Vec<f64>,
    seconds: Vec<f64>,
}

impl Cost {
    fn mean(values: &[f64]) -> f64 {
        let (sum, count) = values.iter().fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        (sum / count * 10_000.0_f64).round() / 10_000.0
    }

    /// The smallest that so many in a hundred do not exceed.
    fn percentile(values: &[f64], percent: usize) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let place = (sorted.len() * percent).div_ceil(100).clamp(1, sorted.len()) - 1;
        (sorted[place] * 10_000.0).round() / 10_000.0
    }
}

/// Tells an order's story, holds it against the lines, and returns how many records it has, and how many of them a known cause.
fn tell(fixture: &Fixture, order: &str, lines: &[Line], cost: &mut Cost) -> (usize, u64) {
    let began = Instant::now();
    let output = fixture.timesale(&["story", "order", order, "--format", "ndjson", "--expect"]).output();
    let output = output.expect("timesale story");
    cost.seconds.push(began.elapsed().as_secs_f64());
    assert!(output.status.success(), "{order}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains("\"shopper-"), "nobody's name is shown: {text}");
    let mut story: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let end = story.pop().expect("an end");
    let coverage = &end["end"]["coverage"];
    assert_eq!(coverage["complete"], true, "{end}");
    assert_eq!(coverage["by_postgres"], true, "{end}");
    let count = |field: &str| coverage[field].as_f64().expect("a count");
    cost.shares.push(count("read") / count("in_log"));
    let place = |entry: &Value| -> Place {
        let number = |field: &str| entry[field].as_i64().expect("a number");
        (entry["topic"].as_str().expect("a topic").to_owned(), number("partition"), number("offset"))
    };
    let found: BTreeSet<Place> = story.iter().map(place).collect();
    let wanted = expected(lines, order);
    let missing: Vec<&Place> = wanted.difference(&found).collect();
    let too_many: Vec<&Place> = found.difference(&wanted).collect();
    assert!(missing.is_empty() && too_many.is_empty(), "{order}: missing {missing:?}, too many {too_many:?}");
    let times: Vec<i64> = story.iter().map(|entry| entry["timestamp"].as_i64().expect("a time")).collect();
    assert!(times.is_sorted(), "{order}");
    // Every fact has its command in the story.
    let mut causes = 0;
    for entry in story.iter().filter(|entry| entry["topic"] == "orders.events") {
        let caused_by = entry["caused_by"].as_u64();
        let is_by_time = matches!(entry["event"].as_str(), Some("order_expired" | "steps_answered" | "refund_unknown"));
        assert!(caused_by.is_some() || is_by_time, "{order}: nothing led to {entry}");
        causes += u64::from(caused_by.is_some());
    }
    (story.len(), causes)
}

/// `TIMESALE_STORIES` orders are told, ten unless said, after a sale with the arguments `TIMESALE_STORIES_SALE`, or a small one.
#[test]
fn an_orders_story_is_what_a_full_scan_finds_and_reads_less() {
    let Some(fixture) = Fixture::enter() else { return };
    let wanted = std::env::var("TIMESALE_STORIES").map_or(10, |number| number.parse().expect("a number"));
    let sale = std::env::var("TIMESALE_STORIES_SALE").unwrap_or_else(|_| SALE.join(" "));
    fixture.sale(&sale.split(' ').collect::<Vec<_>>());
    let lines = scan(&fixture);
    // The newest orders: those of this sale.
    let mut placed: Vec<(i64, &str)> = lines
        .iter()
        .filter(|line| line.place.0 == "orders.events" && line.text.contains("order_placed"))
        .map(|line| (line.timestamp, line.key.as_str()))
        .collect();
    placed.sort_unstable();
    let mut newest: Vec<&str> = placed.iter().rev().take(wanted.max(10) * 10).map(|(_, order)| *order).collect();
    assert!(newest.len() >= 50 && newest.len() >= wanted, "the sale has orders: {}", newest.len());
    fastrand::shuffle(&mut newest);
    let (mut told, mut causes, mut cost) = (0, 0, Cost::default());
    for order in newest.iter().take(wanted) {
        let (records, of_them) = tell(&fixture, order, &lines, &mut cost);
        (told, causes) = (told + records, causes + of_them);
    }
    assert!(told > wanted * 10 && causes > 3 * wanted as u64, "{told} records, {causes} causes");
    let by_topic = lines.iter().fold(BTreeMap::<&str, usize>::new(), |mut counts, line| {
        *counts.entry(line.place.0.as_str()).or_default() += 1;
        counts
    });
    assert!(by_topic.contains_key("settlement.events"), "{by_topic:?}");
    eprintln!(
        "{}",
        serde_json::json!({
            "records": lines.len(), "orders": placed.len(), "stories": wanted, "equal_to_a_full_scan": wanted, "records_told": told,
            "read_share_mean": Cost::mean(&cost.shares), "read_share_p50": Cost::percentile(&cost.shares, 50), "read_share_max": Cost::percentile(&cost.shares, 100),
            "seconds_p50": Cost::percentile(&cost.seconds, 50), "seconds_p99": Cost::percentile(&cost.seconds, 99),
        })
    );
}
