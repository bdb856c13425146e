//! Time zones by their IANA names, as the build's own copy of the time zone database has them.

use std::fmt;
use std::sync::LazyLock;

use compact_str::CompactString;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Day;
use crate::time::Timestamp;

/// The database that is part of the build; a host's own is never asked.
static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The name of a time zone, such as `Asia/Seoul`. Any text: [`ZoneName::zone`] tells whether there is such a zone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ZoneName(#[schemars(with = "String")] CompactString);

/// A zone: where its days begin.
#[derive(Clone, Debug)]
pub struct Zone(pub(super) TimeZone);

impl ZoneName {
    /// A name; whether there is such a zone is another question.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(CompactString::new(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The zone, if the build's database has one that is called exactly so.
    #[must_use]
    pub fn zone(&self) -> Option<Zone> {
        let zone = DATABASE.get(self.as_str()).ok()?;
        (!zone.is_unknown() && zone.iana_name() == Some(self.as_str())).then_some(Zone(zone))
    }
}

/// Where the shop is.
impl Default for ZoneName {
    fn default() -> Self {
        Self(CompactString::const_new("Asia/Seoul"))
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Zone {
    /// The day that this instant belongs to; nothing for instants outside 1970 to 9999.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> Option<Day> {
        let instant = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
        let date = self.0.to_datetime(instant).date();
        Day::of(date.year().into(), u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?)
    }

    /// The first instant of the day: midnight, or what comes after it where the clocks skip midnight. A day ends where the next
    /// one begins.
    #[must_use]
    pub fn begin(&self, day: Day) -> Option<Timestamp> {
        let (year, month, number) = day.date();
        let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(number).ok()?).ok()?;
        let midnight = date.to_zoned(self.0.clone()).ok()?;
        Some(Timestamp::from_millis(midnight.timestamp().as_millisecond()))
    }
}
