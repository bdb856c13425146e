//! What an order and its lines amount to. Amounts are numbers beside the order's state, never part of its name, and a total is
//! always the sum of its lines.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::money::{BasisPoints, Money};

/// What a line, or some units of it, amounts to: `gross = due + platform_share + seller_share`, minor units, all >= 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct LineAmounts {
    /// Before the coupon.
    pub gross: Money,
    /// What the platform bears of the coupon's discount.
    pub platform_share: Money,
    /// What the seller bears of the coupon's discount.
    pub seller_share: Money,
    /// What the shopper pays.
    pub due: Money,
}

impl LineAmounts {
    /// Splits an order's discount over its lines by what they cost, by largest remainder, and each line's part between platform
    /// and seller; of that the platform bears the odd won, so that a seller's figure follows from the line alone.
    ///
    /// Nothing when an amount is negative, does not fit, or the discount exceeds what the lines cost.
    #[must_use]
    pub fn of_lines(gross: &[Money], discount: Money, platform_share: BasisPoints) -> Option<Vec<Self>> {
        let total = gross.iter().try_fold(Money::ZERO, |sum, line| sum.plus(*line))?;
        let negative = gross.iter().any(|line| *line < Money::ZERO) || discount < Money::ZERO;
        if negative || discount > total || !platform_share.is_plausible() {
            return None;
        }
        let weights: Vec<i64> = gross.iter().map(|line| line.minor()).collect();
        let discounts =
            if discount == Money::ZERO { vec![Money::ZERO; gross.len()] } else { discount.split(&weights)? };
        let sellers = BasisPoints::new(BasisPoints::WHOLE.points() - platform_share.points());
        gross
            .iter()
            .zip(discounts)
            .map(|(gross, discount)| {
                let seller_share = discount.share(sellers);
                Some(Self {
                    gross: *gross,
                    platform_share: discount.minus(seller_share)?,
                    seller_share,
                    due: gross.minus(discount)?,
                })
            })
            .collect()
    }

    /// What the first `units` of a line's `quantity` units amount to. Cumulative: what a refund amounts to is the difference
    /// between the units refunded after it and before it ([`LineAmounts::minus`]). No component ever shrinks from one number of
    /// units to the next, each part keeps the identity of the whole, and all units are exactly the whole.
    ///
    /// Nothing unless `units <= quantity` and `quantity > 0`.
    #[must_use]
    pub fn of_units(&self, units: u32, quantity: u32) -> Option<Self> {
        let gross = self.gross.portion(units.into(), quantity.into())?;
        let due = self.due.portion(units.into(), quantity.into())?;
        // The discount is what remains, and is cut between platform and seller by how much of it has been reached: cutting each
        // by units would let one of the two shrink by a won from one unit to the next.
        let discount = gross.minus(due)?;
        let seller_share = match u64::try_from(self.discount().minor()) {
            Ok(0) => Money::ZERO,
            Ok(whole) => self.seller_share.portion(u64::try_from(discount.minor()).ok()?, whole)?,
            Err(_) => return None,
        };
        Some(Self { gross, platform_share: discount.minus(seller_share)?, seller_share, due })
    }

    /// The coupon's discount: both shares.
    #[must_use]
    pub fn discount(&self) -> Money {
        self.platform_share.plus(self.seller_share).unwrap_or(Money::ZERO)
    }

    /// Component by component; nothing when one does not fit.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Option<Self> {
        Some(Self {
            gross: self.gross.plus(other.gross)?,
            platform_share: self.platform_share.plus(other.platform_share)?,
            seller_share: self.seller_share.plus(other.seller_share)?,
            due: self.due.plus(other.due)?,
        })
    }

    /// Component by component; nothing when one does not fit.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Option<Self> {
        Some(Self {
            gross: self.gross.minus(other.gross)?,
            platform_share: self.platform_share.minus(other.platform_share)?,
            seller_share: self.seller_share.minus(other.seller_share)?,
            due: self.due.minus(other.due)?,
        })
    }

    /// Whether `gross = due + platform_share + seller_share` and nothing is negative.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let parts = [self.platform_share, self.seller_share, self.due];
        let sum = parts.iter().try_fold(Money::ZERO, |sum, part| sum.plus(*part));
        sum == Some(self.gross) && parts.iter().all(|part| *part >= Money::ZERO)
    }
}

/// What an order amounts to, minor units. `due = gross - discount`; `0 <= refunded <= paid`; paid is 0 or due.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct OrderAmounts {
    /// The lines before the coupon.
    pub gross: Money,
    /// What the coupon takes off.
    pub discount: Money,
    /// What the shopper has to pay.
    pub due: Money,
    /// What was charged.
    pub paid: Money,
    /// What of it was given back.
    pub refunded: Money,
}

#[cfg(test)]
#[path = "amounts_tests.rs"]
mod tests;
