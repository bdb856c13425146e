//! A product's prices: ours, the offers that are believed, and what was stated last. Pure: what is known and the log time in, the
//! best price out.

use events::ids::{OfferSource, Sku};
use events::inventory::SalePrice;
use events::money::Money;
use events::prices::{BestPrice, MOST_OFFERS, PriceRefusal, Winner};
use events::time::Timestamp;

use super::offer::{NewOffer, Offer, is_plausible};
use crate::kit::machine::Violation;

/// What a product costs with us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OwnPrice {
    /// The product's version in inventory.
    pub(crate) version: u64,
    pub(crate) list_price: Money,
    pub(crate) sale: Option<SalePrice>,
}

/// A product that inventory has defined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Product {
    pub(crate) own: OwnPrice,
    /// The offers that are believed, in order of their sources.
    pub(crate) offers: Vec<Offer>,
    /// What was stated last. Nothing only before the first statement.
    pub(crate) stated: Option<BestPrice>,
    /// When something ends or begins by itself: the timer that is set.
    pub(crate) wake: Option<Timestamp>,
}

impl OwnPrice {
    /// What a unit costs now, and whether the time sale is on.
    fn now(&self, now: Timestamp) -> (Money, bool) {
        match self.sale {
            Some(sale) if sale.window.contains(now) => (sale.price, true),
            _ => (self.list_price, false),
        }
    }

    /// The next edge of the time sale.
    fn edge(&self, now: Timestamp) -> Option<Timestamp> {
        let window = self.sale?.window;
        [window.from, window.until].into_iter().find(|edge| *edge > now)
    }
}

impl Product {
    /// Inventory has defined the product, perhaps anew. An older definition changes nothing; offers that are absurd beside the new list
    /// price are not believed any longer.
    pub(crate) fn define(known: Option<Self>, own: OwnPrice) -> Self {
        let mut product = known.unwrap_or(Self { own, offers: Vec::new(), stated: None, wake: None });
        if own.version > product.own.version {
            product.own = own;
            product.offers.retain(|offer| is_plausible(offer.price, own.list_price));
        }
        product
    }

    /// Takes an offer in, in place of its source's last one.
    pub(crate) fn offer(mut self, new_offer: &NewOffer<'_>, now: Timestamp) -> Result<Self, PriceRefusal> {
        let offer = new_offer.judge(self.own.list_price, now)?;
        self.forget_stale(now);
        match self.place_of(&offer.source) {
            Ok(place) => match self.offers.get_mut(place) {
                Some(known) if known.seen_at > offer.seen_at => return Err(PriceRefusal::OfferStale),
                Some(known) => *known = offer,
                None => {}
            },
            Err(_) if self.offers.len() >= MOST_OFFERS => return Err(PriceRefusal::TooManyOffers),
            Err(place) => self.offers.insert(place, offer),
        }
        Ok(self)
    }

    /// Forgets a source's offer; there may be none.
    pub(crate) fn withdraw(mut self, source: &OfferSource) -> Self {
        self.offers.retain(|offer| offer.source != *source);
        self
    }

    /// Works out the best price at this instant, and when to look again. What is to be stated is returned: nothing, if it says what
    /// was stated last.
    pub(crate) fn restate(&mut self, sku: &Sku, now: Timestamp) -> Option<BestPrice> {
        self.forget_stale(now);
        let edge = self.own.edge(now);
        self.wake = self.offers.iter().map(|offer| offer.ends).chain(edge).min();
        let best = self.best(sku, now, edge);
        let before = self.stated.as_ref();
        // Its number and its time are not what a best price says.
        if before.is_some_and(|before| BestPrice { version: before.version, at: before.at, ..best.clone() } == *before)
        {
            return None;
        }
        self.stated = Some(best.clone());
        Some(best)
    }

    /// The version of what was stated last.
    pub(crate) fn version(&self) -> u64 {
        self.stated.as_ref().map_or(0, |stated| stated.version)
    }

    /// What was stated holds until a command or the timer comes, and is the lowest of what is believed.
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), Violation> {
        if !self.offers.is_sorted_by(|one, other| one.source < other.source) {
            return Err(Violation("a source has one offer"));
        }
        let Some(stated) = &self.stated else { return Err(Violation("a product has a best price")) };
        if !stated.is_valid_at(now) {
            return Err(Violation("what is stated holds for a while"));
        }
        if stated.price > stated.own || self.offers.iter().any(|offer| offer.price < stated.price) {
            return Err(Violation("the best price is the lowest"));
        }
        if stated.valid_until.is_some_and(|until| self.wake.is_none_or(|wake| wake > until)) {
            return Err(Violation("what ends is stated anew"));
        }
        Ok(())
    }

    fn best(&self, sku: &Sku, now: Timestamp, edge: Option<Timestamp>) -> BestPrice {
        let (own, on_sale) = self.own.now(now);
        // The first of the cheapest: sources are in order of their names.
        let winner = self.offers.iter().filter(|offer| offer.price < own).min_by_key(|offer| offer.price);
        BestPrice {
            sku: sku.clone(),
            version: self.version().saturating_add(1),
            at: now,
            price: winner.map_or(own, |offer| offer.price),
            by: winner.map_or(Winner::Own, |offer| Winner::Offer { source: offer.source.clone() }),
            own,
            list_price: self.own.list_price,
            on_sale,
            offers: u32::try_from(self.offers.len()).unwrap_or(u32::MAX),
            valid_until: winner.map(|offer| offer.ends).into_iter().chain(edge).min(),
        }
    }

    fn forget_stale(&mut self, now: Timestamp) {
        self.offers.retain(|offer| offer.ends > now);
    }

    fn place_of(&self, source: &OfferSource) -> Result<usize, usize> {
        self.offers.binary_search_by(|offer| offer.source.cmp(source))
    }
}
