//! Reads letters and notes from the log. Blocks; not for an async worker thread.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use events::topics::{DEAD_LETTERS, DEAD_LETTERS_HANDLED};
use streams::broker::BrokerError;
use streams::kafka::{ClusterConfig, ConfigError, ReadError, RecordsAt, TopicReader, open_transactions};
use streams::record::Record;

use super::letter::{Letter, LetterId};
use super::list::{Filter, List};
use super::note::Notes;

/// How long a transaction on the notes may take to end.
const SETTLE_WITHIN: Duration = Duration::from_secs(15);

/// Why letters cannot be read or handled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A setting is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A transaction is open on the notes, so it is not known which letters are handled.
    #[error("a transaction is open on {0}: nobody can say which letters are handled; try again")]
    Open(&'static str),
    /// Another operator has begun to replay or drop.
    #[error("another operator has taken over; the list shows what was done by then")]
    Fenced,
    /// The last transaction may have been committed.
    #[error(
        "the outcome of the last transaction is not known ({0}); run the command again: what was replayed is not replayed again"
    )]
    Unknown(String),
    /// The cluster does not take what is written; nothing of the last transaction was.
    #[error("not written: {0}")]
    Write(String),
    /// The build's own list of topics is broken.
    #[error(transparent)]
    Manifest(#[from] events::manifest::ManifestError),
    /// A note has no form. Never in practice.
    #[error("a note cannot be encoded: {0}")]
    Encoding(#[from] serde_json::Error),
}

impl From<BrokerError> for Error {
    fn from(error: BrokerError) -> Self {
        match error {
            BrokerError::Fenced(_) => Self::Fenced,
            BrokerError::Unknown(reason) => Self::Unknown(reason),
            other => Self::Write(other.to_string()),
        }
    }
}

/// What became of the letters, as far as the log has it now.
///
/// # Errors
/// [`Error::Read`].
pub fn notes(cluster: &ClusterConfig) -> Result<Notes, Error> {
    let mut notes = Notes::default();
    for record in TopicReader::open(cluster, DEAD_LETTERS_HANDLED.name())? {
        notes.take(&record?);
    }
    Ok(notes)
}

/// The same once no transaction is open on the notes: what this returns is all there is, unless another operator takes over.
///
/// # Errors
/// [`Error::Read`], [`Error::Open`].
pub(super) fn settled_notes(cluster: &ClusterConfig) -> Result<Notes, Error> {
    let topic = DEAD_LETTERS_HANDLED.name();
    let deadline = Instant::now() + SETTLE_WITHIN;
    while !open_transactions(cluster, &[topic])?.is_empty() {
        if Instant::now() >= deadline {
            return Err(Error::Open(topic));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    notes(cluster)
}

/// The letters of the log, up to its stable end, that are wanted.
///
/// # Errors
/// [`Error::Read`].
pub fn list(cluster: &ClusterConfig, filter: &Filter) -> Result<List, Error> {
    let notes = notes(cluster)?;
    let mut list = List::beside(&notes);
    for record in TopicReader::open(cluster, DEAD_LETTERS.name())? {
        list.take(Letter::of(&record?), &notes, filter);
    }
    Ok(list)
}

/// Reads records by their places, with one client a topic.
pub(super) struct Places<'a> {
    cluster: &'a ClusterConfig,
    readers: BTreeMap<Arc<str>, RecordsAt>,
}

impl<'a> Places<'a> {
    pub(super) fn new(cluster: &'a ClusterConfig) -> Self {
        Self { cluster, readers: BTreeMap::new() }
    }

    /// Those of the records of a topic that the log has.
    pub(super) fn read(
        &mut self,
        topic: &str,
        places: impl IntoIterator<Item = (i32, i64)>,
    ) -> Result<BTreeMap<(i32, i64), Record>, Error> {
        let mut wanted: BTreeMap<i32, BTreeSet<i64>> = BTreeMap::new();
        for (partition, offset) in places {
            wanted.entry(partition).or_default().insert(offset);
        }
        let name: Arc<str> = topic.into();
        if !self.readers.contains_key(&name) {
            self.readers.insert(Arc::clone(&name), RecordsAt::new(self.cluster, topic)?);
        }
        let mut found = BTreeMap::new();
        if let Some(reader) = self.readers.get_mut(&name) {
            for (partition, offsets) in wanted {
                let records = reader.read(partition, &offsets)?;
                found.extend(records.into_iter().map(|(offset, record)| ((partition, offset), record)));
            }
        }
        Ok(found)
    }

    /// The letters that stand at these places. One that names a partition which the topic does not have stands nowhere.
    pub(super) fn letters(
        &mut self,
        letters: &[LetterId],
        partitions: i32,
    ) -> Result<BTreeMap<LetterId, Record>, Error> {
        let there = letters.iter().filter(|letter| letter.partition < partitions);
        let found = self.read(DEAD_LETTERS.name(), there.map(|letter| (letter.partition, letter.offset)))?;
        Ok(found.into_iter().map(|((partition, offset), record)| (LetterId { partition, offset }, record)).collect())
    }
}
