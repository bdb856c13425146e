//! Requests that were refused where there is nothing to remember them with: no campaign, no product, no hold. The newest of a
//! partition are kept in a queue, each for a retry window, so that a repeat is recognised.
//!
//! ```text
//! 'r' <request id>   place, request, fingerprint, time, reason
//! 's' <place>        request id
//! 'q'                the queue's first place, and the place after its last
//! ```

use events::ids::RequestId;
use events::request::Fingerprint;
use events::time::Timestamp;
use streams::processor::{Context, StoreId, Timer};

use crate::bytes::{Reader, RowError, Writer};
use crate::policy;

const QUEUE: &[u8] = b"q";
/// The version of the rows and of the timer's key.
const VERSION: u8 = 1;

/// A refused request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stranger {
    pub(crate) request: RequestId,
    pub(crate) fingerprint: Fingerprint,
    /// When it was refused.
    pub(crate) at: Timestamp,
    /// Why, in the processor's own numbers.
    pub(crate) reason: u8,
}

/// A processor's memory of strangers: the store that holds it, the kind of the timer that lets it forget, and how many it keeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strangers {
    pub(crate) store: StoreId,
    pub(crate) timer_kind: u8,
    pub(crate) capacity: u64,
}

impl Strangers {
    /// The request, if it is remembered.
    pub(crate) fn find(&self, context: &dyn Context, request: RequestId) -> Result<Option<Stranger>, RowError> {
        match context.get(self.store, &stranger_key(request)) {
            Some(row) => Ok(Some(read_stranger(row)?.0)),
            None => Ok(None),
        }
    }

    /// Remembers a request. Beyond the capacity the oldest is forgotten before its time.
    pub(crate) fn remember(&self, context: &mut dyn Context, stranger: &Stranger) -> Result<(), RowError> {
        let (mut first, next) = self.queue(context)?;
        if next - first >= self.capacity {
            self.drop_at(context, first);
            first += 1;
        }
        if first == next {
            context.schedule(self.timer(stranger.at.plus_millis(policy::RETRY_WINDOW_MS)));
        }
        context.put(self.store, &stranger_key(stranger.request), &write_stranger(stranger, next));
        context.put(self.store, &place_key(next), stranger.request.as_bytes());
        self.put_queue(context, first, next + 1);
        Ok(())
    }

    /// Forgets those that are old, some at a time, and asks to be woken for the rest.
    pub(crate) fn forget(&self, context: &mut dyn Context, now: Timestamp) -> Result<(), RowError> {
        let (mut first, next) = self.queue(context)?;
        let round = first.saturating_add(policy::ACCOUNTS_PER_SWEEP as u64).min(next);
        let mut wake = None;
        while first < next {
            let oldest = self.at(context, first)?;
            let end = |stranger: Stranger| stranger.at.plus_millis(policy::RETRY_WINDOW_MS);
            if oldest.is_some_and(|oldest| end(oldest) > now) || first == round {
                wake = oldest.map(end);
                break;
            }
            self.drop_at(context, first);
            first += 1;
        }
        self.put_queue(context, first, next);
        if let Some(deadline) = wake {
            context.schedule(self.timer(deadline.max(now.plus_millis(policy::SWEEP_PAUSE_MS))));
        }
        Ok(())
    }

    fn timer(&self, deadline: Timestamp) -> Timer {
        Timer { deadline: deadline.as_millis(), kind: self.timer_kind, key: vec![VERSION] }
    }

    fn at(&self, context: &dyn Context, place: u64) -> Result<Option<Stranger>, RowError> {
        let Some(request) = context.get(self.store, &place_key(place)) else { return Ok(None) };
        let request = <[u8; 16]>::try_from(request).map_err(|_| RowError::Length)?;
        self.find(context, RequestId::from_bytes(request))
    }

    fn drop_at(&self, context: &mut dyn Context, place: u64) {
        let key = place_key(place);
        if let Some(request) = context.get(self.store, &key).and_then(|row| <[u8; 16]>::try_from(row).ok()) {
            context.delete(self.store, &stranger_key(RequestId::from_bytes(request)));
        }
        context.delete(self.store, &key);
    }

    /// The queue's first place, and the place after its last.
    fn queue(&self, context: &dyn Context) -> Result<(u64, u64), RowError> {
        let Some(row) = context.get(self.store, QUEUE) else { return Ok((0, 0)) };
        let mut row = Reader::new(row, VERSION)?;
        let ends = (row.number()?, row.number()?);
        if ends.0 > ends.1 { Err(RowError::Field("queue")) } else { Ok(ends) }
    }

    fn put_queue(&self, context: &mut dyn Context, first: u64, next: u64) {
        let mut row = Writer::new(VERSION, 20);
        row.number(first);
        row.number(next);
        context.put(self.store, QUEUE, &row.finish());
    }
}

fn stranger_key(request: RequestId) -> Vec<u8> {
    [b"r".as_slice(), request.as_bytes()].concat()
}

fn place_key(place: u64) -> Vec<u8> {
    [b"s".as_slice(), &place.to_be_bytes()].concat()
}

/// A stranger's row, with its place in the queue.
fn write_stranger(stranger: &Stranger, place: u64) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 48);
    row.number(place);
    row.fixed(stranger.request.as_bytes());
    row.fixed(&stranger.fingerprint.as_u64().to_le_bytes());
    row.signed(stranger.at.as_millis());
    row.byte(stranger.reason);
    row.finish()
}

fn read_stranger(bytes: &[u8]) -> Result<(Stranger, u64), RowError> {
    let mut row = Reader::new(bytes, VERSION)?;
    let place = row.number()?;
    let stranger = Stranger {
        request: RequestId::from_bytes(row.fixed()?),
        fingerprint: Fingerprint::from_u64(u64::from_le_bytes(row.fixed()?)),
        at: Timestamp::from_millis(row.signed()?),
        reason: row.byte()?,
    };
    row.finish()?;
    Ok((stranger, place))
}

#[cfg(test)]
#[path = "strangers_tests.rs"]
mod tests;
