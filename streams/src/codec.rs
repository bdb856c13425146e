//! How typed keys and values become bytes and are read again.
//!
//! A [`Codec`] is a type without values: it names a form, and any crate can implement it for keys and values of other crates.
//! Two forms are built in: [`Compact`], fixed and short, and [`Json`]. State that must outlive a change of its types needs a codec
//! of its own, with a version in its first byte.

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::processor::Verdict;

/// A form in which keys of type `K` and values of type `V` are written.
///
/// What `write` makes, `read` must accept, in this version and in all later ones: the bytes stay in the log.
pub trait Codec<K, V> {
    /// The bytes of a key. Rows of a table are ordered by these bytes.
    fn key(key: &K) -> Cow<'_, [u8]>;

    /// Reads a key.
    ///
    /// # Errors
    /// [`Corrupt`] when the bytes are not a key.
    fn read_key(bytes: &[u8]) -> Result<K, Corrupt>;

    /// The bytes of a value. Its key is at hand, so that the value need not repeat it.
    fn write(key: &K, value: &V) -> Vec<u8>;

    /// Reads a value.
    ///
    /// # Errors
    /// [`Corrupt`] when the bytes are not a value, or were written by a newer build.
    fn read(key: &K, bytes: &[u8]) -> Result<V, Corrupt>;
}

/// The types that a table or topic is a name for: it holds none of them.
pub(crate) type Types<K, V, C> = PhantomData<fn() -> (K, V, C)>;

/// Why bytes cannot be read.
///
/// In stored state this is fatal: going on without a row would be wrong. In an input it is poison, except for a newer version,
/// which is fatal too: a build that knows the version can still handle the record.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Corrupt {
    /// The bytes end before the last field, or go on after it.
    #[error("the wrong length")]
    Length,
    /// A field holds what no version ever wrote.
    #[error("an impossible {0}")]
    Field(&'static str),
    /// A newer build wrote it.
    #[error("version {found}, this build knows {known}")]
    Version {
        /// The version of the bytes.
        found: u8,
        /// The newest version that is known here.
        known: u8,
    },
    /// Anything else, as the decoder reports it.
    #[error("{0}")]
    Other(String),
}

impl Corrupt {
    /// What to do with an input record that cannot be read.
    #[must_use]
    pub fn in_input(self) -> Verdict {
        match self {
            Self::Version { .. } => Verdict::Fatal(format!("the record has {self}")),
            _ => Verdict::Poison(format!("the record has {self}")),
        }
    }
}

impl From<Corrupt> for Verdict {
    fn from(corrupt: Corrupt) -> Self {
        Self::Fatal(format!("stored bytes have {corrupt}"))
    }
}

/// A type with one plain form as bytes: texts as UTF-8, integers as fixed big-endian bytes that sort as the integers do.
pub trait Plain: Sized {
    /// The bytes.
    fn bytes(&self) -> Cow<'_, [u8]>;

    /// Reads the bytes.
    ///
    /// # Errors
    /// [`Corrupt`] when they are not of this type.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Corrupt>;
}

impl Plain for String {
    fn bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.as_bytes())
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Corrupt> {
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| Corrupt::Field("text: it is not UTF-8"))
    }
}

impl Plain for Vec<u8> {
    fn bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Corrupt> {
        Ok(bytes.to_vec())
    }
}

/// No value: a table of such values is a set.
impl Plain for () {
    fn bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&[])
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Corrupt> {
        if bytes.is_empty() { Ok(()) } else { Err(Corrupt::Length) }
    }
}

impl Plain for bool {
    fn bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(if *self { &[1] } else { &[0] })
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Corrupt> {
        match bytes {
            [0] => Ok(false),
            [1] => Ok(true),
            [_] => Err(Corrupt::Field("boolean")),
            _ => Err(Corrupt::Length),
        }
    }
}

macro_rules! plain_integers {
    ($($unsigned:ty, $signed:ty);*) => { $(
        impl Plain for $unsigned {
            fn bytes(&self) -> Cow<'_, [u8]> {
                Cow::Owned(self.to_be_bytes().to_vec())
            }

            fn from_bytes(bytes: &[u8]) -> Result<Self, Corrupt> {
                bytes.try_into().map(Self::from_be_bytes).map_err(|_| Corrupt::Length)
            }
        }

        /// The sign bit is flipped, so that negative ones sort first.
        impl Plain for $signed {
            fn bytes(&self) -> Cow<'_, [u8]> {
                Cow::Owned((*self ^ Self::MIN).to_be_bytes().to_vec())
            }

            fn from_bytes(bytes: &[u8]) -> Result<Self, Corrupt> {
                bytes.try_into().map(|bytes| Self::from_be_bytes(bytes) ^ Self::MIN).map_err(|_| Corrupt::Length)
            }
        }
    )* };
}

plain_integers!(u8, i8; u16, i16; u32, i32; u64, i64; u128, i128);

/// Keys and values in their [`Plain`] form, without a version: for types that never change.
#[derive(Debug)]
pub enum Compact {}

impl<K: Plain, V: Plain> Codec<K, V> for Compact {
    fn key(key: &K) -> Cow<'_, [u8]> {
        key.bytes()
    }

    fn read_key(bytes: &[u8]) -> Result<K, Corrupt> {
        K::from_bytes(bytes)
    }

    fn write(_: &K, value: &V) -> Vec<u8> {
        value.bytes().into_owned()
    }

    fn read(_: &K, bytes: &[u8]) -> Result<V, Corrupt> {
        V::from_bytes(bytes)
    }
}

/// Values as JSON, keys in their [`Plain`] form. The types' serde attributes decide which fields may be added or removed.
///
/// A value that JSON cannot express (a map whose keys are not texts) is written as nothing and cannot be read again.
#[derive(Debug)]
pub enum Json {}

impl<K: Plain, V: Serialize + DeserializeOwned> Codec<K, V> for Json {
    fn key(key: &K) -> Cow<'_, [u8]> {
        key.bytes()
    }

    fn read_key(bytes: &[u8]) -> Result<K, Corrupt> {
        K::from_bytes(bytes)
    }

    fn write(_: &K, value: &V) -> Vec<u8> {
        serde_json::to_vec(value).unwrap_or_else(|error| {
            tracing::error!(%error, value = std::any::type_name::<V>(), "a value has no form in JSON");
            Vec::new()
        })
    }

    fn read(_: &K, bytes: &[u8]) -> Result<V, Corrupt> {
        serde_json::from_slice(bytes).map_err(|error| Corrupt::Other(error.to_string()))
    }
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
