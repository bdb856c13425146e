//! What a line amounts to between platform and seller: a pure function of what was sold, what was refunded and the terms. What is
//! posted is always the difference to what was posted before, so after the last refund every component has come back to zero.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fee, LineTerms, RuleKind, Vat};
use crate::money::{BasisPoints, Money};
use crate::orders::LineAmounts;

/// What some units amount to, minor units; as a difference, negative for what is taken back.
/// `gross = due + platform_share + seller_share`, and `net = base - commission`, less `vat` where it is added.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Settled {
    /// Before the coupon.
    pub gross: Money,
    /// What the platform bears of the coupon's discount.
    pub platform_share: Money,
    /// What the seller bears of it.
    pub seller_share: Money,
    /// What the shopper paid.
    pub due: Money,
    /// What commission is taken of: gross, or the supply price, less the seller's share.
    pub base: Money,
    /// The platform's commission.
    pub commission: Money,
    /// Tax on the commission: contained in it or added to it, as the line's terms say.
    pub vat: Money,
    /// What the seller is owed.
    pub net: Money,
}

/// What a seller's day amounts to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct DayTotals {
    /// How many lines were posted, those of refunds included.
    pub lines: u64,
    /// Their sums.
    pub amounts: Settled,
}

impl Settled {
    /// What is left of a line of which so many units were refunded. Nothing left is zero in every component.
    ///
    /// Nothing unless `refunded <= quantity`, `quantity > 0`, no amount is negative, and all of them fit.
    #[must_use]
    pub fn of(
        whole: &LineAmounts,
        quantity: u32,
        refunded: u32,
        supply_price: Option<Money>,
        terms: &LineTerms,
    ) -> Option<Self> {
        let left = quantity.checked_sub(refunded)?;
        // What refunds gave back is the first units' part; what is left is the rest, to the won.
        let part = whole.minus(&whole.of_units(refunded, quantity)?)?;
        let units = i64::from(left);
        let base = match (terms.rule, supply_price) {
            (RuleKind::SupplyPrice, Some(price)) => price.times(units)?.minus(part.seller_share)?,
            (RuleKind::SupplyPrice, None) => return None,
            (_, _) => part.gross.minus(part.seller_share)?,
        };
        let commission = commission(base, units, terms)?;
        let vat = vat(commission, terms.vat)?;
        let deducted = if terms.vat == Vat::Added { commission.plus(vat)? } else { commission };
        Some(Self {
            gross: part.gross,
            platform_share: part.platform_share,
            seller_share: part.seller_share,
            due: part.due,
            base,
            commission,
            vat,
            net: base.minus(deducted)?,
        })
    }

    /// Component by component; nothing when one does not fit.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Option<Self> {
        self.with(other, Money::plus)
    }

    /// Component by component; nothing when one does not fit.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Option<Self> {
        self.with(other, Money::minus)
    }

    fn with(&self, other: &Self, join: impl Fn(Money, Money) -> Option<Money>) -> Option<Self> {
        Some(Self {
            gross: join(self.gross, other.gross)?,
            platform_share: join(self.platform_share, other.platform_share)?,
            seller_share: join(self.seller_share, other.seller_share)?,
            due: join(self.due, other.due)?,
            base: join(self.base, other.base)?,
            commission: join(self.commission, other.commission)?,
            vat: join(self.vat, other.vat)?,
            net: join(self.net, other.net)?,
        })
    }

    /// Whether `gross = due + platform_share + seller_share`.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let sum = self.due.plus(self.platform_share).and_then(|sum| sum.plus(self.seller_share));
        sum == Some(self.gross)
    }

    /// Whether `net = base - commission`, less `vat` where it is added.
    #[must_use]
    pub fn is_net(&self, vat: Vat) -> bool {
        let after = self.base.minus(self.commission);
        let after = if vat == Vat::Added { after.and_then(|after| after.minus(self.vat)) } else { after };
        after == Some(self.net)
    }

    /// What of it the order's line amounted to.
    #[must_use]
    pub fn line(&self) -> LineAmounts {
        let Self { gross, platform_share, seller_share, due, .. } = *self;
        LineAmounts { gross, platform_share, seller_share, due }
    }
}

impl DayTotals {
    /// With one more line; nothing when a sum does not fit.
    #[must_use]
    pub fn with(&self, line: &Settled) -> Option<Self> {
        Some(Self { lines: self.lines.checked_add(1)?, amounts: self.amounts.plus(line)? })
    }
}

/// Never more than the base, never less than the minimum, and none under a supply-price contract.
fn commission(base: Money, units: i64, terms: &LineTerms) -> Option<Money> {
    if terms.rule == RuleKind::SupplyPrice || units == 0 {
        return Some(Money::ZERO);
    }
    if base < Money::ZERO {
        return None;
    }
    let fee = match terms.fee {
        Fee::Rate(rate) => half_up(base, rate.points().into(), BasisPoints::WHOLE.points().into())?,
        Fee::Fixed(amount) => amount.times(units)?,
    };
    Some(fee.max(terms.minimum.times(units)?).min(base))
}

/// Ten percent of the commission, or the ten of a hundred and ten that it contains.
fn vat(commission: Money, vat: Vat) -> Option<Money> {
    match vat {
        Vat::Included => half_up(commission, 10, 110),
        Vat::Added => half_up(commission, 10, 100),
        Vat::None => Some(Money::ZERO),
    }
}

/// `amount * parts / all`, rounded half up; `amount` is not negative.
fn half_up(amount: Money, parts: i64, all: i64) -> Option<Money> {
    let (amount, parts, all) = (i128::from(amount.minor()), i128::from(parts), i128::from(all));
    let rounded = (2 * amount * parts + all).div_euclid(2 * all);
    i64::try_from(rounded).ok().map(Money::new)
}

#[cfg(test)]
#[path = "amounts_tests.rs"]
mod tests;
