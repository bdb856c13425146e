//! For tests: stock, coupons and the payment provider as an order meets them. They carry commands out,
//! once per request, and answer what is true; a fault says how one command fails. At the end their state is compared with the
//! order's.

use std::collections::BTreeMap;

use events::coupons::{CouponAnswer, CouponCommand, Refusal};
use events::hold::ReleaseCause;
use events::ids::{HoldId, OrderId, PaymentKey, Sku};
use events::inventory::{InventoryCommand, StockAnswer, StockRefusal};
use events::money::{BasisPoints, Money};
use events::orders::{OrderCommand, OrderState, Step};
use events::payments::{Decline, PaymentAnswer, PaymentCommand, PaymentStatus};
use events::time::Timestamp;

use super::fixture::{Sent, payment, unit};
use super::order::Order;

/// How a command fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// It is done and answered.
    Do,
    /// It is done and answered twice.
    Twice,
    /// It is done, and the answer says that the outcome is unknown, or does not come.
    Lose,
    /// It is not done, and no answer comes.
    Drop,
    /// It is refused, for whatever reason there is.
    Refuse,
    /// The provider charges and says that it declined.
    Lie,
}

#[derive(Default)]
pub(crate) struct FakeServices {
    /// Units or a coupon under a hold.
    pub(crate) holds: BTreeMap<HoldId, Fate>,
    pub(crate) payments: BTreeMap<PaymentKey, Charge>,
    /// Refunds carried out, by number.
    refunds: BTreeMap<u16, i64>,
    pub(crate) charges: u32,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    Held,
    /// Used up, and so much of it has come back.
    Used(u32),
    Ended,
}

/// A payment at the provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Charge {
    pub(crate) total: i64,
    pub(crate) balance: i64,
    declined: bool,
}

impl FakeServices {
    /// Carries a command out, as the fault says; the answers that come of it.
    pub(crate) fn receive(&mut self, sent: &Sent, order: &OrderId, fault: Fault) -> Vec<OrderCommand> {
        if fault == Fault::Drop {
            return vec![];
        }
        let answer = match sent {
            Sent::Stock(command) => self.stock(command, order, fault),
            Sent::Coupon(command) => self.coupon(command, order, fault),
            Sent::Payment(command) => self.provider(command, order, fault),
        };
        match (fault, sent) {
            (Fault::Lose, Sent::Payment(command)) => {
                let unknown = PaymentAnswer::Unknown { code: "TIMEOUT".into() };
                vec![OrderCommand::PaymentAnswered {
                    order: order.clone(),
                    request: command.request(),
                    answer: unknown,
                }]
            }
            (Fault::Lose, _) => vec![],
            (Fault::Twice, _) => vec![answer.clone(), answer],
            _ => vec![answer],
        }
    }

    fn stock(&mut self, command: &InventoryCommand, order: &OrderId, fault: Fault) -> OrderCommand {
        let sku: &Sku = command.sku();
        let hold = Step::HoldStock(sku).request(order).hold();
        let refused = StockAnswer::Refused { reason: StockRefusal::NotHeld };
        let refuse = fault == Fault::Refuse;
        let known = self.holds.get(&hold).cloned();
        let answer = match (command, known) {
            (InventoryCommand::Hold { .. }, None) if refuse => {
                self.holds.insert(hold, Fate::Ended);
                StockAnswer::Refused { reason: StockRefusal::InsufficientStock }
            }
            (InventoryCommand::Hold { quantity, until, .. }, None | Some(Fate::Held)) => {
                self.holds.insert(hold, Fate::Held);
                StockAnswer::Held { hold, quantity: *quantity, unit: unit(1000), until: *until }
            }
            (InventoryCommand::Commit { .. } | InventoryCommand::Release { .. }, Some(Fate::Held)) if refuse => {
                // It was taken away.
                self.holds.insert(hold, Fate::Ended);
                refused
            }
            (InventoryCommand::Commit { .. }, Some(Fate::Held)) => {
                self.holds.insert(hold, Fate::Used(0));
                StockAnswer::Committed { hold }
            }
            (InventoryCommand::Commit { .. }, Some(Fate::Used(_))) => StockAnswer::Committed { hold },
            (InventoryCommand::Release { .. }, Some(Fate::Held)) => {
                self.holds.insert(hold, Fate::Ended);
                StockAnswer::Released { hold, cause: ReleaseCause::Released }
            }
            (InventoryCommand::Return { returned, .. }, Some(Fate::Used(before))) if !refuse => {
                assert!(*returned >= before, "what has come back does not leave again");
                self.holds.insert(hold, Fate::Used(*returned));
                StockAnswer::Returned { hold, returned: *returned }
            }
            (InventoryCommand::Return { .. }, _) => refused,
            _ => refused,
        };
        OrderCommand::StockAnswered { order: order.clone(), sku: sku.clone(), request: Some(command.request()), answer }
    }

