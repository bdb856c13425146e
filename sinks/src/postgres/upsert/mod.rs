//! A projection's rows, one statement per table: arrays in, upserts out. A row that is there already, as new or newer, is left
//! alone; that is what makes a rewind harmless. Rows come in order of keys, so that two writers lock them in one order.

mod coupons;
mod orders;
mod payments;
mod products;
mod requests;
mod settlement;
mod statement_lines;

use std::collections::BTreeMap;

use projections::Projection;
use serde::Serialize;
use sqlx::PgConnection;

/// What writing rows came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    pub(super) rows: u64,
    pub(super) stale: u64,
}

/// Writes every row of a projection. A table without rows costs nothing.
pub(super) async fn upsert(connection: &mut PgConnection, rows: &Projection) -> Result<Written, sqlx::Error> {
    let mut changed = 0;
    if let Some(rows) = some(&rows.campaigns) {
        changed += coupons::campaigns(connection, &rows).await?;
    }
    if let Some(rows) = some(&rows.coupons) {
        changed += coupons::coupons(connection, &rows).await?;
    }
    if let Some(rows) = some(&rows.products) {
        changed += products::products(connection, &rows).await?;
    }
    if let Some(rows) = some(&rows.orders) {
        changed += orders::orders(connection, &rows).await?;
    }
    if let Some(rows) = some(&rows.lines) {
        changed += orders::lines(connection, &rows).await?;
    }
    if let Some(rows) = some(&rows.timeline) {
        changed += orders::timeline(connection, &rows).await?;
    }
    if let Some(rows) = some(&rows.payments) {
        changed += payments::payments(connection, &rows).await?;
    }
    if let Some(rows) = some(&rows.policies) {
        changed += settlement::policies(connection, &rows).await?;
    }
    if let Some(rows) = some(&rows.statements) {
        changed += settlement::statements(connection, &rows).await?;
    }
    if let Some(rows) = some(&rows.statement_lines) {
        changed += statement_lines::lines(connection, &rows).await?;
    }
    if let Some(rows) = some(&rows.pay_outs) {
        changed += settlement::pay_outs(connection, &rows).await?;
    }
    if let Some(rows) = some(&rows.requests) {
        changed += requests::requests(connection, &rows).await?;
    }
    let given = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    Ok(Written { rows: changed, stale: given.saturating_sub(changed) })
}

/// A table's rows, if there are any.
fn some<K, R>(rows: &BTreeMap<K, R>) -> Option<Vec<&R>> {
    (!rows.is_empty()).then(|| rows.values().collect())
}

/// A value as `jsonb` reads it. Values have text keys only, so writing them cannot fail.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A number that versions and counts have; greater ones do not get past `batch::read`.
fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// One column of the rows.
fn column<'a, R, T>(rows: &[&'a R], part: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(|row| part(row)).collect()
}
