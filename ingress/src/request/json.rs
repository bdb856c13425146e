//! Strict JSON: UTF-8, one value and nothing after it, no object that names a member twice, nothing nested deeper than any
//! message of ours. `serde_json` alone would keep the last of two members, and two readers would see two requests.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::problem::{Code, Problem};

/// Deepest nesting that is read.
const DEEPEST: u8 = 16;

/// Reads an object.
///
/// # Errors
/// `MALFORMED_JSON` when the text is not strict JSON, `INVALID_FIELD` when it is, but not a `T`.
pub(crate) fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    check(text)?;
    // A list would be taken for an object's members in their order: `[]` for one whose members may all be missing.
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::new(Code::InvalidField).detail("the body must be an object"));
    }
    // It is JSON: what is wrong from here on is what it says.
    serde_json::from_slice(text).map_err(|error| Problem::new(Code::InvalidField).detail(error.to_string()))
}

/// Reads whatever it is.
///
/// # Errors
/// `MALFORMED_JSON`.
pub(crate) fn parse_any(text: &[u8]) -> Result<Value, Problem> {
    check(text)?;
    serde_json::from_slice(text).map_err(|error| Problem::new(Code::MalformedJson).detail(error.to_string()))
}

fn check(text: &[u8]) -> Result<(), Problem> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    Strict(DEEPEST)
        .deserialize(&mut reader)
        .and_then(|()| reader.end())
        .map_err(|error| Problem::new(Code::MalformedJson).detail(error.to_string()))
}

/// An object without members.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Reads a body that has nothing to say: none at all, or `{}`.
///
/// # Errors
/// As for [`parse`].
pub(crate) fn parse_nothing(text: &[u8]) -> Result<(), Problem> {
    if text.is_empty() || text == b"{}" { Ok(()) } else { parse::<Nothing>(text).map(|Nothing {}| ()) }
}

/// Accepts any strict value with at most this many levels below it.
struct Strict(u8);

impl Strict {
    fn below<E: Error>(&self) -> Result<Self, E> {
        self.0.checked_sub(1).map(Self).ok_or_else(|| E::custom("nested too deeply"))
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self.below()?)?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a member is named twice"));
            }
            members.next_value_seed(self.below()?)?;
        }
        Ok(())
    }
}
