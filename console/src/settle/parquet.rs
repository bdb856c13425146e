//! Parquet: a row group for each batch of a cursor, column by column.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use events::calendar::Day;
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::table::{Column, Kind};
use super::{Export, ExportError, Table};

/// Rows of a row group: some 10 MB of lines in memory.
const FETCH: &str = "fetch 50000 from rows";

pub(super) async fn write<W: Write + Send>(
    connection: &mut PgConnection,
    what: &Export,
    out: W,
) -> Result<u64, ExportError> {
    let schema = Arc::new(parse_message_type(&schema(what.table))?);
    let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
    let mut file = SerializedFileWriter::new(out, schema, properties)?;
    let declare = format!("declare rows cursor for {}", what.query());
    sqlx::raw_sql(sqlx::AssertSqlSafe(declare)).execute(&mut *connection).await?;
    let mut count = 0;
    loop {
        let batch = sqlx::query(FETCH).persistent(false).fetch_all(&mut *connection).await?;
        if batch.is_empty() {
            break;
        }
        let mut group = file.next_row_group()?;
        for column in what.table.columns() {
            let Some(mut writer) = group.next_column()? else { break };
            write_column(&mut writer, &batch, column, what.table)?;
            writer.close()?;
        }
        group.close()?;
        count += batch.len() as u64;
    }
    file.close()?;
    Ok(count)
}

fn schema(table: Table) -> String {
    let mut text = format!("message {} {{\n", table.name());
    for Column { name, kind, may_be_null } in table.columns() {
        let repetition = if *may_be_null { "optional" } else { "required" };
        let (physical, logical) = match kind {
            Kind::Text => ("binary", " (utf8)"),
            Kind::Day => ("int32", " (date)"),
            Kind::Int => ("int32", ""),
            Kind::Long => ("int64", ""),
            Kind::Instant => ("int64", " (timestamp_millis)"),
        };
        // Writing to a text cannot fail.
        writeln!(text, "  {repetition} {physical} {name}{logical};").unwrap_or_default();
    }
    text + "}"
}

fn write_column(
    writer: &mut SerializedColumnWriter<'_>,
    rows: &[PgRow],
    column: &Column,
    table: Table,
) -> Result<(), ExportError> {
    match column.kind {
        Kind::Text => {
            let (values, there) =
                read::<String, _>(rows, column, |text| Ok(ByteArray::from(text.into_bytes())), table)?;
            writer.typed::<ByteArrayType>().write_batch(&values, there.as_deref(), None)?;
        }
        Kind::Day => {
            let number = |text: String| text.parse().map(Day::number).map_err(|_| format!("{text:?} is no day"));
            let (values, there) = read::<String, _>(rows, column, number, table)?;
            writer.typed::<Int32Type>().write_batch(&values, there.as_deref(), None)?;
        }
        Kind::Int => {
            let (values, there) = read::<i32, _>(rows, column, Ok, table)?;
            writer.typed::<Int32Type>().write_batch(&values, there.as_deref(), None)?;
        }
        Kind::Long | Kind::Instant => {
            let (values, there) = read::<i64, _>(rows, column, Ok, table)?;
            writer.typed::<Int64Type>().write_batch(&values, there.as_deref(), None)?;
        }
    }
    Ok(())
}

/// A column's values; and for one that may be null, which rows have one.
fn read<T, V>(
    rows: &[PgRow],
    column: &Column,
    value: impl Fn(T) -> Result<V, String>,
    table: Table,
) -> Result<(Vec<V>, Option<Vec<i16>>), ExportError>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    let unreadable = |why: String| ExportError::Row { table: table.name(), why: format!("{}: {why}", column.name) };
    let mut values = Vec::with_capacity(rows.len());
    let mut there = column.may_be_null.then(|| Vec::with_capacity(rows.len()));
    for row in rows {
        let found: Option<T> = row.try_get(column.name)?;
        if let Some(there) = &mut there {
            there.push(i16::from(found.is_some()));
        }
        match found {
            Some(found) => values.push(value(found).map_err(unreadable)?),
            None if column.may_be_null => {}
            None => return Err(unreadable("is null".into())),
        }
    }
    Ok((values, there))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

    use parquet::schema::parser::parse_message_type;

    use super::{Table, schema};

    #[test]
    fn every_table_has_a_schema() {
        for table in [Table::Lines, Table::Statements, Table::PayOuts] {
            let parsed = parse_message_type(&schema(table)).unwrap();
            assert_eq!(parsed.get_fields().len(), table.columns().len());
        }
    }
}
