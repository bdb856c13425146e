//! The books: what the facts amount to, judged at every prefix, and whether it is what orders and operators have asked for.

use std::collections::BTreeMap;

use audit::ledgers::settlement::SettlementLedger;
use events::ids::{RequestId, SellerId};
use events::request::Outcome;
use events::settlement::{SettlementEvent, SettlementFact, SettlementRefusal};
use events::topics;
use streams::simulated::Cluster;

use super::super::{PARTITIONS, committed, compare, everywhere, judge_replies, read};
use super::DAY_MS;
use super::accounts::Accounts;
use super::load::Load;

/// What was stated, all partitions.
#[derive(Default)]
pub(super) struct Books {
    /// How many days are open.
    pub(super) open_days: usize,
    /// How often what has happened.
    pub(super) seen: BTreeMap<&'static str, u64>,
    /// What was decided about each request.
    decided: BTreeMap<RequestId, Decided>,
}

/// What a fact says about its request, and what the reply must say.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Decided {
    Set { seller: SellerId, version: u64 },
    Closed { seller: SellerId, version: u64 },
    Refused(SettlementRefusal),
}

impl Books {
    /// Reads every partition: each fact keeps every rule, and each posting is what its source says.
    pub(super) fn read(cluster: &Cluster) -> Result<Self, String> {
        let mut books = Self::default();
        for partition in 0..PARTITIONS {
            let (mut ledger, mut accounts) = (SettlementLedger::new(), Accounts::default());
            for record in committed(cluster, topics::SETTLEMENT_EVENTS.name(), partition)? {
                let event: SettlementEvent = read(&record)?;
                if record.key.as_deref() != Some(event.seller.as_str().as_bytes()) {
                    return Err(format!("{event:?} is keyed by {:?}", record.key));
                }
                ledger.apply(&event).map_err(|violation| violation.to_string())?;
                books.take(&event);
                accounts.state(partition, event)?;
            }
            for record in committed(cluster, topics::SETTLEMENT_INBOX.name(), partition)? {
                if record.value.is_some() {
                    accounts.hear(record.offset, &read(&record)?)?;
                }
            }
            accounts.agree(&ledger)?;
            books.open_days += ledger.sellers().map(|(_, book)| book.open_days().count()).sum::<usize>();
            let told = ledger.sellers().flat_map(|(_, book)| book.lines());
            *books.seen.entry("taken back to nothing").or_default() +=
                told.filter(|(_, _, told)| told.left == 0).count() as u64;
        }
        Ok(books)
    }

    fn see(&mut self, what: &'static str, happened: bool) {
        if happened {
            *self.seen.entry(what).or_default() += 1;
        }
    }

    fn take(&mut self, SettlementEvent { seller, version, fact, .. }: &SettlementEvent) {
        let (seller, version) = (seller.clone(), *version);
        if let Some(request) = fact.request() {
            let decided = match fact {
                SettlementFact::PolicyRefused { reason, .. } | SettlementFact::CloseRefused { reason, .. } => {
                    self.see(reason.code(), true);
                    Decided::Refused(*reason)
                }
                SettlementFact::DayClosed { .. } => Decided::Closed { seller: seller.clone(), version },
                _ => Decided::Set { seller: seller.clone(), version },
            };
            self.decided.insert(request, decided);
        }
        match fact {
            SettlementFact::LinesPosted { day, kind, reached_at, .. } => {
                self.see(kind.name(), true);
                // Before the day in any zone.
                let long_before = i64::from(day.minus(1).number()) * DAY_MS;
                self.see("posted later", reached_at.as_millis() < long_before);
            }
            SettlementFact::DayClosed { request, statement, .. } => {
                self.see("closed in time", request.is_none());
                self.see("closed by an operator", request.is_some());
                self.see("owed by the seller", statement.carried_out.minor() < 0);
                self.see("paid in parts", statement.pay_outs.len() > 1);
            }
            SettlementFact::PolicySet { .. } | SettlementFact::DayUpdated { .. } => self.see(fact.kind(), true),
            SettlementFact::PolicyRefused { .. } | SettlementFact::CloseRefused { .. } => {}
        }
    }

    /// Whether everybody who asked was told what was decided, each request once, and all that nobody could read is set aside.
    pub(super) fn agree(&mut self, cluster: &Cluster, load: &Load) -> Result<(), String> {
        let asked: Vec<_> = load.asked.keys().collect();
        compare("request", &self.decided.keys().collect::<Vec<_>>(), &asked)?;
        let awaited = load.asked.iter().filter(|(_, (_, awaited))| *awaited > 0);
        let awaited = awaited.map(|(request, (_, awaited))| (*request, *awaited)).collect();
        for reply in judge_replies(cluster, &awaited)? {
            let told = match reply.outcome.clone() {
                Outcome::PolicyApplied { seller, version, .. } => Decided::Set { seller, version },
                Outcome::DayClosed { seller, version, .. } => Decided::Closed { seller, version },
                Outcome::SettlementRefused { reason } => Decided::Refused(reason),
                other => return Err(format!("{} is told {other:?}", reply.request)),
            };
            let conflicts = told == Decided::Refused(SettlementRefusal::IdempotencyConflict);
            self.see(SettlementRefusal::IdempotencyConflict.code(), conflicts);
            if !conflicts && self.decided.get(&reply.request) != Some(&told) {
                return Err(format!("{} is told {told:?}: {:?}", reply.request, self.decided.get(&reply.request)));
            }
        }
        let letters = everywhere(cluster, topics::DEAD_LETTERS.name())?.len();
        self.see("garbage", letters > 0);
        (letters == load.garbage).then_some(()).ok_or_else(|| format!("{letters} dead letters of {}", load.garbage))
    }
}
