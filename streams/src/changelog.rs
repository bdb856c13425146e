//! Store changes as changelog records and back.
//!
//! One changelog topic per topology. A record's key is the store's id byte and then the entry's key; its value is a version
//! byte and then the entry's value; a deletion is a tombstone. Ids up to 249 are the topology's stores; 255 is the runtime's
//! timers; 254 is the position up to which the partition's state counts, written in every transaction. The position is kept
//! here as well as in the group's offsets, so that offsets which were lost, reset or rewound are noticed.

use bytes::Bytes;

use crate::record::{Outgoing, Record};
use crate::store::Slot;
use crate::topology::Topology;

/// The version byte of every value.
const VERSION: u8 = 1;
/// The runtime's timers.
const TIMERS: u8 = 255;
/// The position that the state belongs to.
const POSITION: u8 = 254;

/// One change as the changelog holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Change<'a> {
    /// An entry of a store was written, or deleted.
    Entry(Slot, &'a [u8], Option<&'a [u8]>),
    /// Everything before belongs to this position: the text is the metadata of the committed offset, without its proof.
    Position(&'a str),
}

/// Why a changelog record cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("changelog record {topic}/{partition} at offset {offset} cannot be read: {reason}")]
pub(crate) struct Unreadable {
    topic: String,
    partition: i32,
    offset: i64,
    reason: &'static str,
}

/// The slot of the runtime's timers: after the topology's stores.
pub(crate) fn timers_slot(topology: &Topology) -> Slot {
    topology.stores().len()
}

/// A change as a changelog record of this partition.
pub(crate) fn encode(topology: &Topology, partition: i32, change: &Change<'_>) -> Outgoing {
    let (key, value) = match change {
        Change::Entry(slot, key, value) => {
            let id = if *slot == timers_slot(topology) { TIMERS } else { u8::try_from(*slot).unwrap_or(POSITION - 1) };
            (joined(id, key), value.map(|value| joined(VERSION, value)))
        }
        Change::Position(text) => (joined(POSITION, &[]), Some(joined(VERSION, text.as_bytes()))),
    };
    Outgoing {
        topic: topology.changelog().clone(),
        partition: Some(partition),
        key: Some(key),
        value,
        headers: Vec::new(),
    }
}

/// Reads a changelog record.
///
/// # Errors
/// [`Unreadable`] names the record: restoring must stop, for state with a hole in it is not state.
pub(crate) fn decode<'a>(topology: &Topology, record: &'a Record) -> Result<Change<'a>, Unreadable> {
    let unreadable = |reason| Unreadable {
        topic: record.topic.to_string(),
        partition: record.partition,
        offset: record.offset,
        reason,
    };
    let (id, key) = record.key.as_deref().and_then(<[u8]>::split_first).ok_or_else(|| unreadable("it has no key"))?;
    let value = match record.value.as_deref() {
        None => None,
        Some(bytes) => match bytes.split_first() {
            Some((&VERSION, value)) => Some(value),
            Some(_) => return Err(unreadable("its value has an unknown version")),
            None => return Err(unreadable("its value is empty")),
        },
    };
    let slot = usize::from(*id);
    match *id {
        TIMERS => Ok(Change::Entry(timers_slot(topology), key, value)),
        POSITION => value
            .and_then(|text| std::str::from_utf8(text).ok())
            .map(Change::Position)
            .ok_or_else(|| unreadable("its position is not text")),
        _ if slot < topology.stores().len() => Ok(Change::Entry(slot, key, value)),
        _ => Err(unreadable("it belongs to a store that the topology does not have")),
    }
}

fn joined(first: u8, rest: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(1 + rest.len());
    bytes.push(first);
    bytes.extend_from_slice(rest);
    bytes.into()
}

#[cfg(test)]
#[path = "changelog_tests.rs"]
mod tests;
