//! Personal fields, as `topics.yaml` declares them, masked before anything leaves. What cannot be read, or has another shape than its
//! pointers say, is masked as a whole: nothing is shown because it was not understood.

use std::borrow::Cow;

use events::manifest::{Manifest, TopicSpec};

use super::pointers::{Met, Pointers, place_in};
use super::words::MaskMode;

/// Hex digits of a hash: 48 bits.
const DIGITS: usize = 12;

/// What stands for a personal field without a hash.
const REDACTED: &str = "redacted";

/// What a hash is keyed with, out of the installation's secret.
#[derive(Clone, PartialEq, Eq)]
pub struct MaskKey([u8; 32]);

impl MaskKey {
    /// Derives the key. The same secret gives the same hashes, in every topic.
    #[must_use]
    pub fn of_secret(secret: &str) -> Self {
        Self(blake3::derive_key("timesale taps: hashes of personal fields", secret.as_bytes()))
    }
}

/// What is personal in a topic's records, and what becomes of it.
#[derive(Clone)]
pub(crate) struct Mask {
    mode: MaskMode,
    key: Option<MaskKey>,
    fields: Pointers,
    /// The last step of each pointer, quoted: what a personal field is called.
    names: Vec<String>,
    is_key_personal: bool,
    are_headers_personal: bool,
}

impl Mask {
    /// The mask of a topic. In one that nobody has declared everything is personal.
    #[must_use]
    pub(crate) fn of_topic(manifest: &Manifest, topic: &str, mode: MaskMode, key: Option<&MaskKey>) -> Self {
        let whole = || Pointers::new(["/"]).unwrap_or_default();
        let (fields, is_key_personal, are_headers_personal) = match manifest.declared(topic) {
            None => (whole(), true, true),
            Some(TopicSpec { pii, pii_key, .. }) => {
                // A pointer that is none hides everything; the manifest's own check refuses it before.
                (Pointers::new(pii.iter().map(String::as_str)).unwrap_or_else(|_| whole()), *pii_key, false)
            }
        };
        let names = manifest.declared(topic).map_or_else(Vec::new, |spec| names(&spec.pii));
        Self { mode, key: key.cloned(), fields, names, is_key_personal, are_headers_personal }
    }

    /// A mask that hides everything.
    #[must_use]
    pub(crate) fn everything() -> Self {
        let fields = Pointers::new(["/"]).unwrap_or_default();
        let (is_key_personal, are_headers_personal) = (true, true);
        Self { mode: MaskMode::Redact, key: None, fields, names: Vec::new(), is_key_personal, are_headers_personal }
    }

    /// A mask that hides nothing.
    #[must_use]
    pub(crate) fn none() -> Self {
        Self {
            mode: MaskMode::Redact,
            key: None,
            fields: Pointers::default(),
            names: Vec::new(),
            is_key_personal: false,
            are_headers_personal: false,
        }
    }

    /// Whether any field of a value is personal.
    #[must_use]
    pub(crate) fn has_personal_fields(&self) -> bool {
        !self.fields.is_empty()
    }

    /// Whether a part of a value, by the steps of its pointer, is personal, or has something personal in it.
    #[must_use]
    pub(crate) fn touches(&self, steps: &[String]) -> bool {
        self.fields.touches(steps)
    }

    /// Whether keys are personal.
    #[must_use]
    pub(crate) fn is_key_personal(&self) -> bool {
        self.is_key_personal
    }

    /// Whether headers are personal.
    #[must_use]
    pub(crate) fn are_headers_personal(&self) -> bool {
        self.are_headers_personal
    }

