//! Restoring a task: its changelog is read by position, up to the end that was looked up at the start.

use std::time::{Duration, Instant};

use super::{CheckpointError, State, Task};
use crate::changelog::{self, Change, Unreadable};
use crate::record::Record;

/// The progress of a restore.
#[derive(Debug)]
pub(crate) struct Restoring {
    position: i64,
    end: i64,
    /// The last checkpoint in the changelog.
    checkpoint: Option<String>,
    began: Instant,
}

/// Why a task cannot be restored. Going on would process records with wrong state.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum RestoreError {
    /// A changelog record cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The committed position is not usable.
    #[error("{topic}/{partition}: {error}")]
    Checkpoint {
        /// The source topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// What is wrong with it.
        error: CheckpointError,
    },
    /// There is state, but the group has no position for it: offsets expired or were deleted.
    #[error(
        "{topic}/{partition}: the group has no committed position, but the changelog has state up to {changelog:?}: \
         commit that position with that metadata for the group, or delete the changelog to decide everything anew"
    )]
    PositionLost {
        /// The source topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The changelog's checkpoint.
        changelog: String,
    },
    /// Position and state belong to different transactions.
    #[error(
        "{topic}/{partition}: the group's position is {committed:?} but the changelog is at {changelog:?}: \
         one of them was changed by hand"
    )]
    Mismatch {
        /// The source topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The group's checkpoint.
        committed: String,
        /// The changelog's checkpoint; empty when it has none.
        changelog: String,
    },
    /// The changelog does not hold what the task's stores held: a key was deleted, or one too many is there.
    #[error(
        "{topic}/{partition}: the changelog {changelog} does not hold the state: {stores}. Records of it were deleted or added by hand, or \
         its cleanup policy was not compact"
    )]
    Incomplete {
        /// The source topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The changelog.
        changelog: String,
        /// Which stores differ, and by how much.
        stores: String,
    },
    /// The source has another number of partitions than it had: the keys of this task may come to another one.
    #[error(
        "{topic}/{partition}: the topic has {now} partitions, and had {before} when the state was written: keys have moved between them"
    )]
    Repartitioned {
        /// The source topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// How many it had.
        before: i32,
        /// How many it has.
        now: i32,
    },
    /// The record before the position is later than anything the task had seen: the topic was made anew.
    #[error(
        "{topic}/{partition}: the record at offset {offset} is of {found}, but nothing up to there was later than {known} (milliseconds since \
         1970): the topic was made anew"
    )]
    AnotherLog {
        /// The source topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The record's offset.
        offset: i64,
        /// Its time.
        found: i64,
        /// The time of the latest record that was processed.
        known: i64,
    },
    /// The position is not in the log.
    #[error("{topic}/{partition}: the position {position} is outside the log, which holds {begin} to {end}")]
    OutsideTheLog {
        /// The source topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The committed position.
        position: i64,
        /// The log's first offset.
        begin: i64,
        /// The log's end.
        end: i64,
    },
}

impl Restoring {
    /// Begins at the changelog's first offset, up to its end (read-uncommitted: what is still open counts as unread).
    pub(crate) fn new((begin, end): (i64, i64)) -> Self {
        Self { position: begin, end, checkpoint: None, began: Instant::now() }
    }

    /// How long ago it began.
    pub(crate) fn took(&self) -> Duration {
        self.began.elapsed()
    }

    /// The next changelog offset to read.
    pub(crate) fn position(&self) -> i64 {
        self.position
    }

    /// Offsets still to read; zero is the only sign that it is complete.
    pub(crate) fn remaining(&self) -> i64 {
        (self.end - self.position).max(0)
    }

    /// Applies records that were read, up to `next`.
    ///
    /// # Errors
    /// [`RestoreError::Unreadable`] stops the restore.
    pub(crate) fn apply(&mut self, task: &mut Task, records: &[Record], next: i64) -> Result<(), RestoreError> {
        for record in records {
            match changelog::decode(&task.topology, record)? {
                Change::Entry(slot, key, value) => task.stores.restore(slot, key, value),
                Change::Position(text) => self.checkpoint = Some(text.to_owned()),
            }
        }
        self.position = next;
        Ok(())
    }

    /// Which stores are not as the committed checkpoint says; none if all are.
    fn differences(&self, task: &Task) -> Option<String> {
        let committed = task.committed.as_ref()?.digests.as_ref()?;
        let found = task.stores.digests();
        let name = |place: usize| match place.checked_sub(1) {
            None => "timers",
            Some(store) => task.topology.stores().get(store).map_or("its stores", AsRef::as_ref),
        };
        let words: Vec<String> = committed
            .differences(&found)
            .map(|(place, was, is)| match (was.entries(), is.entries()) {
                (was, is) if was == is => format!("{} has other values", name(place)),
                (was, is) => format!("{} has {is} entries and had {was}", name(place)),
            })
            .collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// Everything is read: checks that state and position belong together, and lets the task run.
    ///
    /// # Errors
    /// [`RestoreError::PositionLost`], [`RestoreError::Mismatch`], [`RestoreError::Incomplete`].
    pub(crate) fn complete(&self, task: &mut Task) -> Result<(), RestoreError> {
        let topic = task.topology.source().to_string();
        let partition = task.partition;
        match (&task.committed, &self.checkpoint) {
            (None, Some(checkpoint)) => {
                return Err(RestoreError::PositionLost { topic, partition, changelog: checkpoint.clone() });
            }
            (Some(committed), checkpoint) if checkpoint.as_deref() != Some(committed.without_proof().as_str()) => {
                return Err(RestoreError::Mismatch {
                    topic,
                    partition,
                    committed: committed.to_string(),
                    changelog: checkpoint.clone().unwrap_or_default(),
                });
            }
            (None, None) | (Some(_), _) => {}
        }
        if let Some(stores) = self.differences(task) {
            let changelog = task.topology.changelog().to_string();
            return Err(RestoreError::Incomplete { topic, partition, changelog, stores });
        }
        task.timers.forget();
        task.enter(State::Running);
        Ok(())
    }
}
