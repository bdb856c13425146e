//! Bytes to messages and back: the one place that knows the wire format (JSON). Unknown fields are ignored, an unknown newer
//! version is told apart from garbage: the first stops a reader until it is upgraded, the second goes to the dead letters.

use std::borrow::Cow;
use std::cell::RefCell;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::coupons::{CouponCommand, CouponEvent};
use crate::envelope::Envelope;
use crate::inventory::{InventoryCommand, InventoryEvent};
use crate::orders::{OrderCommand, OrderEvent};
use crate::payments::{PaymentCommand, PaymentEvent};
use crate::prices::{BestPrice, PriceCommand};
use crate::request::{Fingerprint, Reply};
use crate::settlement::{SettlementCommand, SettlementEvent};

/// Bytes of the buffer that values are drafted in that a thread keeps.
const MOST_KEPT: usize = 64 * 1024;

/// A value of a public topic.
pub trait Message: Serialize + DeserializeOwned {
    /// The newest version of this message that the code at hand writes and understands.
    const SCHEMA_VERSION: u16;

    /// The message's type: the `event-type` header.
    fn kind(&self) -> &'static str;

    /// The record's key.
    fn key(&self) -> Cow<'_, str>;

    /// Reads the message's JSON.
    ///
    /// # Errors
    /// [`serde_json::Error`] when the bytes are something else.
    fn from_json(value: &[u8]) -> Result<Self, serde_json::Error>;

    /// Appends the message's JSON.
    ///
    /// # Errors
    /// [`serde_json::Error`] never in practice.
    fn to_json(&self, value: &mut Vec<u8>) -> Result<(), serde_json::Error>;

    /// What a command says, hashed, so that a repeat is told from another command under the same request; nothing for messages that
    /// are not repeated. `value` is the command's canonical form: its encoded value.
    fn fingerprint(&self, _value: &[u8]) -> Option<Fingerprint> {
        None
    }
}

/// The JSON of one message. Readers and writers of JSON are large, so they are compiled here, once for each message, and not again in
/// each room that reads or writes it.
macro_rules! json {
    () => {
        fn from_json(value: &[u8]) -> Result<Self, serde_json::Error> {
            serde_json::from_slice(value)
        }
        fn to_json(&self, value: &mut Vec<u8>) -> Result<(), serde_json::Error> {
            serde_json::to_writer(value, self)
        }
    };
}

/// Why a value cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The value was written by a newer version: stop and upgrade, do not skip.
    #[error("schema version {found} is newer than {known}, the newest understood here")]
    Newer {
        /// The value's version.
        found: u16,
        /// The newest version understood here.
        known: u16,
    },
    /// The value has no readable version, or no value at all.
    #[error("{0}")]
    Unmarked(&'static str),
    /// The value is not what its version promises.
    #[error("not a readable value: {0}")]
    Garbage(#[from] serde_json::Error),
}

/// Writes a message: its value and its headers. The trace and the addresses are passed through from `context`.
///
/// # Errors
/// [`serde_json::Error`] never in practice: the types have string keys only.
pub fn encode<M: Message>(message: &M, context: &Envelope) -> Result<(Vec<u8>, Envelope), serde_json::Error> {
    let value = written(message)?;
    let envelope = Envelope {
        event_type: message.kind().into(),
        schema_version: M::SCHEMA_VERSION,
        traceparent: context.traceparent.clone(),
        reply_to: context.reply_to,
        answer_to: context.answer_to.clone(),
        fingerprint: message.fingerprint(&value),
    };
    Ok((value, envelope))
}

/// A value's bytes, no larger than they are: a buffer that is kept for the next value does the growing.
fn written<M: Message>(message: &M) -> Result<Vec<u8>, serde_json::Error> {
    thread_local! {
        static DRAFT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    DRAFT.with_borrow_mut(|draft| {
        draft.clear();
        draft.shrink_to(MOST_KEPT);
        message.to_json(draft)?;
        Ok(draft.as_slice().to_vec())
    })
}

/// Reads a message.
///
/// # Errors
/// [`DecodeError`] tells a newer version from garbage.
pub fn decode<M: Message>(value: Option<&[u8]>, envelope: &Envelope) -> Result<M, DecodeError> {
    let value = value.ok_or(DecodeError::Unmarked("the record has no value"))?;
    match envelope.schema_version {
        0 => Err(DecodeError::Unmarked("the record has no readable schema-version header")),
        found if found > M::SCHEMA_VERSION => Err(DecodeError::Newer { found, known: M::SCHEMA_VERSION }),
        _ => Ok(M::from_json(value)?),
    }
}

impl Message for CouponCommand {
    const SCHEMA_VERSION: u16 = 1;
    json!();
    fn kind(&self) -> &'static str {
        self.kind()
    }
    fn key(&self) -> Cow<'_, str> {
        self.campaign().as_str().into()
    }
    fn fingerprint(&self, value: &[u8]) -> Option<Fingerprint> {
        // A claim carries its own.
        if matches!(self, Self::Claim { .. }) { None } else { Some(Fingerprint::of(value)) }
    }
}

