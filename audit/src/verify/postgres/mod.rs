//! Postgres against the rows of the log: every table, row by row, in both directions. Read through cursors in one snapshot, in
//! order of keys, so that neither side is ever held twice.

mod columns;
mod coupons;
mod orders;
mod payments;
mod settlement;

use std::fmt::Debug;
use std::str::FromStr;

use projections::Projection;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{ConnectOptions, Connection, PgConnection, Row};

use super::compare::Comparison;

/// Why Postgres could not be compared. That it differs is no error.
#[derive(Debug, thiserror::Error)]
#[error("postgres: {0}")]
pub(super) struct PostgresError(#[from] sqlx::Error);

/// Rows a fetch brings.
const FETCH: &str = "fetch 10000 from rows";

/// Compares every table with the rows of the log. Returns how many rows were compared, and the first difference.
///
/// # Errors
/// [`PostgresError`] when the database cannot be read; one without our tables is a difference.
pub(super) async fn compare(url: &str, rows: &Projection) -> Result<(u64, Option<String>), PostgresError> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    let compared = compare_on(&mut connection, rows).await;
    connection.close().await?;
    match compared {
        // undefined_table
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => {
            Ok((0, Some(format!("the database is empty: {error}"))))
        }
        other => Ok(other?),
    }
}

async fn compare_on(connection: &mut PgConnection, rows: &Projection) -> Result<(u64, Option<String>), sqlx::Error> {
    sqlx::raw_sql("begin isolation level repeatable read read only").execute(&mut *connection).await?;
    let compared = [
        table(connection, coupons::CAMPAIGNS, Comparison::new("campaign", rows.campaigns.iter()), |row| {
            coupons::campaign(row).map(|row| (row.campaign.clone(), row))
        })
        .await?,
        table(connection, coupons::COUPONS, Comparison::new("coupon", rows.coupons.iter()), |row| {
            coupons::coupon(row).map(|row| (row.coupon, row))
        })
        .await?,
        table(connection, orders::PRODUCTS, Comparison::new("product", rows.products.iter()), |row| {
            orders::product(row).map(|row| (row.sku.clone(), row))
        })
        .await?,
        table(connection, orders::ORDERS, Comparison::new("order", rows.orders.iter()), |row| {
            orders::order(row).map(|row| (row.order.clone(), row))
        })
        .await?,
        table(connection, orders::LINES, Comparison::new("line", rows.lines.iter()), |row| {
            orders::line(row).map(|row| ((row.order.clone(), row.sku.clone()), row))
        })
        .await?,
        table(connection, orders::TIMELINE, Comparison::new("fact of an order", rows.timeline.iter()), |row| {
            orders::timeline(row).map(|row| ((row.order.clone(), row.version), row))
        })
        .await?,
        table(connection, payments::PAYMENTS, Comparison::new("payment", rows.payments.iter()), |row| {
            payments::payment(row).map(|row| (row.payment.payment_key.clone(), row))
        })
        .await?,
        table(connection, settlement::POLICIES, Comparison::new("policy", rows.policies.iter()), |row| {
            settlement::policy(row).map(|row| ((row.seller.clone(), row.version), row))
        })
        .await?,
        table(connection, settlement::STATEMENTS, Comparison::new("statement", rows.statements.iter()), |row| {
            settlement::statement(row).map(|row| ((row.seller.clone(), row.day), row))
        })
        .await?,
        table(connection, settlement::LINES, Comparison::new("statement's line", rows.statement_lines.iter()), |row| {
            settlement::line(row).map(|row| ((row.seller.clone(), row.day, row.number), row))
        })
        .await?,
        table(connection, settlement::PAY_OUTS, Comparison::new("pay-out", rows.pay_outs.iter()), |row| {
            settlement::pay_out(row).map(|row| ((row.seller.clone(), row.day, row.part), row))
        })
        .await?,
        table(connection, coupons::REQUESTS, Comparison::new("request", rows.requests.iter()), |row| {
            coupons::request(row).map(|row| (row.request, row))
        })
        .await?,
    ];
    sqlx::raw_sql("commit").execute(&mut *connection).await?;
    let count = compared.iter().map(|(count, _)| count).sum();
    Ok((count, compared.into_iter().find_map(|(_, difference)| difference)))
}

async fn table<'a, K, R, E>(
    connection: &mut PgConnection,
    declare: &'static str,
    mut comparison: Comparison<'a, K, R, E>,
    read: impl Fn(&PgRow) -> Result<(K, R), String>,
) -> Result<(u64, Option<String>), sqlx::Error>
where
    K: Ord + Debug + 'a,
    R: PartialEq + Debug + 'a,
    E: Iterator<Item = (&'a K, &'a R)>,
{
    sqlx::raw_sql(declare).execute(&mut *connection).await?;
    loop {
        // Not kept prepared: the same words bring other columns from the next table's cursor.
        let batch = sqlx::query(FETCH).persistent(false).fetch_all(&mut *connection).await?;
        if batch.is_empty() {
            break;
        }
        for row in &batch {
            match read(row) {
                Ok((key, row)) => comparison.found(&key, &row),
                Err(why) => comparison.unreadable(&why),
            }
        }
    }
    sqlx::raw_sql("close rows").execute(&mut *connection).await?;
    Ok(comparison.end())
}

/// How far the sink has written each partition of a topic; nothing when there is no database yet.
///
/// # Errors
/// [`PostgresError`] when the database cannot be reached.
pub(super) async fn positions(url: &str, topic: &str) -> Result<Vec<(i32, i64)>, PostgresError> {
    let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
    let rows =
        sqlx::query("select partition, next_offset from sink_positions where topic = $1 and next_offset is not null")
            .bind(topic)
            .fetch_all(&mut connection)
            .await;
    connection.close().await?;
    match rows {
        Ok(rows) => rows.iter().map(|row| Ok((row.try_get("partition")?, row.try_get("next_offset")?))).collect(),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("42P01") => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}
