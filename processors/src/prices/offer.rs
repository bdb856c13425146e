//! One source's offer: whether it is believed at all, and until when.

use events::ids::OfferSource;
use events::money::Money;
use events::prices::{LONGEST_FRESH_MS, MOST_AHEAD_MS, PriceRefusal};
use events::time::Timestamp;

use crate::policy;

/// An offer as it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewOffer<'a> {
    pub(crate) source: &'a OfferSource,
    pub(crate) price: Money,
    pub(crate) seen_at: Timestamp,
    pub(crate) fresh_ms: u32,
    pub(crate) until: Option<Timestamp>,
}

/// An offer that is believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Offer {
    pub(crate) source: OfferSource,
    pub(crate) price: Money,
    /// When it was seen, and not after the log time at which it came.
    pub(crate) seen_at: Timestamp,
    /// The first instant at which it is not believed any more.
    pub(crate) ends: Timestamp,
}

impl NewOffer<'_> {
    /// The offer, if it can be believed now beside this list price of ours.
    pub(crate) fn judge(&self, list_price: Money, now: Timestamp) -> Result<Offer, PriceRefusal> {
        let instants = [Some(self.seen_at), self.until];
        let is_in_time = instants.into_iter().flatten().all(Timestamp::is_plausible);
        if !is_in_time || !(1..=LONGEST_FRESH_MS).contains(&self.fresh_ms) {
            return Err(PriceRefusal::InvalidOffer);
        }
        if !is_plausible(self.price, list_price) {
            return Err(PriceRefusal::InvalidPrice);
        }
        if self.seen_at > now.plus_millis(MOST_AHEAD_MS) {
            return Err(PriceRefusal::OfferInFuture);
        }
        // Clocks differ; but nothing was seen later than now, and nothing is believed for longer than its source says.
        let seen_at = self.seen_at.min(now);
        let fresh_until = seen_at.plus_millis(self.fresh_ms.into());
        let ends = self.until.map_or(fresh_until, |until| until.min(fresh_until));
        if ends <= now {
            return Err(PriceRefusal::OfferStale);
        }
        Ok(Offer { source: self.source.clone(), price: self.price, seen_at, ends })
    }
}

/// Whether a price can be true beside our list price. What is far off is a slip of the source: another product, another currency,
/// a price for a hundred.
pub(crate) fn is_plausible(price: Money, list_price: Money) -> bool {
    let dearest = list_price.times(policy::OFFER_AT_MOST_TIMES_OURS);
    let is_cheap_enough = dearest.is_none_or(|dearest| price <= dearest);
    let scaled = price.times(policy::OFFER_AT_LEAST_PARTS_OF_OURS);
    price > Money::ZERO && is_cheap_enough && scaled.is_none_or(|scaled| scaled >= list_price)
}
