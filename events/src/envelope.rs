//! The headers that travel beside every value: what it is, which version of the language it speaks, which trace it belongs to
//! and where an answer should go. Header names follow CloudEvents' Kafka binding in spirit and W3C Trace Context to the letter.

use std::sync::Arc;

use compact_str::CompactString;

use crate::ids::OrderId;
use crate::request::Fingerprint;

/// Headers of one record.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Envelope {
    /// The value's type, such as `claim` or `coupon_granted`.
    pub event_type: CompactString,
    /// The version of the language the value speaks.
    pub schema_version: u16,
    /// W3C `traceparent`, passed on unchanged, and shared by all that a record leads to.
    pub traceparent: Option<Arc<str>>,
    /// The partition of `ingress.replies` where an answer is awaited.
    pub reply_to: Option<i32>,
    /// The order that awaits an answer in `orders.inbox`.
    pub answer_to: Option<OrderId>,
    /// What the command says, hashed, as its writer worked it out once. Records of former builds have none.
    pub fingerprint: Option<Fingerprint>,
}

/// Header names.
pub mod header {
    /// The value's type.
    pub const EVENT_TYPE: &str = "event-type";
    /// The version of the language the value speaks.
    pub const SCHEMA_VERSION: &str = "schema-version";
    /// W3C Trace Context.
    pub const TRACEPARENT: &str = "traceparent";
    /// The partition of `ingress.replies` where an answer is awaited.
    pub const REPLY_TO: &str = "reply-to";
    /// The order that awaits an answer in `orders.inbox`.
    pub const ANSWER_TO: &str = "answer-to";
    /// What the command says, hashed: a decimal number.
    pub const FINGERPRINT: &str = "fingerprint";
}

impl Envelope {
    /// What a record hands on to those that it leads to: its trace, none of its addresses.
    #[must_use]
    pub fn onward(&self) -> Self {
        Self { traceparent: self.traceparent.clone(), ..Self::default() }
    }

    /// The headers as they are written, in whatever a record keeps names and values in.
    #[must_use]
    pub fn to_headers<N: From<&'static str>, V: From<Vec<u8>>>(&self) -> Vec<(N, V)> {
        let version = self.schema_version.to_string();
        let reply_to = self.reply_to.map(|partition| partition.to_string());
        let fingerprint = self.fingerprint.map(|fingerprint| fingerprint.as_u64().to_string());
        let headers = [
            (header::EVENT_TYPE, Some(self.event_type.as_str())),
            (header::SCHEMA_VERSION, Some(version.as_str())),
            (header::TRACEPARENT, self.traceparent.as_deref()),
            (header::REPLY_TO, reply_to.as_deref()),
            (header::ANSWER_TO, self.answer_to.as_ref().map(OrderId::as_str)),
            (header::FINGERPRINT, fingerprint.as_deref()),
        ];
        let present = headers.into_iter().filter_map(|(name, value)| Some((name, value?)));
        present.map(|(name, value)| (name.into(), value.as_bytes().to_vec().into())).collect()
    }

    /// Reads headers; unknown names are ignored, and of a name given twice the last counts. A header that cannot be read is
    /// as good as absent: only the type and the version are needed, and [`crate::codec`] checks those.
    #[must_use]
    pub fn from_headers<'a>(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut envelope = Self::default();
        for (name, value) in headers {
            let Ok(text) = std::str::from_utf8(value) else { continue };
            match name {
                header::EVENT_TYPE => envelope.event_type = text.into(),
                header::SCHEMA_VERSION => envelope.schema_version = text.parse().unwrap_or(0),
                header::TRACEPARENT => envelope.traceparent = Some(text.into()),
                header::REPLY_TO => envelope.reply_to = text.parse().ok().filter(|partition| *partition >= 0),
                header::ANSWER_TO => envelope.answer_to = OrderId::new(text).ok(),
                header::FINGERPRINT => envelope.fingerprint = text.parse().ok().map(Fingerprint::from_u64),
                _ => {}
            }
        }
        envelope
    }
}
