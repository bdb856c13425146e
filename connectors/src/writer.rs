//! Puts records into the log until they are durable. What may have been written is written again, so a reader may see a record
//! twice.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use events::codec::{self, Message};
use events::envelope::Envelope;
use events::time::Timestamp;
use streams::backoff::Backoff;
use streams::clock::now_ms;
use streams::emitter::{EmitError, Emitter, Refused, emit_until_durable};
use streams::record::Outgoing;

/// Pauses while the log cannot be written.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why a record will never be in the log.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WriteError {
    /// The log will not take it.
    #[error("the log refuses a record: {0}")]
    Refused(String),
    /// It has no form. Never in practice.
    #[error("a record cannot be encoded: {0}")]
    Encoding(String),
}

/// Writes records. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Writer(pub(crate) Arc<dyn Emitter>);

impl Writer {
    /// Returns when the record is durable, however long that takes.
    pub(crate) async fn write(&self, outgoing: Outgoing) -> Result<(), WriteError> {
        let mut backoff = Backoff::full_jitter(FIRST_PAUSE, LONGEST_PAUSE);
        let topic = Arc::clone(&outgoing.topic);
        let pause = |error: &EmitError| {
            tracing::debug!(%error, %topic, "a record is written again");
            backoff.pause() + Duration::from_millis(1)
        };
        emit_until_durable(self.0.as_ref(), outgoing, pause)
            .await
            .map_err(|Refused(reason)| WriteError::Refused(reason))
    }
}

/// A message as a record; without a partition its key decides.
pub(crate) fn outgoing<M: Message>(
    message: &M,
    topic: &str,
    partition: Option<i32>,
    context: &Envelope,
) -> Result<Outgoing, WriteError> {
    let (value, envelope) = codec::encode(message, context).map_err(|error| WriteError::Encoding(error.to_string()))?;
    Ok(Outgoing {
        topic: topic.into(),
        partition,
        key: Some(Bytes::from(message.key().into_owned())),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    })
}

/// This machine's time. No decision depends on it.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(now_ms())
}
