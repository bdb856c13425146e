//! Timers are entries of a store of the runtime's own, ordered by when they are due: deadline, kind, key.

use std::ops::Bound;

use crate::processor::Timer;
use crate::store::{Slot, Stores};

/// Finds the next timer without walking over those that the open transaction has already fired.
#[derive(Debug)]
pub(super) struct Timers {
    slot: Slot,
    /// Whatever sorts before this has fired or was cancelled. Nothing means: look from the beginning.
    floor: Option<Vec<u8>>,
    next: Next,
}

/// What is known of the earliest timer.
#[derive(Debug)]
enum Next {
    Unknown,
    None,
    At(i64),
}

impl Timers {
    pub(super) fn new(slot: Slot) -> Self {
        Self { slot, floor: None, next: Next::Unknown }
    }

    /// The deadline of the earliest timer.
    pub(super) fn next_deadline(&mut self, stores: &Stores) -> Option<i64> {
        if matches!(self.next, Next::Unknown) {
            self.next = self.earliest(stores).map_or(Next::None, |timer| Next::At(timer.deadline));
        }
        match self.next {
            Next::At(deadline) => Some(deadline),
            Next::Unknown | Next::None => None,
        }
    }

    fn earliest(&self, stores: &Stores) -> Option<Timer> {
        let from = self.floor.as_deref().map_or(Bound::Unbounded, Bound::Included);
        let (key, _) = stores.range_from(self.slot, from).next()?;
        decode(&key)
    }

    /// Takes the earliest timer out if its deadline has come.
    pub(super) fn take_due(&mut self, stores: &mut Stores, log_time: i64) -> Option<Timer> {
        if self.next_deadline(stores)? > log_time {
            return None;
        }
        let timer = self.earliest(stores)?;
        let key = encode(&timer);
        stores.delete(self.slot, &key);
        self.floor = Some(key);
        self.next = Next::Unknown;
        Some(timer)
    }

    pub(super) fn schedule(&mut self, stores: &mut Stores, timer: &Timer) {
        let key = encode(timer);
        stores.put(self.slot, &key, &[]);
        if self.floor.as_ref().is_some_and(|floor| key < *floor) {
            self.floor = Some(key);
        }
        match self.next {
            Next::At(deadline) if deadline <= timer.deadline => {}
            Next::Unknown => {}
            Next::At(_) | Next::None => self.next = Next::At(timer.deadline),
        }
    }

    pub(super) fn cancel(&mut self, stores: &mut Stores, timer: &Timer) {
        let key = encode(timer);
        if stores.get(self.slot, &key).is_some() {
            stores.delete(self.slot, &key);
            self.next = Next::Unknown;
        }
    }

    /// The overlay went back behind what is known here.
    pub(super) fn forget(&mut self) {
        self.floor = None;
        self.next = Next::Unknown;
    }
}

/// The key of a timer: bytes that sort as timers do.
pub(super) fn encode(timer: &Timer) -> Vec<u8> {
    let mut key = Vec::with_capacity(9 + timer.key.len());
    key.extend_from_slice(&(timer.deadline.cast_unsigned() ^ (1 << 63)).to_be_bytes());
    key.push(timer.kind);
    key.extend_from_slice(&timer.key);
    key
}

/// The timer of a key; nothing if the key is too short to be one.
pub(super) fn decode(bytes: &[u8]) -> Option<Timer> {
    let (deadline, rest) = bytes.split_first_chunk::<8>()?;
    let (kind, key) = rest.split_first()?;
    let deadline = (u64::from_be_bytes(*deadline) ^ (1 << 63)).cast_signed();
    Some(Timer { deadline, kind: *kind, key: key.to_vec() })
}

#[cfg(test)]
#[path = "timers_tests.rs"]
mod tests;
