//! An answer goes into the log twice: to the order, and as a fact. Both are there before the command counts as answered; until
//! then they are written again, so a reader may see an answer twice.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use events::codec::{self, Message};
use events::envelope::Envelope;
use events::orders::OrderCommand;
use events::payments::{PaymentAnswer, PaymentEvent};
use events::time::Timestamp;
use events::topics::{DEAD_LETTERS, ORDERS_INBOX, PAYMENTS_EVENTS};
use streams::emitter::{EmitError, Emitter};
use streams::record::{Outgoing, Record};

use super::lanes::Job;
use crate::toss::pause::Pauses;

/// Pauses while the log cannot be written.
const PAUSES_MS: (u64, u64) = (50, 2_000);
/// Headers of a dead letter, as the runtime names them.
mod header {
    pub(super) const PROCESSOR: &str = "dead-letter.processor";
    pub(super) const TOPIC: &str = "dead-letter.topic";
    pub(super) const PARTITION: &str = "dead-letter.partition";
    pub(super) const OFFSET: &str = "dead-letter.offset";
    pub(super) const TIMESTAMP: &str = "dead-letter.timestamp";
    pub(super) const REASON: &str = "dead-letter.reason";
}
/// Who writes dead letters here.
const CONNECTOR: &str = "connectors.toss";
/// Most bytes of a value in a dead letter; the original stands where its headers say.
const LETTER_BYTES: usize = 512 * 1024;

/// Why an answer will never be in the log.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TellError {
    /// The log will not take it.
    #[error("the log refuses an answer: {0}")]
    Refused(String),
    /// It has no form. Never in practice.
    #[error("an answer cannot be encoded: {0}")]
    Encoding(String),
}

/// Writes answers.
#[derive(Clone)]
pub(crate) struct Telling(pub(crate) Arc<dyn Emitter>);

impl Telling {
    /// Returns when the answer is in the log, for the order and for everybody.
    pub(crate) async fn tell(&self, job: &Job, answer: PaymentAnswer) -> Result<(), TellError> {
        let (order, request) = (job.command.order().clone(), job.command.request());
        let envelope = Envelope { traceparent: job.traceparent.clone(), ..Envelope::default() };
        let event = PaymentEvent { order: order.clone(), request, at: now(), answer: answer.clone() };
        let command = OrderCommand::PaymentAnswered { order, request, answer };
        let event = outgoing(&event, PAYMENTS_EVENTS.name(), Some(job.partition), &envelope)?;
        let command = outgoing(&command, ORDERS_INBOX.name(), None, &envelope)?;
        let (event, command) = tokio::join!(self.write(event), self.write(command));
        event.and(command)
    }

    /// Returns when a record that cannot be read is among the dead letters.
    pub(crate) async fn bury(&self, record: &Record, reason: &str) -> Result<(), TellError> {
        let mut headers = record.headers.clone();
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value.into_bytes().into()));
        add(header::PROCESSOR, CONNECTOR.to_owned());
        add(header::TOPIC, record.topic.to_string());
        add(header::PARTITION, record.partition.to_string());
        add(header::OFFSET, record.offset.to_string());
        add(header::TIMESTAMP, record.timestamp.to_string());
        add(header::REASON, reason.chars().take(250).collect());
        let value = record.value.as_ref().map(|value| value.slice(..value.len().min(LETTER_BYTES)));
        let topic = DEAD_LETTERS.name().into();
        self.write(Outgoing { topic, partition: None, key: record.key.clone(), value, headers }).await
    }

    /// Writes a record until it is durable.
    async fn write(&self, outgoing: Outgoing) -> Result<(), TellError> {
        let mut pauses = Pauses::new(PAUSES_MS.0, PAUSES_MS.1);
        loop {
            let fate = match self.0.emit(outgoing.clone()) {
                Ok(delivery) => delivery.await.map(drop),
                Err(error) => Err(error),
            };
            match fate {
                Ok(()) => return Ok(()),
                Err(EmitError::Refused(reason)) => return Err(TellError::Refused(reason)),
                Err(error @ (EmitError::Full | EmitError::Unknown(_))) => {
                    tracing::debug!(%error, topic = %outgoing.topic, "an answer is written again");
                    tokio::time::sleep(pauses.next() + Duration::from_millis(1)).await;
                }
            }
        }
    }
}

fn outgoing<M: Message>(
    message: &M,
    topic: &str,
    partition: Option<i32>,
    context: &Envelope,
) -> Result<Outgoing, TellError> {
    let (value, envelope) = codec::encode(message, context).map_err(|error| TellError::Encoding(error.to_string()))?;
    let headers = envelope.to_headers().into_iter().map(|(name, value)| (name.to_owned(), value.into()));
    Ok(Outgoing {
        topic: topic.into(),
        partition,
        key: Some(Bytes::from(message.key())),
        value: Some(value.into()),
        headers: headers.collect(),
    })
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
