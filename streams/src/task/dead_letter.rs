//! A record that cannot be handled, as a dead letter: its own bytes and headers, its origin and the reason.

use bytes::Bytes;

use super::context::size;
use crate::record::{Outgoing, Record};
use crate::topology::Topology;

/// Headers that the runtime adds. Names with this prefix are the runtime's own.
pub mod header {
    /// The processor that could not handle it.
    pub const PROCESSOR: &str = "dead-letter.processor";
    /// The topic it was read from.
    pub const TOPIC: &str = "dead-letter.topic";
    /// The partition it was read from.
    pub const PARTITION: &str = "dead-letter.partition";
    /// The offset it was read at.
    pub const OFFSET: &str = "dead-letter.offset";
    /// Its timestamp, milliseconds since 1970.
    pub const TIMESTAMP: &str = "dead-letter.timestamp";
    /// Why the processor could not handle it.
    pub const REASON: &str = "dead-letter.reason";
    /// The record's own `schema-version` header, if it has one.
    pub const SCHEMA_VERSION: &str = "dead-letter.schema-version";
    /// How many bytes of it were cut off; absent when it is whole.
    pub const CUT: &str = "dead-letter.cut-bytes";
}

/// The header with the version of a value's schema.
const SCHEMA_VERSION: &str = "schema-version";
/// The most bytes of a reason.
const REASON_BYTES: usize = 1_000;
/// What the headers of the runtime may add.
const MARGIN_BYTES: usize = 2_000;

/// The words of a reason before what varies from record to record: the first comma, colon or digit.
#[must_use]
pub fn words(reason: &str) -> &str {
    let is_end = |letter: char| matches!(letter, ',' | ':') || letter.is_ascii_digit();
    reason.split(is_end).next().unwrap_or_default().trim()
}

/// Makes a dead letter of `cap` bytes at most. What does not fit is cut: first the original headers, then the end of the
/// value, then the key. The source coordinates always stay: the original record can be read there.
pub(super) fn dead_letter(topology: &Topology, record: &Record, reason: &str, cap: usize) -> Outgoing {
    let room = cap.saturating_sub(MARGIN_BYTES);
    let mut letter = Outgoing {
        topic: topology.dead_letters().clone(),
        partition: None,
        key: record.key.clone(),
        value: record.value.clone(),
        headers: record.headers.clone(),
    };
    let whole = size(&letter);
    if whole > room {
        letter.headers.clear();
        letter.key = letter.key.map(|key| cut(&key, room));
        let left = room.saturating_sub(letter.key.as_ref().map_or(0, Bytes::len));
        letter.value = letter.value.map(|value| cut(&value, left));
    }
    let gone = whole - size(&letter);
    let mut add = |name: &str, value: String| letter.headers.push((name.into(), value.into_bytes().into()));
    add(header::PROCESSOR, topology.name().to_string());
    add(header::TOPIC, record.topic.to_string());
    add(header::PARTITION, record.partition.to_string());
    add(header::OFFSET, record.offset.to_string());
    add(header::TIMESTAMP, record.timestamp.to_string());
    add(header::REASON, reason.chars().take(REASON_BYTES / 4).collect());
    if gone > 0 {
        add(header::CUT, gone.to_string());
    }
    if let Some(version) = record.header(SCHEMA_VERSION) {
        let version = Bytes::copy_from_slice(version.get(..version.len().min(20)).unwrap_or_default());
        letter.headers.push((header::SCHEMA_VERSION.into(), version));
    }
    letter
}

fn cut(bytes: &Bytes, most: usize) -> Bytes {
    bytes.slice(..bytes.len().min(most))
}

#[cfg(test)]
#[path = "dead_letter_tests.rs"]
mod tests;
