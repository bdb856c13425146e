//! Rows of Postgres' `dead_rows`: facts that could not become rows, put aside by the sink.

use std::pin::Pin;
use std::str::FromStr;

use futures_util::TryStreamExt;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Row};

use super::list::{DeadRow, Filter, List};

/// No sink has ever run here.
const UNDEFINED_TABLE: &str = "42P01";
const ROWS: &str = "select topic, src_partition, src_offset, cause, logged_at from dead_rows order by logged_at";

/// Takes every dead row into the list, if it is wanted. What cannot be read is said in the list.
pub fn read<'a>(url: &'a str, filter: &'a Filter, list: &'a mut List) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    // Boxed, so that it is compiled here and not again in the binary.
    Box::pin(async move {
        if let Err(error) = rows(url, filter, list).await
            && error.as_database_error().and_then(|error| error.code()).as_deref() != Some(UNDEFINED_TABLE)
        {
            list.dead_rows_unknown = Some(format!("postgres: {error}"));
        }
    })
}

async fn rows(url: &str, filter: &Filter, list: &mut List) -> Result<(), sqlx::Error> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    let mut rows = sqlx::query(ROWS).fetch(&mut connection);
    while let Some(row) = rows.try_next().await? {
        let row = DeadRow {
            topic: row.try_get(0)?,
            partition: row.try_get(1)?,
            offset: row.try_get(2)?,
            cause: row.try_get(3)?,
            at_ms: row.try_get(4)?,
        };
        list.take_row(row, filter);
    }
    drop(rows);
    connection.close().await
}
