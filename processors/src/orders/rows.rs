//! How an order is written into its store: one row, compact, versioned, private. Times count from the placement, which keeps
//! them short. Numbers of variants are only ever appended to.

use events::coupons::Refusal;
use events::ids::Sku;
use events::inventory::{StockRefusal, UnitTerms};
use events::orders::{LineAmounts, OrderAmounts, OrderRefusal, OrderState, Reason, TimeLimits};
use events::payments::Decline;
use events::time::Timestamp;

use super::coupon::{Coupon, CouponState};
use super::line::{Line, Stock};
use super::order::{Order, Retry};
use super::requests::{Answer, Applied};
use crate::kit::field::{Field, Form, fields, numbered};
use crate::kit::id::Key;
use crate::kit::row::{Corrupt, Reader, Writer};
use crate::kit::table::Row;

fields!(Order {
    id: Key,
    placed_at: Origin,
    shopper,
    limits,
    quoted,
    version,
    at,
    stated_awaited,
    state,
    limit,
    pay_by,
    hold_until,
    amounts,
    platform_share,
    lines,
    coupon,
    retry,
    payment,
    look_ups,
    refund,
    refunds,
    misused,
    requests,
    transmissions: Fixed,
    timer,
});
fields!(TimeLimits { pay_ms, ship_ms, deliver_ms, confirm_ms });
fields!(OrderAmounts { gross, discount, due, paid, refunded });
fields!(Coupon { campaign, id, discount, state, restoring });
fields!(Line { sku, quantity, stock, unit, amounts, refunded, returned, returning });
fields!(UnitTerms { seller, category, list_price, unit_price, supply_price });
fields!(LineAmounts { gross, platform_share, seller_share, due });
fields!(Retry { round, next });
fields!(Applied { version, state, amounts, deadline });

numbered!(OrderState, "order state" {
    0 Holding, 1 AwaitingPayment, 2 Confirming, 3 PaymentUnknown, 4 AwaitingDeposit, 5 CancelRequested, 6 Paid,
    7 Shipped, 8 Delivered, 9 PurchaseConfirmed, 10 Refunding, 11 Rejected, 12 Expired, 13 PaymentFailed,
    14 Cancelled, 15 Refunded,
});
numbered!(CouponState, "coupon state" {
    0 Waiting, 1 Requested, 2 Held, 3 Redeeming, 4 Redeemed, 5 Releasing, 6 Ended, 7 Lost,
});
numbered!(Stock, "state of stock" { 0 Requested, 1 Held, 2 Committing, 3 Committed, 4 Releasing, 5 Ended, 6 Lost });
numbered!(Decline, "decline" { 0 TryAnother, 1 Restart, 2 Fault });

impl Row for Order {
    fn size_hint(&self) -> usize {
        256 + 96 * self.lines.len() + 64 * self.requests.0.len()
    }
}

/// The instant that all others of the row count from.
struct Origin;

impl Form<Timestamp> for Origin {
    fn write(value: &Timestamp, row: &mut Writer) {
        row.time(*value);
        row.count_from(*value);
    }
    fn read(row: &mut Reader<'_>) -> Result<Timestamp, Corrupt> {
        let origin = row.time()?;
        row.count_from(origin);
        Ok(origin)
    }
}

/// Hashes, eight bytes each.
struct Fixed;

impl Form<Vec<u64>> for Fixed {
    fn write(value: &Vec<u64>, row: &mut Writer) {
        row.number(value.len() as u64);
        value.iter().for_each(|hash| row.fixed(&hash.to_le_bytes()));
    }
    fn read(row: &mut Reader<'_>) -> Result<Vec<u64>, Corrupt> {
        let mut hashes = Vec::new();
        for _ in 0..row.number()? {
            hashes.push(u64::from_le_bytes(row.fixed()?));
        }
        Ok(hashes)
    }
}

impl Field for Answer {
    fn write(&self, row: &mut Writer) {
        match self {
            Self::Pending(reply_to) => {
                row.byte(0);
                reply_to.write(row);
            }
            Self::Applied(applied) => {
                row.byte(1);
                applied.write(row);
            }
            Self::Refused(reason) => {
                row.byte(2);
                reason.write(row);
            }
        }
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(match row.byte()? {
            0 => Self::Pending(Field::read(row)?),
            1 => Self::Applied(Field::read(row)?),
            2 => Self::Refused(Field::read(row)?),
            _ => return Err(Corrupt::Field("answer")),
        })
    }
}

/// Refusals are written as their codes, which are part of the language.
impl Field for Reason {
    fn write(&self, row: &mut Writer) {
        match self {
            Self::Order { refusal } => {
                row.byte(0);
                row.text(refusal.code());
            }
            Self::Stock { sku, refusal } => {
                row.byte(1);
                sku.write(row);
                row.text(refusal.code());
            }
            Self::Coupon { refusal } => {
                row.byte(2);
                row.text(refusal.code());
            }
            Self::Payment { decline, code } => {
                row.byte(3);
                decline.write(row);
                code.write(row);
            }
            Self::Refund { code } => {
                row.byte(4);
                code.write(row);
            }
        }
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let unknown = Corrupt::Field("refusal");
        Ok(match row.byte()? {
            0 => {
                let code = row.text()?;
                let refusal = OrderRefusal::ALL.into_iter().find(|refusal| refusal.code() == code);
                Self::Order { refusal: refusal.ok_or(unknown)? }
            }
            1 => {
                let (sku, code) = (Sku::read(row)?, row.text()?);
                let refusal = StockRefusal::ALL.into_iter().find(|refusal| refusal.code() == code);
                Self::Stock { sku, refusal: refusal.ok_or(unknown)? }
            }
            2 => {
                let code = row.text()?;
                let refusal = Refusal::ALL.into_iter().find(|refusal| refusal.code() == code);
                Self::Coupon { refusal: refusal.ok_or(unknown)? }
            }
            3 => Self::Payment { decline: Field::read(row)?, code: Field::read(row)? },
            4 => Self::Refund { code: Field::read(row)? },
            _ => return Err(Corrupt::Field("reason")),
        })
    }
}
