//! A page: some neighbouring entries of a store, packed into one run of bytes.
//!
//! Each entry is `shared, suffix length, value length, suffix, value`, the three numbers as LEB128: of its key it keeps only
//! what differs from the key before it (as LevelDB's blocks do). `shared` is always exactly the length of the common prefix, so
//! a search never needs a whole key. Compared with a box per entry this saves the allocator's rounding, a pointer pair and the
//! repeated prefixes, which is most of what a small entry costs.
#![expect(clippy::indexing_slicing, reason = "offsets come from this file's own encoding, which only this file writes")]

/// Neighbouring entries in order of their keys.
#[derive(Default, Debug)]
pub(super) struct Page {
    bytes: Vec<u8>,
}

/// Where a key is, or would be.
pub(super) enum Place {
    Here(Entry),
    /// Before the entry at this offset (the end, if there is none), sharing so much with the key before.
    Missing {
        at: usize,
        matched: usize,
        /// How much more the key after shares with it than its own `shared`.
        more: usize,
    },
}

/// One entry's layout.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    start: usize,
    shared: usize,
    suffix: usize,
    value: usize,
    end: usize,
}

/// Room that a growing page gets at once, and may keep.
const SLACK: usize = 128;

impl Page {
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn entry(&self, start: usize) -> Option<Entry> {
        // Nearly every number is below 128: then the head is three bytes, and a search is mostly reading heads.
        if let Some(&[shared, suffix_length, value_length]) = self.bytes.get(start..)?.first_chunk()
            && (shared | suffix_length | value_length) < 0x80
        {
            let suffix = start + 3;
            let value = suffix + usize::from(suffix_length);
            return Some(Entry { start, shared: shared.into(), suffix, value, end: value + usize::from(value_length) });
        }
        let mut at = start;
        let shared = number(&self.bytes, &mut at)?;
        let suffix_length = number(&self.bytes, &mut at)?;
        let value_length = number(&self.bytes, &mut at)?;
        let value = at + suffix_length;
        Some(Entry { start, shared, suffix: at, value, end: value + value_length })
    }

    /// Finds a key. `matched` is what the key shares with the entry before the one at hand: an entry that shares more with its
    /// predecessor is as far from the key as that one, an entry that shares less is beyond the key.
    pub(super) fn find(&self, key: &[u8]) -> Place {
        let mut at = 0;
        let mut matched = 0;
        while let Some(entry) = self.entry(at) {
            if entry.shared < matched {
                return Place::Missing { at, matched, more: 0 };
            }
            if entry.shared == matched {
                let suffix = &self.bytes[entry.suffix..entry.value];
                let rest = &key[matched..];
                let common = common(suffix, rest);
                if common == suffix.len() && common == rest.len() {
                    return Place::Here(entry);
                }
                if common == rest.len() || (common < suffix.len() && suffix[common] > rest[common]) {
                    return Place::Missing { at, matched, more: common };
                }
                matched += common;
            }
            at = entry.end;
        }
        Place::Missing { at, matched, more: 0 }
    }

    pub(super) fn value(&self, entry: Entry) -> &[u8] {
        &self.bytes[entry.value..entry.end]
    }

    /// Puts another value in an entry's place.
    pub(super) fn replace(&mut self, entry: Entry, value: &[u8]) {
        if value.len() == entry.end - entry.value {
            self.bytes[entry.value..entry.end].copy_from_slice(value);
            return;
        }
        let mut new = Vec::with_capacity(entry.value - entry.start + value.len() + 4);
        write(&mut new, entry.shared, &self.bytes[entry.suffix..entry.value], value);
        self.splice(entry.start, entry.end, &new);
    }

    /// Inserts a key where [`Page::find`] missed it. Returns whether it became the last.
    pub(super) fn insert(&mut self, (at, matched, more): (usize, usize, usize), key: &[u8], value: &[u8]) -> bool {
        let mut new = Vec::with_capacity(key.len() + value.len() + 16);
        write(&mut new, matched, &key[matched..], value);
        let Some(next) = self.entry(at) else {
            self.splice(at, at, &new);
            return true;
        };
        // What the next entry shares with the new key it need not keep.
        write_head(&mut new, next.shared + more, next.value - next.suffix - more, next.end - next.value);
        self.splice(at, next.suffix + more, &new);
        false
    }

    /// Removes an entry.
    pub(super) fn remove(&mut self, entry: Entry) {
        let Some(next) = self.entry(entry.end) else {
            self.splice(entry.start, entry.end, &[]);
            return;
        };
        // The next entry shares bytes with the removed one: those that the entry before does not have, it must store itself.
        let missing = next.shared.saturating_sub(entry.shared);
        let mut new = Vec::with_capacity(missing + 16);
        let suffix_length = missing + next.value - next.suffix;
        write_head(&mut new, next.shared - missing, suffix_length, next.end - next.value);
        new.extend_from_slice(&self.bytes[entry.suffix..entry.suffix + missing]);
        self.splice(entry.start, next.suffix, &new);
    }

