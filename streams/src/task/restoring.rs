//! A task on its way back: its changelog read by position, up to the end that was taken when it began.

use super::{CheckpointError, State, Task};
use crate::changelog::{self, Change, Unreadable};
use crate::record::Record;

/// How far a restore has come.
#[derive(Debug)]
pub(crate) struct Restoring {
    position: i64,
    end: i64,
    /// The last position that the changelog itself tells.
    witness: Option<String>,
}

/// Why a task cannot be restored. Each is an alarm: going on would decide from a state that never was.
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
        "{topic}/{partition}: the group has no committed position, but the changelog has state up to {witness:?}: \
         commit that position with that metadata for the group, or delete the changelog to decide everything anew"
    )]
    PositionLost {
        /// The source topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// What the changelog says.
        witness: String,
    },
    /// Position and state belong to different transactions.
    #[error(
        "{topic}/{partition}: the group's position is {committed:?} but the changelog stands at {witness:?}: \
         one of them was changed by hand"
    )]
    Torn {
        /// The source topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// What the group says.
        committed: String,
        /// What the changelog says; empty when it says nothing.
        witness: String,
    },
    /// The position is not in the log.
    #[error("{topic}/{partition}: the position {position} is outside the log, which holds {begin} to {end}")]
    OutsideTheLog {
        /// The source topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// Where to go on.
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
        Self { position: begin, end, witness: None }
    }

    /// The next changelog offset to read.
    pub(crate) fn position(&self) -> i64 {
        self.position
    }

    /// Offsets still to read; zero is the only sign that it is complete.
    pub(crate) fn remaining(&self) -> i64 {
        (self.end - self.position).max(0)
    }

    /// Takes over what was read, up to `next`.
    ///
    /// # Errors
    /// [`RestoreError::Unreadable`] stops the restore.
    pub(crate) fn apply(&mut self, task: &mut Task, records: &[Record], next: i64) -> Result<(), RestoreError> {
        for record in records {
            match changelog::decode(&task.topology, record)? {
                Change::Entry(slot, key, value) => task.stores.restore(slot, key, value),
                Change::Position(text) => self.witness = Some(text.to_owned()),
            }
        }
        self.position = next;
        Ok(())
    }

    /// Everything is read: checks that state and position belong together, and lets the task run.
    ///
    /// # Errors
    /// [`RestoreError::PositionLost`], [`RestoreError::Torn`].
    pub(crate) fn complete(&self, task: &mut Task) -> Result<(), RestoreError> {
        let topic = task.topology.source().to_string();
        let partition = task.partition;
        match (&task.committed, &self.witness) {
            (None, Some(witness)) => {
                return Err(RestoreError::PositionLost { topic, partition, witness: witness.clone() });
            }
            (Some(committed), witness) if witness.as_deref() != Some(committed.to_string().as_str()) => {
                return Err(RestoreError::Torn {
                    topic,
                    partition,
                    committed: committed.to_string(),
                    witness: witness.clone().unwrap_or_default(),
                });
            }
            (None, None) | (Some(_), _) => {}
        }
        task.timers.forget();
        task.enter(State::Running);
        Ok(())
    }
}
