//! Tables of the shop: rows that say their fields once, under keys that are ids or begin with one.

use std::borrow::Cow;

use events::time::Timestamp;
use streams::codec::{Codec, Corrupt};

use super::field::Field;
use super::id::Id;
use super::row::{Reader, Writer};

/// A table of rows `V` by keys `K`.
pub(crate) type Table<K, V> = streams::table::Table<K, V, Rows>;

/// The key of a table. Its bytes decide the order of the rows.
pub(crate) trait TableKey: Sized {
    /// The key's bytes.
    fn bytes(&self) -> Cow<'_, [u8]>;

    /// Reads a key.
    ///
    /// # Errors
    /// [`Corrupt`] when the bytes are none.
    fn of_bytes(bytes: &[u8]) -> Result<Self, Corrupt>;

    /// The instant that times in the row count from.
    fn origin(&self) -> Timestamp {
        Timestamp::default()
    }
}

/// A value that is a row of its own.
pub(crate) trait Row: Field {
    /// The newest version of the row: its first byte.
    const VERSION: u8 = 1;

    /// About how many bytes the row takes, so that it is written without growing; few take more than these.
    fn size_hint(&self) -> usize {
        256
    }

    /// The row's bytes.
    fn to_bytes(&self, origin: Timestamp) -> Vec<u8> {
        let mut row = Writer::new(Self::VERSION, self.size_hint());
        row.count_from(origin);
        self.write(&mut row);
        row.finish()
    }

    /// Reads a row under the bytes of its key.
    ///
    /// # Errors
    /// [`Corrupt`] when the bytes are none that a version wrote.
    fn of_bytes(key: &[u8], origin: Timestamp, bytes: &[u8]) -> Result<Self, Corrupt> {
        let mut row = Reader::new(bytes, Self::VERSION)?.with_key(key);
        row.count_from(origin);
        let value = Self::read(&mut row)?;
        row.finish()?;
        Ok(value)
    }
}

/// The form of all rows of the shop.
pub(crate) enum Rows {}

impl<K: TableKey, V: Row> Codec<K, V> for Rows {
    fn key(key: &K) -> Cow<'_, [u8]> {
        key.bytes()
    }

    fn read_key(bytes: &[u8]) -> Result<K, Corrupt> {
        K::of_bytes(bytes)
    }

    fn write(key: &K, value: &V) -> Vec<u8> {
        value.to_bytes(key.origin())
    }

    fn read(key: &K, bytes: &[u8]) -> Result<V, Corrupt> {
        V::of_bytes(key.bytes().as_ref(), key.origin(), bytes)
    }
}

impl<T: Id> TableKey for T {
    fn bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.key_bytes())
    }

    fn of_bytes(bytes: &[u8]) -> Result<Self, Corrupt> {
        T::of_key(bytes)
    }
}
