//! Rows of campaigns and coupons.

use events::time::Timestamp;
use projections::{CampaignRow, CouponRow, CouponState};
use sqlx::PgConnection;

use super::{bigint, column, json};

const CAMPAIGNS: &str = "insert into campaigns as t \
     (campaign, partition, version, status, terms, \
      stock, remaining, granted, held, redeemed, expired, revoked, updated_at) \
     select campaign, partition, version, status, terms::jsonb, \
      stock, remaining, granted, held, redeemed, expired, revoked, updated_at \
     from unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], \
      $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[]) \
      as u (campaign, partition, version, status, terms, \
      stock, remaining, granted, held, redeemed, expired, revoked, updated_at) \
     on conflict (campaign) do update set \
      partition = excluded.partition, version = excluded.version, \
      status = coalesce(excluded.status, t.status), terms = coalesce(excluded.terms, t.terms), \
      stock = excluded.stock, remaining = excluded.remaining, granted = excluded.granted, held = excluded.held, \
      redeemed = excluded.redeemed, expired = excluded.expired, revoked = excluded.revoked, \
      updated_at = excluded.updated_at \
     where excluded.version > t.version";

pub(super) async fn campaigns(connection: &mut PgConnection, rows: &[&CampaignRow]) -> Result<u64, sqlx::Error> {
    let count = |part: fn(&CampaignRow) -> u32| column(rows, |row| i64::from(part(row)));
    let done = sqlx::query(CAMPAIGNS)
        .bind(column(rows, |row| row.campaign.as_str()))
        .bind(column(rows, |row| row.partition))
        .bind(column(rows, |row| bigint(row.version)))
        .bind(column(rows, |row| row.status.map(|status| status.name())))
        .bind(column(rows, |row| row.terms.as_ref().map(json)))
        .bind(count(|row| row.stock.stock))
        .bind(count(|row| row.stock.remaining))
        .bind(count(|row| row.stock.granted))
        .bind(count(|row| row.stock.held))
        .bind(count(|row| row.stock.redeemed))
        .bind(count(|row| row.stock.expired))
        .bind(count(|row| row.stock.revoked))
        .bind(column(rows, |row| row.updated_at.as_millis()))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

const COUPONS: &str = "insert into coupons as t \
     (coupon, campaign, shopper, request, state, expires_at, order_id, hold, hold_until, discount, restored, \
      updated_at, src_partition, src_offset) \
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], \
      $8::text[], $9::bigint[], $10::bigint[], $11::int[], $12::bigint[], $13::int[], $14::bigint[]) \
     on conflict (coupon) do update set \
      campaign = excluded.campaign, shopper = excluded.shopper, \
      request = coalesce(excluded.request, t.request), expires_at = coalesce(excluded.expires_at, t.expires_at), \
      state = excluded.state, order_id = excluded.order_id, hold = excluded.hold, hold_until = excluded.hold_until, \
      discount = excluded.discount, restored = greatest(excluded.restored, t.restored), \
      updated_at = excluded.updated_at, src_partition = excluded.src_partition, src_offset = excluded.src_offset \
     where (excluded.src_partition, excluded.src_offset) > (t.src_partition, t.src_offset)";

pub(super) async fn coupons(connection: &mut PgConnection, rows: &[&CouponRow]) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(COUPONS)
        .bind(column(rows, |row| row.coupon.to_string()))
        .bind(column(rows, |row| row.campaign.as_str()))
        .bind(column(rows, |row| row.shopper.as_str()))
        .bind(column(rows, |row| row.request.map(|request| request.to_string())))
        .bind(column(rows, |row| CouponState::name(row.state)))
        .bind(column(rows, |row| row.expires_at.map(Timestamp::as_millis)))
        .bind(column(rows, |row| row.order.as_ref().map(|order| order.as_str())))
        .bind(column(rows, |row| row.hold.map(|hold| hold.to_string())))
        .bind(column(rows, |row| row.hold_until.map(Timestamp::as_millis)))
        .bind(column(rows, |row| row.discount.map(|discount| discount.minor())))
        .bind(column(rows, |row| i32::from(row.restored)))
        .bind(column(rows, |row| row.updated_at.as_millis()))
        .bind(column(rows, |row| row.source.partition))
        .bind(column(rows, |row| row.source.offset))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
