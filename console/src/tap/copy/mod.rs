//! `--to-topic`: records go into a shadow topic. Each is copied once: where the copy stands is told by the copies themselves, which are
//! written in transactions, so a tap that was killed goes on behind the last of them.

mod copied;
mod record;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use streams::broker::BrokerError;
use streams::kafka::tap::{Isolation, TapClient, TapConfig, TapError};
use streams::kafka::{ClusterConfig, ReadError, TransactionalWriter, open_transactions};
use streams::record::Outgoing;

use super::write::Row;

/// Records, and bytes of them, that go into one transaction.
const MOST_RECORDS: usize = 1_000;
const MOST_BYTES: usize = 1 << 20;

/// How long the transactional id may take to be taken over, and how long transactions on the shadow topic may take to end.
const OPEN_WITHIN: Duration = Duration::from_secs(20);

/// Bytes that the client holds ready for a partition of the shadow topic, KiB.
const FETCH_KBYTES: u32 = 4_096;

/// Why records are not copied.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CopyError {
    /// Another tap has begun to write to the topic.
    #[error("{0}: another tap has begun to write there")]
    Fenced(String),
    /// The last transaction may have been committed.
    #[error(
        "{topic}: the outcome of the last transaction is not known ({reason}); a tap with --resume goes on, with every record once"
    )]
    Unknown {
        /// The shadow topic.
        topic: String,
        /// Why.
        reason: String,
    },
    /// The cluster does not take the records; none of the last transaction is there.
    #[error("{topic}: not written: {reason}")]
    Write {
        /// The shadow topic.
        topic: String,
        /// Why.
        reason: String,
    },
    /// The shadow topic is not the one to which the tap began to write.
    #[error(
        "{0}: has fewer records than when this copy began, so it is another topic; remove the file of --resume to begin anew"
    )]
    Anew(String),
    /// A transaction of somebody else is open on it.
    #[error("{0}: a transaction is open on it, so nobody can say what has been copied; try again")]
    Open(String),
    /// It has another number of partitions.
    #[error("{topic}: has {has} partitions and {of} has {wanted}; a copy keeps its record's partition")]
    Partitions {
        /// The shadow topic.
        topic: String,
        /// How many it has.
        has: usize,
        /// The topic whose records are copied.
        of: String,
        /// How many that has.
        wanted: usize,
    },
    /// The cluster or the topic is not there.
    #[error(transparent)]
    Tap(#[from] TapError),
    /// The cluster cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// What a copy is told by, besides where it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity<'a> {
    /// The topic whose records are copied, and how many partitions it has.
    pub(crate) of: &'a str,
    pub(crate) partitions: usize,
    /// Of the question: two taps with other words do not continue each other.
    pub(crate) id: &'a str,
    /// Where the shadow topic ended when the copy began, by partition; nothing if it begins now.
    pub(crate) began: Option<&'a BTreeMap<i32, i64>>,
    /// Who taps.
    pub(crate) user: &'a str,
}

/// A shadow topic that is written to.
pub(crate) struct ShadowWriter {
    topic: Arc<str>,
    id: String,
    writer: TransactionalWriter,
    /// Where the shadow topic ended when the copy began, by partition.
    began: BTreeMap<i32, i64>,
    /// The last offset of each partition that has been copied.
    copied: BTreeMap<i32, i64>,
    records: Vec<(Outgoing, i64)>,
    bytes: usize,
}

impl ShadowWriter {
    /// Takes the shadow topic over from every tap that writes there, and finds out what has been copied. Blocks.
    ///
    /// # Errors
    /// [`CopyError`]; nothing was written.
    pub(crate) fn open(cluster: &ClusterConfig, topic: &str, identity: &Identity<'_>) -> Result<Self, CopyError> {
        let client =
            TapConfig { user: identity.user.to_owned(), fetch_kbytes: FETCH_KBYTES, isolation: Isolation::Committed };
        let client = TapClient::open(cluster, &[topic], &client)?;
        let partitions = client.partitions();
        let (has, wanted) = (partitions.len(), identity.partitions);
        if has != wanted {
            return Err(CopyError::Partitions { topic: topic.to_owned(), has, of: identity.of.to_owned(), wanted });
        }
        let writer = TransactionalWriter::open(cluster, &format!("timesale.tap.{topic}"), OPEN_WITHIN);
        let writer = writer.map_err(|error| failed(topic, error))?;
        settled(cluster, topic)?;
        let ends = client.ends(&partitions)?;
        let end = |(name, ends): (&(Arc<str>, i32), &streams::kafka::PartitionEnds)| (name.1, ends.stable);
        let (began, copied) = match identity.began {
            None => (ends.iter().map(end).collect(), BTreeMap::new()),
            Some(began) => {
                if ends.iter().map(end).any(|(partition, end)| began.get(&partition).is_some_and(|began| *began > end))
                {
                    return Err(CopyError::Anew(topic.to_owned()));
                }
                (began.clone(), copied::of(&client, &ends, began, identity)?)
            }
        };
        let id = identity.id.to_owned();
        Ok(Self { topic: topic.into(), id, writer, began, copied, records: Vec::new(), bytes: 0 })
    }

    /// Where the shadow topic ended when the copy began, by partition.
    #[must_use]
    pub(crate) fn began(&self) -> &BTreeMap<i32, i64> {
        &self.began
    }

    /// Takes a record that is wanted, unless it has been copied before.
    pub(crate) fn take(&mut self, row: &Row<'_>) {
        if self.copied.get(&row.record.partition).is_some_and(|last| row.record.offset <= *last) {
            return;
        }
        let copy = record::copy(row, &self.topic, &self.id);
        self.bytes += copy.key.as_ref().map_or(0, bytes::Bytes::len) + copy.value.as_ref().map_or(0, bytes::Bytes::len);
        self.records.push((copy, row.record.timestamp));
    }

    /// Whether a transaction is full.
    #[must_use]
    pub(crate) fn is_full(&self) -> bool {
        self.records.len() >= MOST_RECORDS || self.bytes >= MOST_BYTES
    }

    /// Whether nothing waits.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Writes what waits, in one transaction. Blocks.
    ///
    /// # Errors
    /// [`CopyError`].
    pub(crate) fn commit(&mut self) -> Result<(), CopyError> {
        if self.records.is_empty() {
            return Ok(());
        }
        self.writer.write_at(&self.records).map_err(|error| failed(&self.topic, error))?;
        self.records.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// Waits until no transaction is open on the topic.
fn settled(cluster: &ClusterConfig, topic: &str) -> Result<(), CopyError> {
    let deadline = Instant::now() + OPEN_WITHIN;
    while !open_transactions(cluster, &[topic])?.is_empty() {
        if Instant::now() >= deadline {
            return Err(CopyError::Open(topic.to_owned()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn failed(topic: &str, error: BrokerError) -> CopyError {
    let topic = topic.to_owned();
    match error {
        BrokerError::Fenced(_) => CopyError::Fenced(topic),
        BrokerError::Unknown(reason) => CopyError::Unknown { topic, reason },
        BrokerError::Unavailable(reason) => TapError::Unavailable { topic, reason }.into(),
        other => CopyError::Write { topic, reason: other.to_string() },
    }
}
