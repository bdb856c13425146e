//! Every format on records as they come: tombstones, empty values, newlines, bytes that are no text, repeated headers.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on should fail")]

use bytes::Bytes;
use events::calendar::ZoneName;
use serde_json::{Value, json};
use streams::kafka::tap::{KeptRecord, TimeKind};
use streams::record::Record;

use super::*;
use crate::tap::fixture;
use crate::tap::words::MaskMode;

fn record(offset: i64, key: Option<&[u8]>, value: Option<&[u8]>) -> KeptRecord {
    let headers: [(&str, &[u8]); 4] = [
        ("event-type", b"paid"),
        ("n", b"1"),
        ("n", b"\xff"),
        ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-1-01"),
    ];
    let record = Record {
        topic: "t".into(),
        partition: 2,
        offset,
        timestamp: 1_795_827_600_123,
        key: key.map(Bytes::copy_from_slice),
        value: value.map(Bytes::copy_from_slice),
        headers: headers.iter().map(|(name, value)| ((*name).into(), Bytes::copy_from_slice(value))).collect(),
    };
    KeptRecord { record, time: TimeKind::Create }
}

fn look() -> Look {
    let leaders = BTreeMap::from([((Arc::from("t"), 2), 7)]);
    Look { zone: ZoneName::default().zone().unwrap(), has_colour: false, leaders: Arc::new(leaders) }
}

/// What is written of records, and how many of them were not read as asked.
fn written(format: Format, columns: Option<&str>, records: &[KeptRecord]) -> (Vec<u8>, usize) {
    let words = Words { format, columns: columns.map(str::to_owned), ..fixture::words() };
    let mut lines = lines(&words, &look()).unwrap().unwrap();
    let (mut out, mask, mut unreadable) = (Vec::new(), Mask::none(), 0);
    lines.begin(&mut out);
    for kept in records {
        let row = Row { record: kept.view(), mask: &mask, transaction: None };
        unreadable += usize::from(lines.record(&row, &mut out).is_err());
    }
    (out, unreadable)
}

fn objects(text: &[u8]) -> Vec<Value> {
    std::str::from_utf8(text).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn odd() -> Vec<KeptRecord> {
    vec![
        record(0, Some(b"k"), Some(b"{\"a\": 1}")),
        record(1, None, None),
        record(2, Some(b""), Some(b"")),
        record(3, Some(b"\xff"), Some(b"\xfe\n")),
        record(4, Some(b"k\n\"q\""), Some(b"{\n  \"a\": \"x\\ny\"\r\n}")),
    ]
}

#[test]
fn values_are_bytes_with_a_newline_each() {
    let (out, unreadable) = written(Format::Values, None, &odd());
    assert_eq!(out, b"{\"a\": 1}\n\n\n\xfe\n\n{\n  \"a\": \"x\\ny\"\r\n}\n");
    assert_eq!(unreadable, 0);
}

#[test]
fn ndjson_has_one_object_a_line_and_loses_nothing() {
    let (out, unreadable) = written(Format::Ndjson, None, &odd());
    let objects = objects(&out);
    let headers = json!([["event-type", "paid"], ["n", "1"], ["n", {"base64": "/w=="}], ["traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-1-01"]]);
    assert_eq!(
        objects[0],
        json!({"topic": "t", "partition": 2, "offset": 0, "timestamp": 1_795_827_600_123_i64, "key": "k", "event": "paid",
            "headers": headers, "value": {"a": 1}})
    );
    assert_eq!((&objects[1]["key"], &objects[1]["value"]), (&Value::Null, &Value::Null));
    assert_eq!((&objects[2]["key"], &objects[2]["value_base64"]), (&json!(""), &json!("")));
    assert_eq!((&objects[3]["key_base64"], &objects[3]["value_base64"]), (&json!("/w=="), &json!("/go=")));
    assert_eq!((&objects[4]["key"], &objects[4]["value"]), (&json!("k\n\"q\""), &json!({"a": "x\ny"})));
    assert_eq!((objects.len(), unreadable), (5, 2));
    assert!(String::from_utf8(out).unwrap().contains("\"value\":{\"a\": 1}"), "JSON stays as it was written");
}

#[test]
fn the_envelope_of_kcat() {
    let (out, _) = written(Format::Kcat, None, &odd());
    let text = String::from_utf8(out.clone()).unwrap();
    let first = r#"{"topic":"t","partition":2,"offset":0,"tstype":"create","ts":1795827600123,"broker":7,"headers":["event-type","paid","n","1","n","�","traceparent","00-4bf92f3577b34da6a3ce929d0e0e4736-1-01"],"key":"k","payload":"{\"a\": 1}"}"#;
    assert_eq!(text.lines().next().unwrap(), first);
    assert_eq!(objects(&out)[1]["payload"], Value::Null);
}

#[test]
fn tables_quote_what_needs_it() {
    let (out, _) = written(Format::Csv, Some("offset,key,a=/a:text,value_base64"), &odd());
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text, "offset,key,a,value_base64\n0,k,1,\n1,,,\n2,,,\n3,,,/go=\n4,\"k\n\"\"q\"\"\",\"x\ny\",\n");
    let (out, _) = written(Format::Tsv, Some("offset,key"), &[record(0, Some(b"a\tb"), None)]);
    assert_eq!(String::from_utf8(out).unwrap(), "offset\tkey\n0\t\"a\tb\"\n");
    let (out, _) = written(Format::Csv, None, &odd());
    let header = String::from_utf8(out).unwrap();
    assert!(
        header.starts_with(
            "topic,partition,offset,timestamp,key,key_base64,event_type,trace,headers,value,value_base64\n"
        )
    );
}

