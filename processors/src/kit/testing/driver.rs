//! A topology on the test driver: commands in, messages out. What is taken out is checked: who wrote it, under which key, into which
//! partition, with which headers.

use std::fmt::Debug;
use std::ops::{Deref, DerefMut};

use events::codec::{Message, decode, encode};
use events::envelope::Envelope;
use events::ids::{OrderId, RequestId};
use events::orders::OrderCommand;
use events::request::Reply;
use events::topics::{self, Topic};
use streams::driver::{DriverError, TestDriver};
use streams::record::Outgoing;
use streams::topology::{Topology, TopologyError};

use super::names::order;

/// The partition of replies that every request asks for.
pub(crate) const REPLY_TO: i32 = 3;

/// What a command led to, where it leads to facts and a reply only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Effect<E> {
    pub(crate) events: Vec<E>,
    pub(crate) reply: Option<Reply>,
}

/// A topology on one partition.
pub(crate) struct Driver(TestDriver);

/// The order in whose name every order's command is sent.
pub(crate) fn sending_order() -> OrderId {
    order("order-that-sends")
}

/// The headers of a record.
pub(crate) fn envelope_of(outgoing: &Outgoing) -> Envelope {
    Envelope::from_headers(outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref())))
}

/// What a record says, and its headers. Its key is the message's.
pub(crate) fn read<M: Message>(outgoing: &Outgoing) -> (M, Envelope) {
    let envelope = envelope_of(outgoing);
    let message: M = decode(outgoing.value.as_deref(), &envelope).unwrap();
    assert_eq!(outgoing.key.as_deref(), Some(message.key().as_bytes()), "a record has its message's key");
    (message, envelope)
}

impl Driver {
    pub(crate) fn new(topology: Result<Topology, TopologyError>) -> Self {
        Self(TestDriver::with_partitions(topology.unwrap(), 1))
    }

    /// Sends a command that asks for a reply, and for an answer to [`sending_order`].
    pub(crate) fn send<M: Message>(&mut self, command: &M, at_ms: i64) -> Result<(), DriverError> {
        let context = Envelope { reply_to: Some(REPLY_TO), answer_to: Some(sending_order()), ..Envelope::default() };
        self.send_with(command, &context, at_ms)
    }

    /// Sends a message with these headers.
    pub(crate) fn send_with<M: Message>(
        &mut self,
        message: &M,
        context: &Envelope,
        at_ms: i64,
    ) -> Result<(), DriverError> {
        let (value, envelope) = encode(message, context).unwrap();
        let headers: Vec<(&str, Vec<u8>)> = envelope.to_headers();
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        self.0.pipe(message.key().as_bytes(), &value, &headers, at_ms).map(drop)
    }

    /// Lets time pass with so many ticks, a millisecond apart: what a tick leads to may be due by the next one.
    pub(crate) fn pass(&mut self, at_ms: i64, ticks: i64) {
        for tick in 0..ticks {
            self.0.advance_to(at_ms + tick).unwrap();
        }
    }

    /// Takes out the facts. They go to the task's own partition.
    pub(crate) fn facts<M: Message>(&mut self, topic: &Topic<M>) -> Vec<M> {
        let read = |outgoing: &Outgoing| {
            assert_eq!(outgoing.partition, Some(0), "facts go to the task's own partition");
            read(outgoing).0
        };
        self.0.take(topic.name()).iter().map(read).collect()
    }

    /// Takes out messages to another processor. Their keys decide where they go.
    pub(crate) fn messages<M: Message>(&mut self, topic: &Topic<M>) -> Vec<(M, Envelope)> {
        let read = |outgoing: &Outgoing| {
            assert_eq!(outgoing.partition, None, "the key decides where a message goes");
            let (message, envelope) = read(outgoing);
            assert_eq!(envelope.reply_to, None, "a message asks for no reply");
            (message, envelope)
        };
        self.0.take(topic.name()).iter().map(read).collect()
    }

    /// Takes out messages to another processor that ask for no answer.
    pub(crate) fn notices<M: Message>(&mut self, topic: &Topic<M>) -> Vec<M> {
        let messages = self.messages(topic).into_iter();
        messages
            .map(|(message, envelope)| {
                assert_eq!(envelope.answer_to, None, "no answer is asked for");
                message
            })
            .collect()
    }

    /// Takes out what orders were sent, each read as what it is about.
    pub(crate) fn answers<A>(&mut self, read: impl Fn(OrderCommand) -> Option<A>) -> Vec<A> {
        let answers = self.notices(&topics::ORDERS_INBOX).into_iter();
        answers
            .map(|answer| read(answer.clone()).unwrap_or_else(|| panic!("no answer to an order: {answer:?}")))
            .collect()
    }

    /// Takes out the replies. They go where the requests ask for them.
    pub(crate) fn replies(&mut self) -> Vec<Reply> {
        let read = |outgoing: &Outgoing| {
            assert_eq!(outgoing.partition, Some(REPLY_TO), "a reply goes where the request asks for it");
            read(outgoing).0
        };
        self.0.take(topics::INGRESS_REPLIES.name()).iter().map(read).collect()
    }

    /// Takes out the one reply to this request; without a request there is none.
    pub(crate) fn reply(&mut self, request: Option<RequestId>, command: &impl Debug) -> Option<Reply> {
        let mut replies = self.replies();
        assert_eq!(replies.len(), usize::from(request.is_some()), "one reply, if one is due: {command:?}");
        let reply = replies.pop();
        assert_eq!(reply.as_ref().map(|reply| reply.request), request, "{command:?}");
        reply
    }
}

impl Deref for Driver {
    type Target = TestDriver;

    fn deref(&self) -> &TestDriver {
        &self.0
    }
}

impl DerefMut for Driver {
    fn deref_mut(&mut self) -> &mut TestDriver {
        &mut self.0
    }
}
