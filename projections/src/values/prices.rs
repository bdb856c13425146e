//! How Redis writes a best price: on one line, since every value says all of it.

use super::{Parts, ValueError, or_empty};
use crate::PriceRow;
use events::ids::{OfferSource, Sku};
use events::money::Money;
use events::prices::{BestPrice, Winner};
use events::time::Timestamp;

/// How a flag is written.
const YES: &str = "1";
const NO: &str = "0";

impl PriceRow {
    /// The value of the price's key. A newer line replaces an older one whole.
    #[must_use]
    pub fn to_redis(&self) -> String {
        let BestPrice { version, at, price, by, own, list_price, on_sale, offers, valid_until, .. } = &self.best;
        let source = or_empty(by.source());
        let on_sale = if *on_sale { YES } else { NO };
        let valid_until = or_empty(valid_until.map(Timestamp::as_millis).as_ref());
        format!(
            "{version}|{}|{price}|{source}|{own}|{list_price}|{on_sale}|{offers}|{valid_until}|{}",
            self.partition,
            at.as_millis(),
        )
    }

    /// Reads the value of a price's key.
    ///
    /// # Errors
    /// [`ValueError`] names the part that is missing or unreadable.
    pub fn from_redis(sku: Sku, value: &str) -> Result<Self, ValueError> {
        let mut parts = Parts::of("price", value);
        let version = parts.one("version")?;
        let partition = parts.one("partition")?;
        let best = BestPrice {
            sku,
            version,
            price: Money::new(parts.one("price")?),
            by: parts.maybe::<OfferSource>("source")?.map_or(Winner::Own, |source| Winner::Offer { source }),
            own: Money::new(parts.one("own")?),
            list_price: Money::new(parts.one("list_price")?),
            on_sale: parts.named("on_sale", |text| match text {
                YES => Some(true),
                NO => Some(false),
                _ => None,
            })?,
            offers: parts.one("offers")?,
            valid_until: parts.maybe("valid_until")?.map(Timestamp::from_millis),
            at: Timestamp::from_millis(parts.one("at")?),
        };
        parts.end()?;
        Ok(Self { partition, best })
    }
}
