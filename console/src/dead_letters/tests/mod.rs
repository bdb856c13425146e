//! What is pure about dead letters: what their headers say, which may be replayed, what is written, and what is shown.

mod list;
mod plan;
mod rows;
mod view;

use bytes::Bytes;
use events::codec::{Message, encode};
use events::envelope::Envelope;
use events::manifest::Manifest;
use streams::record::{Headers, Record};

use super::letter::{Letter, LetterId};
use super::note::{Note, Notes, Outcome};

/// When every record here was taken by its topic.
const TAKEN_MS: i64 = 1_000;

fn manifest() -> Manifest {
    Manifest::embedded().unwrap()
}

fn headers(pairs: &[(&str, &str)]) -> Headers {
    pairs.iter().map(|(name, value)| ((*name).into(), Bytes::copy_from_slice(value.as_bytes()))).collect()
}

/// A record as it stands in a topic.
fn record(topic: &str, value: Option<&[u8]>, pairs: &[(&str, &str)]) -> Record {
    Record {
        topic: topic.into(),
        partition: 1,
        offset: 900,
        timestamp: TAKEN_MS,
        key: Some("camp-1".into()),
        value: value.map(Bytes::copy_from_slice),
        headers: headers(pairs),
    }
}

/// A message as it stands in a topic.
fn message<M: Message>(topic: &str, message: &M) -> Record {
    let (value, envelope) = encode(message, &Envelope::default()).unwrap();
    Record {
        key: Some(message.key().into_owned().into()),
        headers: envelope.to_headers(),
        ..record(topic, Some(&value), &[])
    }
}

/// The letter that a record became.
fn letter(of: &Record, reason: &str) -> Record {
    let mut letter = Record { topic: "letters".into(), partition: 0, offset: 5, timestamp: 2_000, ..of.clone() };
    letter.headers.extend(headers(&[
        ("dead-letter.processor", "coupons"),
        ("dead-letter.topic", &of.topic),
        ("dead-letter.partition", &of.partition.to_string()),
        ("dead-letter.offset", &of.offset.to_string()),
        ("dead-letter.timestamp", &of.timestamp.to_string()),
        ("dead-letter.reason", reason),
    ]));
    letter
}

/// The letter with so many bytes of its value, without the record's own headers.
fn cut(letter: &Record, bytes: usize) -> Record {
    let value = letter.value.clone().unwrap();
    let mut cut = Record { value: Some(value.slice(..bytes)), ..letter.clone() };
    cut.headers.retain(|(name, _)| name.starts_with("dead-letter."));
    cut.headers.extend(headers(&[("dead-letter.cut-bytes", &(value.len() - bytes).to_string())]));
    cut
}

/// A note as its topic has it.
fn noted(letter: LetterId, note: &Note) -> Record {
    let note = note.outgoing(letter).unwrap();
    Record { topic: note.topic, key: note.key, value: note.value, headers: note.headers, ..record("", None, &[]) }
}

fn notes_with(letter: &Record, outcome: Outcome) -> Notes {
    let letter = Letter::of(letter);
    let mut notes = Notes::default();
    notes.take(&noted(letter.letter, &Note::on(&letter, outcome, "kim", 7)));
    notes
}
