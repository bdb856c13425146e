//! All stores of one task: bases, overlay, savepoint.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

use super::{Base, Digests};

/// A store's place among the stores of its task: the topology's stores first, the runtime's timers last.
pub(crate) type Slot = usize;

/// What the open transaction has done to one store: nothing stands for a deletion.
type Writes = BTreeMap<Arc<[u8]>, Option<Box<[u8]>>>;

/// The stores of one task.
#[derive(Debug)]
pub(crate) struct Stores {
    bases: Vec<Base>,
    overlay: Vec<Writes>,
    undo: Vec<Undo>,
    overlay_bytes: usize,
}

/// The overlay's entry of a key before the current record wrote to it; none if it had none.
#[derive(Debug)]
struct Undo {
    slot: Slot,
    key: Arc<[u8]>,
    before: Option<Option<Box<[u8]>>>,
}

/// What tells a store's entries apart in a digest. The last store's does not change when others are appended before it.
fn place(slot: Slot, count: usize) -> u64 {
    if slot + 1 == count { u64::MAX } else { u64::try_from(slot).unwrap_or(u64::MAX) }
}

impl Stores {
    /// Empty stores.
    pub(crate) fn new(count: usize) -> Self {
        Self {
            bases: (0..count).map(|slot| Base::new(place(slot, count))).collect(),
            overlay: (0..count).map(|_| Writes::new()).collect(),
            undo: Vec::new(),
            overlay_bytes: 0,
        }
    }

    /// Reads a key: the overlay first, then the base.
    pub(crate) fn get(&self, slot: Slot, key: &[u8]) -> Option<&[u8]> {
        match self.overlay.get(slot)?.get(key) {
            Some(written) => written.as_deref(),
            None => self.bases.get(slot)?.get(key),
        }
    }

    /// Writes a key in the overlay.
    pub(crate) fn put(&mut self, slot: Slot, key: &[u8], value: &[u8]) {
        self.write(slot, key, Some(value.into()));
    }

    /// Deletes a key in the overlay.
    pub(crate) fn delete(&mut self, slot: Slot, key: &[u8]) {
        self.write(slot, key, None);
    }

    fn write(&mut self, slot: Slot, key: &[u8], value: Option<Box<[u8]>>) {
        let Some(writes) = self.overlay.get_mut(slot) else { return };
        self.overlay_bytes += key.len() + value.as_ref().map_or(0, |value| value.len());
        let key: Arc<[u8]> = key.into();
        let before = writes.insert(Arc::clone(&key), value);
        self.undo.push(Undo { slot, key, before });
    }

    /// Keys with the prefix that sort after `after`, in order, `limit` at most, as the overlay and the base together have them.
    pub(crate) fn scan(
        &self,
        slot: Slot,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Vec<(Vec<u8>, Vec<u8>)> {
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        self.range_from(slot, from)
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, value)| (key, value.to_vec()))
            .collect()
    }

    /// Live entries from a bound on, in order.
    pub(crate) fn range_from<'a>(
        &'a self,
        slot: Slot,
        from: Bound<&'a [u8]>,
    ) -> impl Iterator<Item = (Vec<u8>, &'a [u8])> + 'a {
        let over = self.overlay.get(slot).map(|writes| writes.range::<[u8], _>((from, Bound::Unbounded)));
        let under = self.bases.get(slot).map(|base| base.range_from(from));
        Merge { over: over.into_iter().flatten().peekable(), under: under.into_iter().flatten().peekable() }
    }

    /// The current record has been handled: its writes stay in the overlay.
    pub(crate) fn release(&mut self) {
        self.undo.clear();
    }

    /// The current record failed: its writes are undone.
    pub(crate) fn roll_back(&mut self) {
        while let Some(Undo { slot, key, before }) = self.undo.pop() {
            let Some(writes) = self.overlay.get_mut(slot) else { continue };
            match before {
                Some(before) => writes.insert(key, before),
                None => writes.remove(&key),
            };
        }
    }

    /// The overlay's last value of each key: what must go to the changelog. A key that was created and deleted within the transaction
    /// is left out. A value that is written again unchanged is included: to find out would cost every write a search.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (Slot, &[u8], Option<&[u8]>)> {
        self.overlay.iter().zip(&self.bases).enumerate().flat_map(|(slot, (writes, base))| {
            writes
                .iter()
                .map(move |(key, value)| (slot, key.as_ref(), value.as_deref()))
                .filter(|(_, key, value)| value.is_some() || base.get(key).is_some())
        })
    }

    /// What the stores hold together with the overlay, in few numbers. The last store is named first: timers stand there, and stores
    /// that are appended stand before them.
    pub(crate) fn digests(&self) -> Digests {
        let digest = |(writes, base): (&Writes, &Base)| {
            base.digest_after(writes.iter().map(|(key, value)| (key.as_ref(), value.as_deref())))
        };
        let mut digests: Vec<_> = self.overlay.iter().zip(&self.bases).map(digest).collect();
        digests.rotate_right(1);
        Digests::new(digests)
    }

    /// The transaction is confirmed: the overlay becomes part of the base.
    pub(crate) fn promote(&mut self) {
        self.undo.clear();
        self.overlay_bytes = 0;
        for (writes, base) in self.overlay.iter_mut().zip(&mut self.bases) {
            for (key, value) in std::mem::take(writes) {
                match value {
                    Some(value) => base.put(&key, &value),
                    None => base.remove(&key),
                }
            }
        }
    }

    /// The transaction was not committed: the overlay is dropped.
    pub(crate) fn discard(&mut self) {
        #[cfg(test)]
        if super::mutant::keeps_overlay() {
            return;
        }
        self.undo.clear();
        self.overlay_bytes = 0;
        self.overlay.iter_mut().for_each(Writes::clear);
    }

    /// Applies a change of the changelog.
    pub(crate) fn restore(&mut self, slot: Slot, key: &[u8], value: Option<&[u8]>) {
        let Some(base) = self.bases.get_mut(slot) else { return };
        match value {
            Some(value) => base.put(key, value),
            None => base.remove(key),
        }
    }

    /// An upper bound of the bytes that the overlay holds.
    pub(crate) fn overlay_bytes(&self) -> usize {
        self.overlay_bytes
    }

    /// Committed entries of a store.
    pub(crate) fn entries(&self, slot: Slot) -> usize {
        self.bases.get(slot).map_or(0, Base::len)
    }

    /// Bytes of a store's committed keys and values.
    pub(crate) fn bytes(&self, slot: Slot) -> usize {
        self.bases.get(slot).map_or(0, Base::bytes)
    }
}

/// Overlay over base, in order of keys; deletions hide.
struct Merge<O: Iterator, U: Iterator> {
    over: Peekable<O>,
    under: Peekable<U>,
}

impl<'a, O, U> Iterator for Merge<O, U>
where
    O: Iterator<Item = (&'a Arc<[u8]>, &'a Option<Box<[u8]>>)>,
    U: Iterator<Item = (Vec<u8>, &'a [u8])>,
{
    type Item = (Vec<u8>, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (over, under) = (self.over.peek(), self.under.peek());
            let over_first = match (over, under) {
                (None, None) => return None,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (Some((written, _)), Some((kept, _))) => {
                    if written.as_ref() == kept.as_slice() {
                        self.under.next();
                        continue;
                    }
                    written.as_ref() < kept.as_slice()
                }
            };
            if !over_first {
                return self.under.next();
            }
            if let Some((key, Some(value))) = self.over.next() {
                return Some((key.to_vec(), value.as_ref()));
            }
        }
    }
}