    /// The key as it may be shown; none when it is left out.
    #[must_use]
    pub(crate) fn key<'k>(&self, key: &'k [u8]) -> Option<Cow<'k, [u8]>> {
        if self.is_key_personal { self.hidden(key).map(|text| Cow::Owned(text.into_bytes())) } else { Some(key.into()) }
    }

    /// A header's value as it may be shown; none when it is left out.
    #[must_use]
    pub(crate) fn header<'h>(&self, value: &'h [u8]) -> Option<Cow<'h, [u8]>> {
        if self.are_headers_personal {
            self.hidden(value).map(|text| Cow::Owned(text.into_bytes()))
        } else {
            Some(value.into())
        }
    }

    /// The value as it may be shown; none when it is left out. What is masked is JSON.
    #[must_use]
    pub(crate) fn value<'v>(&self, value: &'v [u8]) -> Option<Cow<'v, [u8]>> {
        if self.fields.is_empty() {
            return Some(value.into());
        }
        if !self.fields.has_root()
            && let Ok(text) = std::str::from_utf8(value)
            && let Some(masked) = self.fields_of(text)
        {
            return Some(masked);
        }
        self.hidden(value).map(|text| Cow::Owned(quoted(&text).into_bytes()))
    }

    /// The text with its personal fields masked; none if it is no JSON, or if a field that is called as a personal one stands where none is
    /// declared.
    fn fields_of<'v>(&self, text: &'v str) -> Option<Cow<'v, [u8]>> {
        let (mut personal, mut declared) = (Vec::new(), vec![0_usize; self.names.len()]);
        let mut met = |met: Met<'v>| {
            if let Met::Field(place, _) = met
                && let Some(count) = declared.get_mut(place)
            {
                *count += 1;
            }
            match met {
                // Nothing is there to hide; a null says only that.
                Met::Field(_, "null") | Met::Blocked("null") => {}
                Met::Field(_, raw) | Met::Blocked(raw) => personal.push(raw),
            }
        };
        self.fields.walk(text, &mut met).ok()?;
        if self.has_undeclared(text, &personal, &declared) {
            return None;
        }
        if personal.is_empty() {
            return Some(text.as_bytes().into());
        }
        let mut masked = String::with_capacity(text.len());
        let mut copied = 0;
        for raw in personal {
            let place = place_in(text, raw);
            // A list that stands where an object should is not walked into, so parts do not overlap; if they do, the first wins.
            if place.start < copied {
                continue;
            }
            masked.push_str(text.get(copied..place.start)?);
            copied = place.end;
            match self.hidden(unquoted(raw).as_bytes()) {
                Some(hidden) => masked.push_str(&quoted(&hidden)),
                None => copied += leave_out(&mut masked, text.get(copied..)?),
            }
        }
        masked.push_str(text.get(copied..)?);
        Some(masked.into_bytes().into())
    }

    /// Whether, outside of what is masked, more fields are called as personal ones than were met where they are declared.
    fn has_undeclared(&self, text: &str, personal: &[&str], declared: &[usize]) -> bool {
        self.names.iter().enumerate().any(|(place, name)| {
            // Each name is looked at once: where it stands first.
            if self.names.iter().position(|other| other == name) != Some(place) {
                return false;
            }
            let count = |text: &str| fields_called(text, name);
            let masked: usize = personal.iter().map(|raw| count(raw)).sum();
            let met = self.names.iter().zip(declared).filter(|(other, _)| *other == name).map(|(_, met)| met);
            count(text) > masked + met.sum::<usize>()
        })
    }

    /// What stands for a personal text; none when it is left out.
    fn hidden(&self, text: &[u8]) -> Option<String> {
        match (self.mode, &self.key) {
            (MaskMode::Hash, Some(MaskKey(key))) => {
                let hash = blake3::keyed_hash(key, text).to_hex();
                Some(hash.chars().take(DIGITS).collect())
            }
            (MaskMode::Hash, None) | (MaskMode::Redact, _) => Some(REDACTED.to_owned()),
            (MaskMode::Drop, _) => None,
        }
    }
}

/// What the fields are called that pointers lead to, quoted as in JSON. Of the whole value there is no name.
fn names(pointers: &[String]) -> Vec<String> {
    let last = |pointer: &String| pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
    let name = |pointer: &String| match last(pointer) {
        last if last.is_empty() => "\"\"".to_owned(),
        last => quoted(&last),
    };
    pointers.iter().map(name).collect()
}

/// How many fields of a text of JSON are called so; the name is quoted. A value that is the same text is no field.
fn fields_called(text: &str, name: &str) -> usize {
    let is_field = |at: &usize| text.get(at + name.len()..).is_some_and(|rest| rest.trim_start().starts_with(':'));
    memchr::memmem::find_iter(text.as_bytes(), name).filter(is_field).count()
}

/// The text of a JSON string, so that a name is the same wherever it stands; anything else as it is written.
fn unquoted(raw: &str) -> Cow<'_, str> {
    if !raw.starts_with('"') {
        return raw.into();
    }
    serde_json::from_str::<String>(raw).map_or_else(|_| raw.into(), Cow::Owned)
}

fn quoted(text: &str) -> String {
    // What stands for a text has no character that would have to be escaped.
    format!("\"{text}\"")
}

/// Takes a field's name off the end of what was written, with one comma. Returns how much of the rest goes with it.
fn leave_out(written: &mut String, rest: &str) -> usize {
    let Some(colon) = written.trim_end().strip_suffix(':') else {
        // An element of a list, or the whole: it has no name.
        written.push_str("null");
        return 0;
    };
    let name = colon.trim_end();
    let bytes = name.as_bytes();
    let mut start = name.len().saturating_sub(1);
    while start > 0 {
        start -= 1;
        let escapes = bytes.iter().take(start).rev().take_while(|byte| **byte == b'\\').count();
        if bytes.get(start) == Some(&b'"') && escapes.is_multiple_of(2) {
            break;
        }
    }
    written.truncate(start);
    let spaces = rest.len() - rest.trim_start().len();
    if rest.trim_start().starts_with(',') {
        return spaces + 1;
    }
    let kept = written.trim_end().strip_suffix(',').map(str::len);
    if let Some(kept) = kept {
        written.truncate(kept);
    }
    0
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
