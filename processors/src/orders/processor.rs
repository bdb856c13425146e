//! Between records and the machine: reads the message, brings the order from its store, lets the machine decide, writes the
//! order back, sets its timer, and writes facts, questions and answers.

use std::sync::Arc;

use events::codec::Message;
use events::envelope::Envelope;
use events::ids::{OrderId, RequestId};
use events::orders::{OrderAmounts, OrderCommand, OrderEvent, OrderFact, OrderRefusal, Reason};
use events::request::{Outcome, Reply};
use events::time::Timestamp;
use streams::processor::{Context, Processor, StoreId, Timer, Verdict};
use streams::record::Record;

use super::effects::{Effects, Output};
use super::invariants;
use super::machine::Woken;
use super::order::Order;
use super::placing::{Placement, place};
use super::{machine, rows, timers};
use crate::kit::invariant;
use crate::kit::invariant::CorruptState;
use crate::kit::messaging::{outgoing, read, stored};
use crate::kit::requests::Seen;

/// The store of orders, one row each.
pub(crate) const ORDERS: StoreId = StoreId(0);

/// The topics that the orders processor writes to.
#[derive(Clone, Debug)]
pub(crate) struct Outputs {
    pub(crate) events: Arc<str>,
    pub(crate) replies: Arc<str>,
    pub(crate) inventory: Arc<str>,
    pub(crate) coupons: Arc<str>,
    pub(crate) payments: Arc<str>,
    pub(crate) settlement: Arc<str>,
    /// How many partitions there are for replies: a request that names another one gets no reply.
    pub(crate) reply_partitions: i32,
}

/// Decides the records of one partition of the orders' inbox.
#[derive(Debug)]
pub(crate) struct OrderProcessor {
    outputs: Outputs,
}

impl OrderProcessor {
    pub(crate) fn new(outputs: Outputs) -> Self {
        Self { outputs }
    }
}

impl Processor for OrderProcessor {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        let (message, envelope) = read::<OrderCommand>(record)?;
        if record.key.as_deref() != Some(message.order().as_str().as_bytes()) {
            return Err(Verdict::Poison("the record's key is not the message's order".into()));
        }
        if let OrderCommand::Place { request, order, .. } = &message
            && request.order() != *order
        {
            return Err(Verdict::Poison("the order's id does not derive from its request".into()));
        }
        RecordHandler { outputs: &self.outputs, context, envelope: &envelope }.handle(&message)
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        let id = timers::read(timer).map_err(stored)?;
        let envelope = Envelope::default();
        RecordHandler { outputs: &self.outputs, context, envelope: &envelope }.wake(&id, timer)
    }
}

/// One record's or timer's work.
struct RecordHandler<'a> {
    outputs: &'a Outputs,
    context: &'a mut dyn Context,
    envelope: &'a Envelope,
}

