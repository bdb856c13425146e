//! Business days: the days on which a Korean bank moves money.

use super::holidays;
use super::{Day, Weekday};

/// Whether banks move money on the day. Outside the years of the holiday table only weekends are known not to be.
#[must_use]
pub fn is_business_day(day: Day) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !holidays::contains(day)
}

/// The day itself if it is a business day, else the first one after it.
#[must_use]
pub fn business_day_from(day: Day) -> Day {
    let mut day = day;
    while !is_business_day(day) && day < Day::LAST {
        day = day.next();
    }
    day
}

/// The so-manieth business day after the day; of none, the day itself or the first business day after it.
#[must_use]
pub fn after_business_days(day: Day, count: u16) -> Day {
    (0..count).fold(business_day_from(day), |found, place| {
        // The first step leaves the day itself, also when that is no business day.
        if place == 0 { business_day_from(day.next()) } else { business_day_from(found.next()) }
    })
}
