//! Spans whose records wait in a queue each, so that a reader can take from the partition that it wants: for merging.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::record::KeptRecord;
use super::scan::{Order, Scan, Step};
use super::{Progress, Span, TapClient, TapError};

/// A partition of which so many records wait is not fetched until half of them was taken.
const MOST_RECORDS: usize = 2_000;

/// Spans that are read, with what has come of each.
pub struct Queued<'a> {
    scan: Scan<'a>,
    queues: Vec<Queue>,
    most_bytes: usize,
}

struct Queue {
    topic: Arc<str>,
    records: VecDeque<KeptRecord>,
    bytes: usize,
    is_held: bool,
}

impl<'a> Queued<'a> {
    /// Begins to read all spans at once. A partition of which so many bytes wait is not fetched until half of them was taken.
    ///
    /// # Errors
    /// As [`Scan::begin`].
    pub fn begin(client: &'a TapClient, spans: Vec<Span>, most_bytes: usize) -> Result<Self, TapError> {
        let queue =
            |span: &Span| Queue { topic: Arc::clone(&span.topic), records: VecDeque::new(), bytes: 0, is_held: false };
        let queues = spans.iter().map(queue).collect();
        Ok(Self { scan: Scan::begin(client, spans, Order::AsTheyCome)?, queues, most_bytes })
    }

    /// How far each span has been read; what waits in its queue counts as read.
    #[must_use]
    pub fn progress(&self) -> &[Progress] {
        self.scan.progress()
    }

    /// The record of a span that comes next, if it is here.
    #[must_use]
    pub fn front(&self, place: usize) -> Option<&KeptRecord> {
        self.queues.get(place)?.records.front()
    }

    /// Whether nothing more will come of a span.
    #[must_use]
    pub fn is_exhausted(&self, place: usize) -> bool {
        self.front(place).is_none() && self.progress().get(place).is_none_or(|progress| progress.is_done)
    }

    /// Whether a span's next record has not come yet.
    #[must_use]
    pub fn is_awaited(&self, place: usize) -> bool {
        self.front(place).is_none() && !self.is_exhausted(place)
    }

    /// Takes the record of a span that comes next.
    ///
    /// # Errors
    /// [`TapError::Unavailable`] when the client refuses to go on with the partition.
    pub fn pop(&mut self, place: usize) -> Result<Option<KeptRecord>, TapError> {
        let Some(queue) = self.queues.get_mut(place) else { return Ok(None) };
        let record = queue.records.pop_front();
        queue.bytes -= record.as_ref().map_or(0, size);
        if queue.is_held && queue.records.len() <= MOST_RECORDS / 2 && queue.bytes <= self.most_bytes / 2 {
            queue.is_held = false;
            self.scan.hold(place, false)?;
        }
        Ok(record)
    }

    /// Waits this long for something to come, and takes what is there. Returns whether anything came.
    ///
    /// # Errors
    /// As [`Scan::next`].
    pub fn fill(&mut self, wait: Duration) -> Result<bool, TapError> {
        match self.scan.next(wait)? {
            Step::Record(record, place) => {
                if let Some(queue) = self.queues.get_mut(place) {
                    let kept = record.keep(&queue.topic);
                    queue.bytes += size(&kept);
                    queue.records.push_back(kept);
                    if !queue.is_held && (queue.records.len() >= MOST_RECORDS || queue.bytes >= self.most_bytes) {
                        queue.is_held = true;
                        self.scan.hold(place, true)?;
                    }
                }
                Ok(true)
            }
            Step::Nothing | Step::Done => Ok(false),
        }
    }
}

fn size(kept: &KeptRecord) -> usize {
    let record = &kept.record;
    let in_headers: usize = record.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    record.key.as_ref().map_or(0, bytes::Bytes::len)
        + record.value.as_ref().map_or(0, bytes::Bytes::len)
        + in_headers
        + 64
}
