//! Whether a letter may be replayed, and what is written when it is. Pure.

use std::fmt;

use bytes::Bytes;
use events::manifest::Manifest;
use serde::{Serialize, Serializer};
use streams::record::{Outgoing, Record};

use super::letter::{ATTEMPT, Letter, LetterId, REPLAYED_FROM};
use super::note::{Note, Notes, Outcome, Standing};

/// The headers that the runtime adds to a letter begin so.
const LETTER_HEADERS: &str = "dead-letter.";
/// After so many replays somebody must say that they want another.
const ATTEMPTS_UNASKED: u32 = 2;
/// Most bytes of a record that is appended, with its headers: an inbox takes 1 MiB, and the client a little less.
const MOST_BYTES: usize = 990_000;

/// Why a letter is not replayed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// There is no such letter.
    Unknown,
    /// It has been handled.
    Handled(Box<Note>),
    /// There is a record where its note would stand, and nobody can read it.
    InDoubt,
    /// Its headers do not say where the record came from.
    NoSource,
    /// The record came from a topic of facts.
    Facts(String),
    /// The record came from a topic that is no inbox of ours.
    NotAnInbox(String),
    /// The record is gone, and the letter lacks so many bytes of it.
    Cut(u64),
    /// It has been replayed so often already.
    Attempts(u32),
    /// It has so many bytes with the headers that a replay adds.
    TooLarge(usize),
}

/// What is done with a letter.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Step {
    /// The record is appended, and the letter gets its note.
    Append(Outgoing, Note),
    /// Another letter of the same record has been replayed: this one gets a note only.
    Note(Note),
    /// Nothing.
    Refuse(Refusal),
}

/// What may be replayed, and by whom.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    /// The topics of this installation.
    pub(super) manifest: &'a Manifest,
    /// Whether a third replay, and any after, is wanted.
    pub(super) again: bool,
    /// Who replays.
    pub(super) who: &'a str,
    /// When, milliseconds since 1970.
    pub(super) at_ms: i64,
}

impl Rules<'_> {
    /// What can be said before the record itself is looked for.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(super) fn check(&self, letter: &Letter, notes: &Notes) -> Result<(), Refusal> {
        match notes.of(letter) {
            Standing::Handled(note) => return Err(Refusal::Handled(Box::new(note.clone()))),
            Standing::InDoubt => return Err(Refusal::InDoubt),
            Standing::Unhandled => {}
        }
        let source = letter.source.as_ref().ok_or(Refusal::NoSource)?;
        let spec = self.manifest.topics.get(&source.topic).ok_or_else(|| Refusal::NotAnInbox(source.topic.clone()))?;
        if !source.topic.ends_with(".inbox") {
            let topic = source.topic.clone();
            let has_facts = !matches!(spec.value.as_str(), "private" | "Reply");
            return Err(if has_facts { Refusal::Facts(topic) } else { Refusal::NotAnInbox(topic) });
        }
        if source.partition >= spec.partitions {
            return Err(Refusal::NoSource);
        }
        Ok(())
    }

    /// What is done with a letter that passed [`Rules::check`]: the letter as it stands, and the record that stands at its source's place
    /// now, if any does.
    pub(super) fn step(&self, record: &Record, found: Option<&Record>, notes: &Notes) -> Step {
        let letter = Letter::of(record);
        if let Err(refusal) = self.check(&letter, notes) {
            return Step::Refuse(refusal);
        }
        if let Some(instead) = notes.replayed(&letter) {
            let note = Note::on(&letter, Outcome::Repeat, self.who, self.at_ms);
            return Step::Note(Note { instead: Some(instead.to_string()), ..note });
        }
        match original(&letter, record, found).and_then(|original| self.append(&letter, &original)) {
            Ok((outgoing, note)) => Step::Append(outgoing, note),
            Err(refusal) => Step::Refuse(refusal),
        }
    }

    fn append(&self, letter: &Letter, original: &Record) -> Result<(Outgoing, Note), Refusal> {
        let source = letter.source.as_ref().ok_or(Refusal::NoSource)?;
        let attempts = Letter::of(original).attempts.max(letter.attempts);
        if attempts >= ATTEMPTS_UNASKED && !self.again {
            return Err(Refusal::Attempts(attempts));
        }
        let attempt = attempts.saturating_add(1);
        let own = |name: &str| name == ATTEMPT || name == REPLAYED_FROM || name.starts_with(LETTER_HEADERS);
        let mut headers: Vec<_> = original.headers.iter().filter(|(name, _)| !own(name)).cloned().collect();
        headers.push((REPLAYED_FROM.into(), letter.letter.to_string().into_bytes().into()));
        headers.push((ATTEMPT.into(), attempt.to_string().into_bytes().into()));
        let length = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
        let in_headers: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let size = length(&original.key) + length(&original.value) + in_headers;
        if size > MOST_BYTES {
            return Err(Refusal::TooLarge(size));
        }
        let note = Note {
            to: Some(format!("{}/{}", source.topic, source.partition)),
            attempt: Some(attempt),
            ..Note::on(letter, Outcome::Replayed, self.who, self.at_ms)
        };
        let outgoing = Outgoing {
            topic: source.topic.as_str().into(),
            partition: Some(source.partition),
            key: original.key.clone(),
            value: original.value.clone(),
            headers,
        };
        Ok((outgoing, note))
    }

    /// The note that drops a letter.
    ///
    /// # Errors
    /// [`Refusal::Handled`] when there is a note on it.
    pub(super) fn drop(&self, letter: &Letter, because: &str, notes: &Notes) -> Result<Note, Refusal> {
        if let Standing::Handled(note) = notes.of(letter) {
            return Err(Refusal::Handled(Box::new(note.clone())));
        }
        let note = Note::on(letter, Outcome::Dropped, self.who, self.at_ms);
        Ok(Note { because: Some(because.to_owned()), ..note })
    }
}

