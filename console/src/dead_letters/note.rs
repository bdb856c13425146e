//! Notes on letters: what became of each, by whom, when and where to. Pure.
//!
//! A note is a record of the compacted topic `dead-letters.handled`, under the letter's place. The newest counts. A record there that
//! nobody can read is never taken for a note, and its letter is not replayed: it may have been one.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use events::topics::DEAD_LETTERS_HANDLED;
use serde::{Deserialize, Serialize};
use streams::record::{Outgoing, Record};

use super::letter::{Letter, LetterId};

/// What became of a letter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Its record was appended to its inbox again.
    Replayed,
    /// Another letter of the same record had been replayed, so nothing was appended.
    Repeat,
    /// It needs nothing more.
    Dropped,
}

/// A note on a letter. Fields are added, never renamed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Note {
    /// What became of it.
    pub outcome: Outcome,
    /// Who did it.
    pub who: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// The record's place, as the letter names it. A note counts only for a letter of this very record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The record's own time, milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_ms: Option<i64>,
    /// Where the record was appended, `TOPIC/PARTITION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The how manieth replay of the record it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Why it was dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The request that asked for it, so that a repeat of the request is told from another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The letter that was replayed in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

impl Note {
    /// A note on this letter that says nothing more.
    #[must_use]
    pub fn on(letter: &Letter, outcome: Outcome, who: &str, at_ms: i64) -> Self {
        let (source, record_ms) = identity(letter);
        Self {
            outcome,
            who: who.to_owned(),
            at_ms,
            source,
            record_ms,
            to: None,
            attempt: None,
            because: None,
            request: None,
            instead: None,
        }
    }

    /// The note as the record that keeps it.
    ///
    /// # Errors
    /// [`serde_json::Error`] never in practice.
    pub fn outgoing(&self, letter: LetterId) -> Result<Outgoing, serde_json::Error> {
        Ok(Outgoing {
            topic: DEAD_LETTERS_HANDLED.name().into(),
            partition: None,
            key: Some(letter.to_string().into_bytes().into()),
            value: Some(serde_json::to_vec(self)?.into()),
            headers: Vec::new(),
        })
    }
}

/// What tells a record from every other: its place, and its own time, for a topic may have been made anew.
type Identity = (Option<String>, Option<i64>);

fn identity(letter: &Letter) -> Identity {
    (letter.source.as_ref().map(ToString::to_string), letter.record_ms)
}

/// A number for the record of a letter: the same for a letter and its notes, within one process.
pub(crate) fn number_of_letter(letter: &Letter) -> u64 {
    number(&identity(letter))
}

fn number(identity: &Identity) -> u64 {
    let mut hasher = DefaultHasher::new();
    identity.hash(&mut hasher);
    hasher.finish()
}

/// The letter of a note and the number of its record, if it is one.
pub(crate) fn noted(record: &Record) -> Option<(LetterId, u64)> {
    let letter = std::str::from_utf8(record.key.as_ref()?).ok()?.parse().ok()?;
    let note: Note = serde_json::from_slice(record.value.as_ref()?).ok()?;
    Some((letter, number(&(note.source, note.record_ms))))
}

/// Every letter's newest note.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    known: BTreeMap<LetterId, Known>,
    /// Which letter each record was replayed from.
    replayed: BTreeMap<Identity, LetterId>,
    unreadable: u64,
}

#[derive(Clone, Debug)]
enum Known {
    Noted(Note),
    Unreadable,
}

/// How a letter stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing<'a> {
    /// Nobody has handled it.
    Unhandled,
    /// Somebody has.
    Handled(&'a Note),
    /// There is a record where its note would stand, and nobody can read it.
    InDoubt,
}

impl Notes {
    /// Takes a record of the topic of notes.
    pub fn take(&mut self, record: &Record) {
        let key = |key: &Bytes| std::str::from_utf8(key).ok()?.parse::<LetterId>().ok();
        let letter = record.key.as_ref().and_then(key);
        let note = record.value.as_ref().and_then(|value| serde_json::from_slice::<Note>(value).ok());
        match (letter, note) {
            (Some(letter), Some(note)) => self.add(letter, note),
            (Some(letter), None) => {
                self.unreadable += 1;
                // What was known stays so: compaction may take it away, but it has been seen.
                self.known.entry(letter).or_insert(Known::Unreadable);
            }
            (None, _) => self.unreadable += 1,
        }
    }

    /// Adds a note.
    pub fn add(&mut self, letter: LetterId, note: Note) {
        if note.outcome == Outcome::Replayed && note.source.is_some() {
            self.replayed.insert((note.source.clone(), note.record_ms), letter);
        }
        self.known.insert(letter, Known::Noted(note));
    }

    /// How this letter stands. A note of another record says nothing about it: the topic of letters was made anew since.
    #[must_use]
    pub fn of(&self, letter: &Letter) -> Standing<'_> {
        match self.known.get(&letter.letter) {
            Some(Known::Noted(note)) if (note.source.clone(), note.record_ms) == identity(letter) => {
                Standing::Handled(note)
            }
            Some(Known::Unreadable) => Standing::InDoubt,
            Some(Known::Noted(_)) | None => Standing::Unhandled,
        }
    }

    /// The letter from which the record of this letter was replayed, if it was from any.
    #[must_use]
    pub fn replayed(&self, letter: &Letter) -> Option<LetterId> {
        self.replayed.get(&identity(letter)).copied()
    }

    /// Records of the topic that are no notes.
    #[must_use]
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }
}
