//! What a tap shows is what a plain consumer reads, partition by partition.

use std::collections::BTreeMap;

use console::tap::words::{Format, Isolation};
use serde_json::Value;
use streams::kafka::TopicReader;

use super::fixture::{Situation, lines};

/// A topic with aborted transactions, tombstones, empty values, newlines, large values, repeated headers, and bytes that are no text.
fn odd() -> Option<Situation> {
    let situation = Situation::with(3, &[("max.message.bytes", "8000000")], "[]")?;
    let producer = situation.transactional();
    let large = vec![b'x'; 1 << 20];
    let values: [Option<&[u8]>; 7] = [
        Some(b"{\"a\":1}"),
        None,
        Some(b""),
        Some(b"two\nlines\r\n"),
        Some(&large),
        Some(b"\xff\xfe"),
        Some(b"[1, 2]"),
    ];
    for round in 0..12 {
        producer.begin();
        for partition in 0..3 {
            for (number, value) in values.iter().enumerate() {
                let key = format!("k{}", number % 4);
                let headers: [(&str, Option<&[u8]>); 4] =
                    [("event-type", Some(b"odd")), ("n", Some(b"1")), ("n", Some(b"\xff")), ("none", None)];
                let key = if number == 5 { Some(b"\xff".as_slice()) } else { Some(key.as_bytes()) };
                producer.write(&situation.topic, partition, (key, *value), &headers, situation.base + round);
            }
        }
        if round % 3 == 1 {
            producer.abort();
        } else {
            producer.commit();
        }
    }
    Some(situation)
}

/// Offsets and values of a partition, in order.
type Values = Vec<(i64, Option<Vec<u8>>)>;

/// Records of each partition in order, as a plain consumer reads them.
fn plain(situation: &Situation) -> BTreeMap<i32, Values> {
    let mut read: BTreeMap<i32, Vec<_>> = BTreeMap::new();
    for record in TopicReader::open(&situation.cluster, &situation.topic).unwrap() {
        let record = record.unwrap();
        read.entry(record.partition).or_default().push((record.offset, record.value.map(|value| value.to_vec())));
    }
    read
}

#[test]
fn values_are_those_of_a_plain_consumer() {
    let Some(situation) = odd() else { return };
    for (partition, records) in plain(&situation) {
        let mut expected = Vec::new();
        for (_, value) in &records {
            expected.extend_from_slice(value.as_deref().unwrap_or_default());
            expected.push(b'\n');
        }
        let (ended, out) = situation.tap(|words| words.partitions = [partition].into());
        assert!(out == expected, "partition {partition}: {} bytes instead of {}", out.len(), expected.len());
        assert_eq!(ended.coverage.counts.read, records.len() as u64);
        assert_eq!(records.len(), 56, "8 rounds of 7 are committed");
    }
}

#[test]
fn lines_of_json_have_every_record_in_order_and_lose_nothing() {
    let Some(situation) = odd() else { return };
    let (ended, out) = situation.tap(|words| words.format = Format::Ndjson);
    assert!(ended.coverage.complete, "{}", ended.coverage);
    let mut shown: BTreeMap<i32, Vec<(i64, Value)>> = BTreeMap::new();
    for line in lines(&out) {
        let object: Value = serde_json::from_str(&line).unwrap();
        let partition = i32::try_from(object["partition"].as_i64().unwrap()).unwrap();
        shown.entry(partition).or_default().push((object["offset"].as_i64().unwrap(), object));
    }
    for (partition, records) in plain(&situation) {
        let of_partition = &shown[&partition];
        assert_eq!(of_partition.len(), records.len());
        for ((offset, value), (shown_offset, object)) in records.iter().zip(of_partition) {
            assert_eq!(offset, shown_offset);
            match value {
                None => assert_eq!(object["value"], Value::Null),
                Some(bytes) => match serde_json::from_slice::<Value>(bytes) {
                    Ok(json) => assert_eq!(object["value"], json),
                    Err(_) => assert!(object["value_base64"].is_string(), "{object}"),
                },
            }
            assert_eq!(object["headers"][1], serde_json::json!(["n", "1"]));
            assert_eq!(object["headers"][2], serde_json::json!(["n", {"base64": "/w=="}]));
            assert_eq!(object["headers"][3], serde_json::json!(["none", null]));
        }
    }
}

#[test]
fn records_of_five_mebibytes_are_shown_whole_in_every_format() {
    let Some(situation) = Situation::with(1, &[("max.message.bytes", "8000000")], "[]") else { return };
    let producer = situation.producer();
    let value = format!("{{\"text\":\"{}\"}}", "x".repeat(5 << 20));
    for _ in 0..4 {
        producer.write(&situation.topic, 0, (Some(b"k"), Some(value.as_bytes())), &[], situation.base);
        producer.flush();
    }
    for format in [Format::Values, Format::Ndjson, Format::Kcat, Format::Csv, Format::Parquet] {
        let (ended, out) = situation.tap(|words| words.format = format);
        assert!(ended.coverage.complete && ended.coverage.counts.matched == 4, "{format:?}: {}", ended.coverage);
        assert!(format == Format::Parquet || out.len() > 4 * value.len(), "{format:?}: {} bytes", out.len());
    }
    // An expression is not evaluated on so large a value, and that is told.
    let (ended, out) = situation.tap(|words| words.condition = Some("value.text != ''".to_owned()));
    assert!(out.is_empty() && ended.coverage.counts.not_judged == 4, "{}", ended.coverage);
}

#[test]
fn every_format_shows_every_record() {
    let Some(situation) = odd() else { return };
    for format in [Format::Kcat, Format::Csv, Format::Tsv, Format::Pretty, Format::Parquet] {
        let (ended, out) = situation.tap(|words| words.format = format);
        assert_eq!(ended.coverage.counts.matched, 3 * 56, "{format:?}");
        assert!(!out.is_empty());
        if format == Format::Kcat {
            assert_eq!(lines(&out).len(), 3 * 56);
        }
        if format == Format::Parquet {
            assert!(out.starts_with(b"PAR1") && out.ends_with(b"PAR1"));
        }
    }
}

#[test]
fn merged_by_time_nothing_is_missing_and_times_never_go_back() {
    let Some(situation) = odd() else { return };
    for isolation in [Isolation::Committed, Isolation::Uncommitted] {
        let (ended, out) = situation.tap(|words| {
            words.by_time = true;
            words.isolation = isolation;
            words.format = Format::Ndjson;
            words.columns = Some("timestamp,partition,offset".to_owned());
        });
        let expected = if isolation == Isolation::Committed { 3 * 56 } else { 3 * 84 };
        assert!(ended.coverage.complete, "{}", ended.coverage);
        let times: Vec<i64> = lines(&out)
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["timestamp"].as_i64().unwrap())
            .collect();
        assert_eq!(times.len(), expected);
        assert!(times.is_sorted());
    }
}
