//! Typed handles of the public topics. A topic's name stands here and in `topics.yaml`, and nowhere else; a test holds both
//! together.

use std::marker::PhantomData;

use crate::audit::AuditRecord;
use crate::coupons::{CouponCommand, CouponEvent};
use crate::inventory::{InventoryCommand, InventoryEvent};
use crate::orders::{OrderCommand, OrderEvent};
use crate::payments::{PaymentCommand, PaymentEvent};
use crate::prices::{BestPrice, PriceCommand};
use crate::request::Reply;
use crate::settlement::{SettlementCommand, SettlementEvent};

/// A topic whose values are `M`.
pub struct Topic<M> {
    name: &'static str,
    message: PhantomData<fn() -> M>,
}

impl<M> Topic<M> {
    const fn new(name: &'static str) -> Self {
        Self { name, message: PhantomData }
    }

    /// The topic's name on the broker.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

/// Bytes that belong to the runtime or to the console: changelogs, dead letters and the notes about these.
pub struct Opaque;

/// Everything addressed to the coupon processor.
pub const COUPONS_INBOX: Topic<CouponCommand> = Topic::new("coupons.inbox");
/// What the coupon processor has decided.
pub const COUPONS_EVENTS: Topic<CouponEvent> = Topic::new("coupons.events");
/// The coupon processor's stores.
pub const COUPONS_CHANGELOG: Topic<Opaque> = Topic::new("coupons.changelog");
/// Everything addressed to the inventory processor.
pub const INVENTORY_INBOX: Topic<InventoryCommand> = Topic::new("inventory.inbox");
/// What the inventory processor has decided.
pub const INVENTORY_EVENTS: Topic<InventoryEvent> = Topic::new("inventory.events");
/// The inventory processor's stores.
pub const INVENTORY_CHANGELOG: Topic<Opaque> = Topic::new("inventory.changelog");
/// Everything addressed to the orders processor: commands and answers.
pub const ORDERS_INBOX: Topic<OrderCommand> = Topic::new("orders.inbox");
/// What the orders processor has decided.
pub const ORDERS_EVENTS: Topic<OrderEvent> = Topic::new("orders.events");
/// The orders processor's stores.
pub const ORDERS_CHANGELOG: Topic<Opaque> = Topic::new("orders.changelog");
/// Calls that the payment provider is to get.
pub const PAYMENTS_INBOX: Topic<PaymentCommand> = Topic::new("payments.inbox");
/// What became of them.
pub const PAYMENTS_EVENTS: Topic<PaymentEvent> = Topic::new("payments.events");
/// Everything addressed to the settlement processor.
pub const SETTLEMENT_INBOX: Topic<SettlementCommand> = Topic::new("settlement.inbox");
/// What the settlement processor has decided.
pub const SETTLEMENT_EVENTS: Topic<SettlementEvent> = Topic::new("settlement.events");
/// The settlement processor's stores.
pub const SETTLEMENT_CHANGELOG: Topic<Opaque> = Topic::new("settlement.changelog");
/// Everything addressed to the prices processor: our prices and others' offers.
pub const PRICES_INBOX: Topic<PriceCommand> = Topic::new("prices.inbox");
/// The lowest price of every product: the newest value of each is all there is to know.
pub const PRICES_BEST: Topic<BestPrice> = Topic::new("prices.best");
/// The prices processor's stores.
pub const PRICES_CHANGELOG: Topic<Opaque> = Topic::new("prices.changelog");
/// Answers to ingress, each to the partition its request named.
pub const INGRESS_REPLIES: Topic<Reply> = Topic::new("ingress.replies");
/// Records nobody could read, with where they came from and why.
pub const DEAD_LETTERS: Topic<Opaque> = Topic::new("dead-letters");
/// What became of each dead letter.
pub const DEAD_LETTERS_HANDLED: Topic<Opaque> = Topic::new("dead-letters.handled");
/// Which partitions of processors are parked, and what operators want done with them.
pub const PROCESSORS_CONTROL: Topic<Opaque> = Topic::new("processors.control");
/// Who was shown personal fields, of what, and why.
pub const CONSOLE_AUDIT: Topic<AuditRecord> = Topic::new("console.audit");

/// Every topic's name.
pub const NAMES: [&str; 22] = [
    COUPONS_INBOX.name(),
    COUPONS_EVENTS.name(),
    COUPONS_CHANGELOG.name(),
    INVENTORY_INBOX.name(),
    INVENTORY_EVENTS.name(),
    INVENTORY_CHANGELOG.name(),
    ORDERS_INBOX.name(),
    ORDERS_EVENTS.name(),
    ORDERS_CHANGELOG.name(),
    PAYMENTS_INBOX.name(),
    PAYMENTS_EVENTS.name(),
    SETTLEMENT_INBOX.name(),
    SETTLEMENT_EVENTS.name(),
    SETTLEMENT_CHANGELOG.name(),
    PRICES_INBOX.name(),
    PRICES_BEST.name(),
    PRICES_CHANGELOG.name(),
    INGRESS_REPLIES.name(),
    DEAD_LETTERS.name(),
    DEAD_LETTERS_HANDLED.name(),
    PROCESSORS_CONTROL.name(),
    CONSOLE_AUDIT.name(),
];

#[cfg(test)]
#[path = "topics_tests.rs"]
mod tests;
