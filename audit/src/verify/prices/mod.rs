//! Best prices against what was said and the passing of time. Every partition's ledger works out for itself what the inbox leads to.
//!
//! Offers are polled for ever, so prices never come to rest, and the inbox is read a moment before what was stated. So there are two
//! ledgers: one has taken everything, the other stops before the newest instant of the inbox: of that and all before it every record
//! is known, and every statement has been read or never will be. One of the two must agree with what was stated by then.
//! Pure: records go in one by one, counterexamples come out.

pub(super) mod ingress;
pub(super) mod redis;
mod price_check;
mod stated;
#[cfg(test)]
mod prices_tests;

use std::collections::BTreeMap;

use events::prices::{BestPrice, PriceCommand};
use events::time::Timestamp;

use super::audit::Whole;
use super::verdict::Verdict;
use crate::ledgers::prices::{PriceLedger, PriceRule};

pub use price_check::{PriceCheck, Stated};

/// Redis shows what was stated, and the newest of it.
pub const SHOWN: &str = "prices_in_redis_are_those_of_the_log";
/// Redis shows nothing after its time.
pub const LEAVES: &str = "no_price_in_redis_outlives_its_time";

/// Ingress shows what was stated, and the newest of it.
pub const AT_INGRESS: &str = "prices_at_the_door_are_those_of_the_log";
/// Ingress shows nothing after its time.
pub const IN_TIME: &str = "no_price_at_the_door_outlives_its_time";

/// What the log says of prices.
#[derive(Debug, Default)]
pub struct Prices {
    partitions: BTreeMap<i32, Partition>,
    /// What was stated, in order.
    stated: BTreeMap<i32, Vec<BestPrice>>,
}

/// One partition of the inbox.
#[derive(Debug, Default)]
struct Partition {
    /// Has taken everything.
    all: PriceLedger,
    /// Has taken everything before the newest instant.
    before: PriceLedger,
    /// What was said at the newest instant.
    newest: Vec<PriceCommand>,
    /// The log time.
    now: Timestamp,
}

impl Partition {
    /// Log time moves.
    fn pass(&mut self, at: Timestamp) {
        if at > self.now {
            self.before.pass(self.now);
            for command in self.newest.drain(..) {
                self.before.apply(&command, self.now);
            }
            self.now = at;
        }
        self.all.pass(self.now);
    }
}

impl Prices {
    /// Takes in a record of the inbox, appended at this instant, in the order of its partition: a command, or what only moves time.
    pub fn heard(&mut self, partition: i32, at: Timestamp, command: Option<PriceCommand>) {
        let part = self.partitions.entry(partition).or_default();
        part.pass(at);
        if let Some(command) = command {
            part.all.apply(&command, part.now);
            part.newest.push(command);
        }
    }

    /// Takes in a value of `prices.best`, in the order of its partition.
    pub fn stated(&mut self, partition: i32, best: BestPrice) {
        self.stated.entry(partition).or_default().push(best);
    }

    /// Judges every partition, once everything has been taken in. A log whose beginning is gone tells nothing of what offers led to.
    pub fn judge(&mut self, inbox: Whole, verdict: &mut Verdict) {
        for rule in PriceRule::ALL {
            verdict.state(rule.name(), None);
        }
        for (partition, stated) in &self.stated {
            let part = self.partitions.entry(*partition).or_default();
            for best in stated {
                if let Err(violation) = part.all.take(best) {
                    verdict.state(violation.rule.name(), Some(format!("{violation}: {best:?}")));
                }
                if best.at <= part.before.now() {
                    // The other ledger has judged the value by itself.
                    drop(part.before.take(best));
                }
            }
        }
        if inbox == Whole::Yes {
            let wrong = self.partitions.values().find_map(Partition::differs);
            verdict.state(PriceRule::FollowsCommands.name(), wrong);
        }
        verdict.counts.prices = self.partitions.values().map(|part| part.all.stated().count() as u64).sum();
        verdict.counts.offers = self.partitions.values().map(|part| part.all.offers()).sum();
        let refused = |part: &Partition| part.all.refused().values().sum::<u64>();
        verdict.counts.offers_refused = self.partitions.values().map(refused).sum();
    }
}

impl Partition {
    fn differs(&self) -> Option<String> {
        if self.all.settle().is_empty() {
            return None;
        }
        let violation = self.before.settle().into_iter().next()?;
        let (sku, due) = (&violation.sku, self.before.due(&violation.sku));
        let stated = self.before.stated().find(|stated| stated.sku == *sku);
        Some(format!("{violation}\n   the log: {due:?}\n   stated:  {stated:?}"))
    }
}
