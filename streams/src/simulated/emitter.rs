//! An emitter that writes into memory, for tests of code that emits: it can be full, refuse, answer "unknown", or hold its
//! acknowledgements back. Only the test reads what it keeps.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::emitter::{Acknowledger, Delivery, EmitError, Emitter, Placed, delivery};
use crate::partitioner::partition_for_key;
use crate::record::Outgoing;

/// How a [`MemoryEmitter`] treats the next records.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Emission {
    /// Kept and acknowledged at once.
    #[default]
    Acknowledged,
    /// Kept; the acknowledgement waits for [`MemoryEmitter::release`].
    Held,
    /// The queue is full.
    Full,
    /// Refused for this reason; not kept.
    Refused(String),
    /// Kept, but the answer is "unknown".
    UnknownAndKept,
    /// Not kept, and the answer is "unknown".
    UnknownAndLost,
}

/// Keeps what is emitted. Cheap to clone; clones share everything.
#[derive(Clone, Default)]
pub struct MemoryEmitter(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    mode: Emission,
    partitions: i32,
    pressure: f64,
    kept: Vec<Outgoing>,
    ends: BTreeMap<(Arc<str>, i32), i64>,
    held: Vec<(Acknowledger, Placed)>,
}

impl MemoryEmitter {
    /// An emitter whose topics all have this many partitions.
    #[must_use]
    pub fn new(partitions: i32) -> Self {
        let emitter = Self::default();
        emitter.inner().partitions = partitions;
        emitter
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Treats what is emitted from now on like this.
    pub fn set(&self, emission: Emission) {
        self.inner().mode = emission;
    }

    /// What [`Emitter::pressure`] answers from now on.
    pub fn set_pressure(&self, pressure: f64) {
        self.inner().pressure = pressure;
    }

    /// Everything that is "in the log", in order.
    #[must_use]
    pub fn emitted(&self) -> Vec<Outgoing> {
        self.inner().kept.clone()
    }

    /// How many acknowledgements are held back.
    #[must_use]
    pub fn held(&self) -> usize {
        self.inner().held.len()
    }

    /// Gives every acknowledgement that was held back; returns how many.
    pub fn release(&self) -> usize {
        let held = std::mem::take(&mut self.inner().held);
        let count = held.len();
        for (acknowledger, placed) in held {
            acknowledger.resolve(Ok(placed));
        }
        count
    }
}

impl Inner {
    fn keep(&mut self, outgoing: Outgoing) -> Placed {
        let partitions = self.partitions.max(1);
        let by_key = outgoing.key.as_ref().map_or(0, |key| partition_for_key(key, partitions));
        let partition = outgoing.partition.unwrap_or(by_key);
        let end = self.ends.entry((Arc::clone(&outgoing.topic), partition)).or_default();
        let offset = *end;
        *end += 1;
        self.kept.push(outgoing);
        Placed { partition, offset }
    }
}

impl Emitter for MemoryEmitter {
    fn emit(&self, outgoing: Outgoing) -> Result<Delivery, EmitError> {
        let mut inner = self.inner();
        let (acknowledger, delivery) = delivery();
        match inner.mode.clone() {
            Emission::Acknowledged => {
                let placed = inner.keep(outgoing);
                acknowledger.resolve(Ok(placed));
            }
            Emission::Held => {
                let placed = inner.keep(outgoing);
                inner.held.push((acknowledger, placed));
            }
            Emission::Full => return Err(EmitError::Full),
            Emission::Refused(reason) => acknowledger.resolve(Err(EmitError::Refused(reason))),
            Emission::UnknownAndKept => {
                inner.keep(outgoing);
                acknowledger.resolve(Err(EmitError::Unknown("no acknowledgement in time".into())));
            }
            Emission::UnknownAndLost => {
                acknowledger.resolve(Err(EmitError::Unknown("no acknowledgement in time".into())));
            }
        }
        Ok(delivery)
    }

    fn pressure(&self) -> f64 {
        self.inner().pressure
    }
}