impl RecordHandler<'_> {
    fn handle(&mut self, message: &OrderCommand) -> Result<(), Verdict> {
        let mut effects = Effects::new(self.now());
        match (self.order(message.order())?, message.request()) {
            (Some(order), Some(request)) => self.decide(order, request, message, effects),
            (Some(mut order), None) => {
                machine::receive(&mut order, message, &mut effects).map_err(corrupt)?;
                self.keep(order, effects)
            }
            (None, Some(request)) => match Placement::of(message, self.envelope.reply_to) {
                Some(placement) if placement.is_plausible() => {
                    let order = place(&placement, &mut effects);
                    self.keep(order, effects)
                }
                Some(_) => self.turn_away(request, message, OrderRefusal::InvalidOrder),
                None => self.turn_away(request, message, OrderRefusal::UnknownOrder),
            },
            // A hint at an order that nobody placed, or an answer to one that was forgotten.
            (None, None) => Ok(()),
        }
    }

    fn decide(
        &mut self,
        mut order: Order,
        request: RequestId,
        command: &OrderCommand,
        mut effects: Effects,
    ) -> Result<(), Verdict> {
        // Another shopper learns nothing, not even that there is an order.
        if command.shopper().is_some_and(|shopper| *shopper != order.shopper) {
            return self.turn_away(request, command, OrderRefusal::UnknownOrder);
        }
        let reply_to = self.envelope.reply_to;
        match order.requests.ask(request, command.fingerprint(), reply_to, &order.id) {
            Some(Seen::Repeat(Some(reply))) => self.answer(reply_to, &reply),
            Some(Seen::Repeat(None)) => self.keep(order, effects),
            Some(Seen::Conflict) => {
                let reply = self.refusal(request, &order.id, OrderRefusal::IdempotencyConflict.into());
                self.answer(reply_to, &reply)
            }
            None => {
                machine::decide(&mut order, request, command, reply_to, &mut effects).map_err(corrupt)?;
                self.keep(order, effects)
            }
        }
    }

    fn wake(&mut self, id: &OrderId, timer: &Timer) -> Result<(), Verdict> {
        // An order that is forgotten has no timer, so a timer without one would be another build's doing.
        let Some(mut order) = self.order(id)? else {
            return Err(Verdict::Fatal(format!("a timer is set for order {id}, which does not exist")));
        };
        order.timer = order.timer.filter(|set| set.as_millis() != timer.deadline);
        let mut effects = Effects::new(self.now());
        match machine::wake(&mut order, &mut effects).map_err(corrupt)? {
            Woken::Kept => self.keep(order, effects),
            Woken::Over => {
                if let Some(set) = order.timer {
                    self.context.cancel(&timers::wake(id, set));
                }
                self.context.delete(ORDERS, id.as_str().as_bytes());
                Ok(())
            }
        }
    }

    /// Refuses a command about an order that is not there, or not for whoever asks. Nothing is remembered: the answer follows
    /// from the command and from what is not there.
    fn turn_away(&mut self, request: RequestId, command: &OrderCommand, refusal: OrderRefusal) -> Result<(), Verdict> {
        let reason = Reason::from(refusal);
        let event = OrderEvent {
            order: command.order().clone(),
            version: 0,
            at: self.now(),
            shopper: None,
            state: None,
            amounts: OrderAmounts::default(),
            awaited: 0,
            deadline: None,
            fact: OrderFact::OrderRefused { request, shopper: command.shopper().cloned(), reason: reason.clone() },
        };
        let events = self.outputs.events.clone();
        self.forward(&events, Some(self.context.partition()), &event, None)?;
        let reply = self.refusal(request, command.order(), reason);
        self.answer(self.envelope.reply_to, &reply)
    }

    fn refusal(&self, request: RequestId, order: &OrderId, reason: Reason) -> Reply {
        Reply { request, at: self.now(), outcome: Outcome::OrderRefused { order: order.clone(), reason } }
    }

    fn order(&self, id: &OrderId) -> Result<Option<Order>, Verdict> {
        let row = self.context.get(ORDERS, id.as_str().as_bytes());
        row.map(|row| rows::read(id, row)).transpose().map_err(stored)
    }

    /// Writes the order, sets its timer, and writes what the step leads to.
    fn keep(&mut self, mut order: Order, effects: Effects) -> Result<(), Verdict> {
        invariant::report(&order.id, invariants::of_order(&order));
        let wake = order.wake_at();
        if wake != order.timer {
            if let Some(set) = order.timer {
                self.context.cancel(&timers::wake(&order.id, set));
            }
            if let Some(wake) = wake {
                self.context.schedule(timers::wake(&order.id, wake));
            }
            order.timer = wake;
        }
        let key = order.id.as_str().as_bytes();
        let row = rows::write(&order);
        // Answers that come twice, and hints that were seen, change nothing.
        if self.context.get(ORDERS, key) != Some(row.as_slice()) {
            self.context.put(ORDERS, key, &row);
        }
        effects.outputs.iter().try_for_each(|output| self.write(&order.id, output))
    }

    /// Facts go to the partition that has the same number as the task's; questions go where their key belongs, and say who asks.
    fn write(&mut self, order: &OrderId, output: &Output) -> Result<(), Verdict> {
        let Outputs { events, inventory, coupons, payments, settlement, .. } = self.outputs.clone();
        match output {
            Output::Event(event) => self.forward(&events, Some(self.context.partition()), event.as_ref(), None),
            Output::Stock(command) => self.forward(&inventory, None, command, Some(order)),
            Output::Coupon(command) => self.forward(&coupons, None, command, Some(order)),
            Output::Payment(command) => self.forward(&payments, None, command, None),
            Output::Settlement(command) => self.forward(&settlement, None, command.as_ref(), None),
            Output::Reply(partition, reply) => self.answer(Some(*partition), reply),
        }
    }

    /// Answers the request where it asked to be answered, if it did.
    fn answer(&mut self, reply_to: Option<i32>, reply: &Reply) -> Result<(), Verdict> {
        match reply_to {
            Some(partition) if partition < self.outputs.reply_partitions => {
                let replies = self.outputs.replies.clone();
                self.forward(&replies, Some(partition), reply, None)
            }
            Some(partition) => {
                tracing::warn!(partition, "a request asks for its reply where there is no partition");
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn forward<M: Message>(
        &mut self,
        topic: &Arc<str>,
        partition: Option<i32>,
        message: &M,
        answer_to: Option<&OrderId>,
    ) -> Result<(), Verdict> {
        let context = Envelope { answer_to: answer_to.cloned(), ..self.envelope.onward() };
        self.context.forward(outgoing(topic, partition, message, &context)?);
        Ok(())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.context.log_time())
    }
}

/// The machine found its state contradicting itself.
fn corrupt(error: CorruptState) -> Verdict {
    Verdict::Fatal(error.to_string())
}
