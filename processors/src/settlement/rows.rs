//! How sellers and requests are written into the stores: compact, versioned, private. A seller with one open day takes some 80 bytes.

use events::calendar::{Day, ZoneName};
use events::money::Money;
use events::settlement::{Basis, DayTotals, Settled, SettlementRefusal};
use events::time::Timestamp;

use super::requests::Decided;
use super::seller::{OpenDay, Seller};
use crate::kit::field::{Field, Form, Numbered, numbered};
use crate::kit::id::Key;
use crate::kit::row::{Corrupt, Reader, Writer};
use crate::kit::table::Row;

impl Row for Seller {}

/// Its id is the key. Days are written one higher where zero says that there is none.
impl Field for Seller {
    fn write(&self, row: &mut Writer) {
        self.version.write(row);
        self.numbered.write(row);
        row.number(
            self.closed.map_or(0, |closed| closed.number().unsigned_abs().into()) + u64::from(self.closed.is_some()),
        );
        self.carried.write(row);
        self.zone.write(row);
        self.policies.write(row);
        self.newest_from.write(row);
        self.snapshot_at.write(row);
        row.byte(u8::from(self.snapshot_due.is_some()) | u8::from(self.forgetting) << 1);
        if let Some(due) = self.snapshot_due {
            due.write(row);
        }
        self.days.write(row);
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let (version, numbered) = (Field::read(row)?, Field::read(row)?);
        let closed = match row.small::<i32>("day")? {
            0 => None,
            after => Some(Day::from_number(after - 1).ok_or(Corrupt::Field("day"))?),
        };
        let (carried, zone, policies) = (Field::read(row)?, Field::read(row)?, Field::read(row)?);
        let (newest_from, snapshot_at) = (Field::read(row)?, Field::read(row)?);
        let flags = row.byte()?;
        Ok(Self {
            id: Key::read(row)?,
            version,
            numbered,
            closed,
            carried,
            zone,
            policies,
            newest_from,
            snapshot_at,
            snapshot_due: if flags & 1 == 0 { None } else { Some(Field::read(row)?) },
            forgetting: flags & 2 != 0,
            days: Field::read(row)?,
        })
    }
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
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
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
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Self::from_number(row.small("day")?).ok_or(Corrupt::Field("day"))
    }
}

impl Field for ZoneName {
    fn write(&self, row: &mut Writer) {
        row.text(self.as_str());
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
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
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let lines = Field::read(row)?;
        let mut amount = || Money::read(row);
        let (platform_share, seller_share, due) = (amount()?, amount()?, amount()?);
        let (base, commission, vat, net) = (amount()?, amount()?, amount()?, amount()?);
        let gross = due.plus(platform_share).and_then(|sum| sum.plus(seller_share)).ok_or(Corrupt::Field("amount"))?;
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
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
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
