//! How posted lines are written: a seller's lines of one order in one row, some 25 bytes a line beside the product's name.

use events::money::{BasisPoints, Money};
use events::orders::LineAmounts;
use events::settlement::{Fee, LineTerms, RuleKind, Vat};

use super::sold::{SettledLine, SoldLines};
use crate::kit::field::{Field, Numbered, fields, numbered};
use crate::kit::row::{Corrupt, Reader, Writer};
use crate::kit::table::Row;

/// In a line's first byte: three bits of rule, two of tax, then these.
const FIXED: u8 = 1 << 5;
const MINIMUM: u8 = 1 << 6;
const SUPPLY_PRICE: u8 = 1 << 7;

fields!(SoldLines { touched, policy, lines });

impl Row for SoldLines {}

/// When lines last changed, without reading all of them.
pub(crate) fn touched(bytes: &[u8]) -> Result<u32, Corrupt> {
    Reader::new(bytes, SoldLines::VERSION)?.small("day")
}

/// Terms and what is there of the rest share a line's first byte.
impl Field for SettledLine {
    fn write(&self, row: &mut Writer) {
        let LineTerms { fee, minimum, .. } = self.terms;
        write_terms(row, &self.terms, if self.supply_price.is_some() { SUPPLY_PRICE } else { 0 });
        write_fee(row, fee);
        if minimum != Money::ZERO {
            minimum.write(row);
        }
        if let Some(price) = self.supply_price {
            price.write(row);
        }
        self.sku.write(row);
        self.quantity.write(row);
        self.refunded.write(row);
        // Gross follows from its parts.
        for amount in [self.amounts.due, self.amounts.platform_share, self.amounts.seller_share] {
            amount.write(row);
        }
    }

    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let packed = row.byte()?;
        let (rule, vat) = (RuleKind::of_number(packed & 7)?, Vat::of_number(packed >> 3 & 3)?);
        let fee = read_fee(row, packed & FIXED != 0)?;
        let minimum = if packed & MINIMUM == 0 { Money::ZERO } else { Field::read(row)? };
        let supply_price = if packed & SUPPLY_PRICE == 0 { None } else { Some(Field::read(row)?) };
        let terms = LineTerms { rule, fee, minimum, vat };
        let (sku, quantity, refunded) = (Field::read(row)?, Field::read(row)?, Field::read(row)?);
        let mut amount = || Money::read(row);
        let (due, platform_share, seller_share) = (amount()?, amount()?, amount()?);
        let gross = due.plus(platform_share).and_then(|sum| sum.plus(seller_share)).ok_or(Corrupt::Field("amount"))?;
        let amounts = LineAmounts { gross, platform_share, seller_share, due };
        Ok(Self { sku, quantity, refunded, supply_price, amounts, terms })
    }
}

fn write_terms(row: &mut Writer, terms: &LineTerms, more: u8) {
    let fixed = if matches!(terms.fee, Fee::Fixed(_)) { FIXED } else { 0 };
    let minimum = if terms.minimum == Money::ZERO { 0 } else { MINIMUM };
    row.byte(terms.rule.number() | terms.vat.number() << 3 | fixed | minimum | more);
}

/// A fee, without what kind it is.
pub(super) fn write_fee(row: &mut Writer, fee: Fee) {
    match fee {
        Fee::Rate(rate) => row.number(rate.points().into()),
        Fee::Fixed(amount) => row.signed(amount.minor()),
    }
}

/// Reads a fee of this kind.
pub(super) fn read_fee(row: &mut Reader<'_>, fixed: bool) -> Result<Fee, Corrupt> {
    Ok(if fixed { Fee::Fixed(Money::new(row.signed()?)) } else { Fee::Rate(BasisPoints::new(row.small("rate")?)) })
}

numbered!(RuleKind, "rule" { 0 Product, 1 Category, 2 Seller, 3 Market, 4 SupplyPrice });
numbered!(Vat, "tax" { 0 Included, 1 Added, 2 None });
