//! CSV and TSV: RFC 4180, with a header line.

use csv_core::{Terminator, Writer, WriterBuilder};

use super::cells::{self, Cells};
use super::{Lines, Row, Unreadable};
use crate::tap::columns::{Cell, Columns};

/// Lines of a table.
pub(super) struct Table {
    columns: Columns,
    writer: Writer,
}

impl Table {
    pub(super) fn new(columns: Columns, delimiter: u8) -> Self {
        let writer = WriterBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build();
        Self { columns, writer }
    }

    fn field(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        // Every byte may be a quote that is doubled, between two quotes.
        out.resize(start + text.len() * 2 + 2, 0);
        let (_, _, written) = self.writer.field(text, out.get_mut(start..).unwrap_or_default());
        out.truncate(start + written);
    }

    fn end(&mut self, is_line: bool, out: &mut Vec<u8>) {
        let mut end = [0; 4];
        let (_, written) = if is_line { self.writer.terminator(&mut end) } else { self.writer.delimiter(&mut end) };
        out.extend_from_slice(end.get(..written).unwrap_or_default());
    }

    fn line<'t>(&mut self, fields: impl ExactSizeIterator<Item = &'t [u8]>, out: &mut Vec<u8>) {
        let count = fields.len();
        for (place, field) in fields.enumerate() {
            self.field(field, out);
            self.end(place + 1 == count, out);
        }
    }
}

impl Lines for Table {
    fn begin(&mut self, out: &mut Vec<u8>) {
        let names: Vec<String> = self.columns.columns.iter().map(|column| column.name.clone()).collect();
        self.line(names.iter().map(String::as_bytes), out);
    }

    fn record(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        let Cells { cells, unreadable } = cells::of(row, &self.columns);
        let texts: Vec<String> = cells.into_iter().map(text).collect();
        self.line(texts.iter().map(String::as_bytes), out);
        unreadable.map_or(Ok(()), |reason| Err(Unreadable(reason)))
    }
}

fn text(cell: Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(text) => text,
        Cell::Int(number) => number.to_string(),
        Cell::Float(number) => number.to_string(),
        Cell::Bool(is_true) => is_true.to_string(),
    }
}
