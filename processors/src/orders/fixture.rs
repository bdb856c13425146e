//! For tests: the orders topology on the test driver. Every fact that any test brings about goes through [`OrderLedger`], and
//! every reply is remembered, so that no test can pass over a broken promise.

use std::collections::BTreeMap;

use audit::ledgers::orders::OrderLedger;
use events::codec::{Message, decode, encode};
use events::coupons::CouponCommand;
use events::envelope::Envelope;
use events::ids::{CampaignId, OrderId, PaymentKey, RequestId, SellerId, ShopperId, Sku, TransactionKey};
use events::inventory::{InventoryCommand, UnitTerms};
use events::money::Money;
use events::orders::{OrderCommand, OrderCoupon, OrderEvent, TimeLimits, Units};
use events::payments::{
    Payment, PaymentCommand, PaymentMethod, PaymentRefund, PaymentStatus, RefundAccount, VirtualAccount,
};
use events::request::Reply;
use events::settlement::SettlementCommand;
use events::time::Timestamp;
use events::topics;
use streams::driver::{DriverError, TestDriver};
use streams::record::Outgoing;

use super::order::Order;
use super::processor::ORDERS;
use super::topology;

/// The partition of replies that every test asks for.
pub(crate) const REPLY_TO: i32 = 3;

pub(crate) struct Fixture {
    pub(crate) driver: TestDriver,
    pub(crate) ledger: OrderLedger,
    pub(crate) replies: BTreeMap<RequestId, Reply>,
    /// What settlement was told.
    pub(crate) settled: Vec<SettlementCommand>,
}

/// What one message led to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Effect {
    pub(crate) events: Vec<OrderEvent>,
    pub(crate) asks: Vec<Ask>,
    pub(crate) replies: Vec<Reply>,
}

/// A question to others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Ask {
    Stock(InventoryCommand),
    Coupon(CouponCommand),
    Payment(PaymentCommand),
}

impl Ask {
    pub(crate) fn request(&self) -> RequestId {
        match self {
            Self::Stock(command) => command.request(),
            Self::Coupon(command) => command.request(),
            Self::Payment(command) => command.request(),
        }
    }
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

pub(crate) fn request(name: &str) -> RequestId {
    RequestId::derive(&[name.as_bytes()])
}

pub(crate) fn sku(name: &str) -> Sku {
    Sku::new(name).unwrap()
}

pub(crate) fn shopper(name: &str) -> ShopperId {
    ShopperId::new(name).unwrap()
}

pub(crate) fn key(name: &str) -> PaymentKey {
    PaymentKey::new(name).unwrap()
}

pub(crate) fn units(name: &str, quantity: u32) -> Units {
    Units { sku: sku(name), quantity }
}

pub(crate) fn unit(price: i64) -> UnitTerms {
    UnitTerms {
        seller: SellerId::new("seller-1").unwrap(),
        category: None,
        list_price: Money::new(price + 100),
        unit_price: Money::new(price),
        supply_price: None,
    }
}

pub(crate) fn coupon() -> OrderCoupon {
    OrderCoupon { campaign: CampaignId::new("sale").unwrap(), coupon: request("claim").coupon() }
}

pub(crate) fn account() -> RefundAccount {
    RefundAccount { bank: "20".into(), account_number: "1002".into(), holder: "Kim".into() }
}

/// A hundred seconds to pay, a thousand to ship, and so on: a table shows what happens when.
pub(crate) fn limits() -> TimeLimits {
    TimeLimits { pay_ms: 100_000, ship_ms: 1_000_000, deliver_ms: 2_000_000, confirm_ms: 3_000_000 }
}

pub(crate) fn place(name: &str, lines: Vec<Units>, coupon: Option<OrderCoupon>) -> OrderCommand {
    let request = request(name);
    OrderCommand::Place {
        request,
        order: request.order(),
        shopper: shopper("ann"),
        lines,
        coupon,
        quoted: None,
        limits: limits(),
    }
}

/// A payment as the provider shows it.
pub(crate) fn payment(order: &OrderId, name: &str, status: PaymentStatus, total: i64, balance: i64) -> Payment {
    let transaction = || TransactionKey::new("T1").unwrap();
    let back = total - balance;
    let refund = PaymentRefund { transaction: transaction(), amount: Money::new(back), at: at(0) };
    let waits = status == PaymentStatus::WaitingForDeposit;
    Payment {
        payment_key: key(name),
        order: order.clone(),
        status,
        method: if waits { PaymentMethod::VirtualAccount } else { PaymentMethod::Card },
        total: Money::new(total),
        balance: Money::new(balance),
        vat: Money::ZERO,
        wallet: None,
        virtual_account: waits.then(|| VirtualAccount {
            bank: "20".into(),
            account_number: "1".into(),
            due_at: at(50_000),
        }),
        approved_at: None,
        last_transaction: None,
        refunds: if back > 0 { vec![refund] } else { vec![] },
    }
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self {
            driver: TestDriver::with_partitions(topology().unwrap(), 1),
            ledger: OrderLedger::new(),
            replies: BTreeMap::new(),
            settled: Vec::new(),
        }
    }

