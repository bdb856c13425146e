//! A dead letter as its headers describe it: where it stands, where the record came from, who could not handle it and why. Pure.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use streams::record::Record;
use streams::task::dead_letter::{self, header};

/// The header that says how often the record has been replayed by now.
pub const ATTEMPT: &str = "replay-attempt";
/// The header that names the letter that a record was replayed from.
pub const REPLAYED_FROM: &str = "replayed-from";

/// Most bytes of a name or a reason that are kept: anybody who may write dead letters can pretend.
const LONGEST: usize = 1_000;

/// The place of a letter in the topic of dead letters, written `PARTITION/OFFSET`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct LetterId {
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

/// Why a text names no letter.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a letter is named by its place, PARTITION/OFFSET, such as 1/42")]
pub struct LetterIdError;

/// The place of the record that became a letter, written `TOPIC/PARTITION/OFFSET`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Source {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

/// What a letter's headers say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Letter {
    /// Where it stands.
    pub letter: LetterId,
    /// Who could not handle the record: a processor, or a connector.
    pub processor: String,
    /// The topic that the record was read from; empty when the headers do not say.
    pub topic: String,
    /// The record's place; none when the headers do not say.
    pub source: Option<Source>,
    /// The words of the reason that do not vary from record to record.
    pub reason: String,
    /// The whole reason. It may quote the value, so it is shown only where the value is.
    #[serde(skip)]
    pub whole_reason: String,
    /// When it became a letter, milliseconds since 1970.
    pub at_ms: i64,
    /// The record's own time, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_ms: Option<i64>,
    /// How many bytes of the record the letter lacks; 0 when it is whole.
    pub cut_bytes: u64,
    /// How often the record had been replayed when it became this letter.
    pub attempts: u32,
    /// How many bytes the letter's value has.
    pub value_bytes: usize,
}

impl Letter {
    /// Reads a letter's headers. What they do not say stays empty: a letter is never passed over.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        // The last header of a name is the runtime's own; an earlier one came with the record.
        let text = |name: &str| {
            let found = record.header(name)?;
            Some(String::from_utf8_lossy(found.get(..found.len().min(LONGEST)).unwrap_or_default()).into_owned())
        };
        let number = |name: &str| text(name).and_then(|text| text.parse::<i64>().ok());
        let topic = text(header::TOPIC).unwrap_or_default();
        let source = || {
            let partition = i32::try_from(number(header::PARTITION)?).ok().filter(|partition| *partition >= 0)?;
            let offset = number(header::OFFSET).filter(|offset| *offset >= 0)?;
            (!topic.is_empty()).then(|| Source { topic: topic.clone(), partition, offset })
        };
        let source = source();
        let whole_reason = text(header::REASON).unwrap_or_default();
        Self {
            letter: LetterId { partition: record.partition, offset: record.offset },
            processor: text(header::PROCESSOR).unwrap_or_default(),
            source,
            topic,
            reason: dead_letter::words(&whole_reason).to_owned(),
            whole_reason,
            at_ms: record.timestamp,
            record_ms: number(header::TIMESTAMP),
            // A header that cannot be read says that something was cut.
            cut_bytes: text(header::CUT).map_or(0, |cut| cut.parse().unwrap_or(u64::MAX)),
            attempts: text(ATTEMPT).map_or(0, |attempts| attempts.parse().unwrap_or(u32::MAX)),
            value_bytes: record.value.as_ref().map_or(0, bytes::Bytes::len),
        }
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partition, self.offset)
    }
}

impl FromStr for LetterId {
    type Err = LetterIdError;

    fn from_str(text: &str) -> Result<Self, LetterIdError> {
        let (partition, offset) = text.split_once('/').ok_or(LetterIdError)?;
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(partition) || !is_number(offset) {
            return Err(LetterIdError);
        }
        Ok(Self {
            partition: partition.parse().map_err(|_| LetterIdError)?,
            offset: offset.parse().map_err(|_| LetterIdError)?,
        })
    }
}

impl Serialize for LetterId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
