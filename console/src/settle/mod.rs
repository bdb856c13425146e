//! `timesale settle export`: what sellers are owed, as Postgres shows it, written for spreadsheets (CSV) and for analysis (Parquet).
//! Read in one snapshot and in one order, so that two exports of closed days are the same bytes.

mod csv;
mod parquet;
mod table;
#[cfg(test)]
mod settle_tests;

use std::io::Write;
use std::pin::Pin;
use std::str::FromStr;

use events::calendar::Day;
use events::ids::SellerId;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

pub use table::Table;

/// What to export.
#[derive(Clone, Debug)]
pub struct Export {
    /// Which rows.
    pub table: Table,
    /// Of one seller only.
    pub seller: Option<SellerId>,
    /// From this day on.
    pub from: Option<Day>,
    /// Up to and with this day.
    pub to: Option<Day>,
    /// As what.
    pub format: Format,
}

/// What a file is written as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// RFC 4180, with a header line; instants are milliseconds since 1970.
    Csv,
    /// Apache Parquet, Snappy-compressed; days and instants have their own types.
    Parquet,
}

/// Why nothing, or not all, was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database cannot be read.
    #[error("postgres: {0}")]
    Database(#[from] sqlx::Error),
    /// The output cannot be written.
    #[error("the output: {0}")]
    Output(#[from] std::io::Error),
    /// Parquet could not be made.
    #[error("parquet: {0}")]
    Parquet(#[from] ::parquet::errors::ParquetError),
    /// A row holds what it cannot hold.
    #[error("a row of {table} cannot be read: {why}")]
    Row {
        /// Of which table.
        table: &'static str,
        /// Why.
        why: String,
    },
}

/// An export under way.
pub type Exporting<'a> = Pin<Box<dyn Future<Output = Result<u64, ExportError>> + Send + 'a>>;

/// Exports. Returns how many rows there were.
///
/// # Errors
/// [`ExportError`]; what was written by then is no whole file.
pub fn export<'a>(url: &'a str, what: &'a Export, out: &'a mut (dyn Write + Send)) -> Exporting<'a> {
    // Boxed, so that it is compiled here and not again in the binary.
    Box::pin(export_to(url, what, out))
}

async fn export_to(url: &str, what: &Export, out: &mut (dyn Write + Send)) -> Result<u64, ExportError> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    sqlx::raw_sql("begin isolation level repeatable read read only").execute(&mut connection).await?;
    let written = write(&mut connection, what, out).await;
    connection.close().await?;
    written
}

async fn write<W: Write + Send>(connection: &mut PgConnection, what: &Export, out: W) -> Result<u64, ExportError> {
    match what.format {
        Format::Csv => csv::write(connection, what, out).await,
        Format::Parquet => parquet::write(connection, what, out).await,
    }
}

impl Export {
    /// The question to the database. Ids and days hold nothing that would have to be escaped.
    fn query(&self) -> String {
        let mut conditions = vec!["true".to_owned()];
        conditions.extend(self.seller.as_ref().map(|seller| format!("seller = '{seller}'")));
        conditions.extend(self.from.map(|from| format!("day >= '{from}'")));
        conditions.extend(self.to.map(|to| format!("day <= '{to}'")));
        format!(
            "select {} from {} where {} order by {}",
            self.table.column_names().join(", "),
            self.table.name(),
            conditions.join(" and "),
            self.table.order()
        )
    }
}
