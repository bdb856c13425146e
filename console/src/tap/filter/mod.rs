//! Which records are wanted: from cheap to dear. Partition and key first, then headers, then bytes, then an expression.

mod condition;
mod expression;
mod header;
mod sample;

use std::collections::BTreeSet;

use events::envelope::header as names;
use streams::kafka::tap::RecordView;
use streams::partitioner::partition_for_key;

pub(crate) use condition::Condition;
use header::HeaderRule;

use super::mask::Mask;
use super::words::{Sample, Words};

/// The largest value on which an expression is evaluated, bytes.
const MOST_JUDGED: usize = 1 << 20;

/// What a filter says of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// It is wanted.
    Match,
    /// It is not.
    NoMatch,
    /// The expression cannot be evaluated on it, for this reason. It is not shown.
    NotJudged(String),
}

/// A filter, compiled. Threads that judge at once have one each.
pub(crate) struct Filter {
    keys: Vec<Vec<u8>>,
    events: Vec<Vec<u8>>,
    headers: Vec<HeaderRule>,
    trace: Option<String>,
    contains: Option<Vec<u8>>,
    sample: Option<Sample>,
    condition: Option<Condition>,
}

/// Why words are no filter.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum FilterError {
    /// A word is wrong.
    #[error("{0}")]
    Word(String),
    /// It would tell something of a personal field without showing it.
    #[error(
        "{topic}: {what} is personal, and a filter on it would tell what the mask hides; --unmask REASON shows and filters"
    )]
    Personal {
        /// The topic.
        topic: String,
        /// What.
        what: String,
    },
    /// A topic whose keys do not say where a record is.
    #[error(
        "{0}: its writers name partitions themselves, so a key does not tell where to look: --everywhere looks in all of them"
    )]
    NamedPartitions(String),
}

impl Filter {
    /// Compiles the words.
    ///
    /// # Errors
    /// [`FilterError::Word`].
    pub(crate) fn new(words: &Words) -> Result<Self, FilterError> {
        if let Some(trace) = &words.trace
            && !(trace.len() == 32 && trace.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
        {
            return Err(FilterError::Word(format!("--trace {trace}: a trace id has 32 hex digits, in lower case")));
        }
        let headers = words.headers.iter().map(|rule| HeaderRule::parse(rule).map_err(FilterError::Word));
        let condition = words.condition.as_deref().map(Condition::compile).transpose();
        Ok(Self {
            keys: words.keys.iter().map(|key| key.as_bytes().to_vec()).collect(),
            events: words.events.iter().map(|event| event.as_bytes().to_vec()).collect(),
            headers: headers.collect::<Result<_, _>>()?,
            trace: words.trace.clone(),
            contains: words.contains.as_ref().map(|text| text.as_bytes().to_vec()),
            sample: words.sample.clone(),
            condition: condition.map_err(|error| FilterError::Word(format!("--where: {error}")))?,
        })
    }

    /// Bounds what judging a record may cost, where others share the machine.
    ///
    /// # Errors
    /// [`FilterError::Word`] when the expression itself is too much.
    pub(crate) fn bound(&mut self) -> Result<(), FilterError> {
        let bounded = self.condition.as_mut().map(Condition::bound).transpose();
        bounded.map(drop).map_err(|error| FilterError::Word(format!("--where: {error}")))
    }

    /// Whether every record is wanted.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
            && self.events.is_empty()
            && self.headers.is_empty()
            && self.trace.is_none()
            && self.contains.is_none()
            && self.sample.is_none()
            && self.condition.is_none()
    }

    /// Refuses what would tell a personal field that the mask hides.
    ///
    /// # Errors
    /// [`FilterError::Personal`].
    pub(crate) fn check(&self, topic: &str, mask: &Mask) -> Result<(), FilterError> {
        let personal = |what: &str| FilterError::Personal { topic: topic.to_owned(), what: what.to_owned() };
        if mask.is_key_personal() && !(self.keys.is_empty() && self.sample.is_none()) {
            return Err(personal("the key"));
        }
        let asks_headers = !self.headers.is_empty() || !self.events.is_empty() || self.trace.is_some();
        if mask.are_headers_personal() && asks_headers {
            return Err(personal("every header"));
        }
        if mask.has_personal_fields() && self.contains.is_some() {
            return Err(personal("some field of the value"));
        }
        let Some(condition) = &self.condition else { return Ok(()) };
        if mask.is_key_personal() && condition.asks_key() {
            return Err(personal("the key"));
        }
        if mask.are_headers_personal() && condition.asks_headers() {
            return Err(personal("every header"));
        }
        match condition.paths().iter().find(|path| mask.touches(path)) {
            Some(path) if path.is_empty() => Err(personal("some field of the value")),
            Some(path) => Err(personal(&format!("/{}", path.join("/")))),
            None => Ok(()),
        }
    }

    /// Judges a record.
    pub(crate) fn judge(&mut self, record: &RecordView<'_>) -> Verdict {
        let key = record.key.unwrap_or_default();
        let is_key = self.keys.is_empty() || record.key.is_some_and(|key| self.keys.iter().any(|wanted| wanted == key));
        if !is_key || !self.sample.as_ref().is_none_or(|sample| sample::holds(sample, record.key, record)) {
            return Verdict::NoMatch;
        }
        if !self.events.is_empty() {
            let event = record.headers.last(names::EVENT_TYPE);
            if !event.is_some_and(|event| self.events.iter().any(|wanted| wanted == event)) {
                return Verdict::NoMatch;
            }
        }
        if let Some(trace) = &self.trace
            && record.headers.last(names::TRACEPARENT).and_then(trace_of) != Some(trace.as_bytes())
        {
            return Verdict::NoMatch;
        }
        if !self.headers.iter().all(|rule| rule.holds(&record.headers)) {
            return Verdict::NoMatch;
        }
        if let Some(text) = &self.contains
            && !record.value.is_some_and(|value| has(value, text))
        {
            return Verdict::NoMatch;
        }
        let Some(condition) = &mut self.condition else { return Verdict::Match };
        if record.value.is_some_and(|value| value.len() > MOST_JUDGED) {
            return Verdict::NotJudged(format!("the value has more than {MOST_JUDGED} bytes"));
        }
        condition.judge(record, key)
    }
}

/// The partitions in which a producer puts these keys; none when keys are not asked for, or are looked for everywhere.
#[must_use]
pub(crate) fn partitions_of_keys(words: &Words, partitions: i32) -> Option<BTreeSet<i32>> {
    if words.keys.is_empty() || words.everywhere {
        return None;
    }
    Some(words.keys.iter().map(|key| partition_for_key(key.as_bytes(), partitions)).collect())
}

/// The trace id within a `traceparent`: version, trace, parent, flags.
pub(crate) fn trace_of(traceparent: &[u8]) -> Option<&[u8]> {
    traceparent.split(|byte| *byte == b'-').nth(1).filter(|trace| trace.len() == 32)
}

/// Whether a text is somewhere in the bytes.
fn has(bytes: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(bytes, text).is_some()
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
