//! What a record must name to belong to a story, and what records name.

use std::collections::BTreeSet;

use serde_json::Value;
use streams::kafka::tap::RecordView;

use super::entry::trace;

/// A record belongs to a story if it names one of these ids, or is of one of these traces.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Names {
    /// Ids of what the story is about.
    pub(super) ids: BTreeSet<String>,
    /// Traces.
    pub(super) traces: BTreeSet<String>,
}

impl Names {
    /// Whether a record belongs to the story.
    pub(super) fn has(&self, record: &RecordView<'_>) -> bool {
        if trace(record).is_some_and(|trace| self.traces.contains(trace)) {
            return true;
        }
        let headers = || record.headers.iter().filter_map(|(_, value)| value);
        self.ids.iter().map(String::as_bytes).any(|id| {
            record.key.is_some_and(|key| key == id)
                || record.value.is_some_and(|value| names(value, id))
                || headers().any(|value| value == id)
        })
    }
}

/// Whether an id stands in these bytes, not as a part of a longer one.
fn names(bytes: &[u8], id: &[u8]) -> bool {
    let is_of_id = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    memchr::memmem::find_iter(bytes, id).any(|at| {
        let before = at.checked_sub(1).and_then(|place| bytes.get(place));
        !before.is_some_and(is_of_id) && !bytes.get(at + id.len()).is_some_and(is_of_id)
    })
}

/// The texts of all fields of this name in a value.
pub(super) fn texts(value: &Value, field: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inside)| match inside {
            Value::String(text) if name == field => {
                found.insert(text.clone());
            }
            inside => texts(inside, field, found),
        }),
        Value::Array(elements) => elements.iter().for_each(|inside| texts(inside, field, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_not_found_inside_a_longer_one() {
        assert!(names(br#"{"order":"order-1"}"#, b"order-1"));
        assert!(!names(br#"{"order":"order-12","x":"my-order-1"}"#, b"order-1"));
        assert!(names(br#"{"order":"order-12","x":"order-1"}"#, b"order-1"));
    }

    #[test]
    fn texts_are_found_wherever_they_stand() {
        let value = serde_json::json!({"fact": {"order_placed": {"lines": [{"sku": "a"}, {"sku": "b"}], "sku": 3}}});
        let mut found = BTreeSet::new();
        texts(&value, "sku", &mut found);
        assert_eq!(found, BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    }
}
