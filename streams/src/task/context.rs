//! What a processor sees of its task.

use std::cell::Cell;
use std::sync::Arc;

use super::timers::Timers;
use crate::processor::{Context, StoreId, Timer};
use crate::record::Outgoing;
use crate::store::Stores;
use crate::topology::Topology;

/// A task as its processor sees it, for the length of one record or timer.
pub(super) struct TaskContext<'a> {
    pub(super) topology: &'a Topology,
    pub(super) partition: i32,
    pub(super) log_time: i64,
    pub(super) record_bytes: usize,
    pub(super) stores: &'a mut Stores,
    pub(super) timers: &'a mut Timers,
    pub(super) outputs: &'a mut Vec<Outgoing>,
    pub(super) fault: Cell<Option<Fault>>,
}

/// What a processor did that its runtime cannot carry out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// It named a store that the topology does not have.
    UndeclaredStore(StoreId),
    /// It wrote to a topic that the topology does not declare.
    UndeclaredSink,
    /// It wrote more into one record than a record may hold: this record's doing, not the program's.
    TooLarge(usize),
}

impl TaskContext<'_> {
    fn declared(&self, store: StoreId) -> bool {
        let declared = self.topology.has_store(store);
        if !declared {
            self.blame(Fault::UndeclaredStore(store));
        }
        declared
    }

    fn blame(&self, fault: Fault) {
        self.fault.set(self.fault.get().or(Some(fault)));
    }

    fn fits(&self, bytes: usize) -> bool {
        let fits = bytes <= self.record_bytes;
        if !fits {
            self.blame(Fault::TooLarge(bytes));
        }
        fits
    }
}

impl Context for TaskContext<'_> {
    fn log_time(&self) -> i64 {
        self.log_time
    }

    fn partition(&self) -> i32 {
        self.partition
    }

    fn get(&self, store: StoreId, key: &[u8]) -> Option<&[u8]> {
        if self.declared(store) { self.stores.get(usize::from(store.0), key) } else { None }
    }

    fn put(&mut self, store: StoreId, key: &[u8], value: &[u8]) {
        if self.declared(store) && self.fits(key.len() + value.len()) {
            self.stores.put(usize::from(store.0), key, value);
        }
    }

    fn delete(&mut self, store: StoreId, key: &[u8]) {
        if self.declared(store) {
            self.stores.delete(usize::from(store.0), key);
        }
    }

    fn scan(&self, store: StoreId, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        if self.declared(store) { self.stores.scan(usize::from(store.0), prefix, after, limit) } else { Vec::new() }
    }

    fn topic(&self, name: &str) -> Arc<str> {
        self.topology.sinks().get(name).cloned().unwrap_or_else(|| name.into())
    }

    fn forward(&mut self, outgoing: Outgoing) {
        if !self.topology.sinks().contains(&outgoing.topic) {
            self.blame(Fault::UndeclaredSink);
        } else if self.fits(size(&outgoing)) {
            self.outputs.push(outgoing);
        }
    }

    fn schedule(&mut self, timer: Timer) {
        if self.fits(timer.key.len()) {
            self.timers.schedule(self.stores, &timer);
        }
    }

    fn cancel(&mut self, timer: &Timer) {
        self.timers.cancel(self.stores, timer);
    }
}

/// Bytes of a record on its way out: key, value and headers.
pub(crate) fn size(outgoing: &Outgoing) -> usize {
    let headers: usize = outgoing.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    outgoing.key.as_ref().map_or(0, bytes::Bytes::len) + outgoing.value.as_ref().map_or(0, bytes::Bytes::len) + headers
}
