//! Rows of what sellers are owed. Days are upserted; policies, lines and pay-outs are written once.

use events::calendar::Day;
use events::money::Money;
use events::settlement::Settled;
use projections::{ClosedDay, PayOutRow, PolicyRow, StatementRow};
use sqlx::PgConnection;

use super::{bigint, column, json};

const POLICIES: &str = "insert into seller_policies (seller, version, effective_from, policy, set_at) \
     select seller, version, effective_from, policy::jsonb, set_at \
     from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::bigint[]) \
     as u (seller, version, effective_from, policy, set_at) \
     on conflict (seller, version) do nothing";

pub(super) async fn policies(connection: &mut PgConnection, rows: &[&PolicyRow]) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(POLICIES)
        .bind(column(rows, |row| row.seller.as_str()))
        .bind(column(rows, |row| row.version.cast_signed()))
        .bind(column(rows, |row| row.effective_from.to_string()))
        .bind(column(rows, |row| json(&row.policy)))
        .bind(column(rows, |row| row.set_at.as_millis()))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

const STATEMENTS: &str = "insert into statements as t \
     (seller, day, version, status, lines, gross, platform_share, seller_share, due, base, commission, vat, net, \
      policy, carried_in, payable, carried_out, closed_at, updated_at) \
     select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], \
      $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::int[], \
      $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[]) \
     on conflict (seller, day) do update set \
      version = excluded.version, status = excluded.status, lines = excluded.lines, gross = excluded.gross, \
      platform_share = excluded.platform_share, seller_share = excluded.seller_share, due = excluded.due, \
      base = excluded.base, commission = excluded.commission, vat = excluded.vat, net = excluded.net, \
      policy = excluded.policy, carried_in = excluded.carried_in, payable = excluded.payable, \
      carried_out = excluded.carried_out, closed_at = excluded.closed_at, updated_at = excluded.updated_at \
     where excluded.version > t.version";

pub(super) async fn statements(connection: &mut PgConnection, rows: &[&StatementRow]) -> Result<u64, sqlx::Error> {
    let sum = |part: fn(&Settled) -> Money| column(rows, |row| part(&row.totals.amounts).minor());
    let stamped = |part: fn(&ClosedDay) -> i64| column(rows, |row| row.closed.as_ref().map(part));
    let done = sqlx::query(STATEMENTS)
        .bind(column(rows, |row| row.seller.as_str()))
        .bind(column(rows, |row| row.day.to_string()))
        .bind(column(rows, |row| bigint(row.version)))
        .bind(column(rows, |row| row.status()))
        .bind(column(rows, |row| bigint(row.totals.lines)))
        .bind(sum(|sum| sum.gross))
        .bind(sum(|sum| sum.platform_share))
        .bind(sum(|sum| sum.seller_share))
        .bind(sum(|sum| sum.due))
        .bind(sum(|sum| sum.base))
        .bind(sum(|sum| sum.commission))
        .bind(sum(|sum| sum.vat))
        .bind(sum(|sum| sum.net))
        .bind(column(rows, |row| row.closed.map(|closed| closed.policy.cast_signed())))
        .bind(stamped(|closed| closed.carried_in.minor()))
        .bind(stamped(|closed| closed.payable.minor()))
        .bind(stamped(|closed| closed.carried_out.minor()))
        .bind(stamped(|closed| closed.at.as_millis()))
        .bind(column(rows, |row| row.updated_at.as_millis()))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

const PAY_OUTS: &str = "insert into pay_outs (seller, day, part, pay_on, amount) \
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) \
     on conflict (seller, day, part) do nothing";

pub(super) async fn pay_outs(connection: &mut PgConnection, rows: &[&PayOutRow]) -> Result<u64, sqlx::Error> {
    let text = |day: Day| day.to_string();
    let done = sqlx::query(PAY_OUTS)
        .bind(column(rows, |row| row.seller.as_str()))
        .bind(column(rows, |row| text(row.day)))
        .bind(column(rows, |row| row.part.name()))
        .bind(column(rows, |row| text(row.pay_on)))
        .bind(column(rows, |row| row.amount.minor()))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
