//! One record of `ingress.replies`: decode it, tell whoever waits.

use events::codec::{self, DecodeError};
use events::envelope::Envelope;
use events::request::Reply;
use streams::record::Record;

use super::Ledger;

/// What became of a reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Resolved {
    /// A request of this door.
    Known,
    /// Another door's on the same partition, or forgotten.
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

/// Handles one record. A reply that cannot be read costs somebody a wait, nothing else: the decision is in the log.
pub(crate) fn resolve_record(ledger: &Ledger, record: &Record) -> Resolved {
    let envelope = Envelope::from_headers(record.header_pairs());
    match codec::decode::<Reply>(record.value.as_deref(), &envelope) {
        Ok(reply) => {
            if ledger.resolve(reply) {
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
