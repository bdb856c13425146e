//! For tests: the orders topology on the test driver. Every fact that any test brings about goes through [`OrderLedger`], and
//! every reply is remembered, so that no test can pass over a broken promise.

use std::collections::BTreeMap;

use audit::ledgers::orders::OrderLedger;
use events::coupons::CouponCommand;
use events::envelope::Envelope;
use events::ids::{CampaignId, OrderId, PaymentKey, RequestId, SellerId, TransactionKey};
use events::inventory::{InventoryCommand, UnitTerms};
use events::money::Money;
use events::orders::{OrderCommand, OrderCoupon, OrderEvent, TimeLimits, Units};
use events::payments::{
    Payment, PaymentCommand, PaymentMethod, PaymentRefund, PaymentStatus, RefundAccount, VirtualAccount,
};
use events::request::Reply;
use events::settlement::SettlementCommand;
use events::topics;

use super::order::Order;
use super::processor::ORDERS;
use super::topology;
use crate::kit::testing::driver::{Driver, REPLY_TO};
pub(crate) use crate::kit::testing::names::{at, request, shopper, sku};

pub(crate) struct Fixture {
    pub(crate) driver: Driver,
    pub(crate) ledger: OrderLedger,
    pub(crate) replies: BTreeMap<RequestId, Reply>,
    /// What was sent to settlement.
    pub(crate) settled: Vec<SettlementCommand>,
}

/// What one message led to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Effect {
    pub(crate) events: Vec<OrderEvent>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) replies: Vec<Reply>,
}

/// A command to another processor or to the payment provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Sent {
    Stock(InventoryCommand),
    Coupon(CouponCommand),
    Payment(PaymentCommand),
}

impl Sent {
    pub(crate) fn request(&self) -> RequestId {
        match self {
            Self::Stock(command) => command.request(),
            Self::Coupon(command) => command.request(),
            Self::Payment(command) => command.request(),
        }
    }
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
        let (ledger, replies, settled) = (OrderLedger::new(), BTreeMap::new(), Vec::new());
        Self { driver: Driver::new(topology()), ledger, replies, settled }
    }

    /// Sends a message; a request asks for a reply.
    pub(crate) fn send(&mut self, message: &OrderCommand, at_ms: i64) -> Effect {
        let reply_to = message.request().map(|_| REPLY_TO);
        self.driver.send_with(message, &Envelope { reply_to, ..Envelope::default() }, at_ms).unwrap();
        self.effect()
    }

    /// Lets time pass: what is due fires, and what that sets to the same instant too.
    pub(crate) fn tick(&mut self, at_ms: i64) -> Effect {
        self.driver.pass(at_ms, 1);
        self.effect()
    }

    /// The order as it is kept.
    pub(crate) fn order(&self, id: &OrderId) -> Option<Order> {
        self.driver.row(0, &ORDERS, id).unwrap()
    }

    /// What was written since the last call; facts are judged, commands to stock and coupons carry the order that sends them.
    fn effect(&mut self) -> Effect {
        let mut effect = Effect { events: self.driver.facts(&topics::ORDERS_EVENTS), ..Effect::default() };
        for event in &effect.events {
            if let Err(violation) = self.ledger.apply(event) {
                panic!("{violation}: {event:?}");
            }
        }
        let named = |(command, envelope): (Sent, Envelope)| {
            assert!(envelope.answer_to.is_some(), "a command says which order sends it");
            command
        };
        let coupons = self.driver.messages(&topics::COUPONS_INBOX).into_iter();
        effect.sent.extend(coupons.map(|(command, envelope)| named((Sent::Coupon(command), envelope))));
        let stock = self.driver.messages(&topics::INVENTORY_INBOX).into_iter();
        effect.sent.extend(stock.map(|(command, envelope)| named((Sent::Stock(command), envelope))));
        effect.sent.extend(self.driver.notices(&topics::PAYMENTS_INBOX).into_iter().map(Sent::Payment));
        self.settled.extend(self.driver.notices(&topics::SETTLEMENT_INBOX));
        effect.replies = self.driver.replies();
        for reply in &effect.replies {
            if let Some(earlier) = self.replies.insert(reply.request, reply.clone()) {
                assert!(
                    earlier == *reply || conflicts(&earlier) || conflicts(reply),
                    "a request has one answer: {earlier:?} {reply:?}"
                );
            }
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
