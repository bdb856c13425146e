//! A civil day: a date of the Gregorian calendar, written `2026-11-23`.

use std::fmt;
use std::str::FromStr;

use compact_str::{CompactString, format_compact};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A date from 1970-01-01 to 9999-12-31, in whichever zone the context names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "CompactString", into = "CompactString")]
#[schemars(with = "String", extend("format" = "date"))]
pub struct Day(i32);

/// A text is not a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a day is written 2026-11-23, from 1970-01-01 to 9999-12-31")]
pub struct DayError;

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Weekday {
    /// Every day of the week, Monday first.
    pub const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];
}

impl Day {
    /// 1970-01-01.
    pub const FIRST: Self = Self(0);
    /// 9999-12-31.
    pub const LAST: Self = Self(2_932_896);

    /// The day with this number, counted from 1970-01-01; nothing outside `FIRST..=LAST`.
    #[must_use]
    pub const fn from_number(number: i32) -> Option<Self> {
        if number >= Self::FIRST.0 && number <= Self::LAST.0 { Some(Self(number)) } else { None }
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The day of this date; nothing when there is no such date.
    #[must_use]
    pub const fn of(year: i32, month: u8, day: u8) -> Option<Self> {
        if year < 1970 || year > 9999 || month == 0 || month > 12 || day == 0 {
            return None;
        }
        let number = number_of(year, month as i32, day as i32);
        // A date that does not exist is the number of another one.
        match date_of(number) {
            (y, m, d) if y == year && m == month as i32 && d == day as i32 => Some(Self(number)),
            _ => None,
        }
    }

    /// Year, month and day of the month.
    #[must_use]
    pub const fn date(self) -> (i32, i32, i32) {
        date_of(self.0)
    }

    /// The day so many days later, or [`Day::LAST`].
    #[must_use]
    pub fn plus(self, days: u32) -> Self {
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        Self(self.0.saturating_add(days).min(Self::LAST.0))
    }

    /// The day so many days earlier, or [`Day::FIRST`].
    #[must_use]
    pub fn minus(self, days: u32) -> Self {
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        Self(self.0.saturating_sub(days).max(Self::FIRST.0))
    }

    /// The day after.
    #[must_use]
    pub fn next(self) -> Self {
        self.plus(1)
    }

    /// The day as it is written, `2026-11-23`.
    #[must_use]
    pub fn text(self) -> CompactString {
        format_compact!("{self}")
    }

    /// Which day of the week it is.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        let place = usize::try_from((self.0 + 3).rem_euclid(7)).unwrap_or(0);
        Weekday::ALL.into_iter().nth(place).unwrap_or(Weekday::Monday)
    }

    /// The last day of the month.
    #[must_use]
    pub fn month_end(self) -> Self {
        let (year, month, _) = self.date();
        let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        Self(number_of(year, month, 1) - 1)
    }
}

/// Days since 1970-01-01 of a date; years are counted from March, so that the day that comes and goes is the year's last.
const fn number_of(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date with this number.
const fn date_of(number: i32) -> (i32, i32, i32) {
    let shifted = number + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let is_written_so = text.len() == 10
            && text.bytes().enumerate().all(|(place, byte)| match place {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let part =
            |range| text.get(range).filter(|_| is_written_so).and_then(|digits: &str| digits.parse::<u16>().ok());
        let (Some(year), Some(month), Some(day)) = (part(0..4), part(5..7), part(8..10)) else { return Err(DayError) };
        let small = |number| u8::try_from(number).unwrap_or(0);
        Self::of(year.into(), small(month), small(day)).ok_or(DayError)
    }
}

impl TryFrom<CompactString> for Day {
    type Error = DayError;
    fn try_from(text: CompactString) -> Result<Self, DayError> {
        text.parse()
    }
}

impl From<Day> for CompactString {
    fn from(day: Day) -> Self {
        day.text()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
