//! The payment provider and its connector as one actor beside the simulated cluster: it reads what is committed in
//! `payments.inbox`, at least once, and answers to `orders.inbox`, at least once and late. It declines, charges and loses the
//! answer, dies between the call and the answer, is away for a while, and sends webhooks early, late, twice and wrong.

mod books;

use std::collections::BTreeMap;

use events::ids::{OrderId, PaymentKey, TransmissionId};
use events::orders::OrderCommand;
use events::payments::{PaymentAnswer, PaymentCommand, PaymentStatus};
use events::topics;
use fastrand::Rng;
use streams::record::Outgoing;
use streams::simulated::Cluster;

pub(super) use books::{Ledger, Means};

use super::super::{PARTITIONS, committed, read, record};

/// A partition of `payments.inbox`.
#[derive(Default)]
struct Inbox {
    stable: i64,
    calls: Vec<PaymentCommand>,
    next: usize,
}

/// The provider, and the connector before it.
pub(super) struct Provider {
    pub(super) ledger: Ledger,
    /// The calls of each partition, up to which offset they were read, and the next one to make.
    inboxes: Vec<Inbox>,
    /// Answers and webhooks on their way, in order of arrival.
    mail: Vec<(i64, OrderCommand)>,
    /// When each order's latest first answer arrives.
    answered: BTreeMap<OrderId, i64>,
    transmissions: u64,
    /// No call is made before this instant.
    away_until: i64,
    /// Whether calls fail for no reason of business.
    faulty: bool,
}

impl Provider {
    pub(super) fn new() -> Self {
        Self {
            ledger: Ledger::default(),
            inboxes: (0..PARTITIONS).map(|_| Inbox::default()).collect(),
            mail: vec![],
            answered: BTreeMap::new(),
            transmissions: 0,
            away_until: 0,
            faulty: true,
        }
    }

    /// Calls fail no more without a reason.
    pub(super) fn heal(&mut self) {
        (self.faulty, self.away_until) = (false, 0);
    }

    /// No call is made before this instant.
    pub(super) fn leave(&mut self, back_at: i64) {
        self.away_until = back_at;
    }

    /// Whether something is still on its way.
    pub(super) fn is_busy(&mut self, cluster: &Cluster) -> Result<bool, String> {
        self.read(cluster)?;
        Ok(!self.mail.is_empty() || self.inboxes.iter().any(|inbox| inbox.next < inbox.calls.len()))
    }

    /// How many calls there have been.
    pub(super) fn calls(&self) -> usize {
        self.inboxes.iter().map(|inbox| inbox.calls.len()).sum()
    }

    /// Reads what has been committed since.
    fn read(&mut self, cluster: &Cluster) -> Result<(), String> {
        let topic = topics::PAYMENTS_INBOX.name();
        for (partition, inbox) in (0..).zip(&mut self.inboxes) {
            let stable = cluster.offsets(topic, partition).map_err(|error| error.to_string())?.last_stable;
            if stable != inbox.stable {
                inbox.stable = stable;
                for record in committed(cluster, topic, partition)?.iter().skip(inbox.calls.len()) {
                    inbox.calls.push(read(record)?);
                }
            }
        }
        Ok(())
    }

    /// Makes calls, takes some transfers in, hands out what arrives now.
    pub(super) fn step(&mut self, cluster: &Cluster, rng: &mut Rng) -> Result<Vec<Outgoing>, String> {
        let now = cluster.now();
        if self.faulty && now >= self.away_until && rng.u16(0..400) == 0 {
            self.leave(now + rng.i64(0..120_000));
        }
        if now >= self.away_until {
            self.read(cluster)?;
            self.make_calls(now, rng);
        }
        for key in self.ledger.transfer(now, rng) {
            self.webhooks(&key, now, rng);
            self.insist(&key, now);
        }
        let arrived = self.mail.partition_point(|(at, _)| *at <= now);
        let arrived = self.mail.drain(..arrived);
        Ok(arrived.map(|(_, message)| record(topics::ORDERS_INBOX.name(), &message, None, None)).collect())
    }

    fn make_calls(&mut self, now: i64, rng: &mut Rng) {
        for partition in 0..self.inboxes.len() {
            while let Some(command) = self.inboxes[partition].calls.get(self.inboxes[partition].next).cloned() {
                if self.faulty && rng.u8(0..3) == 0 {
                    break;
                }
                self.call(&command, now, rng);
                // The connector may die before it has noted how far it got: the call is made again.
                if self.faulty && rng.u8(0..10) == 0 {
                    break;
                }
                self.inboxes[partition].next += 1;
            }
        }
    }