impl Message for CouponEvent {
    const SCHEMA_VERSION: u16 = 1;
    json!();
    fn kind(&self) -> &'static str {
        self.fact.kind()
    }
    fn key(&self) -> Cow<'_, str> {
        self.campaign.as_str().into()
    }
}

impl Message for InventoryCommand {
    const SCHEMA_VERSION: u16 = 1;
    json!();
    fn kind(&self) -> &'static str {
        self.kind()
    }
    fn key(&self) -> Cow<'_, str> {
        self.sku().as_str().into()
    }
    fn fingerprint(&self, value: &[u8]) -> Option<Fingerprint> {
        Some(Fingerprint::of(value))
    }
}

impl Message for InventoryEvent {
    const SCHEMA_VERSION: u16 = 1;
    json!();
    fn kind(&self) -> &'static str {
        self.fact.kind()
    }
    fn key(&self) -> Cow<'_, str> {
        self.sku.as_str().into()
    }
}

impl Message for OrderCommand {
    const SCHEMA_VERSION: u16 = 1;
    json!();
    fn kind(&self) -> &'static str {
        self.kind()
    }
    fn key(&self) -> Cow<'_, str> {
        self.order().as_str().into()
    }
    fn fingerprint(&self, value: &[u8]) -> Option<Fingerprint> {
        match self {
            // Its time limits do not count.
            Self::Place { .. } => Some(self.fingerprint()),
            _ if self.request().is_some() => Some(Fingerprint::of(value)),
            _ => None,
        }
    }
}

impl Message for OrderEvent {
    const SCHEMA_VERSION: u16 = 1;
    json!();
    fn kind(&self) -> &'static str {
        self.fact.kind()
    }
    fn key(&self) -> Cow<'_, str> {
        self.order.as_str().into()
    }
}

impl Message for PaymentCommand {
    const SCHEMA_VERSION: u16 = 1;
    json!();
    fn kind(&self) -> &'static str {
        self.kind()
    }
    fn key(&self) -> Cow<'_, str> {
        self.order().as_str().into()
    }
}

impl Message for PaymentEvent {
    const SCHEMA_VERSION: u16 = 1;
    json!();
    fn kind(&self) -> &'static str {
        self.answer.kind()
    }
    fn key(&self) -> Cow<'_, str> {
        self.order.as_str().into()
    }
}

impl Message for SettlementCommand {
    const SCHEMA_VERSION: u16 = 1;
    json!();
    fn kind(&self) -> &'static str {
        self.kind()
    }
    fn key(&self) -> Cow<'_, str> {
        self.seller().as_str().into()
    }
    fn fingerprint(&self, value: &[u8]) -> Option<Fingerprint> {
        // What orders say is not repeated under a request.
        matches!(self, Self::SetPolicy { .. } | Self::CloseDay { .. }).then(|| Fingerprint::of(value))
    }
}

impl Message for SettlementEvent {
    const SCHEMA_VERSION: u16 = 1;
    json!();
    fn kind(&self) -> &'static str {
        self.fact.kind()
    }
    fn key(&self) -> Cow<'_, str> {
        self.seller.as_str().into()
    }
}

impl Message for PriceCommand {
    const SCHEMA_VERSION: u16 = 1;
    json!();
    fn kind(&self) -> &'static str {
        self.kind()
    }
    fn key(&self) -> Cow<'_, str> {
        self.sku().as_str().into()
    }
}

impl Message for BestPrice {
    const SCHEMA_VERSION: u16 = 1;
    json!();
    fn kind(&self) -> &'static str {
        "best_price"
    }
    fn key(&self) -> Cow<'_, str> {
        self.sku.as_str().into()
    }
}

impl Message for Reply {
    const SCHEMA_VERSION: u16 = 1;
    json!();
    fn kind(&self) -> &'static str {
        "reply"
    }
    fn key(&self) -> Cow<'_, str> {
        self.request.to_string().into()
    }
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
