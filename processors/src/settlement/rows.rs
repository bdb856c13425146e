//! How sellers and requests are written into the stores: compact, versioned, private. A seller with one open day takes some 80 bytes.

use events::calendar::{Day, ZoneName};
use events::ids::{RequestId, SellerId};
use events::money::Money;
use events::request::Fingerprint;
use events::settlement::{Basis, DayTotals, Settled, SettlementRefusal};
use events::time::Timestamp;

use super::requests::{Decided, Remembered, Requests};
use super::seller::{OpenDay, Seller};
use crate::bytes::{Reader, RowError, Writer};

/// The newest version of every row here.
const VERSION: u8 = 1;

/// A seller; its id is the key.
pub(crate) fn write_seller(seller: &Seller) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 64 + 64 * seller.days.len());
    row.number(seller.version);
    row.number(seller.numbered);
    // Days are written one higher, so that zero says none.
    row.number(
        seller.closed.map_or(0, |closed| closed.number().unsigned_abs().into()) + u64::from(seller.closed.is_some()),
    );
    row.signed(seller.carried.minor());
    row.text(seller.zone.as_str());
    row.number(seller.policies.into());
    write_day(&mut row, seller.newest_from);
    write_time(&mut row, seller.told_at);
    row.byte(u8::from(seller.telling.is_some()) | u8::from(seller.sweeping) << 1);
    if let Some(telling) = seller.telling {
        write_time(&mut row, telling);
    }
    row.number(seller.days.len() as u64);
    for open in &seller.days {
        write_day(&mut row, open.day);
        write_time(&mut row, open.begins);
        row.signed(open.ends.as_millis() - open.begins.as_millis());
        row.signed(open.over_at.as_millis() - open.ends.as_millis());
        row.number(open.policy.into());
        row.byte(basis_number(open.basis) | u8::from(open.changed) << 4);
        write_totals(&mut row, &open.totals);
    }
    row.finish()
}

/// Reads a seller.
pub(crate) fn read_seller(id: &SellerId, bytes: &[u8]) -> Result<Seller, RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
    let (version, numbered) = (row.number()?, row.number()?);
    let closed = match row.small::<i32>("day")? {
        0 => None,
        after => Some(Day::from_number(after - 1).ok_or(RowError::Field("day"))?),
    };
    let carried = Money::new(row.signed()?);
    let zone = ZoneName::new(row.text()?);
    let policies = row.small("count of policies")?;
    let newest_from = read_day(&mut row)?;
    let told_at = read_time(&mut row)?;
    let flags = row.byte()?;
    let telling = if flags & 1 == 0 { None } else { Some(read_time(&mut row)?) };
    let mut days = Vec::new();
    for _ in 0..row.number()? {
        days.push(read_open_day(&mut row)?);
    }
    row.finish()?;
    let id = id.clone();
    let sweeping = flags & 2 != 0;
    Ok(Seller { id, version, numbered, closed, carried, zone, policies, newest_from, told_at, telling, sweeping, days })
}

fn read_open_day(row: &mut Reader<'_>) -> Result<OpenDay, RowError> {
    let day = read_day(row)?;
    let begins = read_time(row)?;
    let ends = begins.as_millis().saturating_add(row.signed()?);
    let over_at = Timestamp::from_millis(ends.saturating_add(row.signed()?));
    let policy = row.small("policy")?;
    let packed = row.byte()?;
    let basis = Basis::ALL.into_iter().find(|basis| basis_number(*basis) == packed & 15);
    Ok(OpenDay {
        day,
        begins,
        ends: Timestamp::from_millis(ends),
        over_at,
        policy,
        basis: basis.ok_or(RowError::Field("basis"))?,
        totals: read_totals(row)?,
        changed: packed & 16 != 0,
    })
}

