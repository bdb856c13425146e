//! Points in time as the provider writes them: ISO 8601 with an offset, such as `2022-06-08T15:40:49+09:00`. Korea keeps one
//! offset all year, so no table of zones is needed.

use events::time::Timestamp;

/// Korea Standard Time, minutes east of Greenwich.
const KST_MINUTES: i64 = 9 * 60;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Reads a point in time. Fractions of a second beyond milliseconds are cut; without an offset it is Korea's.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(number);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let zone_at = time.find(['+', '-', 'Z']).unwrap_or(time.len());
    let (time, zone) = time.split_at(zone_at);
    let mut time = time.splitn(3, ':');
    let (hour, minute, seconds) = (number(time.next()?)?, number(time.next()?)?, time.next().unwrap_or("0"));
    let (second, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let second = number(second)?;
    let millis = fraction_millis(fraction)?;
    let is_sound = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 60;
    if !is_sound {
        return None;
    }
    let minutes = hour * 60 + minute - offset_minutes(zone)?;
    let at = Timestamp::from_millis(days(year, month, day) * DAY_MS + minutes * 60_000 + second * 1000 + millis);
    at.is_plausible().then_some(at)
}

/// Writes a point in time as the provider does: Korea's clock with its offset, whole seconds.
pub(crate) fn with_offset(at: Timestamp) -> String {
    format!("{}+09:00", local(at))
}

/// Korea's clock without an offset, whole seconds: what the provider's queries take.
pub(crate) fn local(at: Timestamp) -> String {
    let local = at.as_millis() + KST_MINUTES * 60_000;
    let (year, month, day) = civil(local.div_euclid(DAY_MS));
    let seconds = local.rem_euclid(DAY_MS) / 1000;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Korea's clock with microseconds and without an offset: how webhooks say when they were made.
pub(crate) fn micros(at: Timestamp) -> String {
    format!("{}.{:03}000", local(at), at.as_millis().rem_euclid(1000))
}

fn number(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn fraction_millis(fraction: &str) -> Option<i64> {
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded: String = fraction.chars().chain("000".chars()).take(3).collect();
    padded.parse().ok()
}

/// Minutes east of Greenwich.
fn offset_minutes(zone: &str) -> Option<i64> {
    match zone {
        "" => return Some(KST_MINUTES),
        "Z" => return Some(0),
        _ => {}
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: String = zone.chars().skip(1).filter(|found| *found != ':').collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { number(minutes)? };
    Some(sign * (number(hours)? * 60 + minutes))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a day in the Gregorian calendar. Source: Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `days_from_civil`.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month, day of a day since 1970-01-01; the inverse of [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{local, micros, parse, with_offset};
    use events::time::Timestamp;

    #[test]
    fn a_moment_is_read_whatever_its_offset() {
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
            assert_eq!(parse(text), Some(Timestamp::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_none() {
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
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for day in (0..200_000).step_by(37) {
            let at = Timestamp::from_millis(day * 86_400_000 + 45_296_000);
            assert_eq!(parse(&with_offset(at)), Some(at), "{}", with_offset(at));
            assert_eq!(parse(&local(at)), Some(at));
            assert_eq!(parse(&micros(at.plus_millis(7))), Some(at.plus_millis(7)));
        }
    }
}
