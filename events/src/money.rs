//! Money: whole numbers of the currency's minor unit (KRW has none, so: whole won), always checked, never a float.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount in minor units of the shop's currency (KRW: whole won).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The largest amount accepted from outside: 10^12 won. Sums of a million such amounts still fit.
    pub const LARGEST: Self = Self(1_000_000_000_000);

    /// An amount of this many minor units.
    #[must_use]
    pub const fn new(minor: i64) -> Self {
        Self(minor)
    }

    /// Minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// Sum, or nothing when it does not fit.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Difference, or nothing when it does not fit.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Product with a count, or nothing when it does not fit.
    #[must_use]
    pub fn times(self, count: i64) -> Option<Self> {
        self.0.checked_mul(count).map(Self)
    }

    /// Whether the amount is within `0..=LARGEST`.
    #[must_use]
    pub fn is_plausible(self) -> bool {
        (0..=Self::LARGEST.0).contains(&self.0)
    }

    /// The share of this amount, rounded down to a whole minor unit.
    #[must_use]
    pub fn share(self, share: BasisPoints) -> Self {
        let product = i128::from(self.0) * i128::from(share.0);
        // A share is at most the whole, so it fits where the amount fitted.
        Self(i64::try_from(product.div_euclid(i128::from(BasisPoints::WHOLE.0))).unwrap_or(self.0))
    }

    /// The part of the amount that belongs to the first `done` of `all` equal pieces, rounded down. Cumulative: what belongs to
    /// the next pieces is the difference of two such parts, so all pieces together are exactly the amount. Nothing unless
    /// `done <= all` and `all > 0`.
    #[must_use]
    pub fn portion(self, done: u64, all: u64) -> Option<Self> {
        if all == 0 || done > all {
            return None;
        }
        let part = i128::from(self.0).checked_mul(i128::from(done))?.div_euclid(i128::from(all));
        i64::try_from(part).ok().map(Self)
    }

    /// Splits the amount over `weights` by largest remainder: the parts always sum to the whole, ties go to the earlier
    /// part, and a part of weight zero is zero. Nothing when all weights are zero or one is negative.
    #[must_use]
    pub fn split(self, weights: &[i64]) -> Option<Vec<Self>> {
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        if total <= 0 || weights.iter().any(|weight| *weight < 0) {
            return None;
        }
        let exact = |weight: i64| i128::from(self.0) * i128::from(weight);
        let mut parts = Vec::with_capacity(weights.len());
        for weight in weights {
            parts.push(i64::try_from(exact(*weight).div_euclid(total)).ok()?);
        }
        let given: i128 = parts.iter().map(|part| i128::from(*part)).sum();
        let missing = usize::try_from(i128::from(self.0) - given).ok()?;
        let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
        by_remainder.sort_by_key(|index| {
            std::cmp::Reverse(weights.get(*index).map_or(0, |weight| exact(*weight).rem_euclid(total)))
        });
        for index in by_remainder.into_iter().take(missing) {
            if let Some(part) = parts.get_mut(index) {
                *part += 1;
            }
        }
        Some(parts.into_iter().map(Self).collect())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A share in hundredths of a percent: 10,000 is the whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct BasisPoints(u16);

impl BasisPoints {
    /// One hundred percent.
    pub const WHOLE: Self = Self(10_000);

    /// This many hundredths of a percent; may exceed the whole until checked with [`BasisPoints::is_plausible`].
    #[must_use]
    pub const fn new(points: u16) -> Self {
        Self(points)
    }

    /// Hundredths of a percent.
    #[must_use]
    pub const fn points(self) -> u16 {
        self.0
    }

    /// Whether the share is at most the whole.
    #[must_use]
    pub fn is_plausible(self) -> bool {
        self <= Self::WHOLE
    }
}

#[cfg(test)]
#[path = "money_tests.rs"]
mod tests;
