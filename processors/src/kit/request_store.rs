//! Requests in a store of their own, a row each, found by their id: where a partition may get many of them. Accepted requests are
//! kept for the whole retry window and bounded by refusing new ones; of the refused the newest are kept, for a retry window at most.
//!
//! ```text
//! refused   accepted
//! 'r'       'R'       <request id>   place, request, fingerprint, time, answer
//! 's'       'S'       <place>        request id
//! 'q'       'Q'                      the queue's first place, and the place after its last
//! ```

use std::marker::PhantomData;

use events::ids::RequestId;
use events::request::Fingerprint;
use events::time::Timestamp;
use streams::processor::{Context, StoreId, Timer};
use streams::table::Table as StreamsTable;

use super::field::Field;
use super::requests::{Answer, Remembered, Requests, Seen, Standing};
use super::row::{Corrupt, Reader, Writer};
use super::table::{Table, TableKey};
use crate::policy;

/// The version of the rows and of the timer's key.
const VERSION: u8 = 1;

/// The table of a request store: it has rows of three kinds, and reads them itself.
pub(crate) type RequestTable = StreamsTable<Vec<u8>, Vec<u8>>;

/// A table in which former builds kept the requests about `K` in one row.
pub(crate) type FormerRequests<K> = Table<K, Vec<u8>>;

/// A processor's memory of requests: its store, the kind of the timer that lets it forget, and how many it keeps.
#[derive(Debug)]
pub(crate) struct RequestStore<A> {
    store: StoreId,
    timer_kind: u8,
    refused: Queue,
    accepted: Queue,
    answer: PhantomData<fn() -> A>,
}

/// One of the two queues in the store: the first bytes of its keys, and how many requests it keeps.
#[derive(Clone, Copy, Debug)]
struct Queue {
    row: u8,
    place: u8,
    ends: u8,
    capacity: u64,
}

impl<A> RequestStore<A> {
    /// A memory of so many requests, in this table, with a timer of this kind.
    pub(crate) const fn new(table: RequestTable, timer_kind: u8, refused: u64, accepted: u64) -> Self {
        Self {
            store: table.id(),
            timer_kind,
            refused: Queue { row: b'r', place: b's', ends: b'q', capacity: refused },
            accepted: Queue { row: b'R', place: b'S', ends: b'Q', capacity: accepted },
            answer: PhantomData,
        }
    }
}

impl<A: Answer + Field> RequestStore<A> {
    /// The request of this id, if it is remembered.
    pub(crate) fn find(&self, context: &dyn Context, request: RequestId) -> Result<Option<Remembered<A>>, Corrupt> {
        for queue in [self.refused, self.accepted] {
            if queue.capacity > 0
                && let Some(row) = context.get(self.store, &queue.row_key(request))
            {
                return Ok(Some(read_row(row)?.0));
            }
        }
        Ok(None)
    }

    /// The request of this id, if it is remembered here or in the list that former builds kept under this key. A list is forgotten
    /// once all of it is older than the retry window.
    pub(crate) fn find_also_in<K: TableKey>(
        &self,
        list: &FormerRequests<K>,
        key: &K,
        context: &mut dyn Context,
        request: RequestId,
        now: Timestamp,
    ) -> Result<Option<Remembered<A>>, Corrupt> {
        if let Some(known) = self.find(context, request)? {
            return Ok(Some(known));
        }
        let key = key.bytes();
        let Some(row) = context.get(list.id(), &key) else { return Ok(None) };
        let mut row = Reader::new(row, VERSION)?;
        let Requests::<A>(mut known) = Field::read(&mut row)?;
        row.finish()?;
        if known.iter().all(|known| known.is_old(now)) {
            context.delete(list.id(), &key);
            return Ok(None);
        }
        Ok(known.iter().position(|known| known.request == request).map(|place| known.swap_remove(place)))
    }

    /// What is known of a request.
    pub(crate) fn recall(
        &self,
        context: &dyn Context,
        request: RequestId,
        fingerprint: Fingerprint,
    ) -> Result<Option<Seen<Remembered<A>>>, Corrupt> {
        Ok(self.find(context, request)?.map(|known| known.seen(fingerprint)))
    }

    /// Whether one more request can be remembered if it is accepted.
    pub(crate) fn has_room(&self, context: &dyn Context) -> Result<bool, Corrupt> {
        let (first, next) = self.ends(context, self.accepted)?;
        Ok(next - first < self.accepted.capacity)
    }

