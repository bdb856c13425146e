//! The provider's books: the truth about money. They protect nobody: a call is known again by its Idempotency-Key and by nothing
//! else, so a shop that asks twice under two keys pays for it.

use std::collections::{BTreeMap, BTreeSet};

use events::ids::{OrderId, PaymentKey, TransactionKey};
use events::money::Money;
use events::payments::{Decline, Payment, PaymentAnswer, PaymentMethod, PaymentRefund, PaymentStatus, VirtualAccount};
use events::time::Timestamp;
use fastrand::Rng;

/// What the shopper's way of paying makes of a payment. It is the beginning of the payment's key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Means {
    /// A card that is charged.
    Card,
    /// A card that is declined.
    EmptyCard,
    /// A card that is charged, and the provider says that it declined.
    Contradicted,
    /// A virtual account that awaits a transfer.
    Account,
}

impl Means {
    pub(in super::super) const ALL: [Self; 4] = [Self::Card, Self::EmptyCard, Self::Contradicted, Self::Account];

    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::EmptyCard => "empty",
            Self::Contradicted => "contradicted",
            Self::Account => "account",
        }
    }

    fn of(key: &PaymentKey) -> Self {
        let is_named = |means: &Self| key.as_str().starts_with(means.name());
        Self::ALL.into_iter().find(is_named).expect("a payment key of the test")
    }
}

/// A payment in the books.
#[derive(Clone, Debug)]
pub(in super::super) struct Charge {
    pub(in super::super) order: OrderId,
    means: Means,
    total: i64,
    state: ChargeState,
    /// How often money was taken.
    pub(in super::super) captures: u32,
    refunds: Vec<i64>,
}

/// Where a payment is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ChargeState {
    /// A virtual account awaits a transfer until this instant.
    Waiting { due_at: i64 },
    /// Money was taken.
    Charged,
    /// Refused, or closed before the transfer.
    Dead,
}

/// All payments, and the calls that were carried out.
#[derive(Default)]
pub(in super::super) struct Ledger {
    pub(in super::super) charges: BTreeMap<PaymentKey, Charge>,
    confirmed: BTreeSet<String>,
    /// Whether the refund of each key was made.
    refunded: BTreeMap<String, bool>,
}

impl Charge {
    /// What was taken, won.
    pub(in super::super) fn captured(&self) -> i64 {
        self.total * i64::from(self.captures)
    }

    /// What was given back, won.
    pub(in super::super) fn given_back(&self) -> i64 {
        self.refunds.iter().sum()
    }

    pub(super) fn is_contradicted(&self) -> bool {
        self.means == Means::Contradicted
    }

    pub(super) fn is_transfer(&self) -> bool {
        self.means == Means::Account
    }

    fn balance(&self) -> i64 {
        if self.state == ChargeState::Dead { 0 } else { self.total - self.given_back() }
    }

    /// What a look-up shows.
    fn shown(&self, key: &PaymentKey) -> Payment {
        let status = match self.state {
            ChargeState::Waiting { .. } => PaymentStatus::WaitingForDeposit,
            ChargeState::Dead if self.means == Means::Account => PaymentStatus::Canceled,
            ChargeState::Dead => PaymentStatus::Aborted,
            ChargeState::Charged if self.balance() == self.total => PaymentStatus::Done,
            ChargeState::Charged if self.balance() == 0 => PaymentStatus::Canceled,
            ChargeState::Charged => PaymentStatus::PartialCanceled,
        };
        let virtual_account = match self.state {
            ChargeState::Waiting { due_at } => Some(VirtualAccount {
                bank: "20".into(),
                account_number: "1".into(),
                due_at: Timestamp::from_millis(due_at),
            }),
            _ => None,
        };
        let refund = |(number, amount): (usize, &i64)| PaymentRefund {
            transaction: TransactionKey::new(&format!("{key}-{number}")).expect("an id"),
            amount: Money::new(*amount),
            at: Timestamp::from_millis(0),
        };
        Payment {
            payment_key: key.clone(),
            order: self.order.clone(),
            status,
            method: if self.means == Means::Account { PaymentMethod::VirtualAccount } else { PaymentMethod::Card },
            total: Money::new(self.total),
            balance: Money::new(self.balance()),
            vat: Money::ZERO,
            wallet: None,
            virtual_account,
            approved_at: None,
            last_transaction: None,
            refunds: self.refunds.iter().enumerate().map(refund).collect(),
        }
    }
}

