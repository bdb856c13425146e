//! Letters and dead rows, grouped by who could not handle them, by topic and by reason. Pure.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::letter::Letter;
use super::note::{Note, Notes, Standing};

/// Most letters that are listed one by one: the newest.
const MOST_LISTED: usize = 1_000;
/// Most groups that are told apart.
const MOST_GROUPS: usize = 1_000;
/// Who could not handle a row of Postgres' `dead_rows`.
pub(super) const ROWS: &str = "sinks.postgres";

/// Which letters are wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Of records of this topic.
    pub topic: Option<String>,
    /// With these words as their reason, or a reason that begins with them.
    pub reason: Option<String>,
    /// Letters from this instant on, milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Handled ones only, or others only.
    pub handled: Option<bool>,
}

/// A row of `dead_rows`: a fact that could not become rows. Only a rebuild of the projection takes it away.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DeadRow {
    /// The topic that the fact was read from.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// `undecodable`, `impossible`, or the SQLSTATE that refused the row.
    pub cause: String,
    /// The fact's time, milliseconds since 1970.
    pub at_ms: i64,
}

/// Letters of one kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Group {
    /// Who could not handle them; `sinks.postgres` for dead rows.
    pub source: String,
    /// The topic that their records were read from.
    pub topic: String,
    /// The words of the reason that do not vary.
    pub reason: String,
    /// How many there are.
    pub letters: u64,
    /// How many of them are handled.
    pub handled: u64,
    /// The time of the first, milliseconds since 1970.
    pub first_ms: i64,
    /// The time of the last, milliseconds since 1970.
    pub last_ms: i64,
}

/// One letter and what became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Entry {
    /// The letter.
    #[serde(flatten)]
    pub letter: Letter,
    /// What became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handled: Option<Note>,
    /// Whether nobody can read the record where its note would stand.
    #[serde(skip_serializing_if = "is_false")]
    pub in_doubt: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// What there is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct List {
    /// Kinds of letters: the ones with most unhandled first.
    pub groups: Vec<Group>,
    /// The newest letters, as they were read.
    pub letters: VecDeque<Entry>,
    /// Letters that were counted in the groups; the newest thousand are listed.
    pub counted: u64,
    /// Records of `dead-letters.handled` that nobody can read.
    pub unreadable_notes: u64,
    /// Why Postgres' dead rows are not among the groups; none when they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_rows_unknown: Option<String>,
    #[serde(skip)]
    kinds: BTreeMap<(String, String, String), Group>,
}

impl Filter {
    /// Whether a letter is wanted.
    #[must_use]
    pub fn takes(&self, letter: &Letter, standing: Standing<'_>) -> bool {
        let is_handled = matches!(standing, Standing::Handled(_));
        self.takes_kind(&letter.topic, &letter.reason, letter.at_ms)
            && self.handled.is_none_or(|wanted| wanted == is_handled)
    }

    fn takes_kind(&self, topic: &str, reason: &str, at_ms: i64) -> bool {
        self.topic.as_deref().is_none_or(|wanted| wanted == topic)
            && self.reason.as_deref().is_none_or(|wanted| reason.starts_with(wanted))
            && self.since_ms.is_none_or(|since| at_ms >= since)
    }
}

impl List {
    /// An empty list of letters with these notes.
    #[must_use]
    pub fn beside(notes: &Notes) -> Self {
        Self { unreadable_notes: notes.unreadable(), ..Self::default() }
    }

    /// Takes a letter, if it is wanted.
    pub fn take(&mut self, letter: Letter, notes: &Notes, filter: &Filter) {
        let standing = notes.of(&letter);
        if !filter.takes(&letter, standing) {
            return;
        }
        let (handled, in_doubt) = match standing {
            Standing::Handled(note) => (Some(note.clone()), false),
            Standing::InDoubt => (None, true),
            Standing::Unhandled => (None, false),
        };
        self.counted += 1;
        let kind = (letter.processor.clone(), letter.topic.clone(), letter.reason.clone());
        self.count(kind, handled.is_some(), letter.at_ms);
        if self.letters.len() == MOST_LISTED {
            self.letters.pop_front();
        }
        self.letters.push_back(Entry { letter, handled, in_doubt });
    }

    /// Takes a dead row, if it is wanted. Nobody handles one: it goes with a rebuild.
    pub fn take_row(&mut self, row: DeadRow, filter: &Filter) {
        if filter.handled == Some(true) || !filter.takes_kind(&row.topic, &row.cause, row.at_ms) {
            return;
        }
        self.count((ROWS.to_owned(), row.topic, row.cause), false, row.at_ms);
    }

    fn count(&mut self, kind: (String, String, String), is_handled: bool, at_ms: i64) {
        let other = || ("other".to_owned(), "other".to_owned(), "other".to_owned());
        let kind = if self.kinds.contains_key(&kind) || self.kinds.len() < MOST_GROUPS { kind } else { other() };
        let new = |(source, topic, reason): (String, String, String)| Group {
            source,
            topic,
            reason,
            letters: 0,
            handled: 0,
            first_ms: at_ms,
            last_ms: at_ms,
        };
        let group = self.kinds.entry(kind.clone()).or_insert_with(|| new(kind));
        group.letters += 1;
        group.handled += u64::from(is_handled);
        group.first_ms = group.first_ms.min(at_ms);
        group.last_ms = group.last_ms.max(at_ms);
    }

    /// Orders what was taken.
    #[must_use]
    pub fn ended(mut self) -> Self {
        self.groups = std::mem::take(&mut self.kinds).into_values().collect();
        self.groups.sort_by_key(|group| std::cmp::Reverse((group.letters - group.handled, group.last_ms)));
        self
    }
}
