//! Everything the stub knows, in memory: built from the wal's entries, changed by nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use events::payments::{PaymentMethod, PaymentStatus};
use streams::clock::now_ms;

use super::bill::Bill;
use super::rules::{self, Refusal};
use super::wal::{Entry, Kept, Notice, NoticeKind};

/// How long an `Idempotency-Key` is remembered.
const REMEMBERED_MS: i64 = 15 * 24 * 60 * 60 * 1000;

/// The books.
#[derive(Default)]
pub(crate) struct Books {
    bills: BTreeMap<String, Arc<Bill>>,
    /// The payments of each order, oldest first.
    of_order: HashMap<String, Vec<String>>,
    kept: HashMap<String, Answered>,
    /// Calls under an `Idempotency-Key` that are being carried out.
    running: BTreeSet<String>,
    /// When payments end by themselves.
    ends: BTreeSet<(i64, String)>,
    transactions: Vec<Transaction>,
    owed: BTreeMap<String, Notice>,
    ahead_ms: i64,
}

/// An answer that is given again.
#[derive(Clone)]
pub(crate) struct Answered {
    at: i64,
    pub(crate) answer: Result<Arc<Bill>, Refusal>,
}

/// An approval or a cancel.
#[derive(Clone)]
pub(crate) struct Transaction {
    pub(crate) key: String,
    pub(crate) at: i64,
    pub(crate) amount: i64,
    pub(crate) bill: Arc<Bill>,
}

/// Whether a call under an `Idempotency-Key` may go on.
pub(crate) enum Entrance {
    /// It is the first.
    New,
    /// The first is being carried out.
    Running,
    /// It has been answered.
    Answered(Answered),
}

