//! What is known of one product's prices, and what follows from it: worked out anew each time, from everything that is known.

use std::collections::BTreeMap;

use events::ids::OfferSource;
use events::inventory::SalePrice;
use events::money::Money;
use events::prices::{BestPrice, LONGEST_FRESH_MS, MOST_AHEAD_MS, MOST_OFFERS, PriceRefusal, Winner};
use events::time::Timestamp;

/// What a best price says, beside its number and its time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quote {
    /// The lowest price of a unit, minor units.
    pub price: Money,
    /// Whose it is.
    pub by: Winner,
    /// What a unit costs with us, minor units.
    pub own: Money,
    /// What a unit costs with us outside the time sale, minor units.
    pub list_price: Money,
    /// Whether the time sale is on.
    pub on_sale: bool,
    /// How many sources' offers were compared with ours.
    pub offers: u32,
    /// Until when it holds.
    pub valid_until: Option<Timestamp>,
}

impl Quote {
    /// What a best price says.
    #[must_use]
    pub fn of(best: &BestPrice) -> Self {
        Self {
            price: best.price,
            by: best.by.clone(),
            own: best.own,
            list_price: best.list_price,
            on_sale: best.on_sale,
            offers: best.offers,
            valid_until: best.valid_until,
        }
    }
}

/// An offer as it was offered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Offered {
    pub(super) price: Money,
    pub(super) seen_at: Timestamp,
    pub(super) fresh_ms: u32,
    pub(super) until: Option<Timestamp>,
}

/// What is known of a product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Known {
    pub(super) version: u64,
    pub(super) list_price: Money,
    pub(super) sale: Option<SalePrice>,
    pub(super) offers: BTreeMap<OfferSource, Offered>,
}

impl Offered {
    fn end(&self) -> Timestamp {
        let fresh = self.seen_at.plus_millis(i64::from(self.fresh_ms));
        self.until.map_or(fresh, |until| until.min(fresh))
    }

    fn is_invalid(&self) -> bool {
        self.fresh_ms == 0
            || self.fresh_ms > LONGEST_FRESH_MS
            || !self.seen_at.is_plausible()
            || self.until.is_some_and(|until| !until.is_plausible())
    }

    fn is_absurd(&self, list_price: Money) -> bool {
        let (price, list) = (i128::from(self.price.minor()), i128::from(list_price.minor()));
        price <= 0 || price > list * 10 || price * 100 < list
    }
}

impl Known {
    /// Takes in what a product costs with us; what is absurd beside the new list price is not believed any longer.
    pub(super) fn define(&mut self, version: u64, list_price: Money, sale: Option<SalePrice>) {
        if version > self.version {
            (self.version, self.list_price, self.sale) = (version, list_price, sale);
            self.offers.retain(|_, offered| !offered.is_absurd(list_price));
        }
    }

    /// Takes in an offer, or tells why not.
    pub(super) fn offer(
        &mut self,
        source: &OfferSource,
        offered: &Offered,
        now: Timestamp,
    ) -> Result<(), PriceRefusal> {
        if offered.is_invalid() {
            return Err(PriceRefusal::InvalidOffer);
        }
        if offered.is_absurd(self.list_price) {
            return Err(PriceRefusal::InvalidPrice);
        }
        if offered.seen_at.as_millis() > now.as_millis() + MOST_AHEAD_MS {
            return Err(PriceRefusal::OfferInFuture);
        }
        let offered = Offered { seen_at: offered.seen_at.min(now), ..offered.clone() };
        self.forget(now);
        if offered.end() <= now || self.offers.get(source).is_some_and(|known| known.seen_at > offered.seen_at) {
            return Err(PriceRefusal::OfferStale);
        }
        if !self.offers.contains_key(source) && self.offers.len() >= MOST_OFFERS {
            return Err(PriceRefusal::TooManyOffers);
        }
        self.offers.insert(source.clone(), offered);
        Ok(())
    }

    fn forget(&mut self, now: Timestamp) {
        self.offers.retain(|_, offered| offered.end() > now);
    }

    /// What the best price must say at this instant.
    pub(super) fn quote(&self, now: Timestamp) -> Quote {
        let on_sale = self.sale.filter(|sale| sale.window.contains(now));
        let own = on_sale.map_or(self.list_price, |sale| sale.price);
        let fresh: Vec<(&OfferSource, &Offered)> =
            self.offers.iter().filter(|(_, offered)| offered.end() > now).collect();
        let cheaper = fresh.iter().filter(|(_, offered)| offered.price < own);
        let winner = cheaper.min_by_key(|(source, offered)| (offered.price, *source));
        let edges = self.sale.map(|sale| [sale.window.from, sale.window.until]).unwrap_or_default();
        let ahead = edges.into_iter().chain(winner.map(|(_, offered)| offered.end())).filter(|edge| *edge > now);
        Quote {
            price: winner.map_or(own, |(_, offered)| offered.price),
            by: winner.map_or(Winner::Own, |(source, _)| Winner::Offer { source: (*source).clone() }),
            own,
            list_price: self.list_price,
            on_sale: on_sale.is_some(),
            offers: u32::try_from(fresh.len()).unwrap_or(u32::MAX),
            valid_until: ahead.min(),
        }
    }
}
