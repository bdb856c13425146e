//! What stores hold, in few numbers: how many entries each has, and the sum of their hashes. Neither depends on the order in which entries
//! were written, so a changelog that is read to its end must give the same. One that lost a key, or has one too many, does not.

use std::fmt;
use std::str::FromStr;

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// More stores than these are added up: a broker takes 4,096 bytes of metadata.
const MOST_TOLD_APART: usize = 100;

/// What one store holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Digest {
    entries: u64,
    sum: u64,
}

impl Digest {
    /// An entry has come. The place tells stores apart.
    pub(crate) fn add(&mut self, place: u64, key: &[u8], value: &[u8]) {
        self.entries = self.entries.wrapping_add(1);
        self.sum = self.sum.wrapping_add(hash(place, key, value));
    }

    /// An entry has gone.
    pub(crate) fn remove(&mut self, place: u64, key: &[u8], value: &[u8]) {
        self.entries = self.entries.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(hash(place, key, value));
    }

    /// How many entries.
    pub(crate) fn entries(self) -> u64 {
        self.entries
    }

    fn plus(self, other: Self) -> Self {
        Self { entries: self.entries.wrapping_add(other.entries), sum: self.sum.wrapping_add(other.sum) }
    }
}

fn hash(place: u64, key: &[u8], value: &[u8]) -> u64 {
    xxh3_64_with_seed(value, xxh3_64_with_seed(key, place))
}

/// What all stores of a task hold: the timers first, then the topology's stores in their order. Empty ones at the end are left out, so that
/// appending a store changes nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Digests(Vec<Digest>);

impl Digests {
    /// Of stores in this order.
    pub(crate) fn new(stores: impl IntoIterator<Item = Digest>) -> Self {
        let mut digests: Vec<Digest> = stores.into_iter().collect();
        if digests.len() > MOST_TOLD_APART {
            digests = vec![digests.into_iter().fold(Digest::default(), Digest::plus)];
        }
        while digests.last() == Some(&Digest::default()) {
            digests.pop();
        }
        Self(digests)
    }

    /// The places at which two differ, with both.
    pub(crate) fn differences(&self, other: &Self) -> impl Iterator<Item = (usize, Digest, Digest)> {
        let of = |digests: &Self, place: usize| digests.0.get(place).copied().unwrap_or_default();
        let both = (0..self.0.len().max(other.0.len())).map(move |place| (place, of(self, place), of(other, place)));
        both.filter(|(_, one, another)| one != another)
    }
}

/// `entries:sum` of each, with commas between.
impl fmt::Display for Digests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, Digest { entries, sum }) in self.0.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(f, "{comma}{entries}:{sum:016x}")?;
        }
        Ok(())
    }
}

/// The text is none of this form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NoDigests;

impl FromStr for Digests {
    type Err = NoDigests;

    fn from_str(text: &str) -> Result<Self, NoDigests> {
        let digest = |word: &str| {
            let (entries, sum) = word.split_once(':')?;
            Some(Digest { entries: entries.parse().ok()?, sum: u64::from_str_radix(sum, 16).ok()? })
        };
        let words = text.split(',').filter(|word| !word.is_empty());
        words.map(digest).collect::<Option<Vec<_>>>().map(Self).ok_or(NoDigests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entries: &[(&str, &str)]) -> Digest {
        let mut digest = Digest::default();
        entries.iter().for_each(|(key, value)| digest.add(0, key.as_bytes(), value.as_bytes()));
        digest
    }

    #[test]
    fn the_order_does_not_matter_and_every_byte_does() {
        let digest = of(&[("a", "1"), ("b", "2")]);
        assert_eq!(digest, of(&[("b", "2"), ("a", "1")]));
        for other in
            [&[("a", "1")][..], &[("a", "2"), ("b", "1")], &[("a1", ""), ("b", "2")], &[("a", "1"), ("b", "3")]]
        {
            assert_ne!(digest, of(other), "{other:?}");
        }
        let mut elsewhere = Digest::default();
        elsewhere.add(1, b"a", b"1");
        assert_ne!(elsewhere, of(&[("a", "1")]), "another store");
        let mut less = digest;
        less.remove(0, b"b", b"2");
        assert_eq!(less, of(&[("a", "1")]));
    }

    #[test]
    fn the_hash_is_the_one_that_is_in_logs() {
        // XXH3 is specified; changelogs of older builds hold sums of it.
        assert_eq!(Digests::new([of(&[("key", "value")])]).to_string(), "1:b19fcf792e11118e");
    }

    #[test]
    fn they_are_read_as_written_and_empty_stores_at_the_end_do_not_count() {
        let digests = Digests::new([of(&[("t", "")]), Digest::default(), of(&[("a", "1")]), Digest::default()]);
        assert_eq!(digests.to_string().parse(), Ok(digests.clone()));
        assert_eq!(digests.to_string().split(',').count(), 3);
        assert_eq!("".parse(), Ok(Digests::default()));
        assert_eq!("1:xyz".parse::<Digests>(), Err(NoDigests));
        let more = Digests::new([of(&[("t", "")]), of(&[("b", "1")]), of(&[("a", "1")])]);
        let places: Vec<(usize, u64, u64)> =
            digests.differences(&more).map(|(place, one, another)| (place, one.entries(), another.entries())).collect();
        assert_eq!(places, [(1, 0, 1)]);
    }

    #[test]
    fn the_most_stores_fit_into_a_brokers_metadata() {
        let many = |count: usize| Digests::new((0..count).map(|_| of(&[("a", "1")])));
        assert!(many(100).to_string().len() < 3_000);
        assert_eq!(many(251).to_string().split(',').count(), 1);
    }
}
