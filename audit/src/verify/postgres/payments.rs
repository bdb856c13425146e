//! Rows of payments.

use events::payments::{Payment, PaymentMethod, PaymentStatus};
use projections::PaymentRow;
use sqlx::postgres::PgRow;

use super::columns::{column, instant, json, maybe, maybe_instant, money, named, source};

pub(super) const PAYMENTS: &str = "declare rows cursor for select payment_key, order_id, status, method, total, balance, \
     vat, wallet::text as wallet, virtual_account::text as virtual_account, approved_at, last_transaction, \
     refunds::text as refunds, told_at, src_partition, src_offset from payments order by payment_key collate \"C\"";

pub(super) fn payment(row: &PgRow) -> Result<PaymentRow, String> {
    Ok(PaymentRow {
        payment: Payment {
            payment_key: column(row, "payment_key")?,
            order: column(row, "order_id")?,
            status: named(row, "status", PaymentStatus::from_name)?,
            method: named(row, "method", PaymentMethod::from_name)?,
            total: money(row, "total")?,
            balance: money(row, "balance")?,
            vat: money(row, "vat")?,
            wallet: json(row, "wallet")?,
            virtual_account: json(row, "virtual_account")?,
            approved_at: maybe_instant(row, "approved_at")?,
            last_transaction: maybe(row, "last_transaction")?,
            refunds: json(row, "refunds")?.ok_or("refunds is null")?,
        },
        told_at: instant(row, "told_at")?,
        source: source(row)?,
    })
}
