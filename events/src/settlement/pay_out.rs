//! When a closed day's money is paid out: by business days, so that a transfer is never due when banks rest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::{Day, Weekday, after_business_days, business_day_from};
use crate::coupons::TermsError;
use crate::money::{BasisPoints, Money};

/// A pay-out cycle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PayOut {
    /// All of it, so many business days after the day (D+N).
    Daily {
        /// N, at most [`PayOut::MOST_DAYS`].
        business_days: u16,
    },
    /// A first share on a day of the week, the rest as a reserve for refunds later.
    Weekly {
        /// What is paid first, hundredths of a percent, `1..=10_000`; of an odd won the reserve has it.
        first_share: BasisPoints,
        /// On the first such day after the day; on a holiday the next business day.
        weekday: Weekday,
        /// The reserve is paid so many days after the day, at most [`PayOut::MOST_DAYS`]; on a holiday the next business day, and
        /// never before the first share.
        reserve_after_days: u16,
    },
    /// All of it, so many business days after the end of the month.
    Monthly {
        /// How many, at most [`PayOut::MOST_DAYS`].
        business_days: u16,
    },
}

/// The market's: one business day after the day.
impl Default for PayOut {
    fn default() -> Self {
        Self::Daily { business_days: 1 }
    }
}

/// A transfer that is due to a seller for a closed day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PayOutPart {
    /// The business day on which it is due.
    pub on: Day,
    /// How much, minor units, at least 1.
    pub amount: Money,
    /// Which part of the day's money it is.
    pub part: PayOutShare,
}

/// Which part of a day's money.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayOutShare {
    /// All of it.
    Whole,
    /// The first share.
    First,
    /// What was kept back for refunds.
    Reserve,
}

impl PayOutShare {
    /// The name in SQL and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::First => "first",
            Self::Reserve => "reserve",
        }
    }
}

impl PayOut {
    /// Most days that a cycle may name.
    pub const MOST_DAYS: u16 = 90;

    /// When how much of a closed day's money is paid out. The parts sum to `payable`; of nothing there are none.
    #[must_use]
    pub fn schedule(&self, day: Day, payable: Money) -> Vec<PayOutPart> {
        let parts = match *self {
            Self::Daily { business_days } => {
                vec![PayOutPart {
                    on: after_business_days(day, business_days),
                    amount: payable,
                    part: PayOutShare::Whole,
                }]
            }
            Self::Monthly { business_days } => {
                let on = after_business_days(day.month_end(), business_days);
                vec![PayOutPart { on, amount: payable, part: PayOutShare::Whole }]
            }
            Self::Weekly { first_share, weekday, reserve_after_days } => {
                let mut on = day.next();
                while on.weekday() != weekday && on < Day::LAST {
                    on = on.next();
                }
                let on = business_day_from(on);
                let first = payable.share(first_share);
                let reserve = payable.minus(first).unwrap_or(Money::ZERO);
                let later = business_day_from(day.plus(reserve_after_days.into())).max(on);
                vec![
                    PayOutPart { on, amount: first, part: PayOutShare::First },
                    PayOutPart { on: later, amount: reserve, part: PayOutShare::Reserve },
                ]
            }
        };
        parts.into_iter().filter(|part| part.amount > Money::ZERO).collect()
    }

    /// Checks the cycle.
    ///
    /// # Errors
    /// [`TermsError`] with the first field of the policy that breaks a rule, and the rule.
    pub fn check(&self) -> Result<(), TermsError> {
        let (days, field) = match *self {
            Self::Daily { business_days } => (business_days, "/pay_out/daily/business_days"),
            Self::Monthly { business_days } => (business_days, "/pay_out/monthly/business_days"),
            Self::Weekly { first_share, reserve_after_days, .. } => {
                if first_share == BasisPoints::new(0) || !first_share.is_plausible() {
                    return Err(TermsError { field: "/pay_out/weekly/first_share", rule: "must be 1 to 10000" });
                }
                (reserve_after_days, "/pay_out/weekly/reserve_after_days")
            }
        };
        if days <= Self::MOST_DAYS { Ok(()) } else { Err(TermsError { field, rule: "must be at most 90" }) }
    }
}

#[cfg(test)]
#[path = "pay_out_tests.rs"]
mod tests;
