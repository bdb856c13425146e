//! Civil days: what a day is called, where it begins in a zone, and whether money moves on it. Nothing here reads a clock or a file
//! of the host: the zones' history and the holidays are part of the build.

mod business;
mod day;
mod holidays;
mod instant;
mod zone;

pub use business::{after_business_days, business_day_from, is_business_day};
pub use day::{Day, DayError, Weekday};
pub use instant::{instant_of, text_of};
pub use zone::{Zone, ZoneName};
