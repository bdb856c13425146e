//! How policies are written, and how the rule for a line is found in one without reading all of it: every posted line needs one.

use events::calendar::{Day, Weekday};
use events::ids::{Category, Sku};
use events::money::Money;
use events::settlement::{
    Basis, CommissionRule, Fee, GraceMs, LineTerms, PayOut, RuleKind, RuleMatch, SellerPolicy, Vat,
};

use super::rows_of_lines::{read_fee, write_fee};
use super::schedule::Scheduled;
use crate::kit::field::{Field, Numbered};
use crate::kit::row::{Corrupt, Reader, Writer};
use crate::kit::table::Row;

/// In a rule's first byte: what it applies to, then these.
const FIXED: u8 = 1 << 4;
const MINIMUM: u8 = 1 << 5;

impl Row for Scheduled {}

/// Seller and number are the key. What every posted line needs comes first.
impl Field for Scheduled {
    fn write(&self, row: &mut Writer) {
        let Self { from, policy, .. } = self;
        policy.vat.write(row);
        row.number(policy.commission.len() as u64);
        for rule in &policy.commission {
            let (kind, name) = match &rule.applies_to {
                RuleMatch::Product(sku) => (0, sku.as_str()),
                RuleMatch::Category(category) => (1, category.as_str()),
                RuleMatch::Seller => (2, ""),
            };
            let fixed = if matches!(rule.fee, Fee::Fixed(_)) { FIXED } else { 0 };
            let minimum = if rule.minimum == Money::ZERO { 0 } else { MINIMUM };
            row.byte(kind | fixed | minimum);
            row.text(name);
            write_fee(row, rule.fee);
            if rule.minimum != Money::ZERO {
                rule.minimum.write(row);
            }
        }
        from.write(row);
        row.byte(policy.basis.number() | u8::from(policy.effective_from.is_some()) << 4);
        policy.time_zone.write(row);
        policy.pay_out.write(row);
        row.signed(policy.grace_ms.0);
    }

    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        let number = u32::from_be_bytes(*row.key().last_chunk().ok_or(Corrupt::Length)?);
        let vat = Field::read(row)?;
        let mut commission = Vec::new();
        for _ in 0..row.number()? {
            let rule = read_rule(row)?;
            let applies_to = match rule.kind {
                RuleKind::Product => RuleMatch::Product(Sku::new(rule.name).map_err(|_| Corrupt::Field("sku"))?),
                RuleKind::Category => {
                    RuleMatch::Category(Category::new(rule.name).map_err(|_| Corrupt::Field("category"))?)
                }
                _ => RuleMatch::Seller,
            };
            commission.push(CommissionRule { applies_to, fee: rule.fee, minimum: rule.minimum });
        }
        let from = Day::read(row)?;
        let packed = row.byte()?;
        let policy = SellerPolicy {
            effective_from: (packed & 16 != 0).then_some(from),
            basis: Basis::of_number(packed & 15)?,
            time_zone: Field::read(row)?,
            commission,
            vat,
            pay_out: Field::read(row)?,
            grace_ms: GraceMs(row.signed()?),
        };
        Ok(Self { number, from, policy })
    }
}

impl Field for PayOut {
    fn write(&self, row: &mut Writer) {
        match *self {
            Self::Daily { business_days } => {
                row.byte(0);
                row.number(business_days.into());
            }
            Self::Weekly { first_share, weekday, reserve_after_days } => {
                row.byte(1);
                first_share.write(row);
                let place = Weekday::ALL.into_iter().position(|day| day == weekday);
                row.number(place.unwrap_or(0) as u64);
                row.number(reserve_after_days.into());
            }
            Self::Monthly { business_days } => {
                row.byte(2);
                row.number(business_days.into());
            }
        }
    }

    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(match row.byte()? {
            0 => Self::Daily { business_days: row.small("days")? },
            1 => Self::Weekly {
                first_share: Field::read(row)?,
                weekday: Weekday::ALL.into_iter().nth(row.small("weekday")?).ok_or(Corrupt::Field("weekday"))?,
                reserve_after_days: row.small("days")?,
            },
            2 => Self::Monthly { business_days: row.small("days")? },
            _ => return Err(Corrupt::Field("cycle")),
        })
    }
}

/// The terms of a line by a policy's row: the most specific rule's.
pub(crate) fn terms_in(bytes: &[u8], sku: &Sku, category: Option<&Category>) -> Result<LineTerms, Corrupt> {
    let mut row = Reader::new(bytes, Scheduled::VERSION)?;
    let vat = Vat::read(&mut row)?;
    let mut best: Option<Rule<'_>> = None;
    for _ in 0..row.number()? {
        let rule = read_rule(&mut row)?;
        let applies = match rule.kind {
            RuleKind::Product => rule.name == sku.as_str(),
            RuleKind::Category => category.is_some_and(|category| rule.name == category.as_str()),
            _ => true,
        };
        if applies && best.as_ref().is_none_or(|best| rule.kind < best.kind) {
            best = Some(rule);
        }
    }
    Ok(best.map_or_else(
        || LineTerms::market(vat),
        |rule| LineTerms { rule: rule.kind, fee: rule.fee, minimum: rule.minimum, vat },
    ))
}

/// The tax of a policy's row.
pub(crate) fn vat_in(bytes: &[u8]) -> Result<Vat, Corrupt> {
    Vat::read(&mut Reader::new(bytes, Scheduled::VERSION)?)
}

struct Rule<'a> {
    kind: RuleKind,
    name: &'a str,
    fee: Fee,
    minimum: Money,
}

fn read_rule<'a>(row: &mut Reader<'a>) -> Result<Rule<'a>, Corrupt> {
    let packed = row.byte()?;
    let kind = match packed & 15 {
        0 => RuleKind::Product,
        1 => RuleKind::Category,
        2 => RuleKind::Seller,
        _ => return Err(Corrupt::Field("rule")),
    };
    let name = row.text()?;
    let fee = read_fee(row, packed & FIXED != 0)?;
    let minimum = if packed & MINIMUM == 0 { Money::ZERO } else { Money::new(row.signed()?) };
    Ok(Rule { kind, name, fee, minimum })
}
