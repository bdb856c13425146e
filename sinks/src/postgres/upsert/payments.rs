//! Rows of payments.

use events::money::Money;
use events::payments::Payment;
use events::time::Timestamp;
use projections::PaymentRow;
use sqlx::PgConnection;

use super::{column, json};

const PAYMENTS: &str = "insert into payments as t \
     (payment_key, order_id, status, method, total, balance, vat, wallet, virtual_account, approved_at, \
      last_transaction, refunds, told_at, src_partition, src_offset) \
     select payment_key, order_id, status, method, total, balance, vat, wallet::jsonb, virtual_account::jsonb, \
      approved_at, last_transaction, refunds::jsonb, told_at, src_partition, src_offset \
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], \
      $8::text[], $9::text[], $10::bigint[], $11::text[], $12::text[], $13::bigint[], $14::int[], $15::bigint[]) \
     as u (payment_key, order_id, status, method, total, balance, vat, wallet, virtual_account, approved_at, \
      last_transaction, refunds, told_at, src_partition, src_offset) \
     on conflict (payment_key) do update set \
      order_id = excluded.order_id, status = excluded.status, method = excluded.method, \
      total = excluded.total, balance = excluded.balance, vat = excluded.vat, wallet = excluded.wallet, \
      virtual_account = excluded.virtual_account, approved_at = excluded.approved_at, \
      last_transaction = excluded.last_transaction, refunds = excluded.refunds, told_at = excluded.told_at, \
      src_partition = excluded.src_partition, src_offset = excluded.src_offset \
     where (excluded.src_partition, excluded.src_offset) > (t.src_partition, t.src_offset)";

pub(super) async fn payments(connection: &mut PgConnection, rows: &[&PaymentRow]) -> Result<u64, sqlx::Error> {
    let shown: Vec<&Payment> = column(rows, |row| &row.payment);
    let money = |part: fn(&Payment) -> Money| column(&shown, |payment| part(payment).minor());
    let done = sqlx::query(PAYMENTS)
        .bind(column(&shown, |payment| payment.payment_key.as_str()))
        .bind(column(&shown, |payment| payment.order.as_str()))
        .bind(column(&shown, |payment| payment.status.name()))
        .bind(column(&shown, |payment| payment.method.name()))
        .bind(money(|payment| payment.total))
        .bind(money(|payment| payment.balance))
        .bind(money(|payment| payment.vat))
        .bind(column(&shown, |payment| payment.wallet.as_ref().map(json)))
        .bind(column(&shown, |payment| payment.virtual_account.as_ref().map(json)))
        .bind(column(&shown, |payment| payment.approved_at.map(Timestamp::as_millis)))
        .bind(column(&shown, |payment| payment.last_transaction.as_ref().map(|transaction| transaction.as_str())))
        .bind(column(&shown, |payment| json(&payment.refunds)))
        .bind(column(rows, |row| row.told_at.as_millis()))
        .bind(column(rows, |row| row.source.partition))
        .bind(column(rows, |row| row.source.offset))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}
