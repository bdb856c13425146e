//! The payment, its look-ups and its refund within an order's row. An account to refund to is here and in commands only, and
//! leaves with the refund.

use events::orders::{Goods, RefundCause};
use events::payments::{PaymentMethod, RefundAccount};
use events::time::Timestamp;

use super::payment::{Attempt, LookUp, LookUps, Refund, RefundKind};
use crate::kit::field::{Field, fields, numbered};
use crate::kit::row::{Corrupt, Reader, Writer};

fields!(Attempt { number, key, request, begun_at, repeats, charged, method, account, differs });
fields!(LookUp { key, refunds, repeats, next });
fields!(Refund { kind, cause, goods, units, amount, request, account, repeats, unknown, refused, next, back });
fields!(RefundAccount { bank, account_number, holder });

numbered!(PaymentMethod, "method" {
    0 Card, 1 VirtualAccount, 2 Wallet, 3 Mobile, 4 Transfer, 5 GiftCertificate, 6 Other,
});
numbered!(RefundCause, "cause" {
    0 Cancelled, 1 ChangedMind, 2 Undeliverable, 3 Faulty, 4 Misuse, 5 NotShipped, 6 StockLost, 7 PaidLate,
});
numbered!(RefundKind, "kind of refund" { 0 Requested, 1 Due, 2 Closing });
numbered!(Goods, "goods" { 0 Returned, 1 Gone });

/// Before the first look-up there is no latest one.
impl Field for LookUps {
    fn write(&self, row: &mut Writer) {
        self.number.write(row);
        if self.number == 0 {
            row.signed(0);
        } else {
            self.latest.write(row);
        }
        self.open.write(row);
        self.waiting.write(row);
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let (number, latest) = (Field::read(row)?, Field::read(row)?);
        let latest = if number == 0 { Timestamp::default() } else { latest };
        Ok(Self { number, latest, open: Field::read(row)?, waiting: Field::read(row)? })
    }
}
