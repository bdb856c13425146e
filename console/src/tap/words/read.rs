//! Texts that were typed, read as the values they mean.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use events::calendar::Zone;
use events::time::Timestamp;

use super::{Amount, Place, Range, Sample};

/// Reads a place: `beginning`, `end`, an offset, `P:OFFSET[,P:OFFSET…]`, a time, or an age.
///
/// # Errors
/// Says what is wrong with it.
pub fn place(text: &str, zone: &Zone, now: Timestamp) -> Result<Place, String> {
    match text {
        "beginning" => return Ok(Place::Beginning),
        "end" => return Ok(Place::End),
        _ => {}
    }
    if is_digits(text) {
        return text.parse().map(Place::Offset).map_err(|_| format!("{text} is no offset"));
    }
    if let Ok(offsets) = offsets(text) {
        return Ok(Place::Offsets(offsets));
    }
    if let Ok(age) = age(text) {
        return Ok(Place::Time(before(now, age)));
    }
    zone.instant(text).map(|at| Place::Time(at.as_millis())).ok_or_else(|| {
        format!("{text:?} is no place: beginning, end, OFFSET, P:OFFSET, 2026-11-28, \"2026-11-28 10:00\", 2026-11-28T10:00:00+09:00 or 15m")
    })
}

/// Reads `--last`: a number of records, or an age.
///
/// # Errors
/// Says what is wrong with it.
pub fn last(text: &str, now: Timestamp) -> Result<Range, String> {
    if is_digits(text) {
        return match text.parse() {
            Ok(records @ 1..=MOST_LAST) => Ok(Range::Last(records)),
            _ => Err(format!("--last {text}: 1 to {MOST_LAST} records; a longer range begins at a time or an offset")),
        };
    }
    let age = age(text)?;
    Ok(Range::Between(Place::Time(before(now, age)), Place::End))
}

/// Most records of `--last`.
const MOST_LAST: usize = 100_000;

/// The time so long before now, milliseconds since 1970.
fn before(now: Timestamp, age: Duration) -> i64 {
    now.as_millis().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)).max(0)
}

/// Reads `P:OFFSET`.
///
/// # Errors
/// Says what is wrong with it.
pub fn at(text: &str) -> Result<Range, String> {
    let offsets = offsets(text).map_err(|_| format!("{text:?} is not P:OFFSET"))?;
    match offsets.first_key_value() {
        Some((partition, offset)) if offsets.len() == 1 => Ok(Range::At(*partition, *offset)),
        _ => Err(format!("{text:?} is not one P:OFFSET")),
    }
}

fn offsets(text: &str) -> Result<BTreeMap<i32, i64>, ()> {
    let mut found = BTreeMap::new();
    for part in text.split(',') {
        let (partition, offset) = part.split_once(':').ok_or(())?;
        let is_number = is_digits(partition) && is_digits(offset);
        let (true, Ok(partition), Ok(offset)) = (is_number, partition.parse(), offset.parse()) else { return Err(()) };
        if found.insert(partition, offset).is_some() {
            return Err(());
        }
    }
    Ok(found)
}

/// Reads partitions: `0,2-3`.
///
/// # Errors
/// Says what is wrong with it.
pub fn partitions(text: &str) -> Result<BTreeSet<i32>, String> {
    let wrong = || format!("{text:?} names no partitions: 0,2-3");
    let mut found = BTreeSet::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if !is_digits(first) || !is_digits(last) {
            return Err(wrong());
        }
        let (first, last): (i32, i32) = (first.parse().map_err(|_| wrong())?, last.parse().map_err(|_| wrong())?);
        if first > last || last > 100_000 {
            return Err(wrong());
        }
        found.extend(first..=last);
    }
    Ok(found)
}

/// Reads a duration: `90s`, `15m`, `2h30m`, `3d`, `2w`.
///
/// # Errors
/// Says what is wrong with it.
pub fn age(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no duration: 90s, 15m, 2h30m, 3d");
    let (mut total, mut number) = (Duration::ZERO, None::<u64>);
    for letter in text.chars() {
        if let Some(digit) = letter.to_digit(10) {
            let so_far = number.unwrap_or(0).checked_mul(10).and_then(|tens| tens.checked_add(digit.into()));
            number = Some(so_far.ok_or_else(wrong)?);
            continue;
        }
        let unit = match letter {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(wrong()),
        };
        let seconds = number.take().and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)?;
        total = total.checked_add(Duration::from_secs(seconds)).ok_or_else(wrong)?;
    }
    if number.is_some() || text.is_empty() || total > Duration::from_secs(100 * 366 * 86_400) {
        return Err(wrong());
    }
    Ok(total)
}

/// Reads an amount: a number of records, or bytes with their unit, such as `64MiB`.
///
/// # Errors
/// Says what is wrong with it.
pub fn amount(text: &str) -> Result<Amount, String> {
    let wrong = || format!("{text:?} is no amount: 1000 records, or 64MiB");
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let (number, unit) = text.split_at_checked(digits).ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let unit = match unit {
        "" => return if number > 0 { Ok(Amount::Records(number)) } else { Err(wrong()) },
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).filter(|bytes| *bytes > 0).map(Amount::Bytes).ok_or_else(wrong)
}

/// Reads a sample: `1/100` or `1/100@SEED`.
///
/// # Errors
/// Says what is wrong with it.
pub fn sample(text: &str) -> Result<Sample, String> {
    let wrong = || format!("{text:?} is no sample: 1/100 or 1/100@7");
    let (share, seed) = text.split_once('@').unwrap_or((text, "0"));
    let of = share.strip_prefix("1/").ok_or_else(wrong)?;
    let (of, seed) = (of.parse().map_err(|_| wrong())?, seed.parse().map_err(|_| wrong())?);
    if of == 0 { Err(wrong()) } else { Ok(Sample { of, seed }) }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
