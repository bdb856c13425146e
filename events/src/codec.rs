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

/// What a message's kind and key are, and, for commands that are repeated, its fingerprint. Readers and writers of JSON are large, so
/// they are compiled here, once for each message, and not again in each room that reads or writes it.
macro_rules! message {
    ($type:ty: |$message:ident| $kind:expr, $key:expr $(, |$value:ident| $fingerprint:expr)?) => {
        #[allow(unused_variables, reason = "all messages of a type may be of one kind")]
        impl Message for $type {
            const SCHEMA_VERSION: u16 = 1;
            fn from_json(value: &[u8]) -> Result<Self, serde_json::Error> {
                serde_json::from_slice(value)
            }
            fn to_json(&self, value: &mut Vec<u8>) -> Result<(), serde_json::Error> {
                serde_json::to_writer(value, self)
            }
            fn kind(&self) -> &'static str {
                let $message = self;
                $kind
            }
            fn key(&self) -> Cow<'_, str> {
                let $message = self;
                Cow::from($key)
            }
            $(fn fingerprint(&self, $value: &[u8]) -> Option<Fingerprint> {
                let $message = self;
                $fingerprint
            })?
        }
    };
}

// A claim carries its own fingerprint.
message!(CouponCommand: |command| command.kind(), command.campaign().as_str(), |value| {
    if matches!(command, CouponCommand::Claim { .. }) { None } else { Some(Fingerprint::of(value)) }
});
message!(CouponEvent: |event| event.fact.kind(), event.campaign.as_str());
message!(InventoryCommand: |command| command.kind(), command.sku().as_str(), |value| Some(Fingerprint::of(value)));
message!(InventoryEvent: |event| event.fact.kind(), event.sku.as_str());
// The time limits of a placement do not count; answers have no request.
message!(OrderCommand: |command| command.kind(), command.order().as_str(), |value| match command {
    OrderCommand::Place { .. } => Some(command.fingerprint()),
    _ => command.request().map(|_| Fingerprint::of(value)),
});
message!(OrderEvent: |event| event.fact.kind(), event.order.as_str());
message!(PaymentCommand: |command| command.kind(), command.order().as_str());
message!(PaymentEvent: |event| event.answer.kind(), event.order.as_str());
// What orders say is not repeated under a request.
message!(SettlementCommand: |command| command.kind(), command.seller().as_str(), |value| {
    command.request().map(|_| Fingerprint::of(value))
});
message!(SettlementEvent: |event| event.fact.kind(), event.seller.as_str());
message!(PriceCommand: |command| command.kind(), command.sku().as_str());
message!(BestPrice: |best| "best_price", best.sku.as_str());
message!(Reply: |reply| "reply", reply.request.to_string());

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
