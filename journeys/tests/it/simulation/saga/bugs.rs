//! Seeded bugs: the orders processor with one thing done wrong, each of them a mistake that a saga invites. The judge must find
//! every one of them.

use std::collections::{BTreeMap, BTreeSet};

use events::coupons::CouponCommand;
use events::envelope::Envelope;
use events::ids::{OrderId, Sku};
use events::inventory::{InventoryCommand, StockAnswer, StockRefusal};
use events::money::Money;
use events::orders::{OrderCommand, OrderEvent, OrderFact, Step};
use events::payments::{Decline, Payment, PaymentAnswer, PaymentCommand, PaymentMethod, PaymentStatus};
use events::topics;
use streams::processor::{Context, Processor, StoreId, Timer, Verdict};
use streams::record::{Outgoing, Record};
use streams::topology::{Topology, TopologyError};

use super::super::tamper::{Mutation, Tampering, headers, read_outgoing, rewritten};
use super::super::{read, record};

/// What is done wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Bug {
    /// Units are given back while the provider is being asked to charge.
    ReleaseWhileConfirming,
    /// What the provider says about a payment of an order that was given up is thrown away.
    ForgetLatePayments,
    /// A payment whose outcome is unknown is taken for declined.
    TakeUnknownForDeclined,
    /// A payment whose outcome is unknown is asked for under a new key.
    ChargeUnderNewKey,
    /// A refund whose outcome is unknown is asked for under a new key.
    RefundUnderNewKey,
    /// A refund of some units is rounded by itself, not as a part of the whole.
    RoundEachRefund,
    /// A webhook that says "paid" is believed.
    BelieveWebhooks,
    /// A hold that was not answered is not released.
    ReleaseOnlyWhatWasAnswered,
    /// Units that were paid back stay out of stock.
    KeepReturnsOut,
    /// The coupon comes back with the first units that are paid back.
    RestoreTooEarly,
    /// A placement that is sent again is not recognised.
    ForgetPlacements,
}

impl Bug {
    pub(super) const ALL: [Self; 11] = [
        Self::ReleaseWhileConfirming,
        Self::ForgetLatePayments,
        Self::TakeUnknownForDeclined,
        Self::ChargeUnderNewKey,
        Self::RefundUnderNewKey,
        Self::RoundEachRefund,
        Self::BelieveWebhooks,
        Self::ReleaseOnlyWhatWasAnswered,
        Self::KeepReturnsOut,
        Self::RestoreTooEarly,
        Self::ForgetPlacements,
    ];
}

/// The orders topology with a bug in it.
pub(super) fn topology(bug: Bug) -> Result<Topology, TopologyError> {
    let sound = processors::orders::topology()?;
    Ok(sound.wrapped(move |inner| Box::new(Buggy { inner, bug, notes: Notes::default() })))
}

/// What a buggy processor keeps in mind. It may forget it, as its bug does no harm then.
#[derive(Default)]
struct Notes {
    /// Holds that were answered.
    answered: BTreeSet<(OrderId, Sku)>,
    /// The latest call to charge of each order.
    charging: BTreeMap<OrderId, PaymentCommand>,
    /// How each order's coupon was used up.
    redeemed: BTreeMap<OrderId, CouponCommand>,
    /// What the processor tells itself next.
    told: Vec<OrderCommand>,
}

struct Buggy {
    inner: Box<dyn Processor>,
    bug: Bug,
    notes: Notes,
}

