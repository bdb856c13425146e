//! A Parquet file, without Arrow: rows are gathered, and a row group is written column by column. What the tap covered stands in the
//! file's own metadata, under `timesale.tap`.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

use super::cells::{self, Cells};
use super::{Row, Unreadable};
use crate::tap::columns::{Cell, Column, Columns, Kind};

/// A row group ends at so many rows, or so many bytes of text.
const MOST_ROWS: usize = 50_000;
const MOST_BYTES: usize = 16 << 20;

/// Why a file cannot be written.
pub(crate) type ParquetError = ::parquet::errors::ParquetError;

/// A file under way.
pub(crate) struct ParquetFile<W: Write + Send> {
    columns: Columns,
    file: SerializedFileWriter<W>,
    gathered: Vec<Gathered>,
    rows: usize,
    bytes: usize,
}

/// The cells of a column in this row group, and which rows have one.
enum Gathered {
    Text(Vec<ByteArray>, Vec<i16>),
    Int(Vec<i64>, Vec<i16>),
    Float(Vec<f64>, Vec<i16>),
    Bool(Vec<bool>, Vec<i16>),
}

impl<W: Write + Send> ParquetFile<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`ParquetError`] when nothing can be written.
    pub(crate) fn begin(columns: Columns, out: W) -> Result<Self, ParquetError> {
        let schema = Arc::new(parse_message_type(&schema(&columns.columns))?);
        let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
        let file = SerializedFileWriter::new(out, schema, properties)?;
        let gathered = columns.columns.iter().map(|column| Gathered::of(column.kind)).collect();
        Ok(Self { columns, file, gathered, rows: 0, bytes: 0 })
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`ParquetError`]; what could not be read of the record is the value.
    pub(crate) fn record(&mut self, row: &Row<'_>) -> Result<Result<(), Unreadable>, ParquetError> {
        let Cells { cells, unreadable } = cells::of(row, &self.columns);
        for (gathered, cell) in self.gathered.iter_mut().zip(cells) {
            self.bytes += gathered.take(cell);
        }
        self.rows += 1;
        if self.rows >= MOST_ROWS || self.bytes >= MOST_BYTES {
            self.group()?;
        }
        Ok(unreadable.map_or(Ok(()), |reason| Err(Unreadable(reason))))
    }

    /// Writes what is gathered as a row group.
    fn group(&mut self) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        for gathered in &mut self.gathered {
            let Some(mut writer) = group.next_column()? else { break };
            gathered.write(&mut writer)?;
            writer.close()?;
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    /// Writes the rest, and this beside the schema.
    ///
    /// # Errors
    /// [`ParquetError`]; what was written by then is no file.
    pub(crate) fn finish(mut self, coverage: String) -> Result<(), ParquetError> {
        self.group()?;
        self.file.append_key_value_metadata(KeyValue::new("timesale.tap".to_owned(), coverage));
        self.file.close()?;
        Ok(())
    }
}

impl Gathered {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text | Kind::Json => Self::Text(Vec::new(), Vec::new()),
            Kind::Int | Kind::Time => Self::Int(Vec::new(), Vec::new()),
            Kind::Float => Self::Float(Vec::new(), Vec::new()),
            Kind::Bool => Self::Bool(Vec::new(), Vec::new()),
        }
    }

    /// Adds a cell; one that is not what the column holds is none. Returns its bytes.
    fn take(&mut self, cell: Cell) -> usize {
        match (self, cell) {
            (Self::Text(values, there), Cell::Text(text)) => {
                let bytes = text.len();
                values.push(ByteArray::from(text.into_bytes()));
                there.push(1);
                bytes + 32
            }
            (Self::Int(values, there), Cell::Int(number)) => {
                values.push(number);
                there.push(1);
                8
            }
            (Self::Float(values, there), Cell::Float(number)) => {
                values.push(number);
                there.push(1);
                8
            }
            (Self::Bool(values, there), Cell::Bool(is_true)) => {
                values.push(is_true);
                there.push(1);
                1
            }
            (Self::Text(_, there) | Self::Int(_, there) | Self::Float(_, there) | Self::Bool(_, there), _) => {
                there.push(0);
                2
            }
        }
    }

    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        match self {
            Self::Text(values, there) => {
                writer.typed::<ByteArrayType>().write_batch(values, Some(there.as_slice()), None)?;
                values.clear();
                there.clear();
            }
            Self::Int(values, there) => {
                writer.typed::<Int64Type>().write_batch(values, Some(there.as_slice()), None)?;
                values.clear();
                there.clear();
            }
            Self::Float(values, there) => {
                writer.typed::<DoubleType>().write_batch(values, Some(there.as_slice()), None)?;
                values.clear();
                there.clear();
            }
            Self::Bool(values, there) => {
                writer.typed::<BoolType>().write_batch(values, Some(there.as_slice()), None)?;
                values.clear();
                there.clear();
            }
        }
        Ok(())
    }
}

fn schema(columns: &[Column]) -> String {
    let mut text = "message tap {\n".to_owned();
    for Column { name, kind, .. } in columns {
        let (physical, logical) = match kind {
            Kind::Text => ("binary", " (utf8)"),
            Kind::Json => ("binary", " (json)"),
            Kind::Int => ("int64", ""),
            Kind::Time => ("int64", " (timestamp_millis)"),
            Kind::Float => ("double", ""),
            Kind::Bool => ("boolean", ""),
        };
        // Writing to a text cannot fail.
        writeln!(text, "  optional {physical} {name}{logical};").unwrap_or_default();
    }
    text + "}"
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

    use super::*;

    #[test]
    fn every_kind_of_column_has_a_type() {
        let columns = Columns::parse("a=/a,b=/b:int,c=/c:float,d=/d:bool,e=/e:json,f=/f:time,offset").unwrap();
        let parsed = parse_message_type(&schema(&columns.columns)).unwrap();
        assert_eq!(parsed.get_fields().len(), 7);
        assert!(parse_message_type(&schema(&Columns::of_envelope(true).columns)).is_ok());
    }
}
