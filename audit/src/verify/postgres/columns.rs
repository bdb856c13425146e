//! Columns, read as the types of the rows' fields; why not, in words.

use std::fmt::Display;
use std::str::FromStr;

use events::money::Money;
use events::time::Timestamp;
use projections::Source;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::postgres::PgRow;

/// A column, read as the type of the row's field.
pub(super) fn column<T: FromStr>(row: &PgRow, name: &'static str) -> Result<T, String> {
    maybe(row, name)?.ok_or_else(|| format!("{name} is null"))
}

pub(super) fn maybe<T: FromStr>(row: &PgRow, name: &'static str) -> Result<Option<T>, String> {
    let text: Option<String> = row.try_get(name).map_err(|error| error.to_string())?;
    text.map(|text| text.parse().map_err(|_| format!("{name}: {text:?}"))).transpose()
}

pub(super) fn named<T>(row: &PgRow, name: &'static str, of: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    let text: String = row.try_get(name).map_err(|error| error.to_string())?;
    of(&text).ok_or_else(|| format!("{name}: {text:?}"))
}

pub(super) fn bigint(row: &PgRow, name: &'static str) -> Result<i64, String> {
    row.try_get(name).map_err(|error| error.to_string())
}

pub(super) fn maybe_bigint(row: &PgRow, name: &'static str) -> Result<Option<i64>, String> {
    row.try_get(name).map_err(|error| error.to_string())
}

pub(super) fn count<T: TryFrom<i64, Error: Display>>(row: &PgRow, name: &'static str) -> Result<T, String> {
    T::try_from(bigint(row, name)?).map_err(|error| format!("{name}: {error}"))
}

pub(super) fn int(row: &PgRow, name: &'static str) -> Result<i32, String> {
    row.try_get(name).map_err(|error| error.to_string())
}

pub(super) fn maybe_int(row: &PgRow, name: &'static str) -> Result<Option<i32>, String> {
    row.try_get(name).map_err(|error| error.to_string())
}

pub(super) fn source(row: &PgRow) -> Result<Source, String> {
    Ok(Source { partition: int(row, "src_partition")?, offset: bigint(row, "src_offset")? })
}

/// A number of 16 bits, which SQL has no type for.
pub(super) fn small(row: &PgRow, name: &'static str) -> Result<Option<u16>, String> {
    let number: Option<i32> = row.try_get(name).map_err(|error| error.to_string())?;
    number.map(|number| u16::try_from(number).map_err(|error| format!("{name}: {error}"))).transpose()
}

pub(super) fn money(row: &PgRow, name: &'static str) -> Result<Money, String> {
    bigint(row, name).map(Money::new)
}

pub(super) fn instant(row: &PgRow, name: &'static str) -> Result<Timestamp, String> {
    bigint(row, name).map(Timestamp::from_millis)
}

pub(super) fn maybe_instant(row: &PgRow, name: &'static str) -> Result<Option<Timestamp>, String> {
    Ok(maybe_bigint(row, name)?.map(Timestamp::from_millis))
}

/// JSON, read as text.
pub(super) fn json<T: DeserializeOwned>(row: &PgRow, name: &'static str) -> Result<Option<T>, String> {
    let text: Option<String> = row.try_get(name).map_err(|error| error.to_string())?;
    text.map(|text| serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))).transpose()
}
