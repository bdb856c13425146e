//! One JSON object a line: the envelope with the value inside, or the columns that were asked for.

use events::envelope::header as names;

use super::cells::{self, Cells};
use super::{Lines, Row, Unreadable, json};
use crate::tap::columns::{Cell, Columns, Kind};

/// The envelope, with the value as JSON if it is JSON.
pub(super) struct Envelopes;

impl Lines for Envelopes {
    fn begin(&mut self, _out: &mut Vec<u8>) {}

    fn record(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        let record = &row.record;
        json::place(record, out);
        out.extend_from_slice(b",\"timestamp\":");
        json::write(&record.timestamp, out);
        out.push(b',');
        json::text_or_base64("key", record.key.and_then(|key| row.mask.key(key)).as_deref(), out);
        out.push(b',');
        let event = record.headers.last(names::EVENT_TYPE).and_then(|event| row.mask.header(event));
        json::text_or_base64("event", event.as_deref(), out);
        if let Some(transaction) = row.transaction {
            out.extend_from_slice(b",\"transaction\":");
            json::write(transaction.word(), out);
        }
        out.extend_from_slice(b",\"headers\":");
        json::headers(&record.headers, row.mask, out);
        let is_read = value(row, out);
        out.extend_from_slice(b"}\n");
        if is_read { Ok(()) } else { Err(Unreadable("the value is no JSON".to_owned())) }
    }
}

/// Appends the value. Returns whether it is JSON, or not there.
fn value(row: &Row<'_>, out: &mut Vec<u8>) -> bool {
    let Some(value) = row.record.value.and_then(|value| row.mask.value(value)) else {
        out.extend_from_slice(b",\"value\":null");
        return true;
    };
    match json::one_line(&value) {
        Some(text) => {
            out.extend_from_slice(b",\"value\":");
            out.extend_from_slice(&text);
            true
        }
        None => {
            out.extend_from_slice(b",\"value_base64\":");
            json::write(&json::base64(&value), out);
            false
        }
    }
}

/// The columns that were asked for, by their names.
pub(super) struct Objects(pub(super) Columns);

impl Lines for Objects {
    fn begin(&mut self, _out: &mut Vec<u8>) {}

    fn record(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        let Cells { cells, unreadable } = cells::of(row, &self.0);
        for (place, (column, cell)) in self.0.columns.iter().zip(&cells).enumerate() {
            out.push(if place == 0 { b'{' } else { b',' });
            json::name(&column.name, out);
            match cell {
                Cell::Null => out.extend_from_slice(b"null"),
                Cell::Text(text) if column.kind == Kind::Json => match json::one_line(text.as_bytes()) {
                    Some(line) => out.extend_from_slice(&line),
                    None => out.extend_from_slice(b"null"),
                },
                Cell::Text(text) => json::write(text, out),
                Cell::Int(number) => json::write(number, out),
                Cell::Float(number) => json::write(number, out),
                Cell::Bool(is_true) => json::write(is_true, out),
            }
        }
        out.extend_from_slice(b"}\n");
        unreadable.map_or(Ok(()), |reason| Err(Unreadable(reason)))
    }
}
