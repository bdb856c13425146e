//! How products, requests and holds are written into the stores: compact, versioned, private. A committed hold takes some 80
//! bytes; its frozen terms are kept only while it holds, since the order has its own copy.

use events::hold::ReleaseCause;
use events::ids::OrderId;
use events::inventory::{ProductTerms, StockLevel, StockRefusal, UnitTerms};

use super::hold::{Hold, HoldState, StepAnswer};
use super::product::Level;
use super::requests::Decided;
use crate::kit::field::{Field, Form, LongText, Numbered, fields, form, numbered};
use crate::kit::id::{Key, OrEmpty};
use crate::kit::requests::{Remembered, Requests};
use crate::kit::row::{Corrupt, Reader, Writer};
use crate::kit::table::Row;

fields!(Level { version, stock });
fields!(StockLevel { received, available, held, sold });
fields!(ProductTerms { seller, name: LongText, category: OrEmpty, list_price, sale, supply_price, low_stock });
fields!(Hold { id: Key, sku, order: ShortOrder, quantity, fingerprint, state, requests: Untimed });

form!(
    /// The terms of a unit as a hold keeps them.
    HeldUnit of UnitTerms { seller, category: OrEmpty, list_price, unit_price, supply_price }
);

// 0 says that nothing was refused.
numbered!(StockRefusal, "refusal" {
    1 IdempotencyConflict, 2 UnknownProduct, 3 InvalidQuantity, 4 InsufficientStock, 5 NotHeld, 6 InvalidTerms, 7 TermsFrozen,
    8 InvalidChange, 9 TooManyRequests,
});

impl Row for ProductTerms {}

impl Row for Level {}

impl Row for Hold {}

impl Field for Decided {
    fn write(&self, row: &mut Writer) {
        match self {
            Self::Applied { version, stock } => {
                row.byte(0);
                version.write(row);
                stock.write(row);
            }
            Self::Refused(reason) => reason.write(row),
        }
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(match row.byte()? {
            0 => Self::Applied { version: Field::read(row)?, stock: Field::read(row)? },
            number => Self::Refused(StockRefusal::of_number(number)?),
        })
    }
}

impl Field for HoldState {
    fn write(&self, row: &mut Writer) {
        match self {
            Self::Held { unit, until } => {
                row.byte(0);
                until.write(row);
                HeldUnit::write(unit, row);
            }
            Self::Committed { returned } => {
                row.byte(1);
                returned.write(row);
            }
            Self::Released { cause: ReleaseCause::Released } => row.byte(2),
            Self::Released { cause: ReleaseCause::Lapsed } => row.byte(3),
        }
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(match row.byte()? {
            0 => {
                let until = Field::read(row)?;
                Self::Held { unit: HeldUnit::read(row)?, until }
            }
            1 => Self::Committed { returned: Field::read(row)? },
            2 => Self::Released { cause: ReleaseCause::Released },
            3 => Self::Released { cause: ReleaseCause::Lapsed },
            _ => return Err(Corrupt::Field("state of a hold")),
        })
    }
}

/// Requests about a hold, without the times: they are kept as long as the hold.
struct Untimed;

impl Form<Requests<StepAnswer>> for Untimed {
    fn write(value: &Requests<StepAnswer>, row: &mut Writer) {
        row.number(value.0.len() as u64);
        for Remembered { request, fingerprint, answer: StepAnswer(refused), .. } in &value.0 {
            request.write(row);
            fingerprint.write(row);
            row.byte(refused.map_or(0, Numbered::number));
        }
    }
    fn read(row: &mut Reader<'_>) -> Result<Requests<StepAnswer>, Corrupt> {
        let mut requests = Requests::default();
        for _ in 0..row.number()? {
            let (request, fingerprint) = (Field::read(row)?, Field::read(row)?);
            let refused = match row.byte()? {
                0 => None,
                number => Some(StockRefusal::of_number(number)?),
            };
            requests.0.push(StepAnswer(refused).to(request, fingerprint));
        }
        Ok(requests)
    }
}

/// Orders that derive from a request are written as their 128 bits: half of what the text takes.
struct ShortOrder;

impl Form<OrderId> for ShortOrder {
    fn write(value: &OrderId, row: &mut Writer) {
        match value.bits() {
            Some(bits) => {
                row.byte(0);
                row.fixed(&bits);
            }
            None => value.write(row),
        }
    }
    fn read(row: &mut Reader<'_>) -> Result<OrderId, Corrupt> {
        match row.text()? {
            "" => Ok(OrderId::of_bits(row.fixed()?)),
            text => OrderId::new(text).map_err(|_| Corrupt::Field("order")),
        }
    }
}