    /// Sends a message and reads what it led to.
    pub(crate) fn send(&mut self, message: &OrderCommand, at_ms: i64) -> Effect {
        self.try_send(message, at_ms).unwrap()
    }

    pub(crate) fn try_send(&mut self, message: &OrderCommand, at_ms: i64) -> Result<Effect, DriverError> {
        let reply_to = message.request().map(|_| REPLY_TO);
        let (value, envelope) = encode(message, &Envelope { reply_to, ..Envelope::default() }).unwrap();
        let headers: Vec<(&str, Vec<u8>)> = envelope.to_headers();
        let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        self.driver.pipe(message.order().as_str().as_bytes(), &value, &headers, at_ms)?;
        Ok(self.effect())
    }

    /// Lets time pass: what is due fires, and what that sets to the same instant too.
    pub(crate) fn tick(&mut self, at_ms: i64) -> Effect {
        self.driver.advance_to(at_ms).unwrap();
        self.effect()
    }

    /// The order as it is kept.
    pub(crate) fn order(&self, id: &OrderId) -> Option<Order> {
        self.driver.row(0, &ORDERS, id).unwrap()
    }

    /// What was written since the last look; facts are judged, questions carry the order that asks.
    fn effect(&mut self) -> Effect {
        let mut effect = Effect::default();
        for outgoing in self.driver.take(topics::ORDERS_EVENTS.name()) {
            assert_eq!(outgoing.partition, Some(0), "facts go to the task's own partition");
            let event: OrderEvent = read(&outgoing).0;
            if let Err(violation) = self.ledger.apply(&event) {
                panic!("{violation}: {event:?}");
            }
            effect.events.push(event);
        }
        let asked = |outgoing: &Outgoing, envelope: &Envelope| {
            assert_eq!(outgoing.partition, None, "the key decides where a question goes");
            assert!(envelope.answer_to.is_some(), "a question says who asks");
            assert_eq!(envelope.reply_to, None);
        };
        for outgoing in self.driver.take(topics::COUPONS_INBOX.name()) {
            let (command, envelope) = read(&outgoing);
            asked(&outgoing, &envelope);
            effect.asks.push(Ask::Coupon(command));
        }
        for outgoing in self.driver.take(topics::INVENTORY_INBOX.name()) {
            let (command, envelope) = read(&outgoing);
            asked(&outgoing, &envelope);
            effect.asks.push(Ask::Stock(command));
        }
        for outgoing in self.driver.take(topics::PAYMENTS_INBOX.name()) {
            effect.asks.push(Ask::Payment(read(&outgoing).0));
        }
        for outgoing in self.driver.take(topics::SETTLEMENT_INBOX.name()) {
            assert_eq!(outgoing.partition, None, "the key decides where a seller is");
            self.settled.push(read(&outgoing).0);
        }
        for outgoing in self.driver.take(topics::INGRESS_REPLIES.name()) {
            assert_eq!(outgoing.partition, Some(REPLY_TO));
            let reply: Reply = read(&outgoing).0;
            if let Some(earlier) = self.replies.insert(reply.request, reply.clone()) {
                assert!(
                    earlier == reply || conflicts(&earlier) || conflicts(&reply),
                    "a request has one answer: {earlier:?} {reply:?}"
                );
            }
            effect.replies.push(reply);
        }
        assert!(self.driver.take_dead_letters().is_empty());
        effect
    }
}

/// Another request under the same id, or one about what was not there, is answered beside what was decided.
fn conflicts(reply: &Reply) -> bool {
    match &reply.outcome {
        events::request::Outcome::OrderRefused { reason, .. } => {
            matches!(reason.code(), "IDEMPOTENCY_CONFLICT" | "UNKNOWN_ORDER" | "INVALID_ORDER")
        }
        _ => false,
    }
}

fn read<M: Message>(outgoing: &Outgoing) -> (M, Envelope) {
    let envelope = Envelope::from_headers(outgoing.headers.iter().map(|(name, value)| (name.as_str(), value.as_ref())));
    let message: M = decode(outgoing.value.as_deref(), &envelope).unwrap();
    assert_eq!(outgoing.key.as_deref(), Some(message.key().as_bytes()));
    (message, envelope)
}