    /// Splits off what comes after the middle, or, for a page that grows at its end, the last entry only. Returns the new page
    /// and the shortest key that parts both.
    pub(super) fn split(&mut self, grows_at_end: bool) -> Option<(Box<[u8]>, Page)> {
        let half = if grows_at_end { self.bytes.len() } else { self.bytes.len() / 2 };
        let mut key = Vec::new();
        let mut at = 0;
        while let Some(entry) = self.entry(at) {
            key.truncate(entry.shared);
            key.extend_from_slice(&self.bytes[entry.suffix..entry.value]);
            if at > 0 && (entry.end > half || entry.end == self.bytes.len()) {
                let mut bytes = Vec::with_capacity(self.bytes.len() - at + entry.shared + SLACK);
                write(&mut bytes, 0, &key, &self.bytes[entry.value..entry.end]);
                bytes.extend_from_slice(&self.bytes[entry.end..]);
                self.bytes.truncate(at);
                self.bytes.shrink_to(at + if grows_at_end { 0 } else { SLACK });
                key.truncate(entry.shared + 1);
                return Some((key.into(), Page { bytes }));
            }
            at = entry.end;
        }
        None
    }

    /// Takes over a page whose keys all come after its own.
    pub(super) fn append(&mut self, next: &Page) {
        let Some(first) = next.entry(0) else { return };
        let mut last = Vec::new();
        let mut at = 0;
        while let Some(entry) = self.entry(at) {
            last.truncate(entry.shared);
            last.extend_from_slice(&self.bytes[entry.suffix..entry.value]);
            at = entry.end;
        }
        let key = &next.bytes[first.suffix..first.value];
        let shared = common(&last, key);
        let mut new = Vec::with_capacity(next.bytes.len() + 4);
        write(&mut new, shared, &key[shared..], &next.bytes[first.value..first.end]);
        new.extend_from_slice(&next.bytes[first.end..]);
        self.splice(at, at, &new);
    }

    pub(super) fn entries(&self) -> Entries<'_> {
        Entries { page: self, at: 0, key: Vec::new() }
    }

    fn splice(&mut self, from: usize, to: usize, new: &[u8]) {
        let (old_length, length) = (self.bytes.len(), self.bytes.len() - (to - from) + new.len());
        if length > self.bytes.capacity() {
            self.bytes.reserve_exact(length - old_length + SLACK);
        }
        if length > old_length {
            self.bytes.resize(length, 0);
        }
        self.bytes.copy_within(to..old_length, from + new.len());
        self.bytes[from..from + new.len()].copy_from_slice(new);
        self.bytes.truncate(length);
        if self.bytes.capacity() - length > 4 * SLACK {
            self.bytes.shrink_to(length + SLACK);
        }
    }
}

/// A page's entries in order.
pub(super) struct Entries<'a> {
    page: &'a Page,
    at: usize,
    key: Vec<u8>,
}

impl<'a> Entries<'a> {
    fn step(&mut self) -> Option<&'a [u8]> {
        let entry = self.page.entry(self.at)?;
        self.key.truncate(entry.shared);
        self.key.extend_from_slice(&self.page.bytes[entry.suffix..entry.value]);
        self.at = entry.end;
        Some(&self.page.bytes[entry.value..entry.end])
    }

    /// Skips the keys for which `is_before` holds; returns the first other one.
    pub(super) fn pass(&mut self, is_before: impl Fn(&[u8]) -> bool) -> Option<(Vec<u8>, &'a [u8])> {
        loop {
            let value = self.step()?;
            if !is_before(&self.key) {
                return Some((self.key.clone(), value));
            }
        }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Vec<u8>, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let value = self.step()?;
        Some((self.key.clone(), value))
    }
}

fn common(left: &[u8], right: &[u8]) -> usize {
    let words = left.chunks_exact(8).zip(right.chunks_exact(8)).take_while(|(left, right)| left == right).count() * 8;
    let rest = left[words..].iter().zip(&right[words..]);
    words + rest.take_while(|(left, right)| left == right).count()
}

fn write(to: &mut Vec<u8>, shared: usize, suffix: &[u8], value: &[u8]) {
    write_head(to, shared, suffix.len(), value.len());
    to.extend_from_slice(suffix);
    to.extend_from_slice(value);
}

fn write_head(to: &mut Vec<u8>, shared: usize, suffix_length: usize, value_length: usize) {
    for mut number in [shared, suffix_length, value_length] {
        while number >= 0x80 {
            to.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        to.push(number as u8);
    }
}

fn number(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut number = 0;
    let mut shift = 0;
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
        shift += 7;
    }
}
