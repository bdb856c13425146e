//! A record as a tap shows it: bytes in the client's memory, or kept in ours.

use std::sync::Arc;

use rdkafka::Message;
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Headers as _, Timestamp};

use super::super::records;
use crate::record::{Headers, Record};

/// What a record's time is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeKind {
    /// The writer's.
    Create,
    /// The broker's, when it appended the record.
    LogAppend,
    /// There is none.
    None,
}

/// A record in the client's memory. It can be handed to another thread.
pub struct TapRecord<'a> {
    message: BorrowedMessage<'a>,
    topic: &'a str,
}

/// A record that was taken out of the client's memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptRecord {
    /// The record.
    pub record: Record,
    /// What its time is.
    pub time: TimeKind,
}

/// What there is to see of a record, wherever it is kept.
#[derive(Clone, Copy)]
pub struct RecordView<'a> {
    /// Its topic.
    pub topic: &'a str,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its time, milliseconds since 1970; 0 without one.
    pub timestamp: i64,
    /// What its time is.
    pub time: TimeKind,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value; none is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Its headers.
    pub headers: HeadersView<'a>,
}

/// Headers, wherever they are kept, in the order they were written.
#[derive(Clone, Copy)]
pub struct HeadersView<'a>(Kept<'a>);

#[derive(Clone, Copy)]
enum Kept<'a> {
    None,
    Client(&'a BorrowedHeaders),
    Ours(&'a Headers),
}

impl<'a> TapRecord<'a> {
    pub(super) fn new(message: BorrowedMessage<'a>, topic: &'a str) -> Self {
        Self { message, topic }
    }

    /// What there is to see of it.
    #[must_use]
    pub fn view(&self) -> RecordView<'_> {
        let (time, timestamp) = time(&self.message);
        RecordView {
            topic: self.topic,
            partition: self.message.partition(),
            offset: self.message.offset(),
            timestamp,
            time,
            key: self.message.key(),
            value: self.message.payload(),
            headers: HeadersView(self.message.headers().map_or(Kept::None, Kept::Client)),
        }
    }

    /// Takes it out of the client's memory.
    #[must_use]
    pub fn keep(&self, topic: &Arc<str>) -> KeptRecord {
        KeptRecord { record: records::record_from(&self.message, topic), time: time(&self.message).0 }
    }
}

fn time(message: &BorrowedMessage<'_>) -> (TimeKind, i64) {
    match message.timestamp() {
        Timestamp::CreateTime(at) => (TimeKind::Create, at),
        Timestamp::LogAppendTime(at) => (TimeKind::LogAppend, at),
        Timestamp::NotAvailable => (TimeKind::None, 0),
    }
}

impl KeptRecord {
    /// What there is to see of it.
    #[must_use]
    pub fn view(&self) -> RecordView<'_> {
        let record = &self.record;
        RecordView {
            topic: &record.topic,
            partition: record.partition,
            offset: record.offset,
            timestamp: record.timestamp,
            time: self.time,
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            headers: HeadersView::of(&record.headers),
        }
    }
}

impl RecordView<'_> {
    /// Bytes of key and value.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        (self.key.map_or(0, <[u8]>::len) + self.value.map_or(0, <[u8]>::len)) as u64
    }
}

impl<'a> HeadersView<'a> {
    /// Headers in our own memory.
    #[must_use]
    pub fn of(headers: &'a Headers) -> Self {
        Self(Kept::Ours(headers))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.0 {
            Kept::None => 0,
            Kept::Client(headers) => headers.count(),
            Kept::Ours(headers) => headers.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each name with its value; a value may be missing.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Option<&'a [u8]>)> + use<'a> {
        let kept = self.0;
        (0..self.len()).filter_map(move |place| match kept {
            Kept::None => None,
            Kept::Client(headers) => records::header_at(headers, place),
            Kept::Ours(headers) => headers.get(place).map(|(name, value)| (name.as_str(), Some(value.as_ref()))),
        })
    }

    /// The value of the last header of this name.
    #[must_use]
    pub fn last(&self, name: &str) -> Option<&'a [u8]> {
        self.iter().filter(|(found, _)| *found == name).last().and_then(|(_, value)| value)
    }
}
