//! Rows of orders, their lines and timelines.

use events::money::Money;
use events::orders::{LineAmounts, OrderAmounts};
use events::time::Timestamp;
use projections::{FrozenLine, OrderDetails, OrderLineRow, OrderRow, TimelineRow};
use sqlx::PgConnection;

use super::{bigint, column, json};

const ORDERS: &str = "insert into orders as t \
     (order_id, partition, version, shopper, state, gross, discount, due, paid, refunded, awaited, deadline, \
      updated_at, request, placed_at, campaign, coupon, coupon_hold, platform_share, attempt, payment_key, \
      method, account, reason) \
     select order_id, partition, version, shopper, state, gross, discount, due, paid, refunded, awaited, \
      deadline, updated_at, request, placed_at, campaign, coupon, coupon_hold, platform_share, attempt, \
      payment_key, method, account::jsonb, reason \
     from unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], \
      $8::bigint[], $9::bigint[], $10::bigint[], $11::int[], $12::bigint[], $13::bigint[], $14::text[], \
      $15::bigint[], $16::text[], $17::text[], $18::text[], $19::int[], $20::int[], $21::text[], $22::text[], \
      $23::text[], $24::text[]) \
     as u (order_id, partition, version, shopper, state, gross, discount, due, paid, refunded, awaited, \
      deadline, updated_at, request, placed_at, campaign, coupon, coupon_hold, platform_share, attempt, \
      payment_key, method, account, reason) \
     on conflict (order_id) do update set \
      partition = excluded.partition, version = excluded.version, shopper = excluded.shopper, \
      state = excluded.state, gross = excluded.gross, discount = excluded.discount, due = excluded.due, \
      paid = excluded.paid, refunded = excluded.refunded, awaited = excluded.awaited, \
      deadline = excluded.deadline, updated_at = excluded.updated_at, \
      request = coalesce(excluded.request, t.request), placed_at = coalesce(excluded.placed_at, t.placed_at), \
      campaign = coalesce(excluded.campaign, t.campaign), coupon = coalesce(excluded.coupon, t.coupon), \
      coupon_hold = coalesce(excluded.coupon_hold, t.coupon_hold), \
      platform_share = coalesce(excluded.platform_share, t.platform_share), \
      attempt = coalesce(excluded.attempt, t.attempt), \
      payment_key = coalesce(excluded.payment_key, t.payment_key), \
      method = coalesce(excluded.method, t.method), account = coalesce(excluded.account, t.account), \
      reason = coalesce(excluded.reason, t.reason) \
     where excluded.version > t.version";

