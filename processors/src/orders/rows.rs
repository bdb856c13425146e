//! How an order is written into its store: one row, compact, versioned, private. Times count from the placement, which keeps
//! them short. Numbers of variants are their places in lists that are only ever appended to.

use events::coupons::Refusal;
use events::ids::{CampaignId, CouponId, OrderId, PaymentKey, RequestId, ShopperId};
use events::inventory::StockRefusal;
use events::money::{BasisPoints, Money};
use events::orders::{OrderAmounts, OrderRefusal, OrderState, Reason, TimeLimits};
use events::payments::Decline;
use events::request::Fingerprint;
use events::time::Timestamp;

use super::coupon::{Coupon, CouponState};
use super::order::{Asking, Order};
use super::requests::{Answer, Applied, Remembered, Requests};
use super::rows_of_lines::{read_line, write_line};
use super::rows_of_payments::{read_attempt, read_look_ups, read_refund, write_attempt, write_look_ups, write_refund};
use crate::bytes::{Reader, RowError, Writer};

/// The newest version of the row.
const VERSION: u8 = 1;

/// Writes an order.
pub(crate) fn write(order: &Order) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 256 + 96 * order.lines.len() + 64 * order.requests.0.len());
    let origin = order.placed_at;
    row.signed(origin.as_millis());
    row.text(order.shopper.as_str());
    let TimeLimits { pay_ms, ship_ms, deliver_ms, confirm_ms } = order.limits;
    for limit in [pay_ms, ship_ms, deliver_ms, confirm_ms] {
        row.signed(limit);
    }
    write_option(&mut row, order.quoted, write_money);
    row.number(order.version);
    write_time(&mut row, order.at, origin);
    row.number(u64::from(order.told));
    row.byte(number_of(&OrderState::ALL, order.state));
    write_option(&mut row, order.limit, |row, limit| write_time(row, limit, origin));
    write_time(&mut row, order.pay_by, origin);
    write_time(&mut row, order.hold_until, origin);
    write_amounts(&mut row, &order.amounts);
    row.number(u64::from(order.platform_share.points()));
    row.number(order.lines.len() as u64);
    for line in &order.lines {
        write_line(&mut row, line);
    }
    write_option(&mut row, order.coupon.as_ref(), write_coupon);
    write_option(&mut row, order.asking, |row, asking| {
        row.number(u64::from(asking.round));
        write_time(row, asking.next, origin);
    });
    write_option(&mut row, order.payment.as_ref(), |row, attempt| write_attempt(row, attempt, origin));
    write_look_ups(&mut row, &order.look_ups, origin);
    write_option(&mut row, order.refund.as_ref(), |row, refund| write_refund(row, refund, origin));
    row.number(u64::from(order.refunds));
    row.byte(u8::from(order.misused));
    row.number(order.requests.0.len() as u64);
    for request in &order.requests.0 {
        write_remembered(&mut row, request, origin);
    }
    row.number(order.transmissions.len() as u64);
    for transmission in &order.transmissions {
        row.fixed(&transmission.to_le_bytes());
    }
    write_option(&mut row, order.timer, |row, timer| write_time(row, timer, origin));
    row.finish()
}

/// Reads an order.
pub(crate) fn read(id: &OrderId, bytes: &[u8]) -> Result<Order, RowError> {
    let mut reader = Reader::new(bytes, VERSION)?;
    let row = &mut reader;
    let placed_at = Timestamp::from_millis(row.signed()?);
    let order = Order {
        id: id.clone(),
        shopper: ShopperId::new(row.text()?).map_err(|_| RowError::Field("shopper"))?,
        placed_at,
        limits: TimeLimits {
            pay_ms: row.signed()?,
            ship_ms: row.signed()?,
            deliver_ms: row.signed()?,
            confirm_ms: row.signed()?,
        },
        quoted: read_option(row, read_money)?,
        version: row.number()?,
        at: read_time(row, placed_at)?,
        told: row.small("count of steps")?,
        state: of_number(&OrderState::ALL, row.byte()?, "order state")?,
        limit: read_option(row, |row| read_time(row, placed_at))?,
        pay_by: read_time(row, placed_at)?,
        hold_until: read_time(row, placed_at)?,
        amounts: read_amounts(row)?,
        platform_share: BasisPoints::new(row.small("share")?),
        lines: read_list(row, read_line)?,
        coupon: read_option(row, read_coupon)?,
        asking: read_option(row, |row| Ok(Asking { round: row.small("round")?, next: read_time(row, placed_at)? }))?,
        payment: read_option(row, |row| read_attempt(row, placed_at))?,
        look_ups: read_look_ups(row, placed_at)?,
        refund: read_option(row, |row| read_refund(row, placed_at))?,
        refunds: row.small("count of refunds")?,
        misused: read_flag(row)?,
        requests: Requests(read_list(row, |row| read_remembered(row, placed_at))?),
        transmissions: read_list(row, |row| Ok(u64::from_le_bytes(row.fixed()?)))?,
        timer: read_option(row, |row| read_time(row, placed_at))?,
    };
    reader.finish()?;
    Ok(order)
}

