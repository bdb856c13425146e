//! How records leave: lines of bytes, made record by record, so that several threads can make them; or a Parquet file.

mod cells;
mod json;
mod kcat;
mod ndjson;
mod parquet;
mod pretty;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use events::calendar::Zone;
use serde::Serialize;
use streams::kafka::tap::RecordView;

pub(crate) use parquet::{ParquetError, ParquetFile};

use super::columns::Columns;
use super::mask::Mask;
use super::words::{Format, Isolation, Words};

/// What became of a record's transaction; a record without one is committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Transaction {
    /// It was committed.
    Committed,
    /// It was aborted: readers of committed records never see it.
    Aborted,
    /// It is behind the stable end: nobody knows yet.
    Open,
}

impl Transaction {
    /// Its name in outputs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Aborted => "aborted",
            Self::Open => "open",
        }
    }
}

/// A record that is wanted, with what belongs to it.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    /// The record.
    pub(crate) record: RecordView<'a>,
    /// What is personal in it.
    pub(crate) mask: &'a Mask,
    /// What became of its transaction, if that is asked for.
    pub(crate) transaction: Option<Transaction>,
}

/// Why a record was written, but not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unreadable(pub(crate) String);

/// Makes bytes of records.
pub(crate) trait Lines: Send {
    /// What comes before the first record.
    fn begin(&mut self, out: &mut Vec<u8>);

    /// Appends a record.
    ///
    /// # Errors
    /// [`Unreadable`] when something of it could not be read; it has been written as far as it could be.
    fn record(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Unreadable>;
}

/// What writers need to know beside the words.
#[derive(Clone)]
pub(crate) struct Look {
    /// Whose time is shown to people.
    pub(crate) zone: Zone,
    /// Whether there is a terminal with colours.
    pub(crate) has_colour: bool,
    /// The broker that leads each partition, by topic and number.
    pub(crate) leaders: Arc<BTreeMap<(Arc<str>, i32), i32>>,
}

/// The columns that words ask for, or those of the envelope.
///
/// # Errors
/// Says what is wrong with a column.
pub(crate) fn columns(words: &Words) -> Result<Columns, String> {
    match &words.columns {
        Some(text) => Columns::parse(text),
        None => Ok(Columns::of_envelope(words.isolation == Isolation::Uncommitted)),
    }
}

/// What makes lines in the format that words ask for; none for Parquet.
///
/// # Errors
/// Says what is wrong with a column.
pub(crate) fn lines(words: &Words, look: &Look) -> Result<Option<Box<dyn Lines>>, String> {
    let has_columns = words.columns.is_some();
    Ok(Some(match words.format {
        Format::Pretty => Box::new(pretty::Pretty::new(look.zone.clone(), look.has_colour)),
        Format::Ndjson if has_columns => Box::new(ndjson::Objects(columns(words)?)),
        Format::Ndjson => Box::new(ndjson::Envelopes),
        Format::Values => Box::new(Values),
        Format::Kcat => Box::new(kcat::Kcat::new(Arc::clone(&look.leaders))),
        Format::Csv => Box::new(table::Table::new(columns(words)?, b',')),
        Format::Tsv => Box::new(table::Table::new(columns(words)?, b'\t')),
        Format::Parquet => return Ok(None),
    }))
}

/// The values' bytes, each with a newline: a tombstone is an empty line.
struct Values;

impl Lines for Values {
    fn begin(&mut self, _out: &mut Vec<u8>) {}

    fn record(&mut self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), Unreadable> {
        if let Some(value) = row.record.value.and_then(|value| row.mask.value(value)) {
            out.extend_from_slice(&value);
        }
        out.push(b'\n');
        Ok(())
    }
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