impl Books {
    /// The stub's clock, milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        now_ms().saturating_add(self.ahead_ms)
    }

    pub(crate) fn ahead_ms(&self) -> i64 {
        self.ahead_ms
    }

    pub(crate) fn bill(&self, payment_key: &str) -> Option<Arc<Bill>> {
        self.bills.get(payment_key).cloned()
    }

    /// Payments in the order of their keys, after this one.
    pub(crate) fn bills_after(&self, payment_key: Option<&str>) -> impl Iterator<Item = &Arc<Bill>> {
        let from = payment_key.map_or(Bound::Unbounded, Bound::Excluded);
        self.bills.range::<str, _>((from, Bound::Unbounded)).map(|(_, bill)| bill)
    }

    /// The order's payment: the one that was charged, else the latest.
    pub(crate) fn of_order(&self, order: &str) -> Option<Arc<Bill>> {
        let keys = self.of_order.get(order)?;
        let charged = keys.iter().find(|key| self.bills.get(*key).is_some_and(|bill| bill.charges > 0));
        self.bill(charged.or_else(|| keys.last())?)
    }

    /// Whether another payment of the order has been confirmed and not given back.
    pub(crate) fn is_paid_otherwise(&self, order: &str, payment_key: &str) -> bool {
        let holds = |bill: &Arc<Bill>| {
            matches!(
                bill.status,
                PaymentStatus::Done | PaymentStatus::PartialCanceled | PaymentStatus::WaitingForDeposit
            )
        };
        let keys = self.of_order.get(order).map(Vec::as_slice).unwrap_or_default();
        keys.iter().any(|key| key != payment_key && self.bills.get(key).is_some_and(holds))
    }

    /// Approvals and cancels in the order they were made.
    pub(crate) fn transactions(&self) -> &[Transaction] {
        &self.transactions
    }

    /// Payments whose time is over.
    pub(crate) fn overdue(&self) -> Vec<Arc<Bill>> {
        let now = self.now();
        self.ends.iter().take_while(|(at, _)| *at <= now).filter_map(|(_, key)| self.bill(key)).collect()
    }

    /// Webhooks that nobody has taken yet.
    pub(crate) fn owed(&self) -> Vec<Notice> {
        self.owed.values().cloned().collect()
    }

    /// Begins a call under an `Idempotency-Key`; it is running until [`Books::leave`].
    pub(crate) fn enter(&mut self, identity: &str) -> Entrance {
        let now = self.now();
        if let Some(answered) = self.kept.get(identity).filter(|kept| now < kept.at + REMEMBERED_MS) {
            return Entrance::Answered(answered.clone());
        }
        if self.running.insert(identity.to_owned()) { Entrance::New } else { Entrance::Running }
    }

    /// Ends a call under an `Idempotency-Key`.
    pub(crate) fn leave(&mut self, identity: &str) {
        self.running.remove(identity);
    }

    /// The webhooks that a change leads to.
    pub(crate) fn notices(&self, after: &Bill, new_id: impl Fn() -> String) -> Vec<Notice> {
        let before = self.bills.get(&after.payment_key);
        let (was, is) = (before.map(|bill| bill.status), after.status);
        let is_told = matches!(
            is,
            PaymentStatus::Done
                | PaymentStatus::Aborted
                | PaymentStatus::Expired
                | PaymentStatus::Canceled
                | PaymentStatus::PartialCanceled
        );
        let notice =
            |kind| Notice { transmission: new_id(), payment_key: after.payment_key.clone(), kind, at: self.now() };
        let mut notices = Vec::new();
        let is_change = was != Some(is) || before.is_some_and(|bill| bill.balance != after.balance);
        if is_change && is_told {
            notices.push(notice(NoticeKind::Status));
        }
        let is_deposit = matches!(is, PaymentStatus::Done | PaymentStatus::WaitingForDeposit | PaymentStatus::Canceled);
        if is_change && is_deposit && after.method == PaymentMethod::VirtualAccount {
            notices.push(notice(NoticeKind::Deposit));
        }
        notices
    }

    /// Takes an entry of the wal.
    pub(crate) fn apply(&mut self, entry: Entry) {
        let Entry { bill, kept, ahead_ms, owed, settled } = entry;
        if let Some(bill) = bill {
            self.put(Arc::new(bill));
        }
        if let Some(Kept { identity, at, payment_key, refused }) = kept {
            let answer = match refused {
                Some(code) => Some(Err(Refusal::new(&code))),
                None => self.bill(&payment_key).map(Ok),
            };
            if let Some(answer) = answer {
                self.kept.insert(identity, Answered { at, answer });
            }
        }
        if let Some(ahead_ms) = ahead_ms {
            self.ahead_ms = ahead_ms;
        }
        for notice in owed {
            self.owed.insert(notice.transmission.clone(), notice);
        }
        if let Some(transmission) = settled {
            self.owed.remove(&transmission);
        }
    }

    fn put(&mut self, bill: Arc<Bill>) {
        let key = bill.payment_key.clone();
        let before = self.bills.insert(key.clone(), Arc::clone(&bill));
        if let Some(at) = before.as_deref().and_then(rules::ends_at) {
            self.ends.remove(&(at, key.clone()));
        }
        if let Some(at) = rules::ends_at(&bill) {
            self.ends.insert((at, key.clone()));
        }
        if before.is_none() {
            self.of_order.entry(bill.order_id.clone()).or_default().push(key);
        }
        if before.as_ref().is_none_or(|before| before.charges < bill.charges)
            && let (Some(approval), Some(at)) = (&bill.approval, bill.approved_at)
        {
            let (key, amount) = (approval.clone(), bill.total);
            self.transactions.push(Transaction { key, at, amount, bill: Arc::clone(&bill) });
        }
        let known = before.map_or(0, |before| before.cancels.len());
        for cancel in bill.cancels.iter().skip(known).filter(|_| bill.charges > 0) {
            let (key, at, amount) = (cancel.transaction.clone(), cancel.at, -cancel.amount);
            self.transactions.push(Transaction { key, at, amount, bill: Arc::clone(&bill) });
        }
    }
}
