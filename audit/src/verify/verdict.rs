//! What the proof has found: every promise by name, whether it held, the first counterexample to each that did not, and how
//! much was looked at.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// What the proof has found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Verdict {
    /// Every promise, and whether it held.
    pub proof: BTreeMap<&'static str, bool>,
    /// The first counterexample to each promise that did not hold.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub counterexamples: BTreeMap<&'static str, String>,
    /// How much was looked at.
    pub counts: Counts,
}

/// How much was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Counts {
    /// Commands in the inboxes, repeats of a request included.
    pub commands: u64,
    /// Requests among them.
    pub requests: u64,
    /// Ticks in the inboxes.
    pub ticks: u64,
    /// Records that are no messages.
    pub unreadable: u64,
    /// Facts.
    pub events: u64,
    /// Campaigns.
    pub campaigns: u64,
    /// Coupons ever granted.
    pub coupons: u64,
    /// Products.
    pub products: u64,
    /// Orders ever placed.
    pub orders: u64,
    /// Orders of which it is not decided whether they are paid.
    pub orders_open: u64,
    /// Products with a best price.
    pub prices: u64,
    /// Offers of other shops.
    pub offers: u64,
    /// Those of them that were refused.
    pub offers_refused: u64,
    /// Payments that the provider has shown.
    pub payments: u64,
    /// Payments that the provider has charged, as its own books say.
    pub provider_payments: u64,
    /// Sellers' days.
    pub statements: u64,
    /// Their lines.
    pub statement_lines: u64,
    /// Dead letters.
    pub dead_letters: u64,
    /// Rows in Postgres that were compared.
    pub postgres_rows: u64,
    /// Entries in Redis that were compared.
    pub redis_entries: u64,
    /// Lines of the client log.
    pub client_log_entries: u64,
    /// How long it took, waiting for the processes to come to rest included, milliseconds.
    pub took_ms: u64,
}

impl Verdict {
    /// States a promise. The first counterexample counts; a promise once broken stays broken.
    pub fn state(&mut self, promise: &'static str, counterexample: Option<String>) {
        let holds = self.proof.entry(promise).or_insert(true);
        if let Some(counterexample) = counterexample {
            *holds = false;
            self.counterexamples.entry(promise).or_insert(counterexample);
        }
    }

    /// Whether every promise held.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.proof.values().all(|holds| *holds)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} commands ({} requests), {} ticks, {} events, {} campaigns, {} coupons, {} products, {} orders ({} open), \
             {} payments ({} charged by the provider's books), {} prices ({} offers, {} refused), {} sellers' days ({} lines), {} unreadable, {} dead letters; {} rows in Postgres, {} entries in Redis, {} lines of the client log compared in {:.1} s",
            self.commands,
            self.requests,
            self.ticks,
            self.events,
            self.campaigns,
            self.coupons,
            self.products,
            self.orders,
            self.orders_open,
            self.payments,
            self.provider_payments,
            self.prices,
            self.offers,
            self.offers_refused,
            self.statements,
            self.statement_lines,
            self.unreadable,
            self.dead_letters,
            self.postgres_rows,
            self.redis_entries,
            self.client_log_entries,
            std::time::Duration::from_millis(self.took_ms).as_secs_f64(),
        )
    }
}

/// Writes a proof for people: a line for each promise, and what breaks it.
///
/// # Errors
/// The formatter's own.
pub fn write_proof(
    f: &mut fmt::Formatter<'_>,
    proof: &BTreeMap<&'static str, bool>,
    counterexamples: &BTreeMap<&'static str, String>,
) -> fmt::Result {
    for (promise, holds) in proof {
        let mark = if *holds { "holds " } else { "BROKEN" };
        write!(f, "\n{mark}     {}", promise.replace('_', " "))?;
        if let Some(counterexample) = counterexamples.get(promise) {
            write!(f, "\n           {}", counterexample.replace('\n', "\n           "))?;
        }
    }
    Ok(())
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "log        {}", self.counts)?;
        write_proof(f, &self.proof, &self.counterexamples)
    }
}
