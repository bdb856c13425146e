//! Pieces of JSON text.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::{Deserialize, IgnoredAny};
use streams::kafka::tap::{HeadersView, RecordView};

use crate::tap::mask::Mask;

/// Appends anything as JSON.
pub(super) fn write<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // Texts and numbers always have a JSON, and memory takes it.
    serde_json::to_writer(out, value).unwrap_or_default();
}

/// Appends `"name":`.
pub(super) fn name(name: &str, out: &mut Vec<u8>) {
    write(name, out);
    out.push(b':');
}

/// Begins an object with where a record stands.
pub(super) fn place(record: &RecordView<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"topic\":");
    write(record.topic, out);
    out.extend_from_slice(b",\"partition\":");
    write(&record.partition, out);
    out.extend_from_slice(b",\"offset\":");
    write(&record.offset, out);
}

/// The text if it is JSON on one line; whitespace around it is kept.
pub(super) fn one_line(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let text = std::str::from_utf8(value).ok()?;
    let mut reader = serde_json::Deserializer::from_str(text);
    IgnoredAny::deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    if memchr::memchr2(b'\n', b'\r', value).is_none() {
        return Some(value.into());
    }
    // In JSON a line's end stands between tokens only.
    let space = |byte: &u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte };
    Some(Cow::Owned(value.iter().map(space).collect()))
}

/// Bytes in base64.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Appends bytes as `"name":"text"`, or as `"name_base64":"…"` where they are no text.
pub(super) fn text_or_base64(field: &str, bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    match bytes.map(std::str::from_utf8) {
        None => {
            name(field, out);
            out.extend_from_slice(b"null");
        }
        Some(Ok(text)) => {
            name(field, out);
            write(text, out);
        }
        Some(Err(_)) => {
            name(&format!("{field}_base64"), out);
            write(&base64(bytes.unwrap_or_default()), out);
        }
    }
}

/// Appends headers: `[["name","value"],…]`. A value that is no text is `{"base64":"…"}`, one that is not there `null`.
pub(super) fn headers(headers: &HeadersView<'_>, mask: &Mask, out: &mut Vec<u8>) {
    out.push(b'[');
    for (place, (name, value)) in headers.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.push(b'[');
        write(name, out);
        out.push(b',');
        let shown = value.and_then(|value| mask.header(value));
        match shown.as_deref().map(std::str::from_utf8) {
            None => out.extend_from_slice(b"null"),
            Some(Ok(text)) => write(text, out),
            Some(Err(_)) => {
                out.extend_from_slice(b"{\"base64\":");
                write(&base64(shown.as_deref().unwrap_or_default()), out);
                out.push(b'}');
            }
        }
        out.push(b']');
    }
    out.push(b']');
}
