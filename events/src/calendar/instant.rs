//! Instants as people write and read them.

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

#[cfg(test)]
mod tests {
    use super::{Timestamp, instant_of, text_of};

    #[test]
    fn an_instant_is_written_as_it_is_read() {
        let at = Timestamp::from_millis(1_795_828_205_000);
        assert_eq!(instant_of(&text_of(at)), Some(at));
        assert_eq!(text_of(Timestamp::from_millis(0)), "1970-01-01T00:00:00Z");
        assert_eq!(instant_of("1970-01-01T09:00:01.250+09:00"), Some(Timestamp::from_millis(1_250)));
        assert_eq!(instant_of("yesterday"), None);
        assert_eq!(text_of(Timestamp::from_millis(i64::MAX)), format!("{}ms", i64::MAX));
    }
}
