//! What a feed has fetched and its reader has not handled: a reader without a group is invisible from outside, so it shows this itself.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use crate::record::Record;

/// What waits in a feed, by partition. Locked once a batch, and by whoever looks.
#[derive(Debug, Default)]
pub struct Backlog(Mutex<BTreeMap<i32, Waiting>>);

/// What waits of one partition.
#[derive(Debug)]
struct Waiting {
    /// Timestamps of the first and the last record of each batch that was fetched and not handled.
    batches: VecDeque<(i64, i64)>,
    /// The timestamp of the last record handled.
    handled: Option<i64>,
    is_catching_up: bool,
}

impl Backlog {
    /// Of each partition the timestamp, in milliseconds since 1970, of the oldest record that was fetched and not handled; while the
    /// reader is catching up and waits for more, of the last record that it handled. None when everything that was fetched is
    /// handled. A batch counts as handled when the reader asks for the next event.
    #[must_use]
    pub fn oldest(&self) -> Vec<(i32, Option<i64>)> {
        let partitions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = |waiting: &Waiting| match waiting.batches.front() {
            Some((first, _)) => Some(*first),
            None => waiting.handled.filter(|_| waiting.is_catching_up),
        };
        partitions.iter().map(|(partition, waiting)| (*partition, oldest(waiting))).collect()
    }

    /// A partition is read from now on.
    pub(crate) fn begin(&self, partition: i32) {
        let waiting = Waiting { batches: VecDeque::new(), handled: None, is_catching_up: true };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(partition, waiting);
    }

    /// A partition is not read any more.
    pub(crate) fn forget(&self, partition: i32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&partition);
    }

    /// A batch of these records, of which there is at least one, was fetched.
    pub(crate) fn fetched(&self, partition: i32, records: &[Record]) {
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return };
        self.change(partition, |waiting| waiting.batches.push_back((first.timestamp, last.timestamp)));
    }

    /// The oldest batch with records was handled.
    pub(crate) fn handled(&self, partition: i32) {
        self.change(partition, |waiting| {
            waiting.handled = waiting.batches.pop_front().map(|(_, last)| last).or(waiting.handled);
        });
    }

    /// Everything up to the end at the start of the reading was handed over.
    pub(crate) fn caught_up(&self, partition: i32) {
        self.change(partition, |waiting| waiting.is_catching_up = false);
    }

    fn change(&self, partition: i32, change: impl FnOnce(&mut Waiting)) {
        let mut partitions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = partitions.get_mut(&partition) {
            change(waiting);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Backlog;
    use crate::record::Record;

    fn record(timestamp: i64) -> Record {
        Record { topic: "t".into(), partition: 0, offset: 0, timestamp, key: None, value: None, headers: Vec::new() }
    }

    #[test]
    fn the_oldest_record_is_the_first_of_the_first_batch_that_is_not_handled() {
        let backlog = Backlog::default();
        backlog.begin(3);
        assert_eq!(backlog.oldest(), [(3, None)], "nothing was fetched");
        backlog.fetched(3, &[record(10), record(11)]);
        backlog.fetched(3, &[record(12)]);
        assert_eq!(backlog.oldest(), [(3, Some(10))]);
        backlog.handled(3);
        assert_eq!(backlog.oldest(), [(3, Some(12))]);
        backlog.handled(3);
        assert_eq!(backlog.oldest(), [(3, Some(12))], "it is catching up: more waits at the broker");
        backlog.caught_up(3);
        assert_eq!(backlog.oldest(), [(3, None)]);
        backlog.fetched(3, &[record(13)]);
        assert_eq!(backlog.oldest(), [(3, Some(13))]);
    }

    #[test]
    fn a_partition_that_is_not_read_is_not_shown() {
        let backlog = Backlog::default();
        backlog.begin(0);
        backlog.fetched(0, &[record(1)]);
        backlog.forget(0);
        backlog.fetched(0, &[record(2)]);
        assert!(backlog.oldest().is_empty());
    }
}
