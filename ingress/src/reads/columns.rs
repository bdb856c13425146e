//! Columns of a row as what they mean. What is not what this version writes is said to be unreadable, never guessed.

use std::str::FromStr;

use events::time::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::ReadError;

pub(super) fn id<T: FromStr>(row: &PgRow, name: &'static str) -> Result<T, ReadError> {
    row.try_get::<&str, _>(name)?.parse().map_err(|_| ReadError::Unreadable(name.to_owned()))
}

pub(super) fn maybe_id<T: FromStr>(row: &PgRow, name: &'static str) -> Result<Option<T>, ReadError> {
    let text: Option<&str> = row.try_get(name)?;
    text.map(str::parse).transpose().map_err(|_| ReadError::Unreadable(name.to_owned()))
}

pub(super) fn named<T>(row: &PgRow, name: &'static str, from_name: fn(&str) -> Option<T>) -> Result<T, ReadError> {
    from_name(row.try_get(name)?).ok_or_else(|| ReadError::Unreadable(name.to_owned()))
}

pub(super) fn instant(row: &PgRow, name: &str) -> Result<Option<Timestamp>, ReadError> {
    Ok(row.try_get::<Option<i64>, _>(name)?.map(Timestamp::from_millis))
}

/// A number that is never negative, whatever whole type its column has.
pub(super) fn count<T: TryFrom<i64>>(row: &PgRow, name: &'static str) -> Result<T, ReadError> {
    let number = row.try_get::<i64, _>(name).or_else(|_| row.try_get::<i32, _>(name).map(i64::from))?;
    T::try_from(number).map_err(|_| ReadError::Unreadable(name.to_owned()))
}

pub(super) fn json<T: DeserializeOwned>(row: &PgRow, name: &'static str) -> Result<Option<T>, ReadError> {
    let text: Option<&str> = row.try_get(name)?;
    text.map(serde_json::from_str).transpose().map_err(|_| ReadError::Unreadable(name.to_owned()))
}

pub(super) fn maybe_named<T>(
    row: &PgRow,
    name: &'static str,
    from_name: fn(&str) -> Option<T>,
) -> Result<Option<T>, ReadError> {
    let text: Option<&str> = row.try_get(name)?;
    text.map(|text| from_name(text).ok_or_else(|| ReadError::Unreadable(name.to_owned()))).transpose()
}
