//! Rows of requests.

use projections::RequestRow;
use sqlx::PgConnection;

use super::column;

const REQUESTS: &str = "insert into requests as t \
     (request, campaign, sku, order_id, seller, shopper, kind, status, reason, coupon, decided_at, src_partition, src_offset) \
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
      $8::text[], $9::text[], $10::text[], $11::bigint[], $12::int[], $13::bigint[]) \
     on conflict (request) do update set \
      campaign = excluded.campaign, sku = excluded.sku, order_id = excluded.order_id, seller = excluded.seller, \
      shopper = excluded.shopper, kind = excluded.kind, status = excluded.status, reason = excluded.reason, coupon = excluded.coupon, decided_at = excluded.decided_at, \
      src_partition = excluded.src_partition, src_offset = excluded.src_offset \
     where (excluded.src_partition, excluded.src_offset) > (t.src_partition, t.src_offset)";

pub(super) async fn requests(connection: &mut PgConnection, rows: &[&RequestRow]) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(REQUESTS)
        .bind(column(rows, |row| row.request.to_string()))
        .bind(column(rows, |row| row.subject.campaign().map(|campaign| campaign.as_str())))
        .bind(column(rows, |row| row.subject.product().map(|sku| sku.as_str())))
        .bind(column(rows, |row| row.subject.order().map(|order| order.as_str())))
        .bind(column(rows, |row| row.subject.seller().map(|seller| seller.as_str())))
        .bind(column(rows, |row| row.shopper.as_ref().map(|shopper| shopper.as_str())))
        .bind(column(rows, |row| row.kind.name()))
        .bind(column(rows, |row| row.status.name()))
        .bind(column(rows, |row| row.reason.as_deref()))
        .bind(column(rows, |row| row.coupon.map(|coupon| coupon.to_string())))
        .bind(column(rows, |row| row.decided_at.as_millis()))
        .bind(column(rows, |row| row.source.partition))
        .bind(column(rows, |row| row.source.offset))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
