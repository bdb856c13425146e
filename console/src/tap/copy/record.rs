//! A record as it is copied, and what a copy says of its record. Pure.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use streams::kafka::tap::HeadersView;
use streams::record::{Headers, Outgoing};

use crate::tap::write::Row;

/// The header of a copy that says which record it is of: `topic/partition/offset`.
pub(super) const SOURCE: &str = "source";

/// The header of a copy that says which question led to it.
pub(super) const ID: &str = "source-tap";

/// The copy of a record: its partition, its key, its value and its headers, personal ones masked, and where it comes from.
pub(super) fn copy(row: &Row<'_>, topic: &Arc<str>, id: &str) -> Outgoing {
    let (record, mask) = (&row.record, row.mask);
    let bytes = |bytes: Cow<'_, [u8]>| Bytes::copy_from_slice(&bytes);
    let header = |(name, value): (&str, Option<&[u8]>)| {
        let value = value.and_then(|value| mask.header(value)).map(bytes).unwrap_or_default();
        (name.into(), value)
    };
    let mut headers: Headers = record.headers.iter().map(header).collect();
    let source = format!("{}/{}/{}", record.topic, record.partition, record.offset);
    headers.push((SOURCE.into(), source.into()));
    headers.push((ID.into(), Bytes::copy_from_slice(id.as_bytes())));
    Outgoing {
        topic: Arc::clone(topic),
        partition: Some(record.partition),
        key: record.key.and_then(|key| mask.key(key)).map(bytes),
        value: record.value.and_then(|value| mask.value(value)).map(bytes),
        headers,
    }
}

/// The offset of the record that a copy is of, if the copy belongs to this question about this partition.
pub(super) fn offset_of(headers: &HeadersView<'_>, of: &str, partition: i32, id: &str) -> Option<i64> {
    if headers.last(ID) != Some(id.as_bytes()) {
        return None;
    }
    let source = std::str::from_utf8(headers.last(SOURCE)?).ok()?;
    let (rest, offset) = source.rsplit_once('/')?;
    let (topic, found) = rest.rsplit_once('/')?;
    if topic != of || found.parse() != Ok(partition) { None } else { offset.parse().ok() }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
