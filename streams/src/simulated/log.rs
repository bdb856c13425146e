//! One partition's log as its leader keeps it: records and transaction markers take offsets; what a reader sees depends on
//! its isolation. Not replication: an appended record is in the log for good, so the log end is the high watermark. Relies on
//! the coordinator to have checked who may append.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;

use super::protocol::{Ending, Isolation, ProducerId, Refusal};
use crate::record::{Headers, Record};

/// An ended transaction's range in one partition that `read_committed` readers do not see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AbortedRange {
    /// Whose records.
    pub producer: i64,
    /// The first of them.
    pub first: i64,
    /// The abort marker.
    pub last: i64,
}

#[derive(Clone, Debug)]
pub(super) struct PartitionLog {
    entries: VecDeque<Entry>,
    start: i64,
    end: i64,
    open: BTreeMap<ProducerId, i64>,
    aborted: Vec<AbortedRange>,
}

#[derive(Clone, Debug)]
struct Entry {
    offset: i64,
    timestamp: i64,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Data { key: Option<Bytes>, value: Option<Bytes>, headers: Headers, state: RecordState },
    Marker,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum RecordState {
    Committed,
    Open(ProducerId),
    Aborted,
}

/// What [`PartitionLog::append`] takes.
pub(super) struct Appended {
    pub(super) timestamp: i64,
    pub(super) key: Option<Bytes>,
    pub(super) value: Option<Bytes>,
    pub(super) headers: Headers,
    /// The open transaction it belongs to.
    pub(super) producer: Option<ProducerId>,
}

impl PartitionLog {
    pub(super) fn new() -> Self {
        Self { entries: VecDeque::new(), start: 0, end: 0, open: BTreeMap::new(), aborted: Vec::new() }
    }

    pub(super) fn start(&self) -> i64 {
        self.start
    }

    pub(super) fn end(&self) -> i64 {
        self.end
    }

    pub(super) fn aborted(&self) -> &[AbortedRange] {
        &self.aborted
    }

    /// Where the first open transaction begins, else the log end.
    pub(super) fn last_stable_offset(&self) -> i64 {
        self.open.values().copied().min().unwrap_or(self.end)
    }

    fn limit(&self, isolation: Isolation) -> i64 {
        match isolation {
            Isolation::ReadCommitted => self.last_stable_offset(),
            Isolation::ReadUncommitted => self.end,
        }
    }

    pub(super) fn append(&mut self, appended: Appended) -> i64 {
        let offset = self.end;
        let state = match appended.producer {
            Some(producer) => {
                self.open.entry(producer).or_insert(offset);
                RecordState::Open(producer)
            }
            None => RecordState::Committed,
        };
        let Appended { timestamp, key, value, headers, .. } = appended;
        self.entries.push_back(Entry { offset, timestamp, body: Body::Data { key, value, headers, state } });
        self.end += 1;
        offset
    }

    /// Writes a transaction's marker: its records become committed or aborted. A marker takes an offset even when the
    /// transaction has written nothing here.
    pub(super) fn end_transaction(&mut self, producer: ProducerId, ending: Ending, timestamp: i64) {
        let marker = self.end;
        if let Some(first) = self.open.remove(&producer) {
            let state = match ending {
                Ending::Commit => RecordState::Committed,
                Ending::Abort => RecordState::Aborted,
            };
            let from = self.entries.partition_point(|entry| entry.offset < first);
            for entry in self.entries.range_mut(from..) {
                match &mut entry.body {
                    Body::Data { state: found, .. } if *found == RecordState::Open(producer) => *found = state,
                    _ => {}
                }
            }
            if ending == Ending::Abort {
                self.aborted.push(AbortedRange { producer, first, last: marker });
            }
        }
        self.entries.push_back(Entry { offset: marker, timestamp, body: Body::Marker });
        self.end += 1;
    }

    /// Records at or after `position` and the position after them, which also passes what takes an offset and is not shown.
    pub(super) fn read(
        &self,
        (topic, partition): (&Arc<str>, i32),
        position: i64,
        most: usize,
        isolation: Isolation,
    ) -> Result<(Vec<Record>, i64), Refusal> {
        if position < self.start || position > self.end {
            return Err(Refusal::OffsetOutOfRange);
        }
        let limit = self.limit(isolation);
        let mut records = Vec::new();
        let from = self.entries.partition_point(|entry| entry.offset < position);
        for entry in self.entries.range(from..) {
            if entry.offset >= limit {
                break;
            }
            if records.len() >= most {
                return Ok((records, entry.offset));
            }
            let Body::Data { key, value, headers, state } = &entry.body else { continue };
            if *state == RecordState::Aborted && isolation == Isolation::ReadCommitted {
                continue;
            }
            records.push(Record {
                topic: Arc::clone(topic),
                partition,
                offset: entry.offset,
                timestamp: entry.timestamp,
                key: key.clone(),
                value: value.clone(),
                headers: headers.clone(),
            });
        }
        Ok((records, limit.max(position)))
    }

    /// Compacts everything below the last stable offset, as the log cleaner does: aborted records go, of each key the last
    /// committed record stays. Returns how many records went.
    pub(super) fn compact(&mut self, tombstones: Tombstones) -> usize {
        let limit = self.last_stable_offset();
        let before = self.entries.len();
        let mut seen: BTreeSet<Bytes> = BTreeSet::new();
        let mut kept = VecDeque::with_capacity(before);
        while let Some(entry) = self.entries.pop_back() {
            let keep = match &entry.body {
                _ if entry.offset >= limit => true,
                Body::Marker => tombstones == Tombstones::Keep,
                Body::Data { state: RecordState::Aborted, .. } => false,
                Body::Data { key: None, .. } => true,
                Body::Data { key: Some(key), value, .. } => {
                    seen.insert(key.clone()) && (value.is_some() || tombstones == Tombstones::Keep)
                }
            };
            // A newer record above the limit may yet be aborted, so it never shadows an older one.
            if keep {
                kept.push_front(entry);
            }
        }
        self.entries = kept;
        before - self.entries.len()
    }

    /// Retention: everything before `offset` goes, but nothing at or after the last stable offset.
    pub(super) fn delete_before(&mut self, offset: i64) {
        self.start = self.start.max(offset.min(self.last_stable_offset()));
        while self.entries.front().is_some_and(|entry| entry.offset < self.start) {
            self.entries.pop_front();
        }
    }
}

/// What compaction does with deletions (and old markers).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tombstones {
    /// `delete.retention.ms` is not over.
    Keep,
    /// It is: a deleted key leaves no trace.
    Drop,
}