    fn coupon(&mut self, command: &CouponCommand, order: &OrderId, fault: Fault) -> OrderCommand {
        let hold = Step::HoldCoupon.request(order).hold();
        let refused = CouponAnswer::Refused { reason: Refusal::NotUsable };
        let refuse = fault == Fault::Refuse;
        let known = self.holds.get(&hold).cloned();
        let answer = match (command, known) {
            (CouponCommand::Hold { .. }, None) if refuse => {
                self.holds.insert(hold, Fate::Ended);
                refused
            }
            (CouponCommand::Hold { until, .. }, None | Some(Fate::Held)) => {
                self.holds.insert(hold, Fate::Held);
                CouponAnswer::Held {
                    hold,
                    discount: Money::new(500),
                    platform_share: BasisPoints::new(5_000),
                    until: *until,
                }
            }
            (CouponCommand::Redeem { .. } | CouponCommand::Release { .. }, Some(Fate::Held)) if refuse => {
                self.holds.insert(hold, Fate::Ended);
                refused
            }
            (CouponCommand::Redeem { .. }, Some(Fate::Held)) => {
                self.holds.insert(hold, Fate::Used(0));
                CouponAnswer::Redeemed { hold }
            }
            (CouponCommand::Redeem { .. }, Some(Fate::Used(_))) => CouponAnswer::Redeemed { hold },
            (CouponCommand::Release { .. }, Some(Fate::Held)) => {
                self.holds.insert(hold, Fate::Ended);
                CouponAnswer::Released { hold, cause: ReleaseCause::Released }
            }
            (CouponCommand::Restore { .. }, Some(Fate::Used(_))) if !refuse => {
                self.holds.insert(hold, Fate::Used(1));
                CouponAnswer::Restored { restored: 1 }
            }
            _ => refused,
        };
        OrderCommand::CouponAnswered { order: order.clone(), request: Some(command.request()), answer }
    }

