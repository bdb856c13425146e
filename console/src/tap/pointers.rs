//! Fields of a JSON value by their pointers (RFC 6901), found in the value's own bytes: nothing else is kept, nothing is built.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Pointers as a tree; each leads to its place in the list that it was made of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Pointers {
    found: Vec<usize>,
    below: Vec<(String, Pointers)>,
}

/// What was met on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Met<'v> {
    /// What the pointer of this place leads to, as it is written.
    Field(usize, &'v str),
    /// Something that has no fields, or a list where fields are meant, and pointers lead further: they lead nowhere.
    Blocked(&'v str),
}

impl Pointers {
    /// Makes the tree. The empty pointer, and `/` alone, are the whole value.
    ///
    /// # Errors
    /// Names the pointer that is none.
    pub(crate) fn new<'p>(pointers: impl IntoIterator<Item = &'p str>) -> Result<Self, String> {
        let mut tree = Self::default();
        for (place, pointer) in pointers.into_iter().enumerate() {
            tree.add(&steps(pointer)?, place);
        }
        Ok(tree)
    }

    fn add(&mut self, steps: &[String], place: usize) {
        let Some((first, rest)) = steps.split_first() else {
            self.found.push(place);
            return;
        };
        if !self.below.iter().any(|(name, _)| name == first) {
            self.below.push((first.clone(), Self::default()));
        }
        if let Some((_, below)) = self.below.iter_mut().find(|(name, _)| name == first) {
            below.add(rest, place);
        }
    }

    /// Whether there are none.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty() && self.below.is_empty()
    }

    /// Whether one is the whole value.
    #[must_use]
    pub(crate) fn has_root(&self) -> bool {
        !self.found.is_empty()
    }

    /// Whether one of these leads to, into or over what the steps lead to.
    #[must_use]
    pub(crate) fn touches(&self, steps: &[String]) -> bool {
        if self.has_root() {
            return true;
        }
        let Some((first, rest)) = steps.split_first() else { return !self.is_empty() };
        self.below.iter().any(|(name, below)| name == first && below.touches(rest))
    }

    /// Walks over a JSON text once and says what it meets: parts in the order of the text, what is around them after them. Every part of
    /// the text is checked.
    ///
    /// # Errors
    /// The text is no JSON.
    pub(crate) fn walk<'v>(&self, text: &'v str, met: &mut dyn FnMut(Met<'v>)) -> Result<(), serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let text = text.trim_ascii();
        match text.as_bytes().first() {
            Some(b'{') if !self.below.is_empty() => Below { tree: self, met: &mut *met }.deserialize(&mut reader)?,
            Some(b'[') if self.below.iter().any(|(name, _)| is_number(name)) => {
                Below { tree: self, met: &mut *met }.deserialize(&mut reader)?;
            }
            _ => {
                IgnoredAny::deserialize(&mut reader)?;
                if !self.below.is_empty() {
                    met(Met::Blocked(text));
                }
            }
        }
        self.found.iter().for_each(|place| met(Met::Field(*place, text)));
        reader.end()
    }
}

/// Whether a step may be that of a list.
fn is_number(step: &str) -> bool {
    !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit())
}

/// Where a part of a text stands in it. The part must be one.
pub(crate) fn place_in(text: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + part.len()
}

/// The steps of a pointer.
///
/// # Errors
/// Names the pointer, if it is none.
pub(crate) fn steps(pointer: &str) -> Result<Vec<String>, String> {
    match pointer.strip_prefix('/') {
        Some("") => Ok(Vec::new()),
        Some(rest) => Ok(rest.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect()),
        None if pointer.is_empty() => Ok(Vec::new()),
        None => Err(format!("{pointer:?} is no JSON pointer: it begins with /")),
    }
}

/// The fields of an object, or the elements of a list.
struct Below<'t, 'm, 'v> {
    tree: &'t Pointers,
    met: &'m mut dyn FnMut(Met<'v>),
}

impl<'v> Below<'_, '_, 'v> {
    fn field<E: serde::de::Error>(&mut self, below: &Pointers, raw: &'v RawValue) -> Result<(), E> {
        if below.below.is_empty() {
            below.found.iter().for_each(|place| (self.met)(Met::Field(*place, raw.get())));
            return Ok(());
        }
        below.walk(raw.get(), self.met).map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for Below<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Below<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let tree = self.tree;
        while let Some(place) = map.next_key_seed(Step(&tree.below))? {
            match place.and_then(|place| tree.below.get(place)) {
                Some((_, below)) => {
                    let raw: &'de RawValue = map.next_value()?;
                    self.field(below, raw)?;
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let tree = self.tree;
        let mut number = 0_usize;
        while let Some(raw) = seq.next_element::<&'de RawValue>()? {
            let step = number.to_string();
            if let Some((_, below)) = tree.below.iter().find(|(name, _)| *name == step) {
                self.field(below, raw)?;
            }
            number += 1;
        }
        Ok(())
    }
}

/// Which of these a field's name is.
struct Step<'t>(&'t [(String, Pointers)]);

impl<'de> DeserializeSeed<'de> for Step<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Option<usize>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Step<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|(step, _)| step == name))
    }
}

#[cfg(test)]
#[path = "pointers_tests.rs"]
mod tests;
