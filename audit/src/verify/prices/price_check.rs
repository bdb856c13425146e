//! What may be seen of a product's price in a copy, while prices go on: any value that was stated, not older than what had been
//! written for sure; or nothing, if its time is over.

use std::collections::BTreeMap;

use events::ids::Sku;
use events::prices::BestPrice;
use events::time::Timestamp;

/// Everything that is still to be read of `prices.best`: by product, by number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stated(BTreeMap<Sku, BTreeMap<u64, BestPrice>>);

/// What a look at a copy came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PriceCheck {
    /// It shows what it should.
    Agrees,
    /// It shows what it should have shown before: it may only be late.
    Late(String),
    /// It shows what it never should.
    Differs(String),
}

impl Stated {
    /// Takes a value in.
    pub fn take(&mut self, best: BestPrice) {
        self.0.entry(best.sku.clone()).or_default().insert(best.version, best);
    }

    /// How many products there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The newest value of each product, in order of id.
    pub fn newest(&self) -> impl Iterator<Item = &BestPrice> {
        self.0.values().filter_map(|versions| versions.values().next_back())
    }

    /// Judges what a copy showed of a product. `since` was the newest value before the look; everything that was stated by the end
    /// of the look is in here. `now` is when the look ended, and clocks differ by `margin_ms`.
    #[must_use]
    pub fn judge(&self, since: &BestPrice, found: Option<&BestPrice>, now: Timestamp, margin_ms: i64) -> PriceCheck {
        let Some(versions) = self.0.get(&since.sku) else {
            return PriceCheck::Differs(format!("{} was stated before and is no more", since.sku));
        };
        let Some(found) = found else {
            let over = |best: &BestPrice| !best.is_valid_at(now.plus_millis(margin_ms));
            let is_over = versions.range(since.version..).any(|(_, best)| over(best));
            return if is_over {
                PriceCheck::Agrees
            } else {
                PriceCheck::Late(format!("no price, but the log says {since:?}"))
            };
        };
        match versions.get(&found.version) {
            Some(stated) if stated != found => {
                PriceCheck::Differs(format!("it differs:\n   the log: {stated:?}\n   found:   {found:?}"))
            }
            _ if found.version < since.version => {
                PriceCheck::Late(format!("it is older:\n   the log: {since:?}\n   found:   {found:?}"))
            }
            None => PriceCheck::Differs(format!("it was never stated: {found:?}")),
            Some(_) => PriceCheck::Agrees,
        }
    }
}