impl Processor for Buggy {
    fn process(&mut self, record: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        let message = read::<OrderCommand>(record).map_err(Verdict::Poison)?;
        let is_placement = matches!(message, OrderCommand::Place { .. });
        match (self.bug, message) {
            (Bug::ForgetLatePayments, OrderCommand::PaymentAnswered { answer: PaymentAnswer::Found { .. }, .. }) => {
                return Ok(());
            }
            (
                Bug::TakeUnknownForDeclined,
                OrderCommand::PaymentAnswered { order, request, answer: PaymentAnswer::Unknown { .. } },
            ) => {
                let answer = PaymentAnswer::Declined { decline: Decline::TryAnother, code: "TIMEOUT".into() };
                self.notes.told.push(OrderCommand::PaymentAnswered { order, request, answer });
                return self.tell(record, context);
            }
            (Bug::BelieveWebhooks, OrderCommand::Hint { order, status: PaymentStatus::Done, .. }) => {
                self.notes.told.extend(self.notes.charging.get(&order).map(believed));
                return self.tell(record, context);
            }
            (_, OrderCommand::StockAnswered { order, sku, .. }) => {
                self.notes.answered.insert((order, sku));
            }
            _ => {}
        }
        let forgets = self.bug == Bug::ForgetPlacements && is_placement;
        let mutation = Hand { bug: self.bug, notes: &mut self.notes, forgets };
        self.inner.process(record, &mut Tampering { context, mutation })?;
        self.tell(record, context)
    }

    fn punctuate(&mut self, timer: &Timer, context: &mut dyn Context) -> Result<(), Verdict> {
        let mutation = Hand { bug: self.bug, notes: &mut self.notes, forgets: false };
        self.inner.punctuate(timer, &mut Tampering { context, mutation })
    }
}

impl Buggy {
    /// The processor hears what it tells itself, as if it came with this record.
    fn tell(&mut self, with: &Record, context: &mut dyn Context) -> Result<(), Verdict> {
        while let Some(message) = self.notes.told.pop() {
            let Outgoing { key, value, headers, .. } = record(topics::ORDERS_INBOX.name(), &message, None, None);
            let told = Record { key, value, headers, ..with.clone() };
            let mutation = Hand { bug: self.bug, notes: &mut self.notes, forgets: false };
            self.inner.process(&told, &mut Tampering { context, mutation })?;
        }
        Ok(())
    }
}

/// Gets wrong what the bug gets wrong, and nothing else.
struct Hand<'a> {
    bug: Bug,
    notes: &'a mut Notes,
    /// Whether nothing is found in any store.
    forgets: bool,
}

impl Mutation for Hand<'_> {
    fn find<'a>(&'a self, _: StoreId, _: &[u8], found: Option<&'a [u8]>) -> Option<&'a [u8]> {
        found.filter(|_| !self.forgets)
    }
    fn spoil(&mut self, outgoing: Outgoing) -> Vec<Outgoing> {
        let topic = outgoing.topic.clone();
        match topic.as_ref() {
            topic if topic == topics::PAYMENTS_INBOX.name() => self.pay(outgoing),
            topic if topic == topics::INVENTORY_INBOX.name() => self.move_stock(outgoing),
            topic if topic == topics::COUPONS_INBOX.name() => self.use_coupon(outgoing),
            topic if topic == topics::ORDERS_EVENTS.name() => self.state(outgoing),
            _ => vec![outgoing],
        }
    }
}

