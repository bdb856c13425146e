//! A story as text for people, and as one JSON object a record for programs. Personal fields are masked as in taps.

use std::fmt::Write as _;

use events::calendar::Zone;
use events::manifest::Manifest;
use events::time::Timestamp;
use serde_json::{Value, json};

use super::entry::Entry;
use super::run::Story;
use crate::tap::words::MaskMode;
use crate::tap::{Mask, MaskKey};
use crate::terminal::printable;

/// Letters of a value in the text for people; the rest is left out.
const MOST_LETTERS: usize = 160;

/// How a story is shown.
pub struct Shown<'a> {
    /// What is declared of topics.
    pub manifest: &'a Manifest,
    /// What hashes of personal fields are keyed with.
    pub mask_key: Option<&'a MaskKey>,
    /// Whether personal fields are shown.
    pub is_unmasked: bool,
    /// Whose time is shown.
    pub zone: Zone,
}

impl Shown<'_> {
    /// The value as it may be shown; nothing if there is none.
    fn value(&self, entry: &Entry) -> Option<Vec<u8>> {
        let view = entry.view();
        Some(self.mask(view.topic).value(view.value?)?.into_owned())
    }

    fn key(&self, entry: &Entry) -> Option<String> {
        let view = entry.view();
        Some(String::from_utf8_lossy(&self.mask(view.topic).key(view.key?)?).into_owned())
    }

    fn mask(&self, topic: &str) -> Mask {
        if self.is_unmasked {
            Mask::none()
        } else {
            Mask::of_topic(self.manifest, topic, MaskMode::Hash, self.mask_key)
        }
    }
}

/// One JSON object a record, then one with what was read, each on a line.
#[must_use]
pub fn ndjson(story: &Story, shown: &Shown<'_>) -> String {
    let mut text = String::new();
    for entry in entries(story, shown) {
        // Writing to a text cannot fail.
        writeln!(text, "{entry}").unwrap_or_default();
    }
    let (standing, coverage) = (standing(story), &story.coverage);
    let end = json!({"end": {"subject": story.subject.to_string(), "standing": standing, "coverage": coverage}});
    writeln!(text, "{end}").unwrap_or_default();
    text
}

/// The whole story as one JSON object.
#[must_use]
pub fn document(story: &Story, shown: &Shown<'_>) -> Value {
    json!({
        "subject": { "kind": story.subject.kind(), "id": story.subject.id() },
        "entries": entries(story, shown).collect::<Vec<Value>>(),
        "standing": standing(story),
        "coverage": story.coverage,
        "masked": !shown.is_unmasked,
    })
}

/// Each record as JSON.
fn entries<'s>(story: &'s Story, shown: &'s Shown<'_>) -> impl Iterator<Item = Value> + 's {
    (1_u64..).zip(&story.entries).map(|(number, entry)| {
        let (topic, partition, offset) = entry.place();
        let value = shown.value(entry).map_or(Value::Null, |value| {
            let as_text = || Value::from(String::from_utf8_lossy(&value).into_owned());
            serde_json::from_slice(&value).unwrap_or_else(|_| as_text())
        });
        json!({
            "number": number, "timestamp": entry.at_ms(), "topic": topic, "partition": partition, "offset": offset,
            "key": shown.key(entry), "event": entry.event, "trace": entry.trace,
            "caused_by": entry.cause.map(|cause| cause + 1), "after_ms": after_ms(story, entry), "value": value,
        })
    })
}

/// What Postgres shows of the subject.
fn standing(story: &Story) -> serde_json::Map<String, Value> {
    story.standing.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.clone()))).collect()
}

/// A line or two a record, for people.
#[must_use]
pub fn pretty(story: &Story, shown: &Shown<'_>) -> String {
    let mut text = format!("{}\n", story.subject);
    for (number, entry) in (1..).zip(&story.entries) {
        let (topic, partition, offset) = entry.place();
        let at = shown.zone.tell(Timestamp::from_millis(entry.at_ms())).unwrap_or_else(|| entry.at_ms().to_string());
        let by = match (entry.cause, after_ms(story, entry)) {
            (Some(cause), Some(after)) => format!("  <- {} ({after} ms)", cause + 1),
            _ => String::new(),
        };
        let event = if entry.event.is_empty() { "-" } else { &entry.event };
        writeln!(text, "{number:>4}  {at}  {:<20}  {topic} {partition}:{offset}{by}", printable(event))
            .unwrap_or_default();
        if let Some(value) = shown.value(entry) {
            let value = printable(&String::from_utf8_lossy(&value));
            let short: String = value.chars().take(MOST_LETTERS).collect();
            let rest = if short.len() < value.len() { " …" } else { "" };
            writeln!(text, "      {short}{rest}").unwrap_or_default();
        }
    }
    if !story.standing.is_empty() {
        let standing: Vec<String> = story.standing.iter().map(|(name, value)| format!("{name} {value}")).collect();
        writeln!(text, "now: {}", printable(&standing.join(", "))).unwrap_or_default();
    }
    writeln!(text, "{}", coverage(story)).unwrap_or_default();
    text
}

/// What was read, in words.
fn coverage(story: &Story) -> String {
    let coverage = &story.coverage;
    format!(
        "{} records told, {} of {} read; {}{}",
        coverage.told,
        coverage.read,
        coverage.in_log,
        if coverage.complete { "complete" } else { "not complete: stopped" },
        if coverage.by_postgres { "" } else { "; Postgres did not say where to look" }
    )
}

/// Milliseconds since the record that led to this one.
fn after_ms(story: &Story, entry: &Entry) -> Option<i64> {
    let cause = story.entries.get(entry.cause?)?;
    Some(entry.at_ms() - cause.at_ms())
}
