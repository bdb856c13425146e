//! What a tap has read: which part of each partition, how much of it was wanted, and whether that is all that was asked for.

use std::fmt;

use serde::Serialize;
use streams::kafka::tap::Progress;

/// Why a tap is not complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// As many records as were wanted have come.
    Limit,
    /// As much as may be read was read.
    MaxScan,
    /// Its time is over.
    For,
    /// It was interrupted.
    Interrupted,
    /// Records were deleted before they were read.
    RetentionOvertook,
    /// A record could not be read, and that was to be an error.
    Unreadable,
    /// As many bytes were read as a tap may read here.
    MostBytes,
    /// It took as long as a tap may take here.
    MostSeconds,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::Limit,
        Self::MaxScan,
        Self::For,
        Self::Interrupted,
        Self::RetentionOvertook,
        Self::Unreadable,
        Self::MostBytes,
        Self::MostSeconds,
    ];

    /// Its name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RetentionOvertook => "retention_overtook",
            other => other.word(),
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::MaxScan => "max_scan",
            Self::For => "for",
            Self::Interrupted => "interrupted",
            Self::RetentionOvertook => "retention overtook",
            Self::Unreadable => "unreadable",
            Self::MostBytes => "most_bytes",
            Self::MostSeconds => "most_seconds",
        }
    }
}

/// What was counted of a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Counts {
    /// Records that were read.
    pub read: u64,
    /// Records that were wanted.
    pub matched: u64,
    /// Records on which the expression could not be evaluated.
    pub not_judged: u64,
    /// Records that were shown, but not read as they should be: a value that is no JSON, a column of another type.
    pub unreadable: u64,
    /// Bytes of keys and values that were read.
    pub bytes: u64,
}

impl Counts {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.matched += other.matched;
        self.not_judged += other.not_judged;
        self.unreadable += other.unreadable;
        self.bytes += other.bytes;
    }
}

/// What was read of a partition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Covered {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The first offset that was asked for, as far as the log had it.
    pub from: i64,
    /// Everything before this offset was read.
    pub to: i64,
    /// Where the range ends, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<i64>,
    /// Offsets that were deleted before they were read.
    pub lost: i64,
    /// What was counted.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What a tap has read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Coverage {
    /// Whether everything that was asked for was read.
    pub complete: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What was counted, all partitions together.
    #[serde(flatten)]
    pub counts: Counts,
    /// Why the first record that could not be judged could not be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_not_judged: Option<String>,
    /// Whether only the partitions were read in which producers put the keys that were asked for.
    pub by_key: bool,
    /// Whether personal fields were masked.
    pub masked: bool,
    /// Each partition.
    pub partitions: Vec<Covered>,
}

impl Coverage {
    /// What was read, by how far each partition was read and what was counted of it. A reason is given if it stopped early.
    #[must_use]
    pub fn of(progress: &[Progress], counts: &[Counts], reason: Option<Reason>) -> Self {
        let mut total = Counts::default();
        counts.iter().for_each(|counts| total.add(counts));
        let covered = |(progress, counts): (&Progress, &Counts)| Covered {
            topic: progress.span.topic.to_string(),
            partition: progress.span.partition,
            from: progress.span.from,
            to: progress.position,
            end: progress.span.to,
            lost: progress.lost,
            counts: *counts,
        };
        let is_lost = progress.iter().any(|progress| progress.lost > 0);
        let is_done = progress.iter().all(|progress| progress.is_done);
        let reason = if is_done && !is_lost && reason != Some(Reason::Unreadable) { None } else { reason };
        let reason = reason.or(is_lost.then_some(Reason::RetentionOvertook));
        Self {
            complete: is_done && reason.is_none(),
            reason,
            counts: total,
            first_not_judged: None,
            by_key: false,
            masked: true,
            partitions: progress.iter().zip(counts).map(covered).collect(),
        }
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for covered in &self.partitions {
            write!(f, "{} {}: [{}, {})", covered.topic, covered.partition, covered.from, covered.to)?;
            match covered.end {
                Some(end) if end > covered.to => write!(f, " of [{}, {end})", covered.from)?,
                _ => {}
            }
            write!(f, ", {} read, {} matched", covered.counts.read, covered.counts.matched)?;
            if covered.lost > 0 {
                write!(f, ", {} offsets deleted unread", covered.lost)?;
            }
            writeln!(f)?;
        }
        let Counts { read, matched, not_judged, unreadable, bytes } = self.counts;
        write!(f, "{read} read, {matched} matched, {bytes} bytes")?;
        if not_judged > 0 {
            write!(f, ", {not_judged} not judged")?;
            if let Some(reason) = &self.first_not_judged {
                write!(f, " ({reason})")?;
            }
        }
        if unreadable > 0 {
            write!(f, ", {unreadable} not readable as asked")?;
        }
        if self.by_key {
            write!(f, "; only the partitions of the keys")?;
        }
        match self.reason {
            None if self.complete => write!(f, "; complete"),
            None => write!(f, "; not complete"),
            Some(reason) => write!(f, "; not complete: {}", reason.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use streams::kafka::tap::Span;

    use super::*;

    fn progress(from: i64, to: Option<i64>, position: i64, lost: i64) -> Progress {
        let span = Span { topic: "t".into(), partition: 0, from, to };
        Progress { is_done: to == Some(position), span, position, lost }
    }

    #[test]
    fn complete_is_only_what_was_read_to_its_end() {
        let counts = [Counts { read: 7, matched: 2, ..Counts::default() }];
        let of = |progress: Progress, reason| Coverage::of(&[progress], &counts, reason);
        let table = [
            (of(progress(0, Some(9), 9, 0), None), true, None),
            (of(progress(0, Some(9), 9, 0), Some(Reason::Limit)), true, None),
            (of(progress(0, Some(9), 5, 0), Some(Reason::Limit)), false, Some(Reason::Limit)),
            (of(progress(0, Some(9), 9, 3), None), false, Some(Reason::RetentionOvertook)),
            (of(progress(0, Some(9), 5, 3), Some(Reason::For)), false, Some(Reason::For)),
            (of(progress(0, None, 5, 0), Some(Reason::Interrupted)), false, Some(Reason::Interrupted)),
            (of(progress(0, Some(9), 9, 0), Some(Reason::Unreadable)), false, Some(Reason::Unreadable)),
        ];
        for (coverage, complete, reason) in table {
            assert_eq!((coverage.complete, coverage.reason), (complete, reason), "{coverage}");
            assert_eq!(coverage.counts.read, 7);
        }
    }

    #[test]
    fn people_are_told_the_range_and_the_reason() {
        let coverage = Coverage::of(&[progress(3, Some(9), 5, 0)], &[Counts::default()], Some(Reason::MaxScan));
        let told = coverage.to_string();
        assert!(told.contains("t 0: [3, 5) of [3, 9)") && told.ends_with("not complete: max_scan"), "{told}");
    }
}
