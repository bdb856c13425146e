//! What stands around records in each shape: events with tokens, the pieces of one document, signs of life.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use prometheus::IntCounter;
use serde_json::json;
use streams::kafka::tap::Progress;

use super::token::{At, Spent, Tokens};
use crate::tap::frames::{Frames, Standing};

/// How often progress is told, and what is gathered leaves at the latest.
const PROGRESS: Duration = Duration::from_secs(1);

/// The longest that an answer is silent.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What has been read and shown, as the thread that reads knows it.
#[derive(Default)]
pub(super) struct Seen {
    read: AtomicU64,
    shown: AtomicU64,
}

impl Seen {
    /// Records that were read, as of the last second, and records that were shown.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.read.load(Ordering::Relaxed), self.shown.load(Ordering::Relaxed))
    }

    fn look(&self, at: &Standing<'_>) {
        self.read.store(at.counts.iter().map(|counts| counts.read).sum(), Ordering::Relaxed);
    }
}

/// Lines, with nothing but a sign of life around them; or one document.
pub(super) struct Plain {
    seen: Arc<Seen>,
    records: IntCounter,
    begin: &'static str,
    between: &'static str,
    filler: &'static str,
    has_records: bool,
    /// When it was last looked whether something is due, and when something last left.
    looked: Instant,
    left: Instant,
    /// Whether a record was written since.
    wrote: bool,
}

impl Plain {
    /// `begin` stands before everything, `between` between two records; `filler` means nothing, wherever it stands, and is empty if there is
    /// no such thing.
    pub(super) fn new(
        seen: Arc<Seen>,
        records: IntCounter,
        begin: &'static str,
        between: &'static str,
        filler: &'static str,
    ) -> Self {
        let now = Instant::now();
        Self { seen, records, begin, between, filler, has_records: false, looked: now, left: now, wrote: false }
    }
}

impl Frames for Plain {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.begin.as_bytes());
    }

    fn before(&mut self, out: &mut Vec<u8>) {
        if self.has_records {
            out.extend_from_slice(self.between.as_bytes());
        }
        self.has_records = true;
    }

    fn after(&mut self, _at: Standing<'_>, _out: &mut Vec<u8>) {
        self.wrote = true;
        self.records.inc();
        self.seen.shown.fetch_add(1, Ordering::Relaxed);
    }

    fn tick(&mut self, at: Standing<'_>, out: &mut Vec<u8>) -> bool {
        let now = Instant::now();
        if now.duration_since(self.looked) < PROGRESS {
            return false;
        }
        self.looked = now;
        self.seen.look(&at);
        let is_silent = !self.wrote && now.duration_since(self.left) >= HEARTBEAT;
        if is_silent {
            out.extend_from_slice(self.filler.as_bytes());
        }
        if self.wrote || is_silent {
            self.left = now;
        }
        std::mem::take(&mut self.wrote) || is_silent
    }
}

/// Server-sent events (WHATWG HTML, 9.2). Each record, and each look at the progress, has the token of its place as its id.
pub(super) struct Events {
    seen: Arc<Seen>,
    records: IntCounter,
    /// None where a tap cannot go on.
    tokens: Option<Arc<Tokens>>,
    before: Spent,
    told: Instant,
    beat: Instant,
    /// Records that were read of each span when progress was last told, and offsets that were lost.
    read: Vec<u64>,
    lost: Vec<i64>,
}

impl Events {
    /// `before` was counted before this answer began.
    pub(super) fn new(seen: Arc<Seen>, records: IntCounter, tokens: Option<Arc<Tokens>>, before: Spent) -> Self {
        let now = Instant::now();
        Self { seen, records, tokens, before, told: now, beat: now, read: Vec::new(), lost: Vec::new() }
    }

    /// Appends the id of this place.
    fn id(&self, at: &Standing<'_>, out: &mut Vec<u8>) {
        let Some(tokens) = &self.tokens else { return };
        let spent = at.counts.iter().fold(self.before, |spent, counts| Spent {
            matched: spent.matched + counts.matched,
            read: spent.read + counts.read,
            bytes: spent.bytes + counts.bytes,
        });
        if let Some(token) = tokens.write(false, spent, at.progress.iter().map(place)) {
            out.extend_from_slice(b"id: ");
            out.extend_from_slice(token.as_bytes());
            out.push(b'\n');
        }
    }

    /// Tells what retention deleted before it was read.
    fn gaps(&mut self, at: &Standing<'_>, out: &mut Vec<u8>) {
        self.lost.resize(at.progress.len(), 0);
        for (progress, lost) in at.progress.iter().zip(&mut self.lost) {
            if progress.lost > *lost {
                let span = &progress.span;
                let gap = json!({ "topic": &*span.topic, "partition": span.partition, "lost": progress.lost - *lost,
                    "position": progress.position });
                event("gap", &gap, out);
                *lost = progress.lost;
            }
        }
    }

    fn progress(&mut self, at: &Standing<'_>, elapsed: Duration, out: &mut Vec<u8>) {
        self.read.resize(at.progress.len(), 0);
        let mut partitions = Vec::with_capacity(at.progress.len());
        for ((progress, counts), read) in at.progress.iter().zip(at.counts).zip(&mut self.read) {
            let rate = crate::families::count(counts.read.saturating_sub(*read)) / elapsed.as_secs_f64().max(0.001);
            *read = counts.read;
            let span = &progress.span;
            partitions.push(json!({ "topic": &*span.topic, "partition": span.partition, "position": progress.position,
                "end": span.to, "records_per_second": (rate * 10.0).round() / 10.0 }));
        }
        self.id(at, out);
        event("progress", &json!({ "partitions": partitions }), out);
    }
}

/// Where a span stands.
fn place(progress: &Progress) -> At<'_> {
    let Progress { span, position, .. } = progress;
    At { topic: &span.topic, partition: span.partition, position: *position, end: span.to }
}

/// Appends an event.
pub(super) fn event(name: &str, data: &serde_json::Value, out: &mut Vec<u8>) {
    // JSON has no line breaks of its own.
    out.extend_from_slice(format!("event: {name}\ndata: {data}\n\n").as_bytes());
}

impl Frames for Events {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"retry: 2000\n\n");
    }

    fn before(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"event: record\ndata: ");
    }

    fn after(&mut self, at: Standing<'_>, out: &mut Vec<u8>) {
        // The record's line ends the data.
        self.id(&at, out);
        out.push(b'\n');
        self.records.inc();
        self.seen.shown.fetch_add(1, Ordering::Relaxed);
    }

    fn tick(&mut self, at: Standing<'_>, out: &mut Vec<u8>) -> bool {
        let now = Instant::now();
        let elapsed = now.duration_since(self.told);
        if elapsed < PROGRESS {
            return false;
        }
        self.told = now;
        self.seen.look(&at);
        self.gaps(&at, out);
        self.progress(&at, elapsed, out);
        if now.duration_since(self.beat) >= HEARTBEAT {
            self.beat = now;
            out.extend_from_slice(b":\n\n");
        }
        true
    }
}

#[cfg(test)]
#[path = "frames_tests.rs"]
mod tests;
