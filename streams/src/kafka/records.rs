//! Records, between the client library's shape and ours.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use compact_str::CompactString;
use rdkafka::Message;
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Header, Headers as _, OwnedHeaders};

use crate::record::{Headers, Record};

/// Stands for a header's name that is no UTF-8.
const UNREADABLE_NAME: &str = "\u{fffd}";

/// Takes a record out of the library's memory. One allocation holds key, value and headers.
pub(super) fn record_from(message: &BorrowedMessage<'_>, topic: &Arc<str>) -> Record {
    let (key, value) = (message.key(), message.payload());
    let headers = message.headers();
    let each =
        || headers.into_iter().flat_map(|headers| (0..headers.count()).filter_map(|place| header_at(headers, place)));
    let in_headers: usize = each().map(|(_, value)| value.map_or(0, <[u8]>::len)).sum();
    let mut buffer = BytesMut::with_capacity(key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) + in_headers);
    let mut take = |bytes: &[u8]| -> Bytes {
        buffer.extend_from_slice(bytes);
        buffer.split().freeze()
    };
    Record {
        topic: Arc::clone(topic),
        partition: message.partition(),
        offset: message.offset(),
        timestamp: message.timestamp().to_millis().unwrap_or(0),
        key: key.map(&mut take),
        value: value.map(&mut take),
        headers: each().map(|(name, value)| (name.into(), take(value.unwrap_or_default()))).collect(),
    }
}

/// A header's name and value. The library panics at a name that is no UTF-8, which any writer can send: such a name is given as
/// [`UNREADABLE_NAME`], without its value, and whoever reads the record goes on.
pub(super) fn header_at(headers: &BorrowedHeaders, place: usize) -> Option<(&str, Option<&[u8]>)> {
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| headers.try_get(place)));
    match found {
        Ok(found) => found.map(|Header { key, value }| (key, value)),
        Err(_) => Some((UNREADABLE_NAME, None)),
    }
}

/// Headers in the library's shape; none when there are none, which is cheaper on the wire and in memory.
pub(super) fn headers_for(headers: &Headers) -> Option<OwnedHeaders> {
    if headers.is_empty() {
        return None;
    }
    let empty = OwnedHeaders::new_with_capacity(headers.len());
    let insert = |owned: OwnedHeaders, (name, value): &(CompactString, Bytes)| {
        owned.insert(Header { key: name, value: Some(value.as_ref()) })
    };
    Some(headers.iter().fold(empty, insert))
}
