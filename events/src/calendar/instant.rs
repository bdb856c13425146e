//! Instants as people write and read them: with an offset, or as a zone's own time.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Zone;
use crate::time::Timestamp;

/// The instant that a text of RFC 3339 names, such as `2026-11-28T10:00:00+09:00`.
#[must_use]
pub fn instant_of(text: &str) -> Option<Timestamp> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(instant.as_millisecond()))
}

/// The instant as a text of RFC 3339 in UTC, with whole seconds; its milliseconds since 1970 where there is no such year.
#[must_use]
pub fn text_of(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.as_millis()) {
        Ok(instant) => format!("{}", instant.strftime("%Y-%m-%dT%H:%M:%SZ")),
        Err(_) => at.to_string(),
    }
}

impl Zone {
    /// Reads an instant: `2026-11-28T10:00:00+09:00`, or `2026-11-28`, `2026-11-28 10:00` in this zone. A time that the clocks skip
    /// is the one that they show instead; of one that they show twice, the first.
    #[must_use]
    pub fn instant(&self, text: &str) -> Option<Timestamp> {
        if let Some(at) = instant_of(text) {
            return Some(at);
        }
        let local: DateTime = text.parse().ok()?;
        let zoned = local.to_zoned(self.time_zone()).ok()?;
        Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
    }

    /// Writes an instant as this zone's time: `2026-11-28T10:00:00.123+09:00`. Nothing for instants that no calendar has.
    #[must_use]
    pub fn tell(&self, at: Timestamp) -> Option<String> {
        let zoned = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?.to_zoned(self.time_zone());
        Some(zoned.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string())
    }

    fn time_zone(&self) -> TimeZone {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should fail")]

    use super::{instant_of, text_of};
    use crate::calendar::ZoneName;
    use crate::time::Timestamp;

    #[test]
    fn an_instant_is_written_as_it_is_read() {
        let zone = ZoneName::default().zone().unwrap();
        let at = Timestamp::from_millis(1_795_827_600_123);
        let told = zone.tell(at).unwrap();
        assert_eq!(told, "2026-11-28T10:00:00.123+09:00");
        assert_eq!(zone.instant(&told), Some(at));
    }

    #[test]
    fn a_time_that_the_clocks_skip_is_the_one_that_they_show_instead() {
        let zone = ZoneName::new("Europe/Berlin").zone().unwrap();
        assert_eq!(zone.instant("2026-03-29 02:30"), zone.instant("2026-03-29T03:30:00+02:00"));
    }

    #[test]
    fn an_instant_in_utc_is_read_as_it_is_written() {
        let at = Timestamp::from_millis(1_795_828_205_000);
        assert_eq!(instant_of(&text_of(at)), Some(at));
        assert_eq!(text_of(Timestamp::from_millis(0)), "1970-01-01T00:00:00Z");
        assert_eq!(instant_of("1970-01-01T09:00:01.250+09:00"), Some(Timestamp::from_millis(1_250)));
        assert_eq!(instant_of("yesterday"), None);
        assert_eq!(text_of(Timestamp::from_millis(i64::MAX)), format!("{}ms", i64::MAX));
    }
}
