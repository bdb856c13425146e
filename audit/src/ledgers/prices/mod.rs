//! The ledger: a fold of one partition of `prices.inbox` and of `prices.best` that believes nothing. It works out for itself what the
//! commands and the passing of time lead to, and compares. `timesale verify` and the tests across rooms use it.
//!
//! Of `prices.best` it takes what compaction has left. Of `prices.inbox` it needs everything from the first record on; a reader whose
//! log begins later says so and lets [`PriceLedger::settle`] be.

mod quote;
mod rule;

use std::collections::BTreeMap;

use events::ids::Sku;
use events::prices::{BestPrice, PriceCommand, PriceRefusal, Winner};
use events::time::Timestamp;

use quote::{Known, Offered};

pub use quote::Quote;
pub use rule::{PriceRule, PriceViolation};

/// Judges the prices of one partition.
#[derive(Debug, Default)]
pub struct PriceLedger {
    now: Timestamp,
    known: BTreeMap<Sku, Known>,
    stated: BTreeMap<Sku, BestPrice>,
    offers: u64,
    refused: BTreeMap<PriceRefusal, u64>,
}

impl PriceLedger {
    /// A ledger that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Log time passes: every record of the inbox moves it, ticks and garbage as well.
    pub fn pass(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
    }

    /// Takes in the next command of the inbox, appended at this instant.
    pub fn apply(&mut self, command: &PriceCommand, at: Timestamp) {
        self.pass(at);
        match command {
            PriceCommand::OwnPrice { sku, version, list_price, sale, .. } => {
                if command.is_plausible() {
                    let offers = BTreeMap::new();
                    let new = || Known { version: *version, list_price: *list_price, sale: *sale, offers };
                    self.known.entry(sku.clone()).or_insert_with(new).define(*version, *list_price, *sale);
                }
            }
            PriceCommand::Offer { sku, source, price, seen_at, fresh_ms, until, .. } => {
                let offered = Offered { price: *price, seen_at: *seen_at, fresh_ms: *fresh_ms, until: *until };
                let taken = match self.known.get_mut(sku) {
                    Some(known) => known.offer(source, &offered, self.now),
                    None => Err(PriceRefusal::UnknownProduct),
                };
                self.offers += 1;
                if let Err(reason) = taken {
                    *self.refused.entry(reason).or_default() += 1;
                }
            }
            PriceCommand::WithdrawOffer { sku, source, .. } => {
                if let Some(known) = self.known.get_mut(sku) {
                    known.offers.remove(source);
                }
            }
        }
    }

    /// Takes in the next value of `prices.best`.
    ///
    /// # Errors
    /// [`PriceViolation`] names the first rule that the value breaks by itself, or beside the one before.
    pub fn take(&mut self, best: &BestPrice) -> Result<(), PriceViolation> {
        let before = self.stated.insert(best.sku.clone(), best.clone());
        let rules = [
            (before.as_ref().is_none_or(|before| before.version < best.version), PriceRule::VersionsRise),
            (before.as_ref().is_none_or(|before| before.at <= best.at), PriceRule::TimeNeverRunsBack),
            (lowest_wins(best), PriceRule::LowestWins),
            (own_price_is_ours(best), PriceRule::OwnPriceIsOurs),
            (best.is_valid_at(best.at), PriceRule::HoldsForAWhile),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err(PriceViolation { rule, sku: best.sku.clone(), version: best.version }),
            None => Ok(()),
        }
    }

    /// Takes in that a product has no best price any more.
    pub fn remove(&mut self, sku: &Sku) {
        self.stated.remove(sku);
    }

    /// Compares what was stated last of every product with what the commands and time have led to, once both logs are read to the
    /// end and nothing is being decided.
    #[must_use]
    pub fn settle(&self) -> Vec<PriceViolation> {
        let wrong = |sku: &Sku| {
            let (stated, due) = (self.stated.get(sku), self.due(sku));
            let violation = PriceViolation {
                rule: PriceRule::FollowsCommands,
                sku: sku.clone(),
                version: stated.map_or(0, |stated| stated.version),
            };
            (stated.map(Quote::of) != due).then_some(violation)
        };
        let unfounded = self.stated.keys().filter(|sku| !self.known.contains_key(*sku));
        self.known.keys().chain(unfounded).filter_map(wrong).collect()
    }

    /// What a product's best price must say by now.
    #[must_use]
    pub fn due(&self, sku: &Sku) -> Option<Quote> {
        Some(self.known.get(sku)?.quote(self.now))
    }

    /// What was stated last of each product, in order of id.
    pub fn stated(&self) -> impl Iterator<Item = &BestPrice> {
        self.stated.values()
    }

    /// The log time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// How many offers there were, refused ones included.
    #[must_use]
    pub fn offers(&self) -> u64 {
        self.offers
    }

    /// How many offers were refused, by reason.
    #[must_use]
    pub fn refused(&self) -> &BTreeMap<PriceRefusal, u64> {
        &self.refused
    }
}

fn lowest_wins(best: &BestPrice) -> bool {
    match best.by {
        Winner::Own => best.price == best.own,
        Winner::Offer { .. } => best.price < best.own && best.offers > 0 && best.valid_until.is_some(),
    }
}

fn own_price_is_ours(best: &BestPrice) -> bool {
    let is_price = best.own.is_plausible() && best.list_price.is_plausible() && best.own <= best.list_price;
    is_price && (best.on_sale || best.own == best.list_price)
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
