//! One record of `ingress.replies`: decode it, wake the waiter.

use events::codec::{self, DecodeError};
use events::envelope::Envelope;
use events::request::Reply;
use streams::record::Record;

use super::PendingRequests;

/// What became of a reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Resolved {
    /// A request of this process.
    Known,
    /// Another process's on the same partition, or forgotten.
    Unknown,
    /// Nobody can read it.
    Unreadable,
}

impl Resolved {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Unknown => "unknown",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Handles one record. A reply that cannot be read costs one waiter its time, nothing else: the decision is in the log.
pub(crate) fn resolve_record(pending: &PendingRequests, record: &Record) -> Resolved {
    let envelope = Envelope::from_headers(record.header_pairs());
    match codec::decode::<Reply>(record.value.as_deref(), &envelope) {
        Ok(reply) => {
            if pending.resolve(reply) {
                Resolved::Known
            } else {
                Resolved::Unknown
            }
        }
        Err(error) => {
            let is_newer = matches!(error, DecodeError::Newer { .. });
            tracing::warn!(partition = record.partition, offset = record.offset, is_newer, %error, "a reply cannot be read");
            Resolved::Unreadable
        }
    }
}
