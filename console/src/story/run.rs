//! Tells a story: what is read in which order, and what of the log that was.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use events::audit::AuditCoverage;
use serde::Serialize;
use streams::kafka::ClusterConfig;
use streams::kafka::tap::TapError;

use super::entry::Entry;
use super::gather::{Gatherer, Times};
use super::hints::{Hints, look_up};
use super::link::link;
use super::names::{Names, texts};
use super::subject::Subject;
use super::windows::{self, AFTER_MS, BEFORE_MS};

/// A story.
#[derive(Clone, Debug)]
pub struct Story {
    /// What it is about.
    pub subject: Subject,
    /// Its records, by time.
    pub entries: Vec<Entry>,
    /// What Postgres shows of the subject, as name and value.
    pub standing: Vec<(&'static str, String)>,
    /// What was read for it.
    pub coverage: StoryCoverage,
}

/// What was read for a story.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StoryCoverage {
    /// Records read.
    pub read: u64,
    /// Offsets in the log of all topics that were looked at; no fewer than records.
    pub in_log: u64,
    /// Records of the story.
    pub told: u64,
    /// Whether everything was read where records of the subject can be.
    pub complete: bool,
    /// Whether Postgres said where to look.
    pub by_postgres: bool,
}

impl StoryCoverage {
    /// As it is written down.
    #[must_use]
    pub fn audited(&self) -> AuditCoverage {
        let reason = (!self.complete).then(|| "interrupted".to_owned());
        AuditCoverage { complete: self.complete, reason, read: self.read, shown: self.told, partitions: Vec::new() }
    }
}

/// Why there is no story.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// The cluster or a topic is not there.
    #[error(transparent)]
    Tap(#[from] TapError),
    /// The thread that reads has ended.
    #[error("the thread that reads is gone")]
    Reader,
}

/// Tells stories.
#[derive(Clone, Debug)]
pub struct Teller {
    /// Where the topics are.
    pub cluster: ClusterConfig,
    /// Where projections are; without it, or when it does not answer, more is read.
    pub postgres: Option<String>,
    /// Who asks: in the client's id.
    pub user: String,
    /// Of a trace, and of what Postgres does not know: nothing before this time, milliseconds since 1970.
    pub from_ms: Option<i64>,
}

impl Teller {
    /// Tells a story.
    ///
    /// # Errors
    /// [`StoryError`].
    pub async fn tell(&self, subject: Subject, stop: Arc<AtomicBool>) -> Result<Story, StoryError> {
        let hints = match &self.postgres {
            None => Hints::without_postgres(&subject),
            Some(url) => look_up(url, &subject).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "Postgres does not say where to look: more is read");
                Hints::without_postgres(&subject)
            }),
        };
        let teller = self.clone();
        let reading = tokio::task::spawn_blocking(move || teller.read(subject, &hints, &stop));
        reading.await.map_err(|_| StoryError::Reader)?
    }

    /// Its own records first; then, in the partitions that those name and around their times, what they led to. Between those times, while
    /// an order waits for its payment or its return, nothing is read.
    fn read(&self, subject: Subject, hints: &Hints, stop: &AtomicBool) -> Result<Story, StoryError> {
        let mut gatherer = Gatherer::open(&self.cluster, &self.user, stop)?;
        let mut names = Names { ids: hints.ids.clone(), traces: BTreeSet::new() };
        match &subject {
            Subject::Trace(trace) => names.traces.insert(trace.clone()),
            other => names.ids.insert(other.id()),
        };
        let from_ms = hints.from_ms.or(self.from_ms);
        let times = Times {
            from_ms: from_ms.map(|from| from.saturating_sub(BEFORE_MS)),
            to_ms: hints.to_ms.map(|to| to.saturating_add(AFTER_MS)),
        };
        let mut entries = gatherer.gather(&hints.places, times, &names)?;
        if !entries.is_empty() {
            let mut places = hints.places.clone();
            places.add_named_by(&entries);
            for entry in &entries {
                names.traces.extend(entry.trace.clone().filter(|_| is_of(&subject, &hints.ids, entry)));
                if matches!(subject, Subject::Order(_)) {
                    texts(&entry.value, "hold", &mut names.ids);
                }
            }
            if matches!(subject, Subject::Order(_)) {
                // Its own partition has been read.
                places.remove("orders");
            }
            let mut read = Vec::new();
            while !gatherer.is_stopped {
                let windows = windows::around(entries.iter().map(Entry::at_ms).chain(from_ms));
                let unread = windows::unread(&windows, &read);
                if unread.is_empty() {
                    break;
                }
                for (from, to) in unread {
                    let times = Times { from_ms: Some(from), to_ms: Some(to) };
                    entries.extend(gatherer.gather(&places, times, &names)?);
                }
                read = windows;
            }
        }
        link(&mut entries);
        let coverage = StoryCoverage {
            read: gatherer.read,
            in_log: gatherer.in_log(),
            told: entries.len() as u64,
            complete: !gatherer.is_stopped,
            by_postgres: hints.is_known,
        };
        let standing = hints.standing.iter().cloned().chain(settled(&entries)).collect();
        Ok(Story { subject, entries, standing, coverage })
    }
}

/// Whether everything of a record's trace belongs to the story. A coupon's story is that of its claim, not of the orders that used it.
fn is_of(subject: &Subject, ids: &BTreeSet<String>, entry: &Entry) -> bool {
    !matches!(subject, Subject::Coupon(_)) || entry.request().is_some_and(|request| ids.contains(request))
}

/// What the story itself shows of an order beside what Postgres does: how many of its lines were settled, and what the sellers get.
fn settled(entries: &[Entry]) -> Vec<(&'static str, String)> {
    let posted = entries.iter().filter_map(|entry| entry.value.pointer("/fact/lines_posted/lines")?.as_array());
    let nets: Vec<i64> = posted.flatten().filter_map(|line| line.pointer("/amounts/net")?.as_i64()).collect();
    if nets.is_empty() {
        return Vec::new();
    }
    vec![("settled lines", nets.len().to_string()), ("settled net", nets.iter().sum::<i64>().to_string())]
}
