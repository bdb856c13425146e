//! One store's committed entries, ordered by key.

use std::collections::BTreeMap;
use std::ops::Bound;

/// Entries ordered by the bytes of their keys.
#[derive(Default, Debug)]
pub(crate) struct Base {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    bytes: usize,
}

impl Base {
    /// The value of a key.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.entries.get(key).map(Vec::as_slice)
    }

    /// Writes an entry, replacing the one with this key.
    pub(crate) fn put(&mut self, key: &[u8], value: &[u8]) {
        self.bytes += key.len() + value.len();
        if let Some(old) = self.entries.insert(key.to_vec(), value.to_vec()) {
            self.bytes -= key.len() + old.len();
        }
    }

    /// Removes an entry.
    pub(crate) fn remove(&mut self, key: &[u8]) {
        if let Some(old) = self.entries.remove(key) {
            self.bytes -= key.len() + old.len();
        }
    }

    /// Entries from a bound on, in order.
    pub(crate) fn range_from(&self, from: Bound<&[u8]>) -> impl Iterator<Item = (Vec<u8>, &[u8])> {
        self.entries.range::<[u8], _>((from, Bound::Unbounded)).map(|(key, value)| (key.clone(), value.as_slice()))
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of all keys and values.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}
