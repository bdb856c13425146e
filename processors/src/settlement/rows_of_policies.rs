//! How policies are written, and how the rule for a line is found in one without reading all of it: every posted line asks.

use events::calendar::{Day, Weekday, ZoneName};
use events::ids::{Category, Sku};
use events::money::{BasisPoints, Money};
use events::settlement::{
    Basis, CommissionRule, Fee, GraceMs, LineTerms, PayOut, RuleKind, RuleMatch, SellerPolicy, Vat,
};

use super::rows_of_lines::{read_fee, write_fee};
use super::schedule::Scheduled;
use crate::kit::field::{Field, Numbered};
use crate::kit::row::{Reader, RowError, Writer};

const VERSION: u8 = 1;
/// In a rule's first byte: what it applies to, then these.
const FIXED: u8 = 1 << 4;
const MINIMUM: u8 = 1 << 5;

/// A policy; seller and number are the key. What every posted line asks for comes first.
pub(crate) fn write_policy(scheduled: &Scheduled) -> Vec<u8> {
    let Scheduled { from, policy, .. } = scheduled;
    let mut row = Writer::new(VERSION, 64 + 32 * policy.commission.len());
    policy.vat.write(&mut row);
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
        write_fee(&mut row, rule.fee);
        if rule.minimum != Money::ZERO {
            row.signed(rule.minimum.minor());
        }
    }
    from.write(&mut row);
    row.byte(policy.basis.number() | u8::from(policy.effective_from.is_some()) << 4);
    row.text(policy.time_zone.as_str());
    match policy.pay_out {
        PayOut::Daily { business_days } => {
            row.byte(0);
            row.number(business_days.into());
        }
        PayOut::Weekly { first_share, weekday, reserve_after_days } => {
            row.byte(1);
            row.number(first_share.points().into());
            let place = Weekday::ALL.into_iter().position(|day| day == weekday);
            row.number(place.unwrap_or(0) as u64);
            row.number(reserve_after_days.into());
        }
        PayOut::Monthly { business_days } => {
            row.byte(2);
            row.number(business_days.into());
        }
    }
    row.signed(policy.grace_ms.0);
    row.finish()
}

/// Reads a policy.
pub(crate) fn read_policy(number: u32, bytes: &[u8]) -> Result<Scheduled, RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
    let vat = Vat::read(&mut row)?;
    let mut commission = Vec::new();
    for _ in 0..row.number()? {
        let rule = read_rule(&mut row)?;
        let applies_to = match rule.kind {
            RuleKind::Product => RuleMatch::Product(Sku::new(rule.name).map_err(|_| RowError::Field("sku"))?),
            RuleKind::Category => {
                RuleMatch::Category(Category::new(rule.name).map_err(|_| RowError::Field("category"))?)
            }
            _ => RuleMatch::Seller,
        };
        commission.push(CommissionRule { applies_to, fee: rule.fee, minimum: rule.minimum });
    }
    let from = Day::read(&mut row)?;
    let packed = row.byte()?;
    let basis = Basis::of_number(packed & 15)?;
    let time_zone = ZoneName::new(row.text()?);
    let pay_out = match row.byte()? {
        0 => PayOut::Daily { business_days: row.small("days")? },
        1 => PayOut::Weekly {
            first_share: BasisPoints::new(row.small("share")?),
            weekday: Weekday::ALL.into_iter().nth(row.small("weekday")?).ok_or(RowError::Field("weekday"))?,
            reserve_after_days: row.small("days")?,
        },
        2 => PayOut::Monthly { business_days: row.small("days")? },
        _ => return Err(RowError::Field("cycle")),
    };
    let grace_ms = GraceMs(row.signed()?);
    row.finish()?;
    let policy = SellerPolicy {
        effective_from: (packed & 16 != 0).then_some(from),
        basis,
        time_zone,
        commission,
        vat,
        pay_out,
        grace_ms,
    };
    Ok(Scheduled { number, from, policy })
}

/// The terms of a line by a policy's row: the most specific rule's.
pub(crate) fn terms_in(bytes: &[u8], sku: &Sku, category: Option<&Category>) -> Result<LineTerms, RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
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
pub(crate) fn vat_in(bytes: &[u8]) -> Result<Vat, RowError> {
    Vat::read(&mut Reader::new(bytes, VERSION)?)
}

struct Rule<'a> {
    kind: RuleKind,
    name: &'a str,
    fee: Fee,
    minimum: Money,
}

fn read_rule<'a>(row: &mut Reader<'a>) -> Result<Rule<'a>, RowError> {
    let packed = row.byte()?;
    let kind = match packed & 15 {
        0 => RuleKind::Product,
        1 => RuleKind::Category,
        2 => RuleKind::Seller,
        _ => return Err(RowError::Field("rule")),
    };
    let name = row.text()?;
    let fee = read_fee(row, packed & FIXED != 0)?;
    let minimum = if packed & MINIMUM == 0 { Money::ZERO } else { Money::new(row.signed()?) };
    Ok(Rule { kind, name, fee, minimum })
}
