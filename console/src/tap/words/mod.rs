//! The words of a tap: everything that can be asked, as values. What was typed, on the command line or
//! as parameters of a request, is made into this.

mod read;
mod typed;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

pub use read::{age, amount, at, last, partitions, place, sample};
pub use typed::{Typed, WordError, reason, zone};

/// What is asked of topics. Two equal questions give the same output of the same log. Unless something else is said, everything that
/// was committed is read, and written as JSON lines with personal fields hashed.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
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

impl Default for Range {
    /// Everything.
    fn default() -> Self {
        Self::Between(Place::Beginning, Place::End)
    }
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub enum Isolation {
    /// Committed ones.
    #[default]
    Committed,
    /// All, each with what became of its transaction.
    Uncommitted,
}

/// What becomes of personal fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub enum MaskMode {
    /// Twelve hex digits, the same for the same text; without the installation's secret as `Redact`.
    #[default]
    Hash,
    /// The word `redacted`.
    Redact,
    /// Nothing.
    Drop,
}

/// How records are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub enum Format {
    /// For people.
    Pretty,
    /// One JSON object a line.
    #[default]
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

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