impl Ledger {
    /// Charges a payment, or opens its account. Whether anything has changed, and the answer.
    pub(super) fn confirm(
        &mut self,
        idempotency_key: String,
        (order, key): (&OrderId, &PaymentKey),
        total: i64,
        due_at: i64,
    ) -> (bool, PaymentAnswer) {
        let means = Means::of(key);
        let fresh = self.confirmed.insert(idempotency_key);
        let charge = self.charges.entry(key.clone()).or_insert_with(|| Charge {
            order: order.clone(),
            means,
            total,
            state: match means {
                Means::Account => ChargeState::Waiting { due_at },
                Means::EmptyCard => ChargeState::Dead,
                Means::Card | Means::Contradicted => ChargeState::Charged,
            },
            captures: 0,
            refunds: vec![],
        });
        if fresh && matches!(means, Means::Card | Means::Contradicted) {
            charge.captures += 1;
        }
        let payment = charge.shown(key);
        let answer = match charge.state {
            ChargeState::Waiting { .. } => PaymentAnswer::DepositAwaited { payment },
            ChargeState::Charged if means != Means::Contradicted => PaymentAnswer::Charged { payment },
            ChargeState::Charged | ChargeState::Dead => {
                PaymentAnswer::Declined { decline: Decline::TryAnother, code: "REJECT_CARD_COMPANY".into() }
            }
        };
        (fresh, answer)
    }

    /// Shows a payment: this one, or whatever there is for the order.
    pub(super) fn look_up(&self, order: &OrderId, key: Option<&PaymentKey>) -> PaymentAnswer {
        let is_asked = |(known, charge): &(&PaymentKey, &Charge)| match key {
            Some(key) => *known == key,
            None => charge.order == *order,
        };
        let found = self.charges.iter().rev().find(is_asked);
        found.map_or(PaymentAnswer::NotFound, |(key, charge)| PaymentAnswer::Found { payment: charge.shown(key) })
    }

    /// Gives money back, or closes an account that waits; refuses if the balance is another than was said, if a transfer has no
    /// account to go back to, and if it must. Whether anything has changed, and the answer.
    pub(super) fn refund(
        &mut self,
        idempotency_key: String,
        key: &PaymentKey,
        (amount, balance): (i64, i64),
        has_account: bool,
        must_refuse: bool,
    ) -> (bool, PaymentAnswer) {
        let Some(charge) = self.charges.get_mut(key) else {
            return (false, PaymentAnswer::RefundRefused { code: "NOT_FOUND_PAYMENT".into() });
        };
        let known = self.refunded.get(&idempotency_key).copied();
        let done = known.unwrap_or_else(|| {
            let needs_account = charge.means == Means::Account && charge.state == ChargeState::Charged;
            let refused = must_refuse
                || (needs_account && !has_account)
                || charge.balance() != balance
                || amount > balance
                || charge.state == ChargeState::Dead;
            match charge.state {
                _ if refused => {}
                ChargeState::Waiting { .. } => charge.state = ChargeState::Dead,
                _ => charge.refunds.push(amount),
            }
            !refused
        });
        self.refunded.insert(idempotency_key, done);
        let answer = if done {
            PaymentAnswer::Refunded { payment: charge.shown(key) }
        } else {
            PaymentAnswer::RefundRefused { code: "NOT_CANCELABLE_PAYMENT".into() }
        };
        (done && known.is_none(), answer)
    }

    /// Some shoppers transfer what their accounts await, some of them too late. The payments that were made.
    pub(super) fn transfer(&mut self, now: i64, rng: &mut Rng) -> Vec<PaymentKey> {
        let mut paid = vec![];
        for (key, charge) in &mut self.charges {
            let waits = matches!(charge.state, ChargeState::Waiting { due_at } if now < due_at + 3_000);
            if waits && rng.u16(0..1_000) == 0 {
                charge.state = ChargeState::Charged;
                charge.captures += 1;
                paid.push(key.clone());
            }
        }
        paid
    }
}