    /// Of the calls some never arrive, and of some the answer never arrives.
    fn call(&mut self, command: &PaymentCommand, now: i64, rng: &mut Rng) {
        let (arrives, answered) = (!self.faulty || rng.u8(0..8) > 0, !self.faulty || rng.u8(0..5) > 0);
        let unknown = PaymentAnswer::Unknown { code: "TIMEOUT".into() };
        let answer = if arrives { self.carry_out(command, now, rng) } else { unknown.clone() };
        let answer = if answered { answer } else { unknown };
        let (order, request) = (command.order().clone(), command.request());
        let message = OrderCommand::PaymentAnswered { order, request, answer };
        // Calls about one order are made one after the other; first answers arrive in that order, and may be told again later.
        let latest = self.answered.entry(command.order().clone()).or_default();
        let at = (now + rng.i64(0..40)).max(*latest + 1);
        *latest = at;
        if self.faulty && rng.u8(0..6) == 0 {
            let longest = if rng.bool() { 10 } else { 120_000 };
            self.post(at + rng.i64(1..longest), message.clone());
        }
        self.post(at, message);
    }

    fn carry_out(&mut self, command: &PaymentCommand, now: i64, rng: &mut Rng) -> PaymentAnswer {
        let idempotency_key = command.idempotency_key();
        let (changed, payment_key, answer) = match (command, idempotency_key) {
            (PaymentCommand::Confirm { order, payment_key, amount, .. }, Some(id)) => {
                let due_at = now + rng.i64(2_000..10_000);
                let (fresh, answer) = self.ledger.confirm(id, (order, payment_key), amount.minor(), due_at);
                if fresh && self.ledger.charges[payment_key].is_contradicted() {
                    self.insist(payment_key, now);
                }
                (fresh, payment_key, answer)
            }
            (PaymentCommand::Refund { payment_key, amount, balance, account, .. }, Some(id)) => {
                let must_refuse = self.faulty && rng.u8(0..12) == 0;
                let amounts = (amount.minor(), balance.minor());
                let (changed, answer) = self.ledger.refund(id, payment_key, amounts, account.is_some(), must_refuse);
                (changed, payment_key, answer)
            }
            (command, _) => {
                let PaymentCommand::LookUp { payment_key, .. } = command else { panic!("{command:?} has no key") };
                return self.ledger.look_up(command.order(), payment_key.as_ref());
            }
        };
        if changed {
            self.webhooks(payment_key, now, rng);
        }
        answer
    }

    /// Webhooks: none, or several; early, late, out of order, twice, and some of them wrong.
    fn webhooks(&mut self, key: &PaymentKey, now: i64, rng: &mut Rng) {
        for _ in 0..rng.u8(0..4) {
            let late = if rng.bool() { rng.i64(0..20) } else { rng.i64(0..5_000) };
            let status = if rng.bool() { PaymentStatus::Done } else { PaymentStatus::Aborted };
            self.transmissions += 1;
            self.hint(key, now + late, status);
            if rng.bool() {
                self.hint(key, now + late + rng.i64(0..2_000), status);
            }
        }
    }

    /// What is known by its webhook only is told again and again.
    fn insist(&mut self, key: &PaymentKey, now: i64) {
        for late in [3_000, 12_000, 50_000, 120_000] {
            self.transmissions += 1;
            self.hint(key, now + late, PaymentStatus::Done);
        }
    }

    /// The latest transmission arrives then.
    fn hint(&mut self, key: &PaymentKey, at: i64, status: PaymentStatus) {
        let Some(charge) = self.ledger.charges.get(key) else { return };
        // Webhooks about transfers name the order only.
        let (order, payment_key) = (charge.order.clone(), Some(key.clone()).filter(|_| !charge.is_transfer()));
        let transmission = TransmissionId::new(&format!("webhook-{}", self.transmissions)).expect("an id");
        self.post(at, OrderCommand::Hint { transmission, order, payment_key, status });
    }

    fn post(&mut self, at: i64, message: OrderCommand) {
        let place = self.mail.partition_point(|(other, _)| *other <= at);
        self.mail.insert(place, (at, message));
    }
}
