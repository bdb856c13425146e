//! Records, between the client library's shape and ours.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use compact_str::CompactString;
use rdkafka::Message;
use rdkafka::message::{BorrowedMessage, Header, Headers as _, OwnedHeaders};

use crate::record::{Headers, Record};

/// Takes a record out of the library's memory. One allocation holds key, value and headers.
pub(super) fn record_from(message: &BorrowedMessage<'_>, topic: &Arc<str>) -> Record {
    let (key, value) = (message.key(), message.payload());
    let headers = message.headers();
    let in_headers: usize = headers.map_or(0, |headers| headers.iter().map(|h| h.value.map_or(0, <[u8]>::len)).sum());
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
        headers: headers.map_or_else(Vec::new, |headers| {
            headers.iter().map(|header| (header.key.into(), take(header.value.unwrap_or_default()))).collect()
        }),
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