#[test]
fn columns_have_their_types() {
    let kept = [record(0, None, Some(br#"{"n":12,"s":"x","f":1.5,"b":true,"o":{"p":[1]},"none":null}"#))];
    let columns =
        "n=/n:int,s=/s,f=/f:float,b=/b:bool,o=/o:json,none=/none:int,wrong=/s:int,missing=/x,event_type,trace";
    let (out, unreadable) = written(Format::Ndjson, Some(columns), &kept);
    let expected = r#"{"n":12,"s":"x","f":1.5,"b":true,"o":{"p":[1]},"none":null,"wrong":null,"missing":null,"event_type":"paid","trace":"4bf92f3577b34da6a3ce929d0e0e4736"}"#;
    assert_eq!(String::from_utf8(out).unwrap().trim_end(), expected);
    assert_eq!(unreadable, 1);
}

#[test]
fn a_terminal_is_not_driven_by_records() {
    let kept = [
        record(0, Some(b"\x1b[2J"), Some("\"\u{9b}31m \u{202e}\"".as_bytes())),
        record(1, None, Some(b"\x1b]0;x\x07")),
    ];
    let (out, _) = written(Format::Pretty, None, &kept);
    let text = String::from_utf8(out).unwrap();
    assert!(!text.chars().any(|letter| letter != '\n' && letter.is_control()), "{text:?}");
    assert!(text.contains("t 2:0  2026-11-28T10:00:00.123+09:00  \\u001b[2J  paid"), "{text}");
    let (out, _) = written(Format::Pretty, None, &odd());
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("  {\n    \"a\": 1\n  }\n") && text.contains("(no value)"), "{text}");
}

#[test]
fn no_format_shows_what_is_masked() {
    const CANARY: &str = "kim-9f1c";
    let manifest = events::manifest::Manifest::embedded().unwrap();
    let topic = events::topics::ORDERS_EVENTS.name();
    let value =
        format!(r#"{{"order":"o-1","shopper":"{CANARY}","fact":{{"order_refused":{{"shopper":"{CANARY}"}}}}}}"#);
    for mode in [MaskMode::Hash, MaskMode::Redact, MaskMode::Drop] {
        let mask = Mask::of_topic(&manifest, topic, mode, None);
        let formats = [Format::Pretty, Format::Ndjson, Format::Values, Format::Kcat, Format::Csv, Format::Tsv];
        for format in formats {
            let mut kept = record(0, Some(b"o-1"), Some(value.as_bytes()));
            kept.record.topic = topic.into();
            let words = Words { format, ..fixture::words() };
            let mut lines = lines(&words, &look()).unwrap().unwrap();
            let mut out = Vec::new();
            lines.record(&Row { record: kept.view(), mask: &mask, transaction: None }, &mut out).unwrap();
            assert!(!String::from_utf8_lossy(&out).contains(CANARY), "{format:?} {mode:?}");
            assert!(String::from_utf8_lossy(&out).contains("o-1"), "{format:?} {mode:?}");
        }
        let columns = Columns::parse("s=/shopper,f=/fact:json,all=/:json,value").unwrap();
        let kept = record(0, None, Some(value.as_bytes()));
        let cells = cells::of(&Row { record: kept.view(), mask: &mask, transaction: None }, &columns);
        assert!(!format!("{:?}", cells.cells).contains(CANARY), "{mode:?}");
    }
}
