//! Records as they are read and as they are written: bytes with headers, without any meaning.

use std::sync::Arc;

use bytes::Bytes;
use compact_str::CompactString;

/// Headers, in the order they were written. A name may repeat; one of up to 24 bytes takes no allocation.
pub type Headers = Vec<(CompactString, Bytes)>;

/// A record that was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Its topic.
    pub topic: Arc<str>,
    /// Its partition.
    pub partition: i32,
    /// Its offset in the partition.
    pub offset: i64,
    /// Milliseconds since 1970: the broker's append time on a topic with `LogAppendTime`, else the writer's own time.
    pub timestamp: i64,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value; none is a tombstone.
    pub value: Option<Bytes>,
    /// Its headers.
    pub headers: Headers,
}

impl Record {
    /// The last header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().rev().find(|(found, _)| found == name).map(|(_, value)| value.as_ref())
    }

    /// Headers as borrowed pairs.
    pub fn header_pairs(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
    }
}

/// A record to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// Its topic.
    pub topic: Arc<str>,
    /// Its partition; without one, the key decides as Kafka's Java producer does (murmur2).
    pub partition: Option<i32>,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value; none is a tombstone.
    pub value: Option<Bytes>,
    /// Its headers.
    pub headers: Headers,
}
