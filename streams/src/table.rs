//! A store with types: what a processor keeps, row by row.
//!
//! ```
//! use logstreams::processor::{Context, Verdict};
//! use logstreams::table::Table;
//!
//! const COUNTS: Table<String, u64> = Table::new(0, "counts");
//!
//! fn count(word: &String, context: &mut dyn Context) -> Result<u64, Verdict> {
//!     let count = COUNTS.get(context, word)?.unwrap_or(0) + 1;
//!     COUNTS.put(context, word, &count);
//!     Ok(count)
//! }
//! ```

use std::fmt;
use std::marker::PhantomData;

use crate::codec::{Codec, Compact, Corrupt, Types};
use crate::processor::{Context, StoreId, Verdict};

/// Rows of type `V` by keys of type `K`, written by the codec `C`. It is only a name: the rows are in the task's stores.
pub struct Table<K, V, C = Compact> {
    id: StoreId,
    name: &'static str,
    types: Types<K, V, C>,
}

impl<K, V, C> Table<K, V, C> {
    /// Names the table at this place (from 0) of its topology. The place and the name are part of the stored state: tables are only
    /// ever appended.
    #[must_use]
    pub const fn new(place: u8, name: &'static str) -> Self {
        Self { id: StoreId(place), name, types: PhantomData }
    }

    /// Which store of the topology it is.
    #[must_use]
    pub const fn id(&self) -> StoreId {
        self.id
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<K, V, C: Codec<K, V>> Table<K, V, C> {
    /// Reads a row.
    ///
    /// # Errors
    /// [`Verdict::Fatal`] when the stored row cannot be read.
    pub fn get(&self, context: &dyn Context, key: &K) -> Result<Option<V>, Verdict> {
        match self.raw(context, key) {
            None => Ok(None),
            Some(bytes) => C::read(key, bytes).map(Some).map_err(|corrupt| self.corrupt(&corrupt)),
        }
    }

    /// The bytes of a row as they are stored.
    pub fn raw<'a>(&self, context: &'a dyn Context, key: &K) -> Option<&'a [u8]> {
        context.get(self.id, C::key(key).as_ref())
    }

    /// Whether there is such a row; it is not read.
    pub fn contains(&self, context: &dyn Context, key: &K) -> bool {
        self.raw(context, key).is_some()
    }

    /// Writes a row, over the one with this key.
    pub fn put(&self, context: &mut dyn Context, key: &K, value: &V) {
        context.put(self.id, C::key(key).as_ref(), &C::write(key, value));
    }

    /// Deletes a row, if there is one.
    pub fn delete(&self, context: &mut dyn Context, key: &K) {
        context.delete(self.id, C::key(key).as_ref());
    }

    /// Rows whose keys' bytes begin with `prefix` and sort after `after` (if any), in order of bytes, `limit` at most.
    ///
    /// # Errors
    /// [`Verdict::Fatal`] when one of them cannot be read.
    pub fn scan(
        &self,
        context: &dyn Context,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(K, V)>, Verdict> {
        let rows = context.scan(self.id, prefix, after, limit);
        rows.iter().map(|(key, value)| self.read(key, value).map_err(|corrupt| self.corrupt(&corrupt))).collect()
    }

    /// Reads a stored row from its bytes.
    ///
    /// # Errors
    /// [`Corrupt`].
    pub fn read(&self, key: &[u8], value: &[u8]) -> Result<(K, V), Corrupt> {
        let key = C::read_key(key)?;
        let value = C::read(&key, value)?;
        Ok((key, value))
    }

    fn corrupt(&self, corrupt: &Corrupt) -> Verdict {
        Verdict::Fatal(format!("a row of table {} has {corrupt}", self.name))
    }
}

impl<K, V, C> Clone for Table<K, V, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V, C> Copy for Table<K, V, C> {}

impl<K, V, C> fmt::Debug for Table<K, V, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table {} at place {}", self.name, self.id.0)
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
