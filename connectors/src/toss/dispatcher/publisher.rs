//! An answer goes into the log twice: to the order, and as a fact. Both are there before the command counts as answered; until
//! then they are written again, so a reader may see an answer twice.

use events::envelope::Envelope;
use events::orders::OrderCommand;
use events::payments::{PaymentAnswer, PaymentEvent};
use events::topics::{DEAD_LETTERS, ORDERS_INBOX, PAYMENTS_EVENTS};
use streams::record::{Outgoing, Record};
use streams::task::dead_letter::header;

use super::queues::Job;
use crate::writer::{WriteError, Writer, now, outgoing};

/// Who writes dead letters here.
const CONNECTOR: &str = "connectors.toss";
/// Most bytes of a value in a dead letter; the original stands where its headers say.
const LETTER_BYTES: usize = 512 * 1024;

/// Writes answers.
#[derive(Clone)]
pub(crate) struct AnswerPublisher(pub(crate) Writer);

impl AnswerPublisher {
    /// Returns when the answer is in the log, for the order and for everybody.
    pub(crate) async fn publish(&self, job: &Job, answer: PaymentAnswer) -> Result<(), WriteError> {
        let (order, request) = (job.command.order().clone(), job.command.request());
        let envelope = Envelope { traceparent: job.traceparent.clone(), ..Envelope::default() };
        let event = PaymentEvent { order: order.clone(), request, at: now(), answer: answer.clone() };
        let command = OrderCommand::PaymentAnswered { order, request, answer };
        let event = outgoing(&event, PAYMENTS_EVENTS.name(), Some(job.partition), &envelope)?;
        let command = outgoing(&command, ORDERS_INBOX.name(), None, &envelope)?;
        let (event, command) = tokio::join!(self.0.write(event), self.0.write(command));
        event.and(command)
    }

    /// Returns when a record that cannot be read is among the dead letters.
    pub(crate) async fn write_dead_letter(&self, record: &Record, reason: &str) -> Result<(), WriteError> {
        let mut headers = record.headers.clone();
        let mut add = |name: &str, value: String| headers.push((name.into(), value.into_bytes().into()));
        add(header::PROCESSOR, CONNECTOR.to_owned());
        add(header::TOPIC, record.topic.to_string());
        add(header::PARTITION, record.partition.to_string());
        add(header::OFFSET, record.offset.to_string());
        add(header::TIMESTAMP, record.timestamp.to_string());
        add(header::REASON, reason.chars().take(250).collect());
        let whole = record.value.as_ref().map_or(0, bytes::Bytes::len);
        if whole > LETTER_BYTES {
            add(header::CUT, (whole - LETTER_BYTES).to_string());
        }
        let value = record.value.as_ref().map(|value| value.slice(..value.len().min(LETTER_BYTES)));
        let topic = DEAD_LETTERS.name().into();
        self.0.write(Outgoing { topic, partition: None, key: record.key.clone(), value, headers }).await
    }
}
