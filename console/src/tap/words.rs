//! The words of a tap: everything that can be asked, as values. Whoever takes words from people (the command line) makes this of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use events::calendar::Zone;
use events::time::Timestamp;
use serde::Serialize;

/// What is asked of topics. Two equal questions give the same output of the same log.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Words {
    /// The topics, by name.
    pub topics: Vec<String>,
    /// From where to where.
    pub range: Range,
    /// While the coupons of this campaign can be claimed; in place of a range.
    pub during: Option<String>,
    /// These partitions only; every one when it is empty.
    pub partitions: BTreeSet<i32>,
    /// Whether it goes on with what is written later.
    pub follow: bool,
    /// Records with one of these keys only; every one when it is empty.
    pub keys: Vec<String>,
    /// Looks for keys in every partition, not only in the one where a producer puts them.
    pub everywhere: bool,
    /// Records of one of these types only, by the header `event-type`.
    pub events: Vec<String>,
    /// Headers that a record must have, each `NAME=VALUE` or `NAME~PATTERN`.
    pub headers: Vec<String>,
    /// The trace id that a record must have, 32 hex digits.
    pub trace: Option<String>,
    /// Bytes that a value must have.
    pub contains: Option<String>,
    /// A CEL expression that must be true.
    pub condition: Option<String>,
    /// A sample of the keys.
    pub sample: Option<Sample>,
    /// Which records there are to see.
    pub isolation: Isolation,
    /// Columns out of the value, as they were typed.
    pub columns: Option<String>,
    /// The newest record of each key only.
    pub latest: bool,
    /// Merged over all partitions by time.
    pub by_time: bool,
    /// What becomes of personal fields.
    pub mask: MaskMode,
    /// Whether personal fields are shown.
    pub is_unmasked: bool,
    /// How records are written.
    pub format: Format,
    /// Whether a record that cannot be read is an error.
    pub strict: bool,
    /// Where it ends before its range does.
    pub bounds: Bounds,
}

/// From where to where.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub enum Range {
    /// Between two places; the second is not part of it.
    Between(Place, Place),
    /// So many of the newest records, of all partitions together.
    Last(usize),
    /// One record.
    At(i32, i64),
}

/// A place in a topic.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub enum Place {
    /// Where the log begins.
    Beginning,
    /// The end that was there when the tap began.
    End,
    /// An offset, the same in every partition.
    Offset(i64),
    /// An offset in each of these partitions; others are not read.
    Offsets(BTreeMap<i32, i64>),
    /// The first record that is not older, milliseconds since 1970.
    Time(i64),
}

/// Where a tap ends before its range does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Bounds {
    /// After so many matching records.
    pub limit: Option<u64>,
    /// After so much was read.
    pub max_scan: Option<Amount>,
    /// After so long.
    pub time: Option<Duration>,
}

/// So many records, or so many bytes of keys and values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Amount {
    /// Records.
    Records(u64),
    /// Bytes.
    Bytes(u64),
}

/// One key of so many. The same keys in every topic and every run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Sample {
    /// Of so many.
    pub of: u64,
    /// Another seed, another sample.
    pub seed: u64,
}

/// Which records there are to see.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Isolation {
    /// Committed ones.
    Committed,
    /// All, each with what became of its transaction.
    Uncommitted,
}

/// What becomes of personal fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum MaskMode {
    /// Twelve hex digits, the same for the same text; without the installation's secret as `Redact`.
    Hash,
    /// The word `redacted`.
    Redact,
    /// Nothing.
    Drop,
}

/// How records are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Format {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Ndjson,
    /// The values' bytes, each with a newline.
    Values,
    /// The envelope of `kcat -J`.
    Kcat,
    /// Comma-separated, RFC 4180, with a header line.
    Csv,
    /// Tab-separated, with a header line.
    Tsv,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// The format that a file's ending means, if it means one.
    #[must_use]
    pub fn of_ending(ending: &str) -> Option<Self> {
        Some(match ending {
            "ndjson" | "jsonl" | "json" => Self::Ndjson,
            "csv" => Self::Csv,
            "tsv" => Self::Tsv,
            "parquet" => Self::Parquet,
            "txt" => Self::Pretty,
            _ => return None,
        })
    }
}

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

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