fn write_coupon(row: &mut Writer, coupon: &Coupon) {
    row.text(coupon.campaign.as_str());
    row.fixed(coupon.id.as_bytes());
    write_money(row, coupon.discount);
    row.byte(number_of(&CouponState::ALL, coupon.state));
    row.byte(u8::from(coupon.restoring));
}

fn read_coupon(row: &mut Reader<'_>) -> Result<Coupon, RowError> {
    Ok(Coupon {
        campaign: CampaignId::new(row.text()?).map_err(|_| RowError::Field("campaign"))?,
        id: CouponId::from_bytes(row.fixed()?),
        discount: read_money(row)?,
        state: of_number(&CouponState::ALL, row.byte()?, "coupon state")?,
        restoring: read_flag(row)?,
    })
}

fn write_remembered(row: &mut Writer, known: &Remembered, origin: Timestamp) {
    row.fixed(known.request.as_bytes());
    row.fixed(&known.fingerprint.as_u64().to_le_bytes());
    write_time(row, known.at, origin);
    match &known.answer {
        Answer::Pending(reply_to) => {
            row.byte(0);
            write_option(row, *reply_to, |row, partition| row.signed(i64::from(partition)));
        }
        Answer::Applied(applied) => {
            row.byte(1);
            row.number(applied.version);
            row.byte(number_of(&OrderState::ALL, applied.state));
            write_amounts(row, &applied.amounts);
            write_option(row, applied.deadline, |row, deadline| write_time(row, deadline, origin));
        }
        Answer::Refused(reason) => {
            row.byte(2);
            write_reason(row, reason);
        }
    }
}

fn read_remembered(row: &mut Reader<'_>, origin: Timestamp) -> Result<Remembered, RowError> {
    Ok(Remembered {
        request: RequestId::from_bytes(row.fixed()?),
        fingerprint: Fingerprint::from_u64(u64::from_le_bytes(row.fixed()?)),
        at: read_time(row, origin)?,
        answer: match row.byte()? {
            0 => Answer::Pending(read_option(row, |row| {
                i32::try_from(row.signed()?).map_err(|_| RowError::Field("partition"))
            })?),
            1 => Answer::Applied(Applied {
                version: row.number()?,
                state: of_number(&OrderState::ALL, row.byte()?, "order state")?,
                amounts: read_amounts(row)?,
                deadline: read_option(row, |row| read_time(row, origin))?,
            }),
            2 => Answer::Refused(read_reason(row)?),
            _ => return Err(RowError::Field("answer")),
        },
    })
}

/// Refusals are written as their codes, which are part of the language.
fn write_reason(row: &mut Writer, reason: &Reason) {
    match reason {
        Reason::Order { refusal } => {
            row.byte(0);
            row.text(refusal.code());
        }
        Reason::Stock { sku, refusal } => {
            row.byte(1);
            row.text(sku.as_str());
            row.text(refusal.code());
        }
        Reason::Coupon { refusal } => {
            row.byte(2);
            row.text(refusal.code());
        }
        Reason::Payment { decline, code } => {
            row.byte(3);
            row.byte(number_of(&DECLINES, *decline));
            row.text(code);
        }
        Reason::Refund { code } => {
            row.byte(4);
            row.text(code);
        }
    }
}

