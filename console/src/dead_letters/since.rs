//! An instant as people type it: so long ago, the beginning of a day, or an instant. Pure.

use events::calendar::{Day, ZoneName, instant_of};
use events::time::Timestamp;

/// Why a text names no instant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "a time is so long ago, such as 15m, 2h30m or 3d; a day, such as 2026-11-28; or an instant, such as 2026-11-28T10:00:00+09:00"
)]
pub struct SinceError;

/// When it was, milliseconds since 1970. A day begins where the shop is.
///
/// # Errors
/// [`SinceError`].
pub fn since(text: &str, now_ms: i64) -> Result<i64, SinceError> {
    if let Some(ago) = ago(text) {
        return Ok(now_ms.saturating_sub(ago));
    }
    let begins = |day: Day| ZoneName::default().zone()?.begin(day);
    let instant = text.parse::<Day>().ok().and_then(begins).or_else(|| instant_of(text));
    instant.map(Timestamp::as_millis).ok_or(SinceError)
}

/// How long ago, milliseconds: whole numbers, each with its unit.
fn ago(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut ago: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let number: i64 = rest.get(..digits)?.parse().ok()?;
        let unit = match rest.get(digits..)?.chars().next()? {
            's' => 1_000,
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            _ => return None,
        };
        ago = ago.checked_add(number.checked_mul(unit)?)?;
        rest = rest.get(digits + 1..)?;
    }
    (!text.is_empty()).then_some(ago)
}

#[cfg(test)]
mod tests {
    use super::{SinceError, since};

    #[test]
    fn a_time_is_so_long_ago_or_a_day_or_an_instant() {
        const NOW: i64 = 1_800_000_000_000;
        let table = [
            ("15m", Ok(NOW - 900_000)),
            ("2h30m", Ok(NOW - 9_000_000)),
            ("3d", Ok(NOW - 259_200_000)),
            ("0s", Ok(NOW)),
            // Midnight in Seoul is nine hours before midnight in Greenwich.
            ("1970-01-02", Ok(15 * 3_600_000)),
            ("1970-01-01T00:00:01Z", Ok(1_000)),
            ("1970-01-01T09:00:00+09:00", Ok(0)),
        ];
        for (text, expected) in table {
            assert_eq!(since(text, NOW), expected, "{text}");
        }
        for text in ["", "15", "m", "15w", "-3d", "2026-13-01", "yesterday", "9999999999999999d", "15m 3"] {
            assert_eq!(since(text, NOW), Err(SinceError), "{text}");
        }
    }
}
