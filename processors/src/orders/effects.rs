//! What one step leads to beside the new state: facts, commands to others, replies. Data only; the processor
//! writes it, all of it in one transaction.

use events::coupons::CouponCommand;
use events::ids::OrderId;
use events::inventory::InventoryCommand;
use events::orders::OrderEvent;
use events::payments::PaymentCommand;
use events::request::Reply;
use events::settlement::SettlementCommand;
use events::time::Timestamp;

use crate::kit::id::Rest;
use crate::kit::wakeup::wakeups;

/// A message to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Output {
    /// A fact.
    Event(Box<OrderEvent>),
    /// A step for the inventory processor.
    Stock(InventoryCommand),
    /// A step for the coupon processor.
    Coupon(CouponCommand),
    /// A call that the payment provider is to get.
    Payment(PaymentCommand),
    /// A step that concerns a seller of the order.
    Settlement(Box<SettlementCommand>),
    /// The decision on a request, for the partition where it is awaited.
    Reply(i32, Box<Reply>),
}

/// The outputs of one step, in order.
#[derive(Debug)]
pub(crate) struct Effects {
    at: Timestamp,
    pub(crate) outputs: Vec<Output>,
}

impl Effects {
    /// The effects of a step at this log time.
    pub(crate) fn new(at: Timestamp) -> Self {
        Self { at, outputs: Vec::new() }
    }

    /// The step's log time: the only time a decision knows.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// The step's log time and so many milliseconds.
    pub(crate) fn in_millis(&self, millis: i64) -> Timestamp {
        self.at.plus_millis(millis)
    }

    pub(crate) fn write(&mut self, output: Output) {
        self.outputs.push(output);
    }
}

wakeups!(
    /// What a timer is for. There is one per order, set to the first thing that time alone leads to.
    Wakeup {
        /// An order has something to do.
        Order = 1 { order: OrderId as Rest },
    }
);
