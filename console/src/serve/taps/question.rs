//! What a request asks: its path, parameters and headers as the words of a tap. Pure.

use std::collections::BTreeSet;

use events::manifest::{Manifest, is_topic_name};
use events::topics::CONSOLE_AUDIT;
use hyper::HeaderMap;
use hyper::header::HeaderName;

use super::accept::Shape;
use crate::serve::caller::{Caller, Role};
use crate::serve::parameters::{Refused, decoded, invalid, pairs};
use crate::serve::problem::Problem;
use crate::tap::words::{self, Typed, WordError};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const REASON: HeaderName = HeaderName::from_static("timesale-reason");

/// Most topics of one tap: each costs a client of the library.
const MOST_TOPICS: usize = 8;

/// Every parameter.
pub(in crate::serve) const PARAMETERS: [&str; 28] = [
    "from",
    "to",
    "last",
    "at",
    "all",
    "during",
    "partition",
    "follow",
    "zone",
    "key",
    "everywhere",
    "event",
    "header",
    "trace",
    "contains",
    "where",
    "sample",
    "limit",
    "max-scan",
    "for",
    "isolation",
    "columns",
    "latest",
    "by-time",
    "mask",
    "unmask",
    "strict",
    "after",
];

/// What a request asks.
#[derive(Debug)]
pub(super) struct Question {
    /// The words.
    pub(super) typed: Typed,
    /// As what it is answered.
    pub(super) shape: Shape,
    /// Why personal fields must be shown; none when they are masked. Not yet looked at.
    pub(super) reason: Option<String>,
    /// The token of the place after which it goes on.
    pub(super) after: Option<String>,
    /// What was asked, for whoever reads the audit topic.
    pub(super) told: Vec<String>,
}

impl Question {
    /// Reads a request.
    ///
    /// # Errors
    /// The problem, with the parameter's name.
    pub(super) fn read(topics: &str, query: &str, headers: &HeaderMap, manifest: &Manifest) -> Result<Self, Refused> {
        let shape = Shape::of(headers).ok_or_else(|| {
            let known: Vec<&str> = Shape::ALL.iter().map(|shape| shape.media_type()).collect();
            (Problem::NotAcceptable, Some(format!("Accept: one of {}", known.join(", "))))
        })?;
        let topics = decoded(topics).ok_or((Problem::Unknown, None))?;
        let (mut typed, mut given) = (Typed { topics: topics.clone(), ..Typed::default() }, BTreeSet::new());
        let (mut reason, mut after, mut told) = (None, None, vec![topics.clone()]);
        for (name, value) in pairs(query)? {
            let is_new = given.insert(name.clone());
            if !is_new && !Typed::is_repeated(&name) {
                return Err(invalid(&name, "given twice"));
            }
            match name.as_str() {
                "unmask" => reason = Some(value),
                "after" => after = Some(value),
                word if Typed::is_word(word) => {
                    typed.set(word, &value).map_err(|error| refused(&error))?;
                    told.push(format!("{word}={value}"));
                }
                unknown => return Err(invalid(unknown, "there is no such parameter")),
            }
        }
        if let Some(name) = topics.strip_prefix('@') {
            let saved = manifest.taps.get(name).ok_or((Problem::Unknown, None))?;
            typed.take_saved(&saved.words, &given).map_err(|error| refused(&error))?;
        }
        reason = given_reason(headers, reason)?;
        typed.is_unmasked = reason.is_some();
        // A browser that has lost a stream asks the same again: its header is the newer of the two.
        after = one(headers, &LAST_EVENT_ID)?.filter(|id| !id.is_empty()).or(after);
        told.push(format!("as {}", shape.media_type()));
        let question = Self { typed, shape, reason, after, told };
        question.check()?;
        Ok(question)
    }

    /// Refuses what the role cannot answer, whoever asks.
    fn check(&self) -> Result<(), Refused> {
        let topics: Vec<&str> = self.topics().collect();
        if topics.len() > MOST_TOPICS {
            return Err(invalid("topic", &format!("at most {MOST_TOPICS} at once")));
        }
        if !topics.iter().all(|topic| is_topic_name(topic)) {
            return Err((Problem::Unknown, Some("no topic has such a name".to_owned())));
        }
        if self.typed.follow && !self.shape.can_follow() {
            let reason =
                format!("{} has an end: ask for text/event-stream or application/x-ndjson", self.shape.media_type());
            return Err(invalid("follow", &reason));
        }
        if self.typed.latest && self.after.is_some() {
            return Err(invalid("after", "with latest a tap cannot go on: its records are known at its end only"));
        }
        Ok(())
    }

    /// The topics.
    pub(super) fn topics(&self) -> impl Iterator<Item = &str> {
        self.typed.topics.split(',')
    }

    /// What the caller's roles do not allow, if there is something.
    pub(super) fn forbidden(&self, caller: &Caller) -> Option<&'static str> {
        let is_private = caller.has(&[Role::Privacy]);
        if is_private {
            None
        } else if self.reason.is_some() {
            Some("personal fields are shown to the role privacy only")
        } else if self.topics().any(|topic| topic == CONSOLE_AUDIT.name()) {
            Some("the audit topic is shown to the role privacy only")
        } else {
            None
        }
    }

    /// The reason, once the caller may give one.
    ///
    /// # Errors
    /// It is blank or too long.
    pub(super) fn reason(&self) -> Result<Option<&str>, Refused> {
        self.reason.as_deref().map(reason).transpose()
    }
}

/// A reason to see personal fields.
///
/// # Errors
/// It is blank or too long.
pub(in crate::serve) fn reason(text: &str) -> Result<&str, Refused> {
    words::reason(text).map_err(|error| refused(&error))
}

/// The reason that a request gives, in its head or as this parameter; not yet looked at.
///
/// # Errors
/// It is given twice.
pub(in crate::serve) fn given_reason(
    headers: &HeaderMap,
    parameter: Option<String>,
) -> Result<Option<String>, Refused> {
    match (one(headers, &REASON)?, parameter) {
        (Some(_), Some(_)) => Err(invalid("unmask", "given twice: as a parameter and as Timesale-Reason")),
        (header, parameter) => Ok(header.or(parameter)),
    }
}

/// A header that comes once at most, as text.
fn one(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Refused> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = std::str::from_utf8(value.as_bytes()).ok().filter(|_| values.next().is_none());
    text.map(|text| Some(text.to_owned())).ok_or_else(|| invalid(name.as_str(), "given twice, or no text"))
}

/// A word that was refused, as a problem. On the command line words have two hyphens.
pub(super) fn refused(error: &WordError) -> Refused {
    let reason = error.reason.strip_prefix("--").unwrap_or(&error.reason);
    let reason = reason.strip_prefix(&*error.word).map_or(reason, |rest| rest.trim_start_matches([':', ' ']));
    invalid(&error.word, reason)
}

#[cfg(test)]
#[path = "question_tests.rs"]
mod tests;
