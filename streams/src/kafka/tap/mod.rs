//! Any part of any topic, read to look at it: by ranges, over all partitions at once, without a group and without a trace.
//!
//! A tap belongs to no group and commits nothing; its client id is `timesale-tap-USER`, so that a broker's quotas can name it. Records
//! are shown as the client holds them; nothing is copied unless it is kept. A partition's range ends when its *position* has reached the
//! end, not when a record with the last offset has come: the last offset may be a marker, aborted, or compacted away. The client does
//! not report positions beyond a record, so the end is known by one of three signs: the record before it, a record behind it, or the
//! partition's first end of a fetch that began after the end had been asked for.

mod client;
mod newest;
mod queued;
mod record;
mod scan;

use std::sync::Arc;

pub use client::{Isolation, TapClient, TapConfig};
pub use newest::{Newest, newest};
pub use queued::Queued;
pub use record::{HeadersView, KeptRecord, RecordView, TapRecord, TimeKind};
pub use scan::{Order, Scan, Step};

use super::cluster::ConfigError;

/// A part of one partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// The first offset; must be in the log, or its end.
    pub from: i64,
    /// The offset after the last one; without it, the span never ends.
    pub to: Option<i64>,
}

/// How far a span has been read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Progress {
    /// What is read.
    pub span: Span,
    /// Everything before it has been read, or is lost.
    pub position: i64,
    /// Whether the position has reached the end.
    pub is_done: bool,
    /// Offsets that retention deleted before they were read.
    pub lost: i64,
}

impl Progress {
    /// Of a span of which nothing has been read.
    #[must_use]
    pub fn of(span: Span) -> Self {
        let is_done = span.to.is_some_and(|to| span.from >= to);
        Self { position: span.from, is_done, lost: 0, span }
    }

    /// What a record at this offset means: whether it belongs to the span. Moves the position.
    pub(super) fn take(&mut self, offset: i64) -> bool {
        if self.is_done || offset < self.position {
            return false;
        }
        match self.span.to {
            Some(to) if offset >= to => {
                self.end();
                false
            }
            to => {
                self.position = offset + 1;
                self.is_done = to == Some(self.position);
                true
            }
        }
    }

    /// The end of the partition was met by a fetch that began after the span's end had been asked for.
    pub(super) fn end(&mut self) {
        if let Some(to) = self.span.to {
            self.position = to;
            self.is_done = true;
        }
    }

    /// The log begins only here now.
    pub(super) fn overtaken(&mut self, first: i64) {
        let next = self.span.to.map_or(first, |to| first.min(to));
        self.lost += (next - self.position).max(0);
        self.position = self.position.max(next);
        self.is_done = self.span.to == Some(self.position);
    }
}

/// Why a tap cannot go on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TapError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is no such topic or partition, or none that may be seen.
    #[error("no topic or partition {0}")]
    Absent(String),
    /// Nobody answers.
    #[error("{topic}: {reason}")]
    Unavailable {
        /// The topic.
        topic: String,
        /// Why.
        reason: String,
    },
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod progress_tests;
