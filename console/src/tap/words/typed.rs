//! What was typed, word by word, before it means anything: the same words on the command line and as parameters of a request.

use std::collections::BTreeSet;
use std::fmt;

use events::calendar::{Zone, ZoneName};
use events::time::Timestamp;
use serde::Serialize;

use super::{Bounds, Format, Isolation, MaskMode, Place, Range, Words, read};

/// How many of the newest records are shown, unless a range is named.
const LAST: usize = 20;

/// Words that stand for themselves.
const FLAGS: [&str; 6] = ["all", "follow", "everywhere", "latest", "by-time", "strict"];

/// Words that can be said several times.
const REPEATED: [&str; 2] = ["key", "header"];

/// Words that name a range: who names one leaves that of a saved tap.
const RANGE: [&str; 6] = ["from", "to", "last", "at", "all", "during"];

/// What was typed. Two that are equal ask the same question, though not always for the same records: an age means another time later.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Typed {
    /// Topics, separated by commas.
    pub topics: String,
    /// From here on.
    pub from: Option<String>,
    /// Up to here.
    pub to: Option<String>,
    /// So many of the newest, or those of so long.
    pub last: Option<String>,
    /// One record.
    pub at: Option<String>,
    /// Everything.
    pub all: bool,
    /// While the coupons of this campaign can be claimed.
    pub during: Option<String>,
    /// These partitions only.
    pub partition: Option<String>,
    /// Whether it goes on.
    pub follow: bool,
    /// The zone of times without an offset.
    pub zone: Option<String>,
    /// Keys.
    pub key: Vec<String>,
    /// Whether keys are looked for everywhere.
    pub everywhere: bool,
    /// Types.
    pub event: Vec<String>,
    /// Rules on headers.
    pub header: Vec<String>,
    /// A trace id.
    pub trace: Option<String>,
    /// Bytes of a value.
    pub contains: Option<String>,
    /// An expression.
    pub condition: Option<String>,
    /// A sample of the keys.
    pub sample: Option<String>,
    /// So many records that match.
    pub limit: Option<u64>,
    /// So much that is read.
    pub max_scan: Option<String>,
    /// So long.
    pub time: Option<String>,
    /// Which records there are to see.
    pub isolation: Isolation,
    /// Columns.
    pub columns: Option<String>,
    /// The newest record of each key only.
    pub latest: bool,
    /// Merged by time.
    pub by_time: bool,
    /// What becomes of personal fields.
    pub mask: MaskMode,
    /// Whether personal fields are shown.
    pub is_unmasked: bool,
    /// Whether a record that cannot be read is an error.
    pub strict: bool,
}

/// A word that cannot be, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct WordError {
    /// The word, as it is typed.
    pub word: String,
    /// Why.
    pub reason: String,
}

impl fmt::Display for WordError {
    /// As on the command line. A reason that names its word itself is the whole text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reason.starts_with("--") {
            f.write_str(&self.reason)
        } else {
            write!(f, "--{}: {}", self.word, self.reason)
        }
    }
}

fn wrong(word: &str) -> impl FnOnce(String) -> WordError + use<'_> {
    move |reason| WordError { word: word.to_owned(), reason }
}

/// The zone of this name, the shop's own unless one is named.
///
/// # Errors
/// [`WordError`] when there is no such zone.
pub fn zone(name: Option<&str>) -> Result<Zone, WordError> {
    let name = name.map_or_else(ZoneName::default, ZoneName::new);
    name.zone().ok_or_else(|| wrong("zone")(format!("--zone {name}: there is no such zone")))
}

/// Longest reason, bytes.
const LONGEST_REASON: usize = 1_000;

