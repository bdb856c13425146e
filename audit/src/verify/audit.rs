//! The log against itself: every command decided exactly once, every decision asked for, and every invariant of the ledgers at
//! every prefix. Pure: records go in one by one, counterexamples come out.

use std::collections::HashMap;

use events::coupons::{CouponEvent, CouponFact, Refusal};
use events::ids::RequestId;
use events::inventory::InventoryEvent;
use events::orders::OrderEvent;
use events::payments::PaymentEvent;
use events::prices::BestPrice;
use events::settlement::SettlementEvent;
use events::time::Timestamp;
use projections::{Projection, Source};

use super::client_answers::Clients;
use super::saga::Saga;
use super::settlement::Settling;
use super::verdict::Verdict;
use crate::ledgers::coupons::{CouponLedger, Rule};
use crate::ledgers::orders::OrderLedger;

/// What is known of a request.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    asked: bool,
    decided: bool,
}

/// Folds the topics.
#[derive(Debug)]
pub struct Audit {
    requests: HashMap<RequestId, Known>,
    ledger: CouponLedger,
    saga: Saga,
    settling: Settling,
    /// The rows that Postgres and Redis must hold.
    pub rows: Projection,
    /// What was found so far.
    pub verdict: Verdict,
}

/// Every command in the log has a decision.
pub const DECIDED: &str = "every_command_is_decided";
/// No decision comes from nowhere.
pub const ASKED: &str = "every_decision_was_asked_for";
/// "Sold out" was answered only when nothing remained: never undersold.
pub const SOLD_OUT: &str = "sold_out_means_nothing_remains";
/// What the clients were answered is what was decided.
pub const ANSWERS: &str = "clients_were_told_what_was_decided";
/// What was refused at ingress is not in the log.
pub const NOT_ACCEPTED: &str = "what_the_door_refused_is_not_in_the_log";

impl Default for Audit {
    fn default() -> Self {
        let mut verdict = Verdict::default();
        let rules = Rule::ALL.into_iter().map(Rule::name);
        for promise in [DECIDED, ASKED, SOLD_OUT].into_iter().chain(rules) {
            verdict.state(promise, None);
        }
        Self {
            requests: HashMap::new(),
            ledger: CouponLedger::new(),
            saga: Saga::default(),
            settling: Settling::default(),
            rows: Projection::default(),
            verdict,
        }
    }
}

impl Audit {
    /// Takes in a command of an inbox; nothing: one that nobody awaits a decision of. A repeat of a request is the same request.
    pub fn command(&mut self, request: Option<RequestId>) {
        self.verdict.counts.commands += 1;
        if let Some(request) = request {
            self.requests.entry(request).or_default().asked = true;
        }
    }

    fn decided(&mut self, request: Option<RequestId>) {
        self.verdict.counts.events += 1;
        if let Some(request) = request {
            self.requests.entry(request).or_default().decided = true;
        }
    }

    /// Takes in a fact of `coupons.events`, in the order of its partition.
    pub fn coupon(&mut self, event: &CouponEvent, source: Source) {
        self.decided(event.fact.request());
        if let Err(violation) = self.ledger.apply(event) {
            let says = format!("{violation}, at {source:?}: {event:?}");
            self.verdict.state(violation.rule.name(), Some(says));
        }
        if let CouponFact::ClaimRefused { reason: Refusal::SoldOut, .. } = event.fact
            && event.stock.remaining > 0
        {
            self.verdict.state(SOLD_OUT, Some(format!("at {source:?} something remains: {event:?}")));
        }
        self.saga.coupon(event);
        self.rows.apply(event, source);
    }

    /// Takes in a fact of `inventory.events`, in the order of its partition.
    pub fn inventory(&mut self, event: &InventoryEvent, source: Source) {
        self.decided(event.fact.request());
        self.saga.inventory(event, source, &mut self.verdict);
        self.rows.apply(event, source);
    }

    /// Takes in a fact of `orders.events`, in the order of its partition.
    pub fn order(&mut self, event: &OrderEvent, source: Source) {
        self.decided(event.fact.request());
        self.saga.order(event, source, &mut self.verdict);
        self.settling.order(event);
        self.rows.apply(event, source);
    }

    /// Takes in a fact of `payments.events`, in the order of its partition.
    pub fn payment(&mut self, event: &PaymentEvent, source: Source) {
        self.verdict.counts.events += 1;
        self.rows.apply(event, source);
    }

    /// Takes in a value of `prices.best`. Whether it is right is for [`super::prices`] to say.
    pub fn price(&mut self, best: &BestPrice, source: Source) {
        self.verdict.counts.events += 1;
        self.rows.apply(best, source);
    }

    /// Takes in a fact of `settlement.events`, in the order of its partition.
    pub fn settlement(&mut self, event: &SettlementEvent, source: Source) {
        self.decided(event.fact.request());
        self.settling.settlement(event, source, &mut self.verdict);
        self.rows.apply(event, source);
    }

    /// Whether sellers are owed all that orders have sold, and it is stated.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.settling.rests(&self.rows)
    }

    /// What the facts say of orders.
    #[must_use]
    pub fn orders(&self) -> &OrderLedger {
        self.saga.orders()
    }

    /// How many orders will move before this instant.
    #[must_use]
    pub fn under_way(&self, until: Timestamp) -> usize {
        self.saga.under_way(until)
    }

    /// Whether every command so far has its decision.
    #[must_use]
    pub fn is_decided(&self) -> bool {
        self.requests.values().all(|known| known.decided || !known.asked)
    }

    /// Judges what only the whole log tells.
    pub fn judge(&mut self, log: Whole) {
        let find = |wanted: fn(&Known) -> bool| {
            self.requests.iter().filter(|(_, known)| wanted(known)).map(|(request, _)| *request).min()
        };
        let undecided = find(|known| known.asked && !known.decided);
        let unasked = find(|known| known.decided && !known.asked);
        self.verdict.state(DECIDED, undecided.map(|request| format!("{request} is in the inbox and has no decision")));
        // A log whose beginning is gone may hold decisions of commands that are gone.
        if log == Whole::Yes {
            self.verdict.state(ASKED, unasked.map(|request| format!("{request} was decided and never asked for")));
        }
        self.verdict.counts.requests = self.requests.values().filter(|known| known.asked).count() as u64;
        self.verdict.counts.campaigns = self.rows.campaigns.len() as u64;
        self.verdict.counts.coupons = self.rows.coupons.len() as u64;
    }

    /// Whether every decision has its command, as far as [`Audit::judge`] has seen.
    #[must_use]
    pub fn is_asked_for(&self) -> bool {
        self.verdict.proof.get(ASKED) != Some(&false)
    }

    /// Judges what orders, stock, coupons, payments and settlement say of each other.
    pub fn judge_saga(&mut self, now: Timestamp) {
        self.saga.judge(&self.rows, now, &mut self.verdict);
        self.settling.judge(&self.rows, &mut self.verdict);
    }

    /// Judges what clients were answered.
    pub fn judge_clients(&mut self, clients: &Clients) {
        self.verdict.counts.client_log_entries = clients.entries();
        let otherwise = clients.answered_otherwise(|request| self.rows.requests.get(request));
        self.verdict.state(ANSWERS, clients.contradiction().or(otherwise));
        self.verdict.state(NOT_ACCEPTED, clients.refused_and_logged(|request| self.requests.contains_key(request)));
    }
}

/// Whether the inboxes still hold their first records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whole {
    /// They do.
    Yes,
    /// The beginning of one is gone.
    BeginningGone,
}