fn read_reason(row: &mut Reader<'_>) -> Result<Reason, RowError> {
    let unknown = RowError::Field("refusal");
    Ok(match row.byte()? {
        0 => {
            let code = row.text()?;
            let refusal = OrderRefusal::ALL.into_iter().find(|refusal| refusal.code() == code);
            Reason::Order { refusal: refusal.ok_or(unknown)? }
        }
        1 => {
            let sku = row.text()?.parse().map_err(|_| RowError::Field("sku"))?;
            let code = row.text()?;
            let refusal = StockRefusal::ALL.into_iter().find(|refusal| refusal.code() == code);
            Reason::Stock { sku, refusal: refusal.ok_or(unknown)? }
        }
        2 => {
            let code = row.text()?;
            let refusal = Refusal::ALL.into_iter().find(|refusal| refusal.code() == code);
            Reason::Coupon { refusal: refusal.ok_or(unknown)? }
        }
        3 => Reason::Payment { decline: of_number(&DECLINES, row.byte()?, "decline")?, code: row.text()?.to_owned() },
        4 => Reason::Refund { code: row.text()?.to_owned() },
        _ => return Err(RowError::Field("reason")),
    })
}

const DECLINES: [Decline; 3] = [Decline::TryAnother, Decline::Restart, Decline::Fault];

fn write_amounts(row: &mut Writer, amounts: &OrderAmounts) {
    let OrderAmounts { gross, discount, due, paid, refunded } = *amounts;
    for amount in [gross, discount, due, paid, refunded] {
        write_money(row, amount);
    }
}

fn read_amounts(row: &mut Reader<'_>) -> Result<OrderAmounts, RowError> {
    Ok(OrderAmounts {
        gross: read_money(row)?,
        discount: read_money(row)?,
        due: read_money(row)?,
        paid: read_money(row)?,
        refunded: read_money(row)?,
    })
}

pub(super) fn write_key(row: &mut Writer, key: &PaymentKey) {
    row.text(key.as_str());
}

pub(super) fn read_key(row: &mut Reader<'_>) -> Result<PaymentKey, RowError> {
    PaymentKey::new(row.text()?).map_err(|_| RowError::Field("payment key"))
}

pub(super) fn write_money(row: &mut Writer, amount: Money) {
    row.signed(amount.minor());
}

pub(super) fn read_money(row: &mut Reader<'_>) -> Result<Money, RowError> {
    Ok(Money::new(row.signed()?))
}

pub(super) fn write_time(row: &mut Writer, time: Timestamp, origin: Timestamp) {
    row.signed(time.as_millis().saturating_sub(origin.as_millis()));
}

pub(super) fn read_time(row: &mut Reader<'_>, origin: Timestamp) -> Result<Timestamp, RowError> {
    Ok(Timestamp::from_millis(row.signed()?.saturating_add(origin.as_millis())))
}

pub(super) fn read_flag(row: &mut Reader<'_>) -> Result<bool, RowError> {
    match row.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(RowError::Field("flag")),
    }
}

pub(super) fn write_option<T>(row: &mut Writer, value: Option<T>, write: impl FnOnce(&mut Writer, T)) {
    row.byte(u8::from(value.is_some()));
    if let Some(value) = value {
        write(row, value);
    }
}

pub(super) fn read_option<T>(
    row: &mut Reader<'_>,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, RowError>,
) -> Result<Option<T>, RowError> {
    if read_flag(row)? { read(row).map(Some) } else { Ok(None) }
}

pub(super) fn read_list<T>(
    row: &mut Reader<'_>,
    read: impl Fn(&mut Reader<'_>) -> Result<T, RowError>,
) -> Result<Vec<T>, RowError> {
    let mut list = Vec::new();
    for _ in 0..row.number()? {
        list.push(read(row)?);
    }
    Ok(list)
}

/// A variant's place in its list.
pub(super) fn number_of<T: PartialEq>(all: &[T], value: T) -> u8 {
    let place = all.iter().position(|known| *known == value);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

/// The variant at a place.
pub(super) fn of_number<T: Copy>(all: &[T], number: u8, field: &'static str) -> Result<T, RowError> {
    all.get(usize::from(number)).copied().ok_or(RowError::Field(field))
}
