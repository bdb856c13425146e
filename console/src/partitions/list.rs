//! Reads which partitions are parked. Blocks; not for an async worker thread.

use std::collections::{BTreeMap, BTreeSet};

use events::topics::PROCESSORS_CONTROL;
use serde::Serialize;
use streams::control::Control;
use streams::kafka::{ClusterConfig, ReadError, TopicReader, committed_offsets};

use super::notes::{Notes, Parked};

/// Why partitions cannot be listed, or a word is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The partition of the word is not parked.
    #[error("partition {partition} of {application} is not parked")]
    NotParked {
        /// The processor.
        application: String,
        /// The partition.
        partition: i32,
    },
    /// The partition is not parked in front of the record of the word.
    #[error("the partition is not parked in front of the record at offset {offset}: {reason}")]
    NotInFront {
        /// The record that was meant.
        offset: i64,
        /// Why the partition is parked.
        reason: String,
    },
    /// The word is not in the log, or nobody knows whether it is. It can be said again.
    #[error("not written: {0}")]
    Write(String),
}

/// The partitions that are parked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct List {
    /// By application and partition.
    pub partitions: Vec<Parked>,
    /// Records of the control topic that this build cannot read.
    pub unreadable: u64,
}

/// The partitions of all processors that are parked, by what the log has now. Groups of the processors are named `PREFIX.APPLICATION`.
///
/// # Errors
/// [`Error::Read`].
pub fn list(cluster: &ClusterConfig, prefix: &str) -> Result<List, Error> {
    let (mut notes, mut unreadable) = (Notes::default(), 0);
    for said in said(cluster)? {
        match said {
            Some(control) => notes.take(control),
            None => unreadable += 1,
        }
    }
    let sources: BTreeSet<(String, String)> =
        notes.sources().map(|(application, topic)| (application.to_owned(), topic.to_owned())).collect();
    let mut committed: BTreeMap<String, BTreeMap<i32, i64>> = BTreeMap::new();
    for (application, topic) in sources {
        let offsets = committed_offsets(cluster, &format!("{prefix}.{application}"), &topic)?;
        committed.insert(application, offsets.into_iter().collect());
    }
    let position = |application: &str, partition: i32| {
        committed.get(application).and_then(|offsets| offsets.get(&partition)).copied().unwrap_or(0)
    };
    Ok(List { partitions: notes.parked(position), unreadable })
}

/// Everything in the control topic, none for a record that cannot be read.
pub(super) fn said(cluster: &ClusterConfig) -> Result<Vec<Option<Control>>, Error> {
    let records = TopicReader::open(cluster, PROCESSORS_CONTROL.name())?;
    Ok(records.map(|record| record.map(|record| Control::of(&record))).collect::<Result<_, _>>()?)
}
