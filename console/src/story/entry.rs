//! One record of a story, and what it says of itself: its type, its trace, its request, and the time of what led to it.

use events::envelope::header;
use serde_json::Value;
use streams::kafka::tap::{KeptRecord, RecordView};

use crate::tap::trace_of;

/// One record of a story.
#[derive(Clone, Debug)]
pub struct Entry {
    record: KeptRecord,
    /// Its type, such as `place` or `order_placed`; empty if it has none.
    pub event: String,
    /// Its trace id.
    pub trace: Option<String>,
    /// Its value; null if it is no JSON.
    pub value: Value,
    /// The place in the story of the record that led to it; none when it came from outside, or its cause is not in the story.
    pub cause: Option<usize>,
}

impl Entry {
    /// Reads a record.
    #[must_use]
    pub(crate) fn of(record: KeptRecord) -> Self {
        let view = record.view();
        let text = |name| view.headers.last(name).map(|value| String::from_utf8_lossy(value).into_owned());
        let event = text(header::EVENT_TYPE).unwrap_or_default();
        let trace = trace(&view).map(str::to_owned);
        let value = view.value.and_then(|value| serde_json::from_slice(value).ok()).unwrap_or(Value::Null);
        Self { record, event, trace, value, cause: None }
    }

    /// The record.
    #[must_use]
    pub fn view(&self) -> RecordView<'_> {
        self.record.view()
    }

    /// Its time, milliseconds since 1970: the broker's for inboxes, the writer's for facts.
    #[must_use]
    pub fn at_ms(&self) -> i64 {
        self.view().timestamp
    }

    /// Where it stands: topic, partition and offset.
    #[must_use]
    pub fn place(&self) -> (String, i32, i64) {
        let view = self.view();
        (view.topic.to_owned(), view.partition, view.offset)
    }

    /// The application whose topic it is in, such as `orders`.
    pub(super) fn application(&self) -> &str {
        self.view_topic().split('.').next().unwrap_or_default()
    }

    /// Whether it is a fact, not a command.
    pub(super) fn is_fact(&self) -> bool {
        self.view_topic().ends_with(".events") || self.view_topic().ends_with(".best")
    }

    /// Whether it is an answer to ingress.
    pub(super) fn is_reply(&self) -> bool {
        self.application() == "ingress"
    }

    /// The request that it names first: its own.
    pub(super) fn request(&self) -> Option<&str> {
        first(&self.value, "request").and_then(Value::as_str)
    }

    /// When what led to it was logged, if it says so, milliseconds since 1970.
    pub(super) fn said_at_ms(&self) -> Option<i64> {
        first(&self.value, "at").and_then(Value::as_i64)
    }

    fn view_topic(&self) -> &str {
        self.record.view().topic
    }
}

/// The trace id in a record's `traceparent`.
pub(super) fn trace<'a>(record: &RecordView<'a>) -> Option<&'a str> {
    std::str::from_utf8(trace_of(record.headers.last(header::TRACEPARENT)?)?).ok()
}

/// The value of a field of this name: the value's own, else that of the object inside which comes first.
fn first<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let fields = value.as_object()?;
    fields.get(name).or_else(|| fields.values().find_map(|inside| first(inside, name)))
}
