//! The inbox of the load test, in memory: records with offsets, read as the group's feed is read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use events::codec;
use events::envelope::Envelope;
use events::payments::PaymentCommand;
use events::topics::PAYMENTS_INBOX;
use streams::feed::{FeedError, FeedEvent, FeedSource, Start};
use streams::partitioner::partition_for_key;
use streams::record::Record;
use tokio::sync::Notify;

/// Records in one batch.
const BATCH: usize = 256;

/// One topic. Cheap to clone; clones share everything.
#[derive(Clone)]
pub(super) struct Inbox(Arc<Inner>);

struct Inner {
    partitions: i32,
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    unread: BTreeMap<i32, VecDeque<Record>>,
    ends: BTreeMap<i32, i64>,
    committed: BTreeMap<i32, i64>,
}

/// A reader of the inbox.
pub(super) struct InboxSource {
    inbox: Inbox,
    is_assigned: bool,
}

impl Inbox {
    pub(super) fn new(partitions: i32) -> Self {
        Self(Arc::new(Inner { partitions, state: Mutex::default(), arrived: Notify::new() }))
    }

    /// Appends a command.
    pub(super) fn append(&self, command: &PaymentCommand) {
        let Ok((value, envelope)) = codec::encode(command, &Envelope::default()) else { return };
        let key = Bytes::from(command.order().to_string());
        let partition = partition_for_key(&key, self.0.partitions);
        let mut state = self.state();
        let end = state.ends.entry(partition).or_default();
        let offset = *end;
        *end += 1;
        let record = Record {
            topic: PAYMENTS_INBOX.name().into(),
            partition,
            offset,
            timestamp: 0,
            key: Some(key),
            value: Some(value.into()),
            headers: envelope.to_headers(),
        };
        state.unread.entry(partition).or_default().push_back(record);
        drop(state);
        self.0.arrived.notify_one();
    }

    pub(super) fn source(&self) -> InboxSource {
        InboxSource { inbox: self.clone(), is_assigned: false }
    }

    /// Records whose offsets are not committed.
    pub(super) fn unfinished(&self) -> u64 {
        let state = self.state();
        let open = |(partition, end): (&i32, &i64)| end - state.committed.get(partition).copied().unwrap_or(0);
        u64::try_from(state.ends.iter().map(open).sum::<i64>()).unwrap_or(u64::MAX)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn batch(&self) -> Option<FeedEvent> {
        let mut state = self.state();
        let (partition, waiting) = state.unread.iter_mut().max_by_key(|(_, waiting)| waiting.len())?;
        let count = waiting.len().min(BATCH);
        let records: Vec<Record> = waiting.drain(..count).collect();
        let (from, next) = (records.first()?.offset, records.last()?.offset + 1);
        Some(FeedEvent::Batch { partition: *partition, from, records, next })
    }
}

impl FeedSource for InboxSource {
    async fn next(&mut self) -> Option<Result<FeedEvent, FeedError>> {
        if !self.is_assigned {
            self.is_assigned = true;
            return Some(Ok(FeedEvent::Assigned((0..self.inbox.0.partitions).collect())));
        }
        loop {
            let arrived = self.inbox.0.arrived.notified();
            if let Some(batch) = self.inbox.batch() {
                return Some(Ok(batch));
            }
            arrived.await;
        }
    }

    fn begin(&self, _: i32, _: Start) {}

    fn commit(&self, partition: i32, next_offset: i64) {
        let mut state = self.inbox.state();
        let committed = state.committed.entry(partition).or_default();
        *committed = (*committed).max(next_offset);
    }
}
