//! A record as the cells of its columns.

use events::envelope::header as names;

use super::{Row, json};
use crate::tap::columns::{Cell, Columns, Origin, cell};
use crate::tap::filter::trace_of;

/// The cells, in the order of the columns, and what could not be read.
pub(super) struct Cells {
    pub(super) cells: Vec<Cell>,
    pub(super) unreadable: Option<String>,
}

/// The cells of a record. Parts of the value are those of the masked value, so a personal part is what the mask makes of it.
pub(super) fn of(row: &Row<'_>, columns: &Columns) -> Cells {
    let record = &row.record;
    let shown = record.value.and_then(|value| row.mask.value(value));
    let mut unreadable = None;
    let parts = match &shown {
        Some(value) if columns.has_pointers() => columns.parts(value).unwrap_or_else(|error| {
            unreadable = Some(format!("the value is no JSON: {error}"));
            Vec::new()
        }),
        _ => Vec::new(),
    };
    let key = || record.key.and_then(|key| row.mask.key(key));
    let header = |name: &str| record.headers.last(name).and_then(|value| row.mask.header(value));
    let text = |bytes: Option<&[u8]>| {
        bytes.map_or(Cell::Null, |bytes| Cell::Text(String::from_utf8_lossy(bytes).into_owned()))
    };
    let not_text = |bytes: Option<&[u8]>| {
        let bytes = bytes.filter(|bytes| std::str::from_utf8(bytes).is_err());
        bytes.map_or(Cell::Null, |bytes| Cell::Text(json::base64(bytes)))
    };
    let mut one = |column: &crate::tap::columns::Column| match column.from {
        Origin::Topic => Cell::Text(record.topic.to_owned()),
        Origin::Partition => Cell::Int(record.partition.into()),
        Origin::Offset => Cell::Int(record.offset),
        Origin::Timestamp => Cell::Int(record.timestamp),
        Origin::Key => match key() {
            Some(key) if std::str::from_utf8(&key).is_ok() => text(Some(&key)),
            _ => Cell::Null,
        },
        Origin::KeyBytes => not_text(key().as_deref()),
        Origin::Event => text(header(names::EVENT_TYPE).as_deref()),
        Origin::Trace => text(header(names::TRACEPARENT).as_deref().and_then(trace_of)),
        Origin::Headers => {
            let mut headers = Vec::new();
            json::headers(&record.headers, row.mask, &mut headers);
            text(Some(&headers))
        }
        Origin::Value => shown.as_deref().and_then(json::one_line).map_or(Cell::Null, |line| text(Some(&line))),
        Origin::ValueBytes => match shown.as_deref() {
            Some(value) if json::one_line(value).is_none() => {
                unreadable.get_or_insert_with(|| "the value is no JSON".to_owned());
                Cell::Text(json::base64(value))
            }
            _ => Cell::Null,
        },
        Origin::Transaction => row.transaction.map_or(Cell::Null, |found| Cell::Text(found.word().to_owned())),
        Origin::Pointer(place) => {
            let (cell, is_wrong) = cell(parts.get(place).copied().flatten(), column.kind);
            if is_wrong {
                unreadable.get_or_insert_with(|| format!("{} is not what its column holds", column.name));
            }
            cell
        }
    };
    let cells = columns.columns.iter().map(&mut one).collect();
    Cells { cells, unreadable }
}