/// A reason to see personal fields.
///
/// # Errors
/// [`WordError`] when it is blank or too long.
pub fn reason(text: &str) -> Result<&str, WordError> {
    match text.trim() {
        "" => Err(wrong("unmask")("--unmask needs a reason".to_owned())),
        reason if reason.len() > LONGEST_REASON => {
            Err(wrong("unmask")(format!("a reason has at most {LONGEST_REASON} bytes")))
        }
        reason => Ok(reason),
    }
}

impl Typed {
    /// Whether there is such a word.
    #[must_use]
    pub fn is_word(name: &str) -> bool {
        Self::default().slot(name).is_some() || FLAGS.contains(&name)
    }

    /// Whether a word can be said several times.
    #[must_use]
    pub fn is_repeated(name: &str) -> bool {
        REPEATED.contains(&name)
    }

    /// Takes a word with its value. A word that stands for itself has none, or `true` or `false`.
    ///
    /// # Errors
    /// [`WordError`] when there is no such word, or it cannot have this value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), WordError> {
        if FLAGS.contains(&name) {
            let is_set = match value {
                "" | "true" => true,
                "false" => false,
                _ => return Err(wrong(name)("true or false".to_owned())),
            };
            match name {
                "all" => self.all = is_set,
                "follow" => self.follow = is_set,
                "everywhere" => self.everywhere = is_set,
                "latest" => self.latest = is_set,
                "by-time" => self.by_time = is_set,
                _ => self.strict = is_set,
            }
            return Ok(());
        }
        match self.slot(name) {
            None => return Err(wrong(name)("there is no such word".to_owned())),
            Some(Slot::Text(text)) => *text = Some(value.to_owned()),
            Some(Slot::Texts(texts)) => texts.push(value.to_owned()),
            Some(Slot::List(list)) => *list = value.split(',').map(str::to_owned).collect(),
            Some(Slot::Count(count)) => {
                let number = value.parse::<u64>().ok().filter(|number| *number > 0);
                *count = Some(number.ok_or_else(|| wrong(name)("a number, at least 1".to_owned()))?);
            }
            Some(Slot::Isolation(isolation)) => {
                *isolation = match value {
                    "committed" => Isolation::Committed,
                    "uncommitted" => Isolation::Uncommitted,
                    _ => return Err(wrong(name)("committed or uncommitted".to_owned())),
                }
            }
            Some(Slot::Mask(mask)) => {
                *mask = match value {
                    "hash" => MaskMode::Hash,
                    "redact" => MaskMode::Redact,
                    "drop" => MaskMode::Drop,
                    _ => return Err(wrong(name)("hash, redact or drop".to_owned())),
                }
            }
        }
        Ok(())
    }

    fn slot(&mut self, name: &str) -> Option<Slot<'_>> {
        Some(match name {
            "from" => Slot::Text(&mut self.from),
            "to" => Slot::Text(&mut self.to),
            "last" => Slot::Text(&mut self.last),
            "at" => Slot::Text(&mut self.at),
            "during" => Slot::Text(&mut self.during),
            "partition" => Slot::Text(&mut self.partition),
            "zone" => Slot::Text(&mut self.zone),
            "key" => Slot::Texts(&mut self.key),
            "event" => Slot::List(&mut self.event),
            "header" => Slot::Texts(&mut self.header),
            "trace" => Slot::Text(&mut self.trace),
            "contains" => Slot::Text(&mut self.contains),
            "where" => Slot::Text(&mut self.condition),
            "sample" => Slot::Text(&mut self.sample),
            "limit" => Slot::Count(&mut self.limit),
            "max-scan" => Slot::Text(&mut self.max_scan),
            "for" => Slot::Text(&mut self.time),
            "isolation" => Slot::Isolation(&mut self.isolation),
            "columns" => Slot::Text(&mut self.columns),
            "mask" => Slot::Mask(&mut self.mask),
            _ => return None,
        })
    }

    /// Takes the words of a saved tap, its topics first, where nothing else is `given`. How output is written is no part of a question.
    ///
    /// # Errors
    /// [`WordError`] when the saved words are none.
    pub fn take_saved(&mut self, saved: &[String], given: &BTreeSet<String>) -> Result<(), WordError> {
        let names_range = RANGE.iter().any(|name| given.contains(*name));
        let mut words = saved.iter();
        self.topics = words.next().cloned().unwrap_or_default();
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").unwrap_or(word);
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name, value),
                None if FLAGS.contains(&name) => (name, ""),
                None => (name, words.next().map_or("", String::as_str)),
            };
            let is_given = given.contains(name) || names_range && RANGE.contains(&name);
            if !is_given {
                self.set(name, value)?;
            }
        }
        Ok(())
    }

    /// Whose time it is.
    ///
    /// # Errors
    /// [`WordError`] when there is no such zone.
    pub fn zone(&self) -> Result<Zone, WordError> {
        zone(self.zone.as_deref())
    }

    /// What it means, written in this format.
    ///
    /// # Errors
    /// [`WordError`].
    pub fn words(&self, format: Format, now: Timestamp) -> Result<Words, WordError> {
        let zone = self.zone()?;
        let sample = self.sample.as_deref().map(read::sample).transpose().map_err(wrong("sample"))?;
        let partitions = self.partition.as_deref().map(read::partitions).transpose().map_err(wrong("partition"))?;
        Ok(Words {
            topics: self.topics.split(',').map(str::to_owned).collect(),
            range: self.range(&zone, now)?,
            during: self.during.clone(),
            partitions: partitions.unwrap_or_default(),
            follow: self.follow,
            keys: self.key.clone(),
            everywhere: self.everywhere,
            events: self.event.clone(),
            headers: self.header.clone(),
            trace: self.trace.clone(),
            contains: self.contains.clone(),
            condition: self.condition.clone(),
            sample,
            isolation: self.isolation,
            columns: self.columns.clone(),
            latest: self.latest,
            by_time: self.by_time,
            mask: self.mask,
            is_unmasked: self.is_unmasked,
            format,
            strict: self.strict,
            bounds: Bounds {
                limit: self.limit,
                max_scan: self.max_scan.as_deref().map(read::amount).transpose().map_err(wrong("max-scan"))?,
                time: self.time.as_deref().map(read::age).transpose().map_err(wrong("for"))?,
            },
        })
    }

    fn range(&self, zone: &Zone, now: Timestamp) -> Result<Range, WordError> {
        let has_places = self.from.is_some() || self.to.is_some();
        let named = [
            ("during", self.during.is_some()),
            ("all", self.all),
            ("at", self.at.is_some()),
            ("last", self.last.is_some()),
            ("from", has_places),
        ];
        let mut named = named.into_iter().filter(|(_, is_named)| *is_named);
        if let (Some((word, _)), Some((other, _))) = (named.next(), named.next()) {
            return Err(wrong(word)(format!("not together with {other}: each names a range")));
        }
        let place = |word: &str, text: &Option<String>, otherwise| match text {
            Some(text) => read::place(text, zone, now).map_err(wrong(word)),
            None => Ok(otherwise),
        };
        match (&self.last, &self.at) {
            (Some(text), _) => read::last(text, now).map_err(wrong("last")),
            (None, Some(text)) => read::at(text).map_err(wrong("at")),
            (None, None) if self.all || has_places => {
                Ok(Range::Between(place("from", &self.from, Place::Beginning)?, place("to", &self.to, Place::End)?))
            }
            (None, None) => Ok(Range::Last(LAST)),
        }
    }
}

/// Where a word's value goes.
enum Slot<'t> {
    Text(&'t mut Option<String>),
    Texts(&'t mut Vec<String>),
    List(&'t mut Vec<String>),
    Count(&'t mut Option<u64>),
    Isolation(&'t mut Isolation),
    Mask(&'t mut MaskMode),
}

#[cfg(test)]
#[path = "typed_tests.rs"]
mod tests;
