//! One store's committed entries, ordered by key: a B-tree of packed pages.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::digest::Digest;
use super::page::{Page, Place};

/// A page above this size is split.
const PAGE_BYTES: usize = 2_048;

/// Entries ordered by the bytes of their keys.
#[derive(Debug)]
pub(crate) struct Base {
    /// Pages by their lower bound. The first page's bound is empty, so every key has a page.
    pages: BTreeMap<Box<[u8]>, Page>,
    entries: usize,
    bytes: usize,
    /// Its place among the stores of its task, for the digest.
    place: u64,
    digest: Digest,
}

impl Base {
    /// Without entries.
    pub(crate) fn new(place: u64) -> Self {
        let pages = BTreeMap::from([(Box::default(), Page::default())]);
        Self { pages, entries: 0, bytes: 0, place, digest: Digest::default() }
    }

    fn page(&self, key: &[u8]) -> Option<&Page> {
        self.pages.range::<[u8], _>(up_to(key)).next_back().map(|(_, page)| page)
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let page = self.page(key)?;
        match page.find(key) {
            Place::Here(entry) => Some(page.value(entry)),
            Place::Missing { .. } => None,
        }
    }

    /// Writes an entry, replacing the one with this key.
    pub(crate) fn put(&mut self, key: &[u8], value: &[u8]) {
        let Some((_, page)) = self.pages.range_mut::<[u8], _>(up_to(key)).next_back() else { return };
        let grows_at_end = match page.find(key) {
            Place::Here(entry) => {
                let before = page.value(entry);
                self.bytes = self.bytes + value.len() - before.len();
                self.digest.remove(self.place, key, before);
                page.replace(entry, value);
                false
            }
            Place::Missing { at, matched, more } => {
                self.entries += 1;
                self.bytes += key.len() + value.len();
                page.insert((at, matched, more), key, value)
            }
        };
        self.digest.add(self.place, key, value);
        if page.len() > PAGE_BYTES
            && let Some((bound, right)) = page.split(grows_at_end)
        {
            self.pages.insert(bound, right);
        }
    }

    /// Removes an entry.
    pub(crate) fn remove(&mut self, key: &[u8]) {
        let Some((_, page)) = self.pages.range_mut::<[u8], _>(up_to(key)).next_back() else { return };
        let Place::Here(entry) = page.find(key) else { return };
        self.entries -= 1;
        self.bytes -= key.len() + page.value(entry).len();
        self.digest.remove(self.place, key, page.value(entry));
        page.remove(entry);
        if page.len() < PAGE_BYTES / 4 {
            self.merge_small_page(key);
        }
    }

    /// Joins the small page of a key with the one after it, or drops it when it is empty.
    fn merge_small_page(&mut self, key: &[u8]) {
        let mut around = self.pages.range::<[u8], _>(up_to(key));
        let Some((bound, page)) = around.next_back() else { return };
        let after = (Bound::Excluded(bound.as_ref()), Bound::Unbounded);
        let next = self.pages.range::<[u8], _>(after).next();
        match next {
            Some((next_bound, next)) if page.len() + next.len() < PAGE_BYTES / 4 * 3 => {
                let (bound, next_bound) = (bound.clone(), next_bound.clone());
                let Some(next) = self.pages.remove(&next_bound) else { return };
                let Some(page) = self.pages.get_mut(&bound) else { return };
                if page.is_empty() { *page = next } else { page.append(&next) }
            }
            _ if page.is_empty() && !bound.is_empty() => {
                let bound = bound.clone();
                self.pages.remove(&bound);
            }
            _ => {}
        }
    }

    /// Entries from a bound on, in order.
    pub(crate) fn range_from<'a>(&'a self, from: Bound<&'a [u8]>) -> impl Iterator<Item = (Vec<u8>, &'a [u8])> {
        let wanted: &[u8] = match from {
            Bound::Included(key) | Bound::Excluded(key) => key,
            Bound::Unbounded => &[],
        };
        let first = self.pages.range::<[u8], _>(up_to(wanted)).next_back();
        let mut entries = first.map(|(_, page)| page.entries());
        let start = entries.as_mut().and_then(|entries| {
            entries.pass(|key| match from {
                Bound::Included(from) => key < from,
                Bound::Excluded(from) => key <= from,
                Bound::Unbounded => false,
            })
        });
        let after = first.map_or(Bound::Unbounded, |(bound, _)| Bound::Excluded(bound.as_ref()));
        let rest = self.pages.range::<[u8], _>((after, Bound::Unbounded)).flat_map(|(_, page)| page.entries());
        start.into_iter().chain(entries.into_iter().flatten()).chain(rest)
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.entries
    }

    /// What it holds, in few numbers.
    #[cfg(test)]
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// What it would hold, in few numbers, after these writes; nothing stands for a deletion.
    pub(crate) fn digest_after<'a>(&self, writes: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>) -> Digest {
        let mut digest = self.digest;
        for (key, value) in writes {
            if let Some(before) = self.get(key) {
                digest.remove(self.place, key, before);
            }
            if let Some(value) = value {
                digest.add(self.place, key, value);
            }
        }
        digest
    }

    /// Bytes of all keys and values.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

fn up_to(key: &[u8]) -> (Bound<&[u8]>, Bound<&[u8]>) {
    (Bound::Unbounded, Bound::Included(key))
}
