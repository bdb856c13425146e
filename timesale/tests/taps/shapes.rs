//! The same records in every shape, each with its end.

use serde_json::Value;

use super::installation::*;

#[test]
fn every_shape_shows_the_same_records_and_says_what_was_read() {
    let Some(installation) = Installation::start("taps-shapes") else { return };
    installation.write(0..500, 10);
    let console = installation.console("");
    let client = installation.client(&console, "kim", &["analyst"]);
    let path = format!("/v1/taps/{PLAIN}?all");

    let mut lines: Vec<Value> = Vec::new();
    let mut response = opened(&client, &path, &[]);
    assert!(response.status == 200 && response.head.contains("application/x-ndjson"), "{}", response.head);
    while let Some(line) = response.line() {
        lines.push(serde_json::from_str(&line).unwrap());
    }
    assert!(response.is_whole);
    let end = lines.pop().unwrap();
    let ndjson = places(&lines);
    assert_eq!(ndjson.len(), 2_000);
    assert_eq!((&end["end"]["complete"], &end["end"]["matched"]), (&true.into(), &2_000.into()), "{end}");
    assert!(end["end"]["token"].is_string() && end["end"]["masked"] == true, "{end}");

    let (status, document) = opened_json(&client, &path, "application/json");
    assert_eq!((status, places(document["records"].as_array().unwrap())), (200, ndjson.clone()));
    assert_eq!(document["end"]["complete"], true);

    let mut response = opened(&client, &path, &[("accept", "text/event-stream")]);
    let (mut records, mut end) = (Vec::new(), None);
    while let Some(event) = response.event() {
        match event.name.as_str() {
            "record" => records.push(event.data),
            "end" => end = Some(event),
            "progress" => assert_eq!(event.data["partitions"].as_array().unwrap().len(), 4),
            other => panic!("{other}"),
        }
    }
    let end = end.unwrap();
    assert_eq!((places(&records), &end.data["complete"]), (ndjson.clone(), &true.into()));
    assert_eq!(end.id.as_deref(), end.data["token"].as_str());
    let again = opened(&client, &path, &[("accept", "text/event-stream"), ("last-event-id", &end.id.unwrap())]);
    assert_eq!(again.status, 204, "a browser asks no more");

    let csv = opened(&client, &path, &[("accept", "text/csv")]).text();
    assert_eq!(
        (csv.lines().count(), csv.lines().next().unwrap().starts_with("topic,partition,offset")),
        (2_001, true),
        "{csv:.200}"
    );
    let csv = opened(&client, &format!("{path}&columns=n=/n:int,offset&limit=7"), &[("accept", "text/csv")]).text();
    assert!(csv.starts_with("n,offset\n") && csv.lines().count() == 8, "{csv}");

    let parquet = opened(&client, &path, &[("accept", "application/vnd.apache.parquet")]).rest();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"), "{} bytes", parquet.len());
    let footer = String::from_utf8_lossy(&parquet).into_owned();
    assert!(
        footer.contains("timesale.tap") && footer.contains("\"complete\":true") && footer.contains("\"matched\":2000")
    );

    assert_eq!(client.code(&path, &[("accept", "text/html")]), (406, "NOT_ACCEPTABLE".to_owned()));
    let saved = opened_json(&client, "/v1/taps/@sold-out?all", "application/json");
    assert_eq!((saved.0, &saved.1["end"]["partitions"][0]["topic"]), (200, &"coupons.events".into()));
    until("the metrics are counted", || {
        let complete = console.metric("timesale_console_taps_ended_total{reason=\"complete\"}")?;
        (complete >= 5.0 && console.metric("timesale_console_taps")? == 0.0).then_some(())
    });
    assert!(console.metric("timesale_console_tap_records_total").unwrap() >= 10_000.0);
}

fn opened_json(client: &super::client::Client, path: &str, accept: &str) -> (u16, Value) {
    let mut response = opened(client, path, &[("accept", accept)]);
    let body = response.rest();
    (response.status, serde_json::from_slice(&body).unwrap())
}

/// Where records stand, sorted.
fn places(records: &[Value]) -> Vec<(i64, i64)> {
    let place = |record: &Value| (record["partition"].as_i64().unwrap(), record["offset"].as_i64().unwrap());
    let mut places: Vec<(i64, i64)> = records.iter().map(place).collect();
    places.sort_unstable();
    places
}