/// The record as it was: what stands at its place, or the letter where that is whole. What stands there is the record only if it is as
/// the letter says: the topic may have been made anew.
///
/// # Errors
/// [`Refusal::Cut`].
pub(super) fn original(letter: &Letter, record: &Record, found: Option<&Record>) -> Result<Record, Refusal> {
    let is_whole = letter.cut_bytes == 0;
    let holds = |whole: &Option<Bytes>, part: &Option<Bytes>| match (whole, part) {
        (Some(whole), Some(part)) if is_whole => whole == part,
        (Some(whole), Some(part)) => whole.starts_with(part),
        (None, None) => true,
        // A key or value that did not fit is none in the letter, or nothing.
        (Some(_), None) => !is_whole,
        (None, Some(_)) => false,
    };
    let is_it = |found: &&Record| {
        letter.record_ms.is_none_or(|ms| ms == found.timestamp)
            && holds(&found.key, &record.key)
            && holds(&found.value, &record.value)
    };
    match found.filter(is_it) {
        Some(found) => Ok(found.clone()),
        None if is_whole => Ok(record.clone()),
        None => Err(Refusal::Cut(letter.cut_bytes)),
    }
}

impl Refusal {
    /// Its code, from a closed list.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "NO_SUCH_LETTER",
            Self::Handled(_) => "HANDLED",
            Self::InDoubt => "NOTE_UNREADABLE",
            Self::NoSource => "SOURCE_UNKNOWN",
            Self::Facts(_) => "FACTS",
            Self::NotAnInbox(_) => "NOT_AN_INBOX",
            Self::Cut(_) => "CUT",
            Self::Attempts(_) => "ATTEMPTS",
            Self::TooLarge(_) => "TOO_LARGE",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => write!(f, "there is no such letter"),
            Self::Handled(note) => {
                let (what, at) = (super::table::handled(note), super::table::time(note.at_ms));
                write!(f, "it was handled before: {what} by {} at {at}", note.who)
            }
            Self::InDoubt => write!(
                f,
                "nobody can read the record where its note would stand, so it may have been replayed: look at the inbox, then drop it"
            ),
            Self::NoSource => write!(f, "its headers do not say where the record came from"),
            Self::Facts(topic) => write!(
                f,
                "{topic} holds facts, and a fact is never appended twice: repair the reader, then rebuild the projection"
            ),
            Self::NotAnInbox(topic) => write!(f, "{topic:?} is no inbox: nobody reads commands from there"),
            Self::Cut(bytes) => {
                write!(f, "the record is gone from its topic, and the letter lacks {bytes} bytes of it")
            }
            Self::Attempts(attempts) => {
                write!(f, "it has been replayed {attempts} times and came back: say --again to replay it once more")
            }
            Self::TooLarge(bytes) => write!(f, "it has {bytes} bytes with its headers, more than its inbox takes"),
        }
    }
}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// A letter that was not replayed, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Refused {
    /// The letter.
    pub letter: LetterId,
    /// Why, as a code.
    pub code: Refusal,
    /// Why, as a sentence.
    pub why: String,
}

impl Refused {
    /// A refusal of this letter.
    #[must_use]
    pub fn new(letter: LetterId, code: Refusal) -> Self {
        Self { letter, why: code.to_string(), code }
    }
}
