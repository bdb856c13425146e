//! A task's position as text: the metadata of the committed offset and, but for what proves the state, a record in the changelog.

use std::fmt;
use std::sync::Arc;

use crate::broker::Position;
use crate::store::Digests;
use crate::topology::Topology;

/// A task's position after a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Checkpoint {
    /// The next offset of the source partition to process.
    pub(crate) offset: i64,
    /// How many transactions of this partition have been committed. It shows whether a transaction of unknown outcome was
    /// committed: the offset alone does not, because a transaction of timers moves none.
    pub(crate) sequence: u64,
    /// The task's log time, milliseconds since 1970.
    pub(crate) log_time: i64,
    /// The run of a slot that wrote it. Two owners may count to the same sequence; their writers differ.
    pub(crate) writer: Arc<str>,
    /// The topology's fingerprint at the time.
    pub(crate) fingerprint: Fingerprint,
    /// How many partitions the source had: the same keys come to the same task only while that is so. None from a build that did not say.
    pub(crate) partitions: Option<i32>,
    /// What the task's stores held. None from a build that did not say.
    pub(crate) digests: Option<Digests>,
}

/// What must not change under existing state: the names of application, source and changelog and the order of the stores.
/// Stores may be appended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fingerprint {
    stores: usize,
    hash: u64,
}

/// Why a checkpoint cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum CheckpointError {
    /// Another tool wrote the text: it committed the offsets.
    #[error(
        "the committed position carries {text:?}, which this runtime did not write: was the group's offset reset by hand?"
    )]
    Foreign {
        /// What was found.
        text: String,
    },
    /// A later version of the runtime wrote it.
    #[error("the committed position was written by a newer runtime: {text:?}")]
    Newer {
        /// What was found.
        text: String,
    },
    /// The text names another offset than the one it was committed with.
    #[error("the committed offset is {offset} but its metadata says {stated}")]
    Moved {
        /// The group's offset.
        offset: i64,
        /// The offset that was written with the metadata.
        stated: i64,
    },
    /// The state belongs to another topology.
    #[error("the state was written by another topology: stores may be appended, but none renamed, removed or moved")]
    Topology,
}

impl Fingerprint {
    /// The fingerprint of a topology as it is.
    pub(crate) fn of(topology: &Topology) -> Self {
        Self::over(topology, topology.stores().len())
    }

    fn over(topology: &Topology, stores: usize) -> Self {
        let mut hasher = blake3::Hasher::new();
        let names = [topology.name(), topology.source(), topology.changelog()];
        for name in names.into_iter().chain(topology.stores().iter().take(stores)) {
            hasher.update(name.as_bytes()).update(&[0]);
        }
        let hash = hasher.finalize().as_bytes().iter().take(8).fold(0, |hash, byte| (hash << 8) | u64::from(*byte));
        Self { stores, hash }
    }

    /// Whether state with this fingerprint may be used by the topology.
    pub(crate) fn fits(&self, topology: &Topology) -> bool {
        self.stores <= topology.stores().len() && *self == Self::over(topology, self.stores)
    }
}

impl Checkpoint {
    /// It as a record of the changelog, which is the same for builds that know nothing of proofs: they compare it with what they read from
    /// the metadata.
    pub(crate) fn without_proof(&self) -> String {
        Self { partitions: None, digests: None, ..self.clone() }.to_string()
    }

    /// What is sent with the transaction.
    pub(crate) fn to_position(&self) -> Position {
        Position { offset: self.offset, metadata: self.to_string() }
    }

    /// Reads a committed position and checks it against the topology.
    ///
    /// # Errors
    /// [`CheckpointError`]: going on would skip or repeat records.
    pub(crate) fn of(position: &Position, topology: &Topology) -> Result<Self, CheckpointError> {
        let text = &position.metadata;
        let (version, _) = text.split_once(' ').unwrap_or((text, ""));
        match version.strip_prefix('v').and_then(|number| number.parse::<u32>().ok()) {
            Some(1) => {}
            Some(_) => return Err(CheckpointError::Newer { text: text.clone() }),
            None => return Err(CheckpointError::Foreign { text: text.clone() }),
        }
        let found = Self::parse(text).ok_or_else(|| CheckpointError::Foreign { text: text.clone() })?;
        if found.offset != position.offset {
            return Err(CheckpointError::Moved { offset: position.offset, stated: found.offset });
        }
        if !found.fingerprint.fits(topology) {
            return Err(CheckpointError::Topology);
        }
        Ok(found)
    }

    /// The slot that wrote this metadata of a committed position, if the runtime did.
    pub(crate) fn slot(metadata: &str) -> Option<String> {
        let writer = Self::parse(metadata)?.writer;
        writer.rsplit_once('@').map(|(slot, _)| slot.to_owned())
    }

    /// How many partitions the source had when this metadata was written, if it says.
    pub(crate) fn partitions(metadata: &str) -> Option<i32> {
        Self::parse(metadata)?.partitions
    }

    /// Reads the checkpoint that a changelog states and checks it against the topology.
    ///
    /// # Errors
    /// [`CheckpointError`], as [`Checkpoint::of`].
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn of_text(text: &str, topology: &Topology) -> Result<Self, CheckpointError> {
        let foreign = || CheckpointError::Foreign { text: text.to_owned() };
        let offset = Self::parse(text).ok_or_else(foreign)?.offset;
        Self::of(&Position { offset, metadata: text.to_owned() }, topology)
    }

    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            text.split(' ')
                .find_map(|word| word.split_once('=').filter(|(found, _)| *found == name))
                .map(|(_, value)| value)
        };
        Some(Self {
            offset: field("offset")?.parse().ok()?,
            sequence: field("sequence")?.parse().ok()?,
            log_time: field("time")?.parse().ok()?,
            writer: field("writer")?.into(),
            fingerprint: Fingerprint {
                stores: field("stores")?.parse().ok()?,
                hash: u64::from_str_radix(field("topology")?, 16).ok()?,
            },
            partitions: field("partitions").map(str::parse).transpose().ok()?,
            digests: field("state").map(str::parse).transpose().ok()?,
        })
    }
}

/// The metadata.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, sequence, log_time, writer, fingerprint, partitions, digests } = self;
        let Fingerprint { stores, hash } = fingerprint;
        write!(
            f,
            "v1 offset={offset} sequence={sequence} time={log_time} writer={writer} stores={stores} topology={hash:016x}"
        )?;
        partitions.iter().try_for_each(|partitions| write!(f, " partitions={partitions}"))?;
        digests.iter().try_for_each(|digests| write!(f, " state={digests}"))
    }
}

#[cfg(test)]
#[path = "checkpoint_tests.rs"]
mod tests;
