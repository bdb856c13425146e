//! A log in memory and a feed that reads it, for tests of readers. It behaves as [`kafka::Feed`](crate::kafka::Feed): partitions are
//! assigned once, read from where the reader begins, and caught up at the end that the log had then.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::feed::{FeedError, FeedEvent, FeedSource, Start};
use crate::record::Record;

/// Partitions by number, each in order of offsets. Cheap to clone; clones share everything.
#[derive(Clone, Default)]
pub struct MemoryLog(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    partitions: BTreeMap<i32, Vec<Record>>,
    committed: BTreeMap<i32, i64>,
    errors: VecDeque<FeedError>,
}

impl Inner {
    fn end(&self, partition: i32) -> i64 {
        self.partitions.get(&partition).and_then(|records| records.last()).map_or(0, |last| last.offset + 1)
    }

    fn after(&self, partition: i32, position: i64, most: usize) -> Vec<Record> {
        let records = self.partitions.get(&partition).map_or(&[][..], Vec::as_slice);
        records.iter().filter(|record| record.offset >= position).take(most).cloned().collect()
    }
}

impl MemoryLog {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends records, each to its own partition and with its own offset.
    pub fn append(&self, records: Vec<Record>) {
        let mut inner = self.inner();
        for record in records {
            inner.partitions.entry(record.partition).or_default().push(record);
        }
    }

    /// Every record, partition by partition.
    #[must_use]
    pub fn all(&self) -> Vec<Record> {
        self.inner().partitions.values().flatten().cloned().collect()
    }

    /// The position that readers have committed, if any.
    #[must_use]
    pub fn committed(&self, partition: i32) -> Option<i64> {
        self.inner().committed.get(&partition).copied()
    }

    /// The feed that asks next gets this error and ends.
    pub fn fail(&self, error: FeedError) {
        self.inner().errors.push_back(error);
    }
}

/// How far a partition has been read.
struct Reading {
    position: i64,
    /// The end at the start, until it is reached.
    goal: Option<i64>,
}

/// Reads a [`MemoryLog`].
pub struct MemoryFeed {
    log: MemoryLog,
    queue: VecDeque<FeedEvent>,
    reading: Mutex<BTreeMap<i32, Reading>>,
    most: usize,
    has_ended: bool,
}

impl MemoryFeed {
    /// A feed that is assigned these partitions and returns `most` records at a time.
    #[must_use]
    pub fn of_group(log: &MemoryLog, partitions: &[i32], most: usize) -> Self {
        let queue = VecDeque::from([FeedEvent::Assigned(partitions.to_vec())]);
        Self { log: log.clone(), queue, reading: Mutex::default(), most, has_ended: false }
    }

    /// A feed of given partitions, without a group.
    #[must_use]
    pub fn of_partitions(log: &MemoryLog, starts: &[(i32, Start)], most: usize) -> Self {
        let feed = Self { queue: VecDeque::new(), ..Self::of_group(log, &[], most) };
        starts.iter().for_each(|(partition, start)| feed.begin(*partition, *start));
        feed
    }

    /// Queues what has come since the last call.
    fn collect(&mut self) {
        let inner = self.log.inner();
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        for (partition, reading) in reading.iter_mut() {
            let records = inner.after(*partition, reading.position, self.most);
            if let Some(last) = records.last() {
                let (from, next) = (reading.position, last.offset + 1);
                reading.position = next;
                self.queue.push_back(FeedEvent::Batch { partition: *partition, from, records, next });
            }
            if reading.goal.take_if(|goal| *goal <= reading.position).is_some() {
                self.queue.push_back(FeedEvent::CaughtUp(*partition));
            }
        }
    }
}

impl FeedSource for MemoryFeed {
    async fn next(&mut self) -> Option<Result<FeedEvent, FeedError>> {
        if self.has_ended {
            return None;
        }
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(Ok(event));
            }
            let error = self.log.inner().errors.pop_front();
            if let Some(error) = error {
                self.has_ended = true;
                return Some(Err(error));
            }
            self.collect();
            if self.queue.is_empty() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    fn begin(&self, partition: i32, start: Start) {
        let inner = self.log.inner();
        let position = match start {
            Start::Beginning => 0,
            Start::Committed => inner.committed.get(&partition).copied().unwrap_or(0),
            Start::End => inner.end(partition),
            Start::Offset(offset) => offset,
        };
        let goal = Some(inner.end(partition));
        self.reading.lock().unwrap_or_else(PoisonError::into_inner).insert(partition, Reading { position, goal });
    }

    fn commit(&self, partition: i32, next_offset: i64) {
        self.log.inner().committed.insert(partition, next_offset);
    }
}
