//! What recipes leave in their folder.

use std::collections::BTreeMap;
use std::fs::{File, read_to_string};
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

pub(crate) fn is_there(folder: &Path, name: &str) -> bool {
    folder.join(name).exists()
}

pub(crate) fn text(folder: &Path, name: &str) -> String {
    read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn json(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&text(folder, name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Lines of JSON.
pub(crate) fn ndjson(folder: &Path, name: &str) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
    text(folder, name).lines().map(line).collect()
}

/// Lines of a table whose cells have no commas inside, without their quotes.
pub(crate) fn table(folder: &Path, name: &str) -> Vec<Vec<String>> {
    let cell = |cell: &str| cell.trim_matches('"').to_owned();
    text(folder, name).lines().map(|line| line.split(',').map(cell).collect()).collect()
}

/// Rows of a Parquet file, by column.
pub(crate) fn parquet(folder: &Path, name: &str) -> Vec<BTreeMap<String, Field>> {
    let file = File::open(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let reader = SerializedFileReader::new(file).expect("a Parquet file");
    let rows = reader.get_row_iter(None).expect("its rows");
    rows.map(|row| row.expect("a row").into_columns().into_iter().collect()).collect()
}

/// A whole number of a cell.
pub(crate) fn number(cell: &str) -> i64 {
    cell.parse().unwrap_or_else(|error| panic!("{error}: {cell:?}"))
}