pub(super) async fn orders(connection: &mut PgConnection, rows: &[&OrderRow]) -> Result<u64, sqlx::Error> {
    let money = |part: fn(&OrderAmounts) -> Money| column(rows, |row| part(&row.amounts).minor());
    let details: Vec<&OrderDetails> = column(rows, |row| &row.details);
    let done = sqlx::query(ORDERS)
        .bind(column(rows, |row| row.order.as_str()))
        .bind(column(rows, |row| row.partition))
        .bind(column(rows, |row| bigint(row.version)))
        .bind(column(rows, |row| row.shopper.as_str()))
        .bind(column(rows, |row| row.state.name()))
        .bind(money(|amounts| amounts.gross))
        .bind(money(|amounts| amounts.discount))
        .bind(money(|amounts| amounts.due))
        .bind(money(|amounts| amounts.paid))
        .bind(money(|amounts| amounts.refunded))
        .bind(column(rows, |row| i32::from(row.awaited)))
        .bind(column(rows, |row| row.deadline.map(Timestamp::as_millis)))
        .bind(column(rows, |row| row.updated_at.as_millis()))
        .bind(column(&details, |said| said.request.map(|request| request.to_string())))
        .bind(column(&details, |said| said.placed_at.map(Timestamp::as_millis)))
        .bind(column(&details, |said| said.coupon.as_ref().map(|coupon| coupon.campaign.as_str())))
        .bind(column(&details, |said| said.coupon.as_ref().map(|coupon| coupon.coupon.to_string())))
        .bind(column(&details, |said| said.coupon_hold.map(|hold| hold.to_string())))
        .bind(column(&details, |said| said.platform_share.map(|share| i32::from(share.points()))))
        .bind(column(&details, |said| said.attempt.map(i32::from)))
        .bind(column(&details, |said| said.payment_key.as_ref().map(|key| key.as_str())))
        .bind(column(&details, |said| said.method.map(|method| method.name())))
        .bind(column(&details, |said| said.account.as_ref().map(json)))
        .bind(column(&details, |said| said.reason.as_deref()))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

const LINES: &str = "insert into order_lines as t \
     (order_id, sku, version, quantity, hold, seller, category, list_price, unit_price, supply_price, gross, \
      platform_share, seller_share, due, refunded_quantity, refunded_gross, refunded_platform_share, \
      refunded_seller_share, refunded_due) \
     select * \
     from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], \
      $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], \
      $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[]) \
     on conflict (order_id, sku) do update set \
      version = excluded.version, quantity = coalesce(excluded.quantity, t.quantity), \
      hold = coalesce(excluded.hold, t.hold), seller = coalesce(excluded.seller, t.seller), \
      category = coalesce(excluded.category, t.category), \
      list_price = coalesce(excluded.list_price, t.list_price), \
      unit_price = coalesce(excluded.unit_price, t.unit_price), \
      supply_price = coalesce(excluded.supply_price, t.supply_price), \
      gross = coalesce(excluded.gross, t.gross), \
      platform_share = coalesce(excluded.platform_share, t.platform_share), \
      seller_share = coalesce(excluded.seller_share, t.seller_share), due = coalesce(excluded.due, t.due), \
      refunded_quantity = excluded.refunded_quantity, refunded_gross = excluded.refunded_gross, \
      refunded_platform_share = excluded.refunded_platform_share, \
      refunded_seller_share = excluded.refunded_seller_share, refunded_due = excluded.refunded_due \
     where excluded.version > t.version";

pub(super) async fn lines(connection: &mut PgConnection, rows: &[&OrderLineRow]) -> Result<u64, sqlx::Error> {
    let frozen: Vec<Option<&FrozenLine>> = column(rows, |row| row.frozen.as_ref());
    let share = |part: fn(&LineAmounts) -> Money| column(rows, |row| part(&row.refunded).minor());
    let done = sqlx::query(LINES)
        .bind(column(rows, |row| row.order.as_str()))
        .bind(column(rows, |row| row.sku.as_str()))
        .bind(column(rows, |row| bigint(row.version)))
        .bind(part(&frozen, |line| i64::from(line.quantity)))
        .bind(part(&frozen, |line| line.hold.to_string()))
        .bind(part(&frozen, |line| line.unit.seller.as_str()))
        .bind(maybe(&frozen, |line| line.unit.category.as_ref().map(|category| category.as_str())))
        .bind(part(&frozen, |line| line.unit.list_price.minor()))
        .bind(part(&frozen, |line| line.unit.unit_price.minor()))
        .bind(maybe(&frozen, |line| line.unit.supply_price.map(Money::minor)))
        .bind(part(&frozen, |line| line.amounts.gross.minor()))
        .bind(part(&frozen, |line| line.amounts.platform_share.minor()))
        .bind(part(&frozen, |line| line.amounts.seller_share.minor()))
        .bind(part(&frozen, |line| line.amounts.due.minor()))
        .bind(column(rows, |row| i64::from(row.refunded_quantity)))
        .bind(share(|refunded| refunded.gross))
        .bind(share(|refunded| refunded.platform_share))
        .bind(share(|refunded| refunded.seller_share))
        .bind(share(|refunded| refunded.due))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

/// A column of what was frozen, null where that is not known.
fn part<'a, T>(lines: &[Option<&'a FrozenLine>], of: impl Fn(&'a FrozenLine) -> T) -> Vec<Option<T>> {
    lines.iter().map(|line| line.map(&of)).collect()
}

/// As [`part`], of what a line need not have.
fn maybe<'a, T>(lines: &[Option<&'a FrozenLine>], of: impl Fn(&'a FrozenLine) -> Option<T>) -> Vec<Option<T>> {
    lines.iter().map(|line| line.and_then(&of)).collect()
}

const TIMELINE: &str = "insert into order_timeline as t \
     (order_id, version, at, kind, state, gross, discount, due, paid, refunded, awaited, deadline, fact) \
     select order_id, version, at, kind, state, gross, discount, due, paid, refunded, awaited, deadline, \
      fact::jsonb \
     from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], \
      $8::bigint[], $9::bigint[], $10::bigint[], $11::int[], $12::bigint[], $13::text[]) \
     as u (order_id, version, at, kind, state, gross, discount, due, paid, refunded, awaited, deadline, fact) \
     on conflict (order_id, version) do nothing";

pub(super) async fn timeline(connection: &mut PgConnection, rows: &[&TimelineRow]) -> Result<u64, sqlx::Error> {
    let money = |part: fn(&OrderAmounts) -> Money| column(rows, |row| part(&row.amounts).minor());
    let done = sqlx::query(TIMELINE)
        .bind(column(rows, |row| row.order.as_str()))
        .bind(column(rows, |row| bigint(row.version)))
        .bind(column(rows, |row| row.at.as_millis()))
        .bind(column(rows, |row| row.fact.kind()))
        .bind(column(rows, |row| row.state.name()))
        .bind(money(|amounts| amounts.gross))
        .bind(money(|amounts| amounts.discount))
        .bind(money(|amounts| amounts.due))
        .bind(money(|amounts| amounts.paid))
        .bind(money(|amounts| amounts.refunded))
        .bind(column(rows, |row| i32::from(row.awaited)))
        .bind(column(rows, |row| row.deadline.map(Timestamp::as_millis)))
        .bind(column(rows, |row| json(&row.fact)))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
