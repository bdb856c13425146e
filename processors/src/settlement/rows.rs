//! How sellers and requests are written into the stores: compact, versioned, private. A seller with one open day takes some 80 bytes.

use events::calendar::{Day, ZoneName};
use events::ids::SellerId;
use events::money::Money;
use events::settlement::{Basis, DayTotals, Settled, SettlementRefusal};
use events::time::Timestamp;

use super::requests::Decided;
use super::seller::{OpenDay, Seller};
use crate::kit::field::{Field, Numbered, numbered};
use crate::kit::row::{Reader, RowError, Writer};

/// The newest version of every row here.
const VERSION: u8 = 1;

/// A seller; its id is the key.
pub(crate) fn write_seller(seller: &Seller) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 64 + 64 * seller.days.len());
    seller.version.write(&mut row);
    seller.numbered.write(&mut row);
    // Days are written one higher, so that zero says none.
    row.number(
        seller.closed.map_or(0, |closed| closed.number().unsigned_abs().into()) + u64::from(seller.closed.is_some()),
    );
    seller.carried.write(&mut row);
    seller.zone.write(&mut row);
    seller.policies.write(&mut row);
    seller.newest_from.write(&mut row);
    seller.snapshot_at.write(&mut row);
    row.byte(u8::from(seller.snapshot_due.is_some()) | u8::from(seller.forgetting) << 1);
    if let Some(snapshot_due) = seller.snapshot_due {
        snapshot_due.write(&mut row);
    }
    seller.days.write(&mut row);
    row.finish()
}

/// Reads a seller.
pub(crate) fn read_seller(id: &SellerId, bytes: &[u8]) -> Result<Seller, RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
    let (version, numbered) = (Field::read(&mut row)?, Field::read(&mut row)?);
    let closed = match row.small::<i32>("day")? {
        0 => None,
        after => Some(Day::from_number(after - 1).ok_or(RowError::Field("day"))?),
    };
    let (carried, zone) = (Field::read(&mut row)?, Field::read(&mut row)?);
    let (policies, newest_from, snapshot_at) = (Field::read(&mut row)?, Field::read(&mut row)?, Field::read(&mut row)?);
    let flags = row.byte()?;
    let snapshot_due = if flags & 1 == 0 { None } else { Some(Field::read(&mut row)?) };
    let days = Field::read(&mut row)?;
    row.finish()?;
    let id = id.clone();
    let forgetting = flags & 2 != 0;
    Ok(Seller {
        id,
        version,
        numbered,
        closed,
        carried,
        zone,
        policies,
        newest_from,
        snapshot_at,
        snapshot_due,
        forgetting,
        days,
    })
}

impl Field for Decided {
    fn write(&self, row: &mut Writer) {
        match self {
            Self::Set { version, number, from } => {
                row.byte(0);
                version.write(row);
                number.write(row);
                from.write(row);
            }
            Self::Closed { version, day, totals, payable } => {
                row.byte(255);
                version.write(row);
                day.write(row);
                totals.write(row);
                payable.write(row);
            }
            Self::Refused(reason) => reason.write(row),
        }
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, RowError> {
        Ok(match row.byte()? {
            0 => Self::Set { version: Field::read(row)?, number: Field::read(row)?, from: Field::read(row)? },
            255 => Self::Closed {
                version: Field::read(row)?,
                day: Field::read(row)?,
                totals: Field::read(row)?,
                payable: Field::read(row)?,
            },
            number => Self::Refused(SettlementRefusal::of_number(number)?),
        })
    }
}

// 0 and 255 are taken: they say that a request was accepted.
numbered!(SettlementRefusal, "refusal" {
    1 IdempotencyConflict, 2 UnknownSeller, 3 InvalidPolicy, 4 TermsFrozen, 5 DayClosed, 6 DayAhead, 7 TooManyRequests,
});
numbered!(Basis, "basis" { 0 Paid, 1 Shipped, 2 Delivered, 3 Confirmed });

/// Days are never before the first.
impl Field for Day {
    fn write(&self, row: &mut Writer) {
        row.number(self.number().unsigned_abs().into());
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, RowError> {
        Self::from_number(row.small("day")?).ok_or(RowError::Field("day"))
    }
}

impl Field for ZoneName {
    fn write(&self, row: &mut Writer) {
        row.text(self.as_str());
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, RowError> {
        row.text().map(Self::new)
    }
}

/// Gross follows from its parts.
impl Field for DayTotals {
    fn write(&self, row: &mut Writer) {
        self.lines.write(row);
        let Settled { gross: _, platform_share, seller_share, due, base, commission, vat, net } = self.amounts;
        for amount in [platform_share, seller_share, due, base, commission, vat, net] {
            amount.write(row);
        }
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, RowError> {
        let lines = Field::read(row)?;
        let mut amount = || Money::read(row);
        let (platform_share, seller_share, due) = (amount()?, amount()?, amount()?);
        let (base, commission, vat, net) = (amount()?, amount()?, amount()?, amount()?);
        let gross = due.plus(platform_share).and_then(|sum| sum.plus(seller_share)).ok_or(RowError::Field("amount"))?;
        let amounts = Settled { gross, platform_share, seller_share, due, base, commission, vat, net };
        Ok(Self { lines, amounts })
    }
}

/// The open day's other instants are written as the milliseconds after the one before.
impl Field for OpenDay {
    fn write(&self, row: &mut Writer) {
        self.day.write(row);
        self.begins.write(row);
        row.signed(self.ends.as_millis() - self.begins.as_millis());
        row.signed(self.over_at.as_millis() - self.ends.as_millis());
        self.policy.write(row);
        row.byte(self.basis.number() | u8::from(self.changed) << 4);
        self.totals.write(row);
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, RowError> {
        let (day, begins) = (Field::read(row)?, Timestamp::read(row)?);
        let ends = begins.as_millis().saturating_add(row.signed()?);
        let over_at = Timestamp::from_millis(ends.saturating_add(row.signed()?));
        let policy = Field::read(row)?;
        let packed = row.byte()?;
        Ok(Self {
            day,
            begins,
            ends: Timestamp::from_millis(ends),
            over_at,
            policy,
            basis: Basis::of_number(packed & 15)?,
            totals: Field::read(row)?,
            changed: packed & 16 != 0,
        })
    }
}
