//! Topics with types: what a processor reads, and where it writes.

use std::fmt;
use std::marker::PhantomData;

use bytes::Bytes;

use crate::codec::{Codec, Compact, Types};
use crate::processor::{Context, Verdict};
use crate::record::{Headers, Outgoing, Record};

/// The topic that a processor reads: keys of type `K`, values of type `V`, written by the codec `C`.
pub struct Input<K, V, C = Compact> {
    topic: &'static str,
    types: Types<K, V, C>,
}

/// A topic that a processor writes: keys of type `K`, values of type `V`, written by the codec `C`.
pub struct Output<K, V, C = Compact> {
    topic: &'static str,
    types: Types<K, V, C>,
}

impl<K, V, C> Input<K, V, C> {
    /// Names the topic.
    #[must_use]
    pub const fn new(topic: &'static str) -> Self {
        Self { topic, types: PhantomData }
    }

    /// Its name.
    #[must_use]
    pub const fn topic(&self) -> &'static str {
        self.topic
    }
}

impl<K, V, C: Codec<K, V>> Input<K, V, C> {
    /// Reads a record.
    ///
    /// # Errors
    /// [`Verdict::Poison`] when it has no key, no value, or cannot be read; [`Verdict::Fatal`] when a newer build wrote it.
    pub fn read(&self, record: &Record) -> Result<(K, V), Verdict> {
        let missing = |what| Verdict::Poison(format!("the record has no {what}"));
        let key = record.key.as_deref().ok_or_else(|| missing("key"))?;
        let value = record.value.as_deref().ok_or_else(|| missing("value"))?;
        let key = C::read_key(key).map_err(|corrupt| corrupt.in_input())?;
        let value = C::read(&key, value).map_err(|corrupt| corrupt.in_input())?;
        Ok((key, value))
    }
}

impl<K, V, C> Output<K, V, C> {
    /// Names the topic.
    #[must_use]
    pub const fn new(topic: &'static str) -> Self {
        Self { topic, types: PhantomData }
    }

    /// Its name.
    #[must_use]
    pub const fn topic(&self) -> &'static str {
        self.topic
    }
}

impl<K, V, C: Codec<K, V>> Output<K, V, C> {
    /// Writes a record to the partition of its key, within the transaction of the record at hand.
    pub fn emit(&self, context: &mut dyn Context, key: &K, value: &V) {
        self.emit_with(context, key, value, Vec::new());
    }

    /// The same with headers.
    pub fn emit_with(&self, context: &mut dyn Context, key: &K, value: &V, headers: Headers) {
        let value = Some(C::write(key, value).into());
        context.forward(self.outgoing(context, key, value, headers));
    }

    /// Writes a tombstone: on a compacted topic, the key is gone.
    pub fn emit_tombstone(&self, context: &mut dyn Context, key: &K) {
        context.forward(self.outgoing(context, key, None, Vec::new()));
    }

    fn outgoing(&self, context: &dyn Context, key: &K, value: Option<Bytes>, headers: Headers) -> Outgoing {
        let key = Some(C::key(key).into_owned().into());
        Outgoing { topic: context.topic(self.topic), partition: None, key, value, headers }
    }
}

impl<K, V, C> Clone for Input<K, V, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V, C> Copy for Input<K, V, C> {}

impl<K, V, C> fmt::Debug for Input<K, V, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "input {}", self.topic)
    }
}

impl<K, V, C> Clone for Output<K, V, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V, C> Copy for Output<K, V, C> {}

impl<K, V, C> fmt::Debug for Output<K, V, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "output {}", self.topic)
    }
}
