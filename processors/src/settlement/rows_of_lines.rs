//! How posted lines are written: a seller's lines of one order in one row, some 25 bytes a line beside the product's name.

use events::ids::Sku;
use events::money::{BasisPoints, Money};
use events::orders::LineAmounts;
use events::settlement::{Fee, LineTerms, RuleKind, Vat};

use super::sold::{SettledLine, SoldLines};
use crate::bytes::{Reader, RowError, Writer};

const VERSION: u8 = 1;
/// In a line's first byte: three bits of rule, two of tax, then these.
const FIXED: u8 = 1 << 5;
const MINIMUM: u8 = 1 << 6;
const SUPPLY_PRICE: u8 = 1 << 7;

/// Lines; seller and order are the key.
pub(crate) fn write_lines(sold: &SoldLines) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 8 + 48 * sold.lines.len());
    row.number(sold.touched.into());
    row.number(sold.policy.into());
    row.number(sold.lines.len() as u64);
    for line in &sold.lines {
        write_line(&mut row, line);
    }
    row.finish()
}

/// Reads lines.
pub(crate) fn read_lines(bytes: &[u8]) -> Result<SoldLines, RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
    let (touched, policy) = (row.small("day")?, row.small("policy")?);
    let mut lines = Vec::new();
    for _ in 0..row.number()? {
        lines.push(read_line(&mut row)?);
    }
    row.finish()?;
    Ok(SoldLines { policy, touched, lines })
}

/// When lines last changed, without reading all of them.
pub(crate) fn touched(bytes: &[u8]) -> Result<u32, RowError> {
    Reader::new(bytes, VERSION)?.small("day")
}

fn write_line(row: &mut Writer, line: &SettledLine) {
    let LineTerms { fee, minimum, .. } = line.terms;
    write_terms(row, &line.terms, if line.supply_price.is_some() { SUPPLY_PRICE } else { 0 });
    write_fee(row, fee);
    if minimum != Money::ZERO {
        row.signed(minimum.minor());
    }
    if let Some(price) = line.supply_price {
        row.signed(price.minor());
    }
    row.text(line.sku.as_str());
    row.number(line.quantity.into());
    row.number(line.refunded.into());
    // Gross follows from its parts.
    for amount in [line.amounts.due, line.amounts.platform_share, line.amounts.seller_share] {
        row.signed(amount.minor());
    }
}

fn read_line(row: &mut Reader<'_>) -> Result<SettledLine, RowError> {
    let packed = row.byte()?;
    let rule = RuleKind::ALL.into_iter().find(|rule| rule_number(*rule) == packed & 7);
    let vat = [Vat::Included, Vat::Added, Vat::None].into_iter().find(|vat| vat_number(*vat) == packed >> 3 & 3);
    let fee = read_fee(row, packed & FIXED != 0)?;
    let minimum = if packed & MINIMUM == 0 { Money::ZERO } else { Money::new(row.signed()?) };
    let supply_price = if packed & SUPPLY_PRICE == 0 { None } else { Some(Money::new(row.signed()?)) };
    let terms =
        LineTerms { rule: rule.ok_or(RowError::Field("rule"))?, fee, minimum, vat: vat.ok_or(RowError::Field("tax"))? };
    let sku = Sku::new(row.text()?).map_err(|_| RowError::Field("sku"))?;
    let (quantity, refunded) = (row.small("quantity")?, row.small("count of refunded units")?);
    let mut amount = || row.signed().map(Money::new);
    let (due, platform_share, seller_share) = (amount()?, amount()?, amount()?);
    let gross = due.plus(platform_share).and_then(|sum| sum.plus(seller_share)).ok_or(RowError::Field("amount"))?;
    let amounts = LineAmounts { gross, platform_share, seller_share, due };
    Ok(SettledLine { sku, quantity, refunded, supply_price, amounts, terms })
}

fn write_terms(row: &mut Writer, terms: &LineTerms, more: u8) {
    let fixed = if matches!(terms.fee, Fee::Fixed(_)) { FIXED } else { 0 };
    let minimum = if terms.minimum == Money::ZERO { 0 } else { MINIMUM };
    row.byte(rule_number(terms.rule) | vat_number(terms.vat) << 3 | fixed | minimum | more);
}

/// A fee, without what kind it is.
pub(super) fn write_fee(row: &mut Writer, fee: Fee) {
    match fee {
        Fee::Rate(rate) => row.number(rate.points().into()),
        Fee::Fixed(amount) => row.signed(amount.minor()),
    }
}

/// Reads a fee of this kind.
pub(super) fn read_fee(row: &mut Reader<'_>, fixed: bool) -> Result<Fee, RowError> {
    Ok(if fixed { Fee::Fixed(Money::new(row.signed()?)) } else { Fee::Rate(BasisPoints::new(row.small("rate")?)) })
}

/// Rules by number: never renumber, only append.
fn rule_number(rule: RuleKind) -> u8 {
    match rule {
        RuleKind::Product => 0,
        RuleKind::Category => 1,
        RuleKind::Seller => 2,
        RuleKind::Market => 3,
        RuleKind::SupplyPrice => 4,
    }
}

/// Taxes by number: never renumber, only append.
pub(super) fn vat_number(vat: Vat) -> u8 {
    match vat {
        Vat::Included => 0,
        Vat::Added => 1,
        Vat::None => 2,
    }
}
