//! One record's or timer's work: the stores and the log time, and where what follows from it goes.

use std::fmt::Display;

use events::codec::{Message, encode};
use events::envelope::Envelope;
use events::ids::{OrderId, RequestId};
use events::orders::OrderCommand;
use events::request::{Fingerprint, Outcome, Reply};
use events::time::Timestamp;
use events::topics::{self, Topic};
use streams::codec::Codec;
use streams::processor::{Context, Verdict};
use streams::record::Outgoing;
use streams::wakeup::{self, Wakeup};

use super::machine::{Effects, TimerChange};
use super::table::{Rows, Table};

/// The work at hand.
pub(crate) struct Step<'a> {
    pub(crate) context: &'a mut dyn Context,
    /// The headers of the record; of a timer there are none.
    pub(crate) envelope: &'a Envelope,
    /// The log position of the record; of a timer there is none.
    pub(crate) position: Option<(i32, i64)>,
    /// How many partitions there are for replies: a request that names another one gets no reply.
    pub(crate) reply_partitions: i32,
}

impl Step<'_> {
    /// The log time.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.context.log_time())
    }

    /// What the command at hand says, hashed: as its writer stated it, or worked out anew for one of a former build.
    pub(crate) fn fingerprint(&self, work_out: impl FnOnce() -> Fingerprint) -> Fingerprint {
        self.envelope.fingerprint.unwrap_or_else(work_out)
    }

    /// States a fact, in the partition that has the same number as the task's.
    pub(crate) fn state<M: Message>(&mut self, topic: &Topic<M>, fact: &M) -> Result<(), Verdict> {
        let partition = self.context.partition();
        self.forward(topic, Some(partition), fact, &self.envelope.onward())
    }

    /// Sends a message to another processor, wherever its key lies there.
    pub(crate) fn send<M: Message>(&mut self, topic: &Topic<M>, message: &M) -> Result<(), Verdict> {
        self.forward(topic, None, message, &self.envelope.onward())
    }

    /// Sends a message in the name of this order, which gets the answer.
    pub(crate) fn send_for<M: Message>(
        &mut self,
        topic: &Topic<M>,
        message: &M,
        order: &OrderId,
    ) -> Result<(), Verdict> {
        let context = Envelope { answer_to: Some(order.clone()), ..self.envelope.onward() };
        self.forward(topic, None, message, &context)
    }

    /// Answers an order.
    pub(crate) fn answer(&mut self, answer: &OrderCommand) -> Result<(), Verdict> {
        self.send(&topics::ORDERS_INBOX, answer)
    }

    /// Replies to a request that was decided just now, where it asks for the reply, if it does.
    pub(crate) fn reply(&mut self, request: RequestId, outcome: Outcome) -> Result<(), Verdict> {
        let at = self.now();
        self.repeat_reply(&Reply { request, at, outcome })
    }

    /// Replies to a request where it asks for the reply, if it does.
    pub(crate) fn repeat_reply(&mut self, reply: &Reply) -> Result<(), Verdict> {
        match self.envelope.reply_to {
            Some(partition) => self.reply_in(partition, reply),
            None => Ok(()),
        }
    }

    /// Replies to a request in this partition of the replies.
    pub(crate) fn reply_in(&mut self, partition: i32, reply: &Reply) -> Result<(), Verdict> {
        if partition >= self.reply_partitions {
            tracing::warn!(partition, "a request asks for its reply where there is no partition");
            return Ok(());
        }
        self.forward(&topics::INGRESS_REPLIES, Some(partition), reply, &self.envelope.onward())
    }

    /// The row that a timer is about. What such a row is about is never forgotten, so a timer without one would be another build's
    /// doing.
    pub(crate) fn woken<K: Display, V>(&self, table: &Table<K, V>, key: &K) -> Result<V, Verdict>
    where
        Rows: Codec<K, V>,
    {
        let none = || Verdict::Fatal(format!("a timer is set for {key}, which is not in table {}", table.name()));
        table.get(self.context, key)?.ok_or_else(none)
    }

    /// Moves the one timer that something has.
    pub(crate) fn move_timer<W: Wakeup>(&mut self, from: Option<Timestamp>, to: Option<Timestamp>, wakeup: &W) {
        if from == to {
            return;
        }
        if let Some(at) = from {
            wakeup::cancel(self.context, at.as_millis(), wakeup);
        }
        if let Some(at) = to {
            wakeup::schedule(self.context, at.as_millis(), wakeup);
        }
    }

    /// Sets the timers and states the facts of a step. The notices are returned.
    pub(crate) fn carry_out<M: Message, W: Wakeup, N>(
        &mut self,
        topic: &Topic<M>,
        effects: Effects<M, W, N>,
    ) -> Result<Vec<N>, Verdict> {
        for change in effects.timers {
            match change {
                TimerChange::Set(at, wakeup) => wakeup::schedule(self.context, at.as_millis(), &wakeup),
                TimerChange::Cancel(at, wakeup) => wakeup::cancel(self.context, at.as_millis(), &wakeup),
            }
        }
        effects.events.iter().try_for_each(|event| self.state(topic, event))?;
        Ok(effects.notices)
    }

    fn forward<M: Message>(
        &mut self,
        topic: &Topic<M>,
        partition: Option<i32>,
        message: &M,
        context: &Envelope,
    ) -> Result<(), Verdict> {
        let (value, envelope) = encode(message, context).map_err(|error| Verdict::Fatal(error.to_string()))?;
        let outgoing = Outgoing {
            topic: self.context.topic(topic.name()),
            partition,
            key: Some(message.key().into_owned().into_bytes().into()),
            value: Some(value.into()),
            headers: envelope.to_headers(),
        };
        self.context.forward(outgoing);
        Ok(())
    }
}
