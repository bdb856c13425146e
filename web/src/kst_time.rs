//! Times as Korean HTTP APIs write them: ISO 8601 with an offset, such as `2022-06-08T15:40:49+09:00`. Everything is in milliseconds
//! since 1970. Korea keeps one offset all year, so no table of zones is needed.

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};

/// Korea Standard Time.
const KST: Offset = Offset::constant(9);

/// Reads a time. Fractions of a second beyond milliseconds are cut; without an offset it is Korea's. Nothing when it is no time, or
/// before 1970.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let pieces = Pieces::parse(text).ok()?;
    let offset = pieces.to_numeric_offset().unwrap_or(KST);
    let at = offset.to_timestamp(pieces.date().to_datetime(pieces.time()?)).ok()?;
    Some(at.as_millisecond()).filter(|at| *at >= 0)
}

/// Korea's clock with its offset, whole seconds.
#[must_use]
pub fn with_offset(at_ms: i64) -> String {
    format!("{}+09:00", local(at_ms))
}

/// Korea's clock without an offset, whole seconds.
#[must_use]
pub fn local(at_ms: i64) -> String {
    format("%Y-%m-%dT%H:%M:%S", at_ms)
}

/// Korea's clock without an offset, microseconds.
#[must_use]
pub fn micros(at_ms: i64) -> String {
    format("%Y-%m-%dT%H:%M:%S.%6f", at_ms)
}

/// What lies outside the years of the calendar is shown as its first or last instant.
fn format(pattern: &str, at_ms: i64) -> String {
    let bound = if at_ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(bound);
    at.to_zoned(TimeZone::fixed(KST)).strftime(pattern).to_string()
}

#[cfg(test)]
mod tests {
    use super::{local, micros, parse, with_offset};

    #[test]
    fn a_time_is_read_whatever_its_offset() {
        for (text, millis) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T09:00:00+09:00", 0),
            ("1970-01-01T09:00:00", 0),
            ("2022-06-08T15:40:49+09:00", 1_654_670_449_000),
            ("2022-06-08T15:40:49.123456", 1_654_670_449_123),
            ("2022-06-08T06:40:49.5Z", 1_654_670_449_500),
            ("2024-02-29T23:59:59+0900", 1_709_218_799_000),
            ("2022-06-08T01:40:49-05:00", 1_654_670_449_000),
        ] {
            assert_eq!(parse(text), Some(millis), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2022-06-08",
            "2022-13-08T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2022-06-08T24:00:00Z",
            "2022-06-08T00:61:00Z",
            "2022-06-08T00:00:00+xx",
            "20a2-06-08T00:00:00Z",
            "2022-06-08T00:00:00.12é",
            "-022-06-08T00:00:00Z",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for day in (0..200_000).step_by(37) {
            let at = day * 86_400_000 + 45_296_000;
            assert_eq!(parse(&with_offset(at)), Some(at), "{}", with_offset(at));
            assert_eq!(parse(&local(at)), Some(at));
            assert_eq!(parse(&micros(at + 7)), Some(at + 7));
        }
    }

    #[test]
    fn korean_clocks() {
        let table = [
            (0, "1970-01-01T09:00:00"),
            (951_782_400_000, "2000-02-29T09:00:00"),
            (1_790_780_399_999, "2026-09-30T23:59:59"),
            (1_790_780_400_000, "2026-10-01T00:00:00"),
        ];
        for (millis, text) in table {
            assert_eq!(local(millis), text);
        }
    }

    #[test]
    fn every_number_can_be_written() {
        assert_eq!(local(i64::MAX), "9999-12-31T07:00:00");
        assert_eq!(local(i64::MIN).len(), "-9999-01-01T00:00:00".len());
    }
}
