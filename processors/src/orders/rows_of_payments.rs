//! The payment, its look-ups and its refund within an order's row. An account to refund to is here and in commands only, and
//! leaves with the refund.

use events::ids::RequestId;
use events::orders::{Goods, OrderState, RefundCause};
use events::payments::{PaymentMethod, RefundAccount};
use events::time::Timestamp;

use super::payment::{Attempt, LookUp, LookUps, Refund, RefundKind};
use super::rows::{
    number_of, of_number, read_flag, read_key, read_list, read_money, read_option, read_time, write_key, write_money,
    write_option, write_time,
};
use crate::bytes::{Reader, RowError, Writer};

/// Methods by number: only ever append.
const METHODS: [PaymentMethod; 7] = [
    PaymentMethod::Card,
    PaymentMethod::VirtualAccount,
    PaymentMethod::Wallet,
    PaymentMethod::Mobile,
    PaymentMethod::Transfer,
    PaymentMethod::GiftCertificate,
    PaymentMethod::Other,
];

/// Causes by number: only ever append.
const CAUSES: [RefundCause; 8] = [
    RefundCause::Cancelled,
    RefundCause::ChangedMind,
    RefundCause::Undeliverable,
    RefundCause::Faulty,
    RefundCause::Misuse,
    RefundCause::NotShipped,
    RefundCause::StockLost,
    RefundCause::PaidLate,
];

pub(super) fn write_attempt(row: &mut Writer, attempt: &Attempt, origin: Timestamp) {
    row.number(u64::from(attempt.number));
    write_key(row, &attempt.key);
    row.fixed(attempt.request.as_bytes());
    write_time(row, attempt.begun_at, origin);
    row.number(u64::from(attempt.repeats));
    row.byte(u8::from(attempt.charged));
    write_option(row, attempt.method, |row, method| row.byte(number_of(&METHODS, method)));
    write_option(row, attempt.account.as_ref(), write_account);
    write_option(row, attempt.differs, write_money);
}

pub(super) fn read_attempt(row: &mut Reader<'_>, origin: Timestamp) -> Result<Attempt, RowError> {
    Ok(Attempt {
        number: row.small("attempt")?,
        key: read_key(row)?,
        request: RequestId::from_bytes(row.fixed()?),
        begun_at: read_time(row, origin)?,
        repeats: row.small("repeats")?,
        charged: read_flag(row)?,
        method: read_option(row, |row| of_number(&METHODS, row.byte()?, "method"))?,
        account: read_option(row, read_account)?,
        differs: read_option(row, read_money)?,
    })
}

pub(super) fn write_look_ups(row: &mut Writer, look_ups: &LookUps, origin: Timestamp) {
    row.number(u64::from(look_ups.number));
    row.signed(if look_ups.number == 0 { 0 } else { look_ups.latest.as_millis() - origin.as_millis() });
    write_option(row, look_ups.open.as_ref(), |row, open| {
        write_option(row, open.key.as_ref(), write_key);
        row.number(u64::from(open.refunds));
        row.number(u64::from(open.repeats));
        write_time(row, open.next, origin);
    });
    write_option(row, look_ups.waiting.as_ref(), |row, key| write_option(row, key.as_ref(), write_key));
}

pub(super) fn read_look_ups(row: &mut Reader<'_>, origin: Timestamp) -> Result<LookUps, RowError> {
    let number = row.small("count of look-ups")?;
    let latest = read_time(row, origin)?;
    Ok(LookUps {
        number,
        latest: if number == 0 { Timestamp::default() } else { latest },
        open: read_option(row, |row| {
            Ok(LookUp {
                key: read_option(row, read_key)?,
                refunds: row.small("count of refunds")?,
                repeats: row.small("repeats")?,
                next: read_time(row, origin)?,
            })
        })?,
        waiting: read_option(row, |row| read_option(row, read_key))?,
    })
}

pub(super) fn write_refund(row: &mut Writer, refund: &Refund, origin: Timestamp) {
    row.byte(number_of(&RefundKind::ALL, refund.kind));
    row.byte(number_of(&CAUSES, refund.cause));
    row.byte(u8::from(refund.goods == Goods::Gone));
    row.number(refund.units.len() as u64);
    for (place, units) in &refund.units {
        row.number(u64::from(*place));
        row.number(u64::from(*units));
    }
    write_money(row, refund.amount);
    write_option(row, refund.request, |row, request| row.fixed(request.as_bytes()));
    write_option(row, refund.account.as_ref(), write_account);
    row.number(u64::from(refund.repeats));
    row.byte(u8::from(refund.unknown));
    row.byte(u8::from(refund.refused));
    write_time(row, refund.next, origin);
    row.byte(number_of(&OrderState::ALL, refund.back));
}

pub(super) fn read_refund(row: &mut Reader<'_>, origin: Timestamp) -> Result<Refund, RowError> {
    Ok(Refund {
        kind: of_number(&RefundKind::ALL, row.byte()?, "kind of refund")?,
        cause: of_number(&CAUSES, row.byte()?, "cause")?,
        goods: if read_flag(row)? { Goods::Gone } else { Goods::Returned },
        units: read_list(row, |row| Ok((row.small("line")?, row.small("units")?)))?,
        amount: read_money(row)?,
        request: read_option(row, |row| Ok(RequestId::from_bytes(row.fixed()?)))?,
        account: read_option(row, read_account)?,
        repeats: row.small("repeats")?,
        unknown: read_flag(row)?,
        refused: read_flag(row)?,
        next: read_time(row, origin)?,
        back: of_number(&OrderState::ALL, row.byte()?, "order state")?,
    })
}

fn write_account(row: &mut Writer, account: &RefundAccount) {
    for text in [&account.bank, &account.account_number, &account.holder] {
        row.text(text);
    }
}

fn read_account(row: &mut Reader<'_>) -> Result<RefundAccount, RowError> {
    let mut text = || row.text().map(str::to_owned);
    Ok(RefundAccount { bank: text()?, account_number: text()?, holder: text()? })
}