impl Hand<'_> {
    fn pay(&mut self, outgoing: Outgoing) -> Vec<Outgoing> {
        let mut command: PaymentCommand = read_outgoing(&outgoing);
        if matches!(command, PaymentCommand::Confirm { .. }) {
            self.notes.charging.insert(command.order().clone(), command.clone());
        }
        match (self.bug, &mut command) {
            (Bug::ReleaseWhileConfirming, PaymentCommand::Confirm { order, .. }) => {
                let sku = Sku::new("product-0").expect("an id");
                let hold = Step::HoldStock(&sku).request(order).hold();
                let release = InventoryCommand::Release { request: Step::ReleaseStock(&sku).request(order), hold, sku };
                return vec![record(topics::INVENTORY_INBOX.name(), &release, None, None), outgoing];
            }
            (Bug::ChargeUnderNewKey, PaymentCommand::Confirm { attempt, repeat, .. }) if *repeat > 0 => {
                *attempt += 1_000 + u16::try_from(*repeat).unwrap_or(0);
            }
            (Bug::RefundUnderNewKey, PaymentCommand::Refund { refund, repeat, balance, amount, .. })
                if *repeat > 0 && balance.minor() >= 2 * amount.minor() =>
            {
                // The balance is looked up before, as it should be.
                *refund += 1_000 + u16::try_from(*repeat).unwrap_or(0);
                *balance = Money::new(balance.minor() - amount.minor());
            }
            _ => {}
        }
        vec![rewritten(outgoing, &command)]
    }

    fn move_stock(&mut self, outgoing: Outgoing) -> Vec<Outgoing> {
        let command: InventoryCommand = read_outgoing(&outgoing);
        let order = Envelope::from_headers(headers(&outgoing)).answer_to;
        let (Some(order), sku, request) = (order, command.sku().clone(), Some(command.request())) else {
            return vec![outgoing];
        };
        let answer = match (self.bug, &command) {
            (Bug::KeepReturnsOut, InventoryCommand::Return { hold, returned, .. }) => {
                StockAnswer::Returned { hold: *hold, returned: *returned }
            }
            (Bug::ReleaseOnlyWhatWasAnswered, InventoryCommand::Release { .. })
                if !self.notes.answered.contains(&(order.clone(), sku.clone())) =>
            {
                StockAnswer::Refused { reason: StockRefusal::NotHeld }
            }
            _ => return vec![outgoing],
        };
        self.notes.told.push(OrderCommand::StockAnswered { order, sku, request, answer });
        vec![]
    }

    fn use_coupon(&mut self, outgoing: Outgoing) -> Vec<Outgoing> {
        let order = Envelope::from_headers(headers(&outgoing)).answer_to;
        let command: CouponCommand = read_outgoing(&outgoing);
        if let (Some(order), CouponCommand::Redeem { .. }) = (order, &command) {
            self.notes.redeemed.insert(order, command);
        }
        vec![outgoing]
    }

    fn state(&mut self, outgoing: Outgoing) -> Vec<Outgoing> {
        let mut event: OrderEvent = read_outgoing(&outgoing);
        match (self.bug, &mut event.fact) {
            (Bug::RoundEachRefund, OrderFact::RefundStarted { lines, amount, .. })
            | (Bug::RoundEachRefund, OrderFact::RefundCompleted { lines, amount, .. }) => {
                for line in lines.iter_mut() {
                    let each = line.refunded.due.minor() / i64::from(line.refunded_quantity.max(1));
                    let alone = Money::new(each * i64::from(line.quantity));
                    *amount = Money::new(amount.minor() - line.amounts.due.minor() + alone.minor());
                    line.amounts.due = alone;
                }
                vec![rewritten(outgoing, &event)]
            }
            (Bug::RestoreTooEarly, OrderFact::RefundCompleted { .. }) => {
                let order = event.order.clone();
                let restore = self.notes.redeemed.get(&order).and_then(|redeemed| match redeemed.clone() {
                    CouponCommand::Redeem { campaign, coupon, shopper, .. } => {
                        let request = Step::RestoreCoupon.request(&order);
                        Some(CouponCommand::Restore { request, campaign, coupon, shopper, order })
                    }
                    _ => None,
                });
                let inbox = topics::COUPONS_INBOX.name();
                let restore = restore.map(|restore| record(inbox, &restore, None, None));
                restore.into_iter().chain([outgoing]).collect()
            }
            _ => vec![outgoing],
        }
    }
}

/// "Paid", as a webhook said.
fn believed(confirm: &PaymentCommand) -> OrderCommand {
    let PaymentCommand::Confirm { request, order, payment_key, amount, .. } = confirm else {
        panic!("{confirm:?} charges nothing")
    };
    let payment = Payment {
        payment_key: payment_key.clone(),
        order: order.clone(),
        status: PaymentStatus::Done,
        method: PaymentMethod::Card,
        total: *amount,
        balance: *amount,
        vat: Money::ZERO,
        wallet: None,
        virtual_account: None,
        approved_at: None,
        last_transaction: None,
        refunds: vec![],
    };
    let answer = PaymentAnswer::Charged { payment };
    OrderCommand::PaymentAnswered { order: order.clone(), request: *request, answer }
}