    fn provider(&mut self, command: &PaymentCommand, order: &OrderId, fault: Fault) -> OrderCommand {
        let shown = |key: &PaymentKey, charge: &Charge| {
            let status = match charge.balance {
                0 => PaymentStatus::Canceled,
                balance if balance == charge.total => PaymentStatus::Done,
                _ => PaymentStatus::PartialCanceled,
            };
            payment(order, key.as_str(), status, charge.total, charge.balance)
        };
        let answer = match command {
            PaymentCommand::Confirm { payment_key, amount, .. } => {
                let fresh = !self.payments.contains_key(payment_key);
                let declined = fault == Fault::Refuse;
                let total = amount.minor();
                let charge = self.payments.entry(payment_key.clone()).or_insert(Charge {
                    total,
                    balance: if declined { 0 } else { total },
                    declined,
                });
                self.charges += u32::from(fresh && !declined);
                if charge.declined || fault == Fault::Lie {
                    PaymentAnswer::Declined { decline: Decline::TryAnother, code: "REJECTED".into() }
                } else {
                    PaymentAnswer::Charged { payment: shown(payment_key, charge) }
                }
            }
            PaymentCommand::LookUp { payment_key, .. } => {
                let known = payment_key.as_ref().and_then(|key| Some((key, self.payments.get(key)?)));
                match known.filter(|(_, charge)| !charge.declined) {
                    Some((key, charge)) => PaymentAnswer::Found { payment: shown(key, charge) },
                    None => PaymentAnswer::NotFound,
                }
            }
            PaymentCommand::Refund { refund, payment_key, amount, balance, .. } => {
                let charge = self.payments.get_mut(payment_key).expect("a refund of a payment");
                // What is given back already is not given back again, under whatever number.
                let done = charge.balance == balance.minor() - amount.minor();
                let again = done || self.refunds.contains_key(refund);
                if !again && (fault == Fault::Refuse || charge.balance != balance.minor()) {
                    PaymentAnswer::RefundRefused { code: "NOT_CANCELABLE".into() }
                } else {
                    if !again {
                        self.refunds.insert(*refund, amount.minor());
                        charge.balance -= amount.minor();
                    }
                    assert!(charge.balance >= 0, "more is given back than was charged");
                    PaymentAnswer::Refunded { payment: shown(payment_key, charge) }
                }
            }
        };
        OrderCommand::PaymentAnswered { order: order.clone(), request: command.request(), answer }
    }

    /// What the provider has of all payments, minor units.
    pub(crate) fn balance(&self) -> i64 {
        self.payments.values().map(|charge| charge.balance).sum()
    }

    /// A settled order and all services have the same state. `strays` may have been taken away by others.
    pub(crate) fn agree(&self, order: &Order, strays: usize) -> Result<(), String> {
        let fail = |what: &str| Err(format!("{what}: {:?} {:?} {:?}", order.state, self.holds, self.payments));
        if order.awaited() > 0 {
            return fail("an answer is awaited at the end");
        }
        if self.balance() != order.balance().minor() {
            return fail("the provider's balance is not the order's");
        }
        if self.holds.values().any(|held| *held == Fate::Held) {
            return fail("a hold has not ended");
        }
        let bought = order.is_bought();
        let whole = order.lines.iter().all(|line| line.left() == 0);
        for line in &order.lines {
            let found = self.holds.get(&order.stock_hold(&line.sku));
            let lost = line.stock == super::line::Stock::Lost;
            let right = match found {
                Some(Fate::Used(returned)) => (*returned == line.returned || strays > 0) && (bought || whole),
                Some(Fate::Ended) => !bought || lost,
                Some(Fate::Held) => false,
                None => !bought,
            };
            if !right {
                return fail("a line's units are not where the order says");
            }
        }
        if order.state.is_undone() && order.amounts.paid != order.amounts.refunded {
            return fail("charged and released without a refund");
        }
        let ended = self.holds.values().filter(|held| **held == Fate::Ended).count();
        if bought && ended > strays {
            return fail("a paid order lost a hold that was not taken away");
        }
        Ok(())
    }
}

/// Whether a command undoes something.
pub(crate) fn is_undo(sent: &Sent) -> bool {
    match sent {
        Sent::Stock(command) => matches!(command, InventoryCommand::Release { .. } | InventoryCommand::Return { .. }),
        Sent::Coupon(command) => matches!(command, CouponCommand::Release { .. } | CouponCommand::Restore { .. }),
        Sent::Payment(command) => matches!(command, PaymentCommand::Refund { .. }),
    }
}

/// Whether an order will do nothing more than wait for a merchant, or for nothing.
pub(crate) fn is_settled(order: &Order) -> bool {
    let waits = matches!(order.state, OrderState::Paid | OrderState::Shipped | OrderState::Delivered);
    (waits || order.state.is_terminal()) && order.awaited() == 0 && order.look_ups.open.is_none()
}

/// When an order moves next by itself.
pub(crate) fn next_move(order: &Order) -> Option<Timestamp> {
    order.wake_at()
}
