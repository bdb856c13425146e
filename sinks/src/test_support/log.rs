//! A log in memory, and an inlet that reads it as a group's feed would: assigned once, begun where told, told when caught up.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use streams::feed::{FeedEvent, Start};
use streams::kafka::FeedError;
use streams::record::Record;

use crate::inlet::Inlet;

/// Partitions by number, each in order of offsets.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<BTreeMap<i32, Vec<Record>>>>);

impl Log {
    pub(crate) fn append(&self, records: Vec<Record>) {
        let mut log = self.0.lock().unwrap();
        for record in records {
            log.entry(record.partition).or_default().push(record);
        }
    }

    pub(crate) fn all(&self) -> Vec<Record> {
        self.0.lock().unwrap().values().flatten().cloned().collect()
    }

    fn end(&self, partition: i32) -> i64 {
        self.0.lock().unwrap().get(&partition).and_then(|records| records.last()).map_or(0, |last| last.offset + 1)
    }

    fn after(&self, partition: i32, position: i64, most: usize) -> Vec<Record> {
        let log = self.0.lock().unwrap();
        let records = log.get(&partition).map_or(&[][..], Vec::as_slice);
        records.iter().filter(|record| record.offset >= position).take(most).cloned().collect()
    }
}

struct Reading {
    position: i64,
    goal: Option<i64>,
}

/// Reads a [`Log`].
pub(crate) struct LogInlet {
    log: Log,
    queue: VecDeque<FeedEvent>,
    reading: Mutex<BTreeMap<i32, Reading>>,
    most: usize,
}

impl LogInlet {
    /// An inlet that is assigned these partitions and hands out at most `most` records at a time.
    pub(crate) fn new(log: &Log, partitions: &[i32], most: usize) -> Self {
        let queue = VecDeque::from([FeedEvent::Assigned(partitions.to_vec())]);
        Self { log: log.clone(), queue, reading: Mutex::default(), most }
    }
}

impl Inlet for LogInlet {
    async fn next(&mut self) -> Option<Result<FeedEvent, FeedError>> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(Ok(event));
            }
            for (partition, reading) in self.reading.lock().unwrap().iter_mut() {
                let records = self.log.after(*partition, reading.position, self.most);
                if let Some(last) = records.last() {
                    let (from, next) = (reading.position, last.offset + 1);
                    reading.position = next;
                    self.queue.push_back(FeedEvent::Batch { partition: *partition, from, records, next });
                }
                if reading.goal.take_if(|goal| *goal <= reading.position).is_some() {
                    self.queue.push_back(FeedEvent::CaughtUp(*partition));
                }
            }
            if self.queue.is_empty() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    fn begin(&self, partition: i32, start: Start) {
        let position = match start {
            Start::Beginning | Start::Committed => 0,
            Start::End => self.log.end(partition),
            Start::Offset(offset) => offset,
        };
        let goal = Some(self.log.end(partition));
        self.reading.lock().unwrap().insert(partition, Reading { position, goal });
    }

    fn commit(&self, _partition: i32, _next_offset: i64) {}
}