    /// Remembers a decided request. Beyond the capacity the oldest refused one is forgotten before its time; before a
    /// request is accepted, [`Self::has_room`] is checked.
    pub(crate) fn remember(&self, context: &mut dyn Context, known: &Remembered<A>) -> Result<(), Corrupt> {
        let refused = known.answer.standing() == Standing::Refused;
        let queue = if refused { self.refused } else { self.accepted };
        let (mut first, next) = self.ends(context, queue)?;
        if refused && next - first >= queue.capacity {
            self.drop_at(context, queue, first);
            first += 1;
        }
        if first == next {
            context.schedule(self.timer(known.at.plus_millis(policy::RETRY_WINDOW_MS)));
        }
        context.put(self.store, &queue.row_key(known.request), &write_row(known, next));
        context.put(self.store, &queue.place_key(next), known.request.as_bytes());
        self.put_ends(context, queue, first, next + 1);
        Ok(())
    }

    /// Forgets requests that are old, some at a time, and sets a timer for the rest.
    pub(crate) fn forget(&self, context: &mut dyn Context, now: Timestamp) -> Result<(), Corrupt> {
        self.forget_in(context, self.refused, now)?;
        self.forget_in(context, self.accepted, now)
    }

    fn forget_in(&self, context: &mut dyn Context, queue: Queue, now: Timestamp) -> Result<(), Corrupt> {
        let (mut first, next) = self.ends(context, queue)?;
        if first == next {
            return Ok(());
        }
        let round = first.saturating_add(policy::ROWS_PER_ROUND as u64).min(next);
        let mut wake = None;
        while first < next {
            let oldest = self.at(context, queue, first)?;
            if oldest.as_ref().is_some_and(|oldest| !oldest.is_old(now)) || first == round {
                wake = oldest.map(|oldest| oldest.at.plus_millis(policy::RETRY_WINDOW_MS));
                break;
            }
            self.drop_at(context, queue, first);
            first += 1;
        }
        self.put_ends(context, queue, first, next);
        if let Some(deadline) = wake {
            context.schedule(self.timer(deadline.max(now.plus_millis(policy::ROUND_PAUSE_MS))));
        }
        Ok(())
    }

    fn timer(&self, deadline: Timestamp) -> Timer {
        Timer { deadline: deadline.as_millis(), kind: self.timer_kind, key: vec![VERSION] }
    }

    fn at(&self, context: &dyn Context, queue: Queue, place: u64) -> Result<Option<Remembered<A>>, Corrupt> {
        let Some(request) = context.get(self.store, &queue.place_key(place)) else { return Ok(None) };
        let request = <[u8; 16]>::try_from(request).map_err(|_| Corrupt::Length)?;
        let row = context.get(self.store, &queue.row_key(RequestId::from_bytes(request)));
        row.map(|row| Ok(read_row(row)?.0)).transpose()
    }

    fn drop_at(&self, context: &mut dyn Context, queue: Queue, place: u64) {
        let key = queue.place_key(place);
        if let Some(request) = context.get(self.store, &key).and_then(|row| <[u8; 16]>::try_from(row).ok()) {
            context.delete(self.store, &queue.row_key(RequestId::from_bytes(request)));
        }
        context.delete(self.store, &key);
    }

    /// The queue's first place, and the place after its last.
    fn ends(&self, context: &dyn Context, queue: Queue) -> Result<(u64, u64), Corrupt> {
        let Some(row) = context.get(self.store, &[queue.ends]) else { return Ok((0, 0)) };
        let mut row = Reader::new(row, VERSION)?;
        let ends = (row.number()?, row.number()?);
        if ends.0 > ends.1 { Err(Corrupt::Field("queue")) } else { Ok(ends) }
    }

    fn put_ends(&self, context: &mut dyn Context, queue: Queue, first: u64, next: u64) {
        let mut row = Writer::new(VERSION, 20);
        row.number(first);
        row.number(next);
        context.put(self.store, &[queue.ends], &row.finish());
    }
}

impl Queue {
    fn row_key(self, request: RequestId) -> [u8; 17] {
        let mut key = [self.row; 17];
        if let Some(rest) = key.last_chunk_mut() {
            *rest = *request.as_bytes();
        }
        key
    }

    fn place_key(self, place: u64) -> [u8; 9] {
        let mut key = [self.place; 9];
        if let Some(rest) = key.last_chunk_mut() {
            *rest = place.to_be_bytes();
        }
        key
    }
}

/// A request's row, with its place in the queue.
fn write_row<A: Field>(known: &Remembered<A>, place: u64) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 64);
    row.number(place);
    known.write(&mut row);
    row.finish()
}

fn read_row<A: Field>(bytes: &[u8]) -> Result<(Remembered<A>, u64), Corrupt> {
    let mut row = Reader::new(bytes, VERSION)?;
    let place = row.number()?;
    let known = Field::read(&mut row)?;
    row.finish()?;
    Ok((known, place))
}

#[cfg(test)]
#[path = "request_store_tests.rs"]
mod tests;
