//! Between records and messages: how every processor reads what it is sent, and where it writes facts, replies and answers.

use std::sync::Arc;

use events::codec::{DecodeError, Message, decode, encode};
use events::envelope::Envelope;
use events::manifest::Manifest;
use events::orders::OrderCommand;
use events::prices::PriceCommand;
use events::request::Reply;
use events::topics::{self, Topic};
use streams::processor::{Context, Verdict};
use streams::record::{Outgoing, Record};
use streams::topology::TopologyError;

use crate::kit::invariant::CorruptState;
use crate::kit::row::RowError;

/// The topics that a processor writes to.
#[derive(Clone, Debug)]
pub(crate) struct Outputs {
    events: Arc<str>,
    replies: Arc<str>,
    answers: Arc<str>,
    prices: Arc<str>,
    /// How many partitions there are for replies: a request that names another one gets no reply.
    reply_partitions: i32,
}

impl Outputs {
    /// The outputs of the processor with this name, whose facts go to this topic.
    pub(crate) fn new<M>(processor: &str, events: &Topic<M>) -> Result<Self, TopologyError> {
        let replies = topics::INGRESS_REPLIES.name();
        let reply_partitions =
            Manifest::embedded().ok().and_then(|manifest| Some(manifest.topics.get(replies)?.partitions)).ok_or_else(
                || TopologyError::Missing { topology: processor.into(), missing: "the reply topic in topics.yaml" },
            )?;
        Ok(Self {
            events: events.name().into(),
            replies: replies.into(),
            answers: topics::ORDERS_INBOX.name().into(),
            prices: topics::PRICES_INBOX.name().into(),
            reply_partitions,
        })
    }

    /// A fact goes to the partition that has the same number as the task's.
    pub(crate) fn fact<M: Message>(
        &self,
        context: &mut dyn Context,
        fact: &M,
        cause: &Envelope,
    ) -> Result<(), Verdict> {
        let partition = context.partition();
        context.forward(outgoing(&self.events, Some(partition), fact, &cause.onward())?);
        Ok(())
    }

    /// A reply goes where the request asked to be answered, if it did.
    pub(crate) fn reply(&self, context: &mut dyn Context, reply: &Reply, cause: &Envelope) -> Result<(), Verdict> {
        match cause.reply_to {
            Some(partition) if partition < self.reply_partitions => {
                context.forward(outgoing(&self.replies, Some(partition), reply, &cause.onward())?);
            }
            Some(partition) => tracing::warn!(partition, "a request asks for its reply where there is no partition"),
            None => {}
        }
        Ok(())
    }

    /// An answer goes to the order that it names, wherever its key lies.
    pub(crate) fn answer(
        &self,
        context: &mut dyn Context,
        answer: &OrderCommand,
        cause: &Envelope,
    ) -> Result<(), Verdict> {
        context.forward(outgoing(&self.answers, None, answer, &cause.onward())?);
        Ok(())
    }

    /// What a product costs is told to the prices processor, wherever the product's key lies there.
    pub(crate) fn price(
        &self,
        context: &mut dyn Context,
        price: &PriceCommand,
        cause: &Envelope,
    ) -> Result<(), Verdict> {
        context.forward(outgoing(&self.prices, None, price, &cause.onward())?);
        Ok(())
    }
}

/// Reads a record: its message and its headers. A newer version stops the partition, garbage goes to the dead letters.
pub(crate) fn read<M: Message>(record: &Record) -> Result<(M, Envelope), Verdict> {
    let envelope = Envelope::from_headers(record.header_pairs());
    let message = decode(record.value.as_deref(), &envelope).map_err(|error| match error {
        DecodeError::Newer { .. } => Verdict::Fatal(error.to_string()),
        DecodeError::Unmarked(_) | DecodeError::Garbage(_) => Verdict::Poison(error.to_string()),
    })?;
    Ok((message, envelope))
}

/// Writes a message as a record. Without a partition its key decides where it goes.
pub(crate) fn outgoing<M: Message>(
    topic: &Arc<str>,
    partition: Option<i32>,
    message: &M,
    context: &Envelope,
) -> Result<Outgoing, Verdict> {
    let (value, envelope) = encode(message, context).map_err(|error| Verdict::Fatal(error.to_string()))?;
    Ok(Outgoing {
        topic: topic.clone(),
        partition,
        key: Some(message.key().into_bytes().into()),
        value: Some(value.into()),
        headers: envelope.to_headers(),
    })
}

/// A store holds what this build cannot read: going on would be guessing.
pub(crate) fn stored(error: RowError) -> Verdict {
    Verdict::Fatal(error.to_string())
}

/// A machine found its state contradicting itself.
pub(crate) fn corrupt(error: CorruptState) -> Verdict {
    Verdict::Fatal(error.to_string())
}