/// What is remembered of operators' requests.
pub(crate) fn write_requests(requests: &Requests) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 3 + 64 * requests.0.len());
    row.number(requests.0.len() as u64);
    for Remembered { request, fingerprint, at, decided } in &requests.0 {
        row.fixed(request.as_bytes());
        row.fixed(&fingerprint.as_u64().to_le_bytes());
        write_time(&mut row, *at);
        match decided {
            Decided::Set { version, number, from } => {
                row.byte(0);
                row.number(*version);
                row.number((*number).into());
                write_day(&mut row, *from);
            }
            Decided::Closed { version, day, totals, payable } => {
                row.byte(255);
                row.number(*version);
                write_day(&mut row, *day);
                write_totals(&mut row, totals);
                row.signed(payable.minor());
            }
            Decided::Refused(reason) => row.byte(number_of(*reason)),
        }
    }
    row.finish()
}

/// Reads what is remembered of operators' requests.
pub(crate) fn read_requests(bytes: &[u8]) -> Result<Requests, RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
    let mut requests = Requests::default();
    for _ in 0..row.number()? {
        requests.0.push(Remembered {
            request: RequestId::from_bytes(row.fixed()?),
            fingerprint: Fingerprint::from_u64(u64::from_le_bytes(row.fixed()?)),
            at: read_time(&mut row)?,
            decided: match row.byte()? {
                0 => Decided::Set { version: row.number()?, number: row.small("policy")?, from: read_day(&mut row)? },
                255 => Decided::Closed {
                    version: row.number()?,
                    day: read_day(&mut row)?,
                    totals: read_totals(&mut row)?,
                    payable: Money::new(row.signed()?),
                },
                number => Decided::Refused(refusal_of(number).ok_or(RowError::Field("refusal"))?),
            },
        });
    }
    row.finish()?;
    Ok(requests)
}

/// Gross follows from its parts.
fn write_totals(row: &mut Writer, totals: &DayTotals) {
    row.number(totals.lines);
    let Settled { gross: _, platform_share, seller_share, due, base, commission, vat, net } = totals.amounts;
    for amount in [platform_share, seller_share, due, base, commission, vat, net] {
        row.signed(amount.minor());
    }
}

fn read_totals(row: &mut Reader<'_>) -> Result<DayTotals, RowError> {
    let lines = row.number()?;
    let mut amount = || row.signed().map(Money::new);
    let (platform_share, seller_share, due) = (amount()?, amount()?, amount()?);
    let (base, commission, vat, net) = (amount()?, amount()?, amount()?, amount()?);
    let gross = due.plus(platform_share).and_then(|sum| sum.plus(seller_share)).ok_or(RowError::Field("amount"))?;
    let amounts = Settled { gross, platform_share, seller_share, due, base, commission, vat, net };
    Ok(DayTotals { lines, amounts })
}

pub(super) fn write_day(row: &mut Writer, day: Day) {
    row.number(day.number().unsigned_abs().into());
}

pub(super) fn read_day(row: &mut Reader<'_>) -> Result<Day, RowError> {
    Day::from_number(row.small("day")?).ok_or(RowError::Field("day"))
}

fn write_time(row: &mut Writer, time: Timestamp) {
    row.signed(time.as_millis());
}

fn read_time(row: &mut Reader<'_>) -> Result<Timestamp, RowError> {
    Ok(Timestamp::from_millis(row.signed()?))
}

/// Steps by number: never renumber, only append.
pub(super) fn basis_number(basis: Basis) -> u8 {
    match basis {
        Basis::Paid => 0,
        Basis::Shipped => 1,
        Basis::Delivered => 2,
        Basis::Confirmed => 3,
    }
}

/// Refusals by number: never renumber, only append; 0 and 255 are taken.
pub(crate) fn number_of(reason: SettlementRefusal) -> u8 {
    match reason {
        SettlementRefusal::IdempotencyConflict => 1,
        SettlementRefusal::UnknownSeller => 2,
        SettlementRefusal::InvalidPolicy => 3,
        SettlementRefusal::TermsFrozen => 4,
        SettlementRefusal::DayClosed => 5,
        SettlementRefusal::DayAhead => 6,
    }
}

/// The refusal of this number.
pub(crate) fn refusal_of(number: u8) -> Option<SettlementRefusal> {
    SettlementRefusal::ALL.into_iter().find(|reason| number_of(*reason) == number)
}
