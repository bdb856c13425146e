//! One letter as it is shown: what its headers say, where the record is, how far its value can be decoded, with personal fields masked. Pure.
//!
//! A value that is no value of its type is masked whole where the type has personal fields: nobody can say where in it they are.

use events::envelope::{Envelope, header};
use events::manifest::Manifest;
use serde::Serialize;
use serde_json::Value;
use streams::record::Record;

use super::decode::{self, Failure};
use super::letter::{ATTEMPT, Letter, REPLAYED_FROM};
use super::note::{Note, Notes, Standing};
use super::plan::original;
use super::schema;
use super::unmask::Unmasked;

/// What stands for what is not shown.
const MASK: &str = "(masked)";
/// Headers of a record that hold nothing personal.
const KNOWN_HEADERS: [&str; 8] = [
    header::EVENT_TYPE,
    header::SCHEMA_VERSION,
    header::TRACEPARENT,
    header::REPLY_TO,
    header::ANSWER_TO,
    header::FINGERPRINT,
    ATTEMPT,
    REPLAYED_FROM,
];

/// Where the bytes that are shown come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The record still stands in its topic.
    Source,
    /// It is gone, and the letter is whole.
    Letter,
    /// It is gone, and the letter lacks a part of it.
    CutLetter,
}

/// A letter as it is shown.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct View {
    /// What its headers say.
    #[serde(flatten)]
    pub letter: Letter,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handled: Option<Note>,
    /// Whether nobody can read the record where its note would stand.
    pub in_doubt: bool,
    /// The whole reason; none where it might quote what is masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// Where the bytes below come from.
    pub from: Origin,
    /// The record's key.
    pub key: Option<String>,
    /// The record's headers. Values that nobody knows to hold nothing personal are shown as their length.
    pub headers: Vec<(String, String)>,
    /// The bytes of the value.
    pub bytes: usize,
    /// Whether something of the value is masked.
    pub is_masked: bool,
    /// The value where it can be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The value as it stands, where it cannot be decoded and holds nothing personal.
    #[serde(skip)]
    pub raw: Option<Vec<u8>>,
    /// Why it cannot be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What the schema says of the place at which decoding failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Expected>,
}

/// What a schema says of a place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Expected {
    /// The type that the topic carries.
    pub value_type: String,
    /// The place, as a JSON pointer, as far as the schema knows it.
    pub pointer: String,
    /// What may stand there.
    pub outline: Vec<String>,
}

impl View {
    /// A letter, and the record that stands at its source's place, if any does.
    #[must_use]
    pub fn of(
        record: &Record,
        found: Option<&Record>,
        notes: &Notes,
        manifest: &Manifest,
        unmasked: Option<&Unmasked>,
    ) -> Self {
        let letter = Letter::of(record);
        let (whole, from) = match (original(&letter, record, found), found) {
            (Ok(whole), Some(found)) if whole == *found => (whole, Origin::Source),
            (Ok(whole), _) => (whole, Origin::Letter),
            (Err(_), _) => (record.clone(), Origin::CutLetter),
        };
        let spec = manifest.topics.get(&letter.topic);
        // Of a topic that nobody knows, nobody knows what is personal.
        let pii: Vec<&str> = spec.map_or_else(|| vec!["/"], |spec| spec.pii.iter().map(String::as_str).collect());
        let pii: &[&str] = if unmasked.is_some() { &[] } else { &pii };
        let value_type = spec.map_or("private", |spec| spec.value.as_str());
        let envelope = Envelope::from_headers(whole.header_pairs());
        let failure = decode::failure(value_type, whole.value.as_deref(), &envelope);
        let json = whole.value.as_deref().and_then(|value| serde_json::from_slice::<Value>(value).ok());
        let is_typed = failure.is_none() && value_type != "private";
        // Where a byte is to be marked, the value is shown as it stands.
        let has_mark = failure.as_ref().is_some_and(|failure| failure.byte.is_some());
        let value = json.filter(|_| is_typed || pii.is_empty() && !has_mark).map(|value| masked(value, pii));
        let raw = whole.value.as_ref().filter(|_| value.is_none() && pii.is_empty()).map(|value| value.to_vec());
        let expected = failure.as_ref().and_then(|failure| expected(value_type, failure));
        let standing = notes.of(&letter);
        Self {
            handled: if let Standing::Handled(note) = standing { Some(note.clone()) } else { None },
            in_doubt: standing == Standing::InDoubt,
            details: pii.is_empty().then(|| letter.whole_reason.clone()),
            from,
            key: whole.key.as_ref().map(|key| String::from_utf8_lossy(key).into_owned()),
            headers: headers(&whole, unmasked.is_some()),
            bytes: whole.value.as_ref().map_or(0, bytes::Bytes::len),
            is_masked: !pii.is_empty(),
            value,
            raw,
            failure: failure.map(|failure| {
                let is_masked = failure.quotes && !pii.is_empty();
                if is_masked { Failure { why: String::new(), ..failure } } else { failure }
            }),
            schema: expected,
            letter,
        }
    }
}

/// What the schema says of the place at which decoding failed. Names that it does not know come from the value and are left out.
fn expected(value_type: &str, failure: &Failure) -> Option<Expected> {
    let schema = events::schema::of(value_type)?;
    let (known, here) = schema::at(&schema, &failure.path);
    let names = failure.path.iter().take(known);
    Some(Expected {
        value_type: value_type.to_owned(),
        pointer: names.map(|name| format!("/{name}")).collect(),
        outline: schema::outline(&schema, here),
    })
}

/// The value with a mask in the place of everything personal.
fn masked(mut value: Value, pointers: &[&str]) -> Value {
    for pointer in pointers {
        if *pointer == "/" {
            return Value::from(MASK);
        }
        if let Some(field) = value.pointer_mut(pointer) {
            *field = Value::from(MASK);
        }
    }
    value
}

fn headers(record: &Record, is_unmasked: bool) -> Vec<(String, String)> {
    let shown = |(name, value): (&str, &[u8])| {
        let is_known = is_unmasked || KNOWN_HEADERS.contains(&name);
        let value = match std::str::from_utf8(value) {
            Ok(text) if is_known && text.len() <= 200 => text.to_owned(),
            _ => format!("({} bytes)", value.len()),
        };
        (name.to_owned(), value)
    };
    record.header_pairs().filter(|(name, _)| !name.starts_with("dead-letter.")).map(shown).collect()
}
