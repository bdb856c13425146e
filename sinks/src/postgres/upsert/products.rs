//! Rows of products.

use projections::ProductRow;
use sqlx::PgConnection;

use super::{bigint, column, json};

const PRODUCTS: &str = "insert into products as t \
     (sku, partition, version, seller, name, terms, received, available, held, sold, updated_at) \
     select sku, partition, version, seller, name, terms::jsonb, received, available, held, sold, updated_at \
     from unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], \
      $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[]) \
     as u (sku, partition, version, seller, name, terms, received, available, held, sold, updated_at) \
     on conflict (sku) do update set \
      partition = excluded.partition, version = excluded.version, \
      seller = coalesce(excluded.seller, t.seller), name = coalesce(excluded.name, t.name), \
      terms = coalesce(excluded.terms, t.terms), received = excluded.received, available = excluded.available, \
      held = excluded.held, sold = excluded.sold, updated_at = excluded.updated_at \
     where excluded.version > t.version";

pub(super) async fn products(connection: &mut PgConnection, rows: &[&ProductRow]) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(PRODUCTS)
        .bind(column(rows, |row| row.sku.as_str()))
        .bind(column(rows, |row| row.partition))
        .bind(column(rows, |row| bigint(row.version)))
        .bind(column(rows, |row| row.terms.as_ref().map(|terms| terms.seller.as_str())))
        .bind(column(rows, |row| row.terms.as_ref().map(|terms| terms.name.as_str())))
        .bind(column(rows, |row| row.terms.as_ref().map(json)))
        .bind(column(rows, |row| bigint(row.stock.received)))
        .bind(column(rows, |row| bigint(row.stock.available)))
        .bind(column(rows, |row| bigint(row.stock.held)))
        .bind(column(rows, |row| bigint(row.stock.sold)))
        .bind(column(rows, |row| row.updated_at.as_millis()))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
