//! The log against itself: every command decided exactly once, every decision asked for, and every invariant of the ledger at
//! every prefix. Pure: records go in one by one, counterexamples come out.

use std::collections::HashMap;

use events::coupons::{CouponCommand, CouponEvent, CouponFact, CouponLedger, Refusal, Rule};
use events::ids::RequestId;
use events::projections::{Projection, Source};

use super::told::Clients;
use super::verdict::Verdict;

/// What is known of a request.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    asked: bool,
    decided: bool,
}

/// Folds both topics.
#[derive(Debug)]
pub struct Audit {
    requests: HashMap<RequestId, Known>,
    ledger: CouponLedger,
    /// The rows that Postgres and Redis must hold.
    pub rows: Projection,
    /// What was found so far.
    pub verdict: Verdict,
}

/// Every command in the log has a decision.
pub const DECIDED: &str = "every_command_is_decided";
/// No decision comes from nowhere.
pub const ASKED: &str = "every_decision_was_asked_for";
/// Whoever was told "sold out" was told so when nothing remained: never undersold.
pub const SOLD_OUT: &str = "sold_out_means_nothing_remains";
/// What the clients were told is what was decided.
pub const TOLD: &str = "clients_were_told_what_was_decided";
/// What was refused at the door is not in the log.
pub const DOOR: &str = "what_the_door_refused_is_not_in_the_log";

impl Default for Audit {
    fn default() -> Self {
        let mut verdict = Verdict::default();
        let rules = Rule::ALL.into_iter().map(Rule::name);
        for promise in [DECIDED, ASKED, SOLD_OUT].into_iter().chain(rules) {
            verdict.state(promise, None);
        }
        Self { requests: HashMap::new(), ledger: CouponLedger::new(), rows: Projection::default(), verdict }
    }
}

impl Audit {
    /// Takes in a command of `coupons.inbox`. A repeat of a request is the same request.
    pub fn command(&mut self, command: &CouponCommand) {
        self.verdict.counts.commands += 1;
        self.requests.entry(command.request()).or_default().asked = true;
    }

    /// Takes in a fact of `coupons.events`, in the order of its partition.
    pub fn event(&mut self, event: &CouponEvent, source: Source) {
        self.verdict.counts.events += 1;
        if let Some(request) = event.fact.request() {
            self.requests.entry(request).or_default().decided = true;
        }
        if let Err(violation) = self.ledger.apply(event) {
            let says = format!("{violation}, at {source:?}: {event:?}");
            self.verdict.state(violation.rule.name(), Some(says));
        }
        if let CouponFact::ClaimRefused { reason: Refusal::SoldOut, .. } = event.fact
            && event.stock.remaining > 0
        {
            self.verdict.state(SOLD_OUT, Some(format!("at {source:?} something remains: {event:?}")));
        }
        self.rows.apply(event, source);
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

    /// Judges what clients were told.
    pub fn judge_clients(&mut self, clients: &Clients) {
        self.verdict.counts.journal_entries = clients.entries();
        let otherwise = clients.told_otherwise(|request| self.rows.requests.get(request));
        self.verdict.state(TOLD, clients.contradiction().or(otherwise));
        self.verdict.state(DOOR, clients.refused_and_logged(|request| self.requests.contains_key(request)));
    }
}

/// Whether the inbox still holds its first record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whole {
    /// It does.
    Yes,
    /// Its beginning is gone.
    BeginningGone,
}
