//! Canaries in every personal field of every topic: none is seen in any format, column or filter, and unmasking is written down first.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use console::tap::words::{Format, Isolation, MaskMode, Words};
use console::tap::{RunError, Target};
use events::manifest::Manifest;
use serde_json::{Map, Value, json};

use super::fixture::Situation;

const CANARY: &str = "canary-7f3a91";

/// A value that has the canary where this pointer leads.
fn with_canary(pointer: &str) -> Value {
    let steps: Vec<&str> = pointer.trim_start_matches('/').split('/').filter(|step| !step.is_empty()).collect();
    steps.iter().rev().fold(json!(CANARY), |value, step| {
        Value::Object(Map::from_iter([((*step).to_owned(), value), ("other".to_owned(), json!("seen"))]))
    })
}

/// Values with the canary: as declared, in other shapes, and in none.
fn values(pii: &[String]) -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = Vec::new();
    for pointer in pii {
        let value = with_canary(pointer);
        values.push(value.to_string().into_bytes());
        values.push(format!("{value:#}").into_bytes());
        values.push(
            json!({ "nested": CANARY })
                .to_string()
                .replace("nested", pointer.rsplit('/').next().unwrap_or("x"))
                .into_bytes(),
        );
        let first = pointer.trim_start_matches('/').split('/').next().unwrap_or("x");
        values.push(json!({ first: [CANARY, { "x": CANARY }] }).to_string().into_bytes());
        // A text that is cut off.
        let text = value.to_string();
        values.push(text.as_bytes()[..text.len() - 1].to_vec());
    }
    values.push(CANARY.as_bytes().to_vec());
    values.push(format!("\"{CANARY}\"").into_bytes());
    values.push([CANARY.as_bytes(), b"\xff"].concat());
    values
}

type Change = Box<dyn Fn(&mut Words)>;

fn ways(pii: &[String]) -> Vec<Change> {
    let mut ways: Vec<Change> = Vec::new();
    let formats =
        [Format::Pretty, Format::Ndjson, Format::Values, Format::Kcat, Format::Csv, Format::Tsv, Format::Parquet];
    for format in formats {
        for mask in [MaskMode::Hash, MaskMode::Redact, MaskMode::Drop] {
            ways.push(Box::new(move |words| {
                words.format = format;
                words.mask = mask;
            }));
        }
    }
    for pointer in pii {
        for pointer in
            [pointer.clone(), pointer.rsplit_once('/').map_or_else(String::new, |(above, _)| above.to_owned())]
        {
            ways.push(Box::new(move |words| {
                words.format = Format::Csv;
                words.columns = Some(format!("a={pointer},b={pointer}:json,value,key"));
            }));
        }
    }
    ways.push(Box::new(|words| words.isolation = Isolation::Uncommitted));
    ways.push(Box::new(|words| words.by_time = true));
    ways.push(Box::new(|words| words.latest = true));
    ways
}

#[test]
fn no_canary_leaves_any_topic() {
    let manifest = Manifest::embedded().unwrap();
    let mut fields = 0;
    for (name, spec) in manifest.topics.iter().filter(|(_, spec)| !spec.pii.is_empty()) {
        let pii = serde_json::to_string(&spec.pii).unwrap();
        let Some(mut situation) = Situation::with(1, &[], &pii) else { return };
        fields += spec.pii.len();
        let mut declared = situation.manifest.topics.remove(&situation.topic).unwrap();
        declared.pii_key = spec.pii_key;
        situation.manifest.topics.insert(situation.topic.clone(), declared);
        let producer = situation.producer();
        // Only a key that is declared to be personal has the canary.
        let key = if spec.pii_key { CANARY } else { "key" };
        for value in values(&spec.pii) {
            producer.write(
                &situation.topic,
                0,
                (Some(key.as_bytes()), Some(&value)),
                &[("event-type", Some(b"x"))],
                situation.base,
            );
        }
        producer.flush();
        for (place, way) in ways(&spec.pii).iter().enumerate() {
            let (ended, out) = situation.tap(|words| way(words));
            assert!(ended.coverage.counts.matched > 0, "{name}, way {place}");
            let is_seen = out.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
            assert!(!is_seen, "{name}, way {place}: {}", String::from_utf8_lossy(&out));
        }
    }
    assert!(fields >= 30, "{fields} personal fields");
}

#[test]
fn filters_on_personal_fields_are_refused_while_they_are_masked() {
    let Some(situation) = Situation::with(1, &[], "[/shopper, /fact/by]") else { return };
    situation.write(1, 1);
    let refused: [fn(&mut Words); 4] = [
        |words| words.contains = Some("canary".to_owned()),
        |words| words.condition = Some("value.shopper == 'kim'".to_owned()),
        |words| words.condition = Some("value.fact == null".to_owned()),
        |words| words.condition = Some("value.exists(name, name == 'shopper')".to_owned()),
    ];
    for (place, change) in refused.into_iter().enumerate() {
        let refused = situation.try_tap(change);
        assert!(matches!(refused, Err(RunError::Usage(_))), "row {place}: {refused:?}");
        let unmasked = |words: &mut Words| {
            change(words);
            words.is_unmasked = true;
        };
        assert!(situation.try_tap(unmasked).is_ok(), "row {place} unmasked");
    }
}

#[test]
fn a_topic_that_nobody_declared_shows_nothing() {
    let Some(mut situation) = Situation::new(1) else { return };
    let producer = situation.producer();
    producer.write(
        &situation.topic,
        0,
        (Some(CANARY.as_bytes()), Some(CANARY.as_bytes())),
        &[("h", Some(CANARY.as_bytes()))],
        situation.base,
    );
    producer.flush();
    situation.manifest.topics.clear();
    for format in [Format::Ndjson, Format::Kcat, Format::Values, Format::Csv, Format::Pretty] {
        let (ended, out) = situation.tap(|words| words.format = format);
        assert!(ended.coverage.counts.matched > 0);
        assert!(!String::from_utf8_lossy(&out).contains(CANARY), "{format:?}: {}", String::from_utf8_lossy(&out));
    }
    assert!(situation.try_tap(|words| words.keys = vec![CANARY.to_owned()]).is_err());
}

#[test]
fn what_is_not_written_down_is_not_shown() {
    let Some(situation) = Situation::with(1, &[], "[/]") else { return };
    situation.write(1, 3);
    let out = super::fixture::Kept::default();
    let unmasked = |words: &mut Words| words.is_unmasked = true;
    let target = || Target::Stream(Box::new(out.clone()));
    let failed = situation.run(unmasked, target(), &AtomicBool::new(false), &|| Err("no broker".to_owned()));
    assert!(matches!(failed, Err(RunError::Audit(_))) && out.0.lock().unwrap().is_empty());
    let shown_before = Mutex::new(None);
    let audit = || {
        *shown_before.lock().unwrap() = Some(out.0.lock().unwrap().len());
        Ok(())
    };
    situation.run(unmasked, target(), &AtomicBool::new(false), &audit).unwrap();
    assert_eq!(*shown_before.lock().unwrap(), Some(0), "written down before the first byte");
    assert_eq!(out.0.lock().unwrap().as_slice(), b"0\n1\n2\n");
}
