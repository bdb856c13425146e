//! The row of a best price: from `prices.best`. In Redis only: it is looked up often and is never history.

use events::ids::Sku;
use events::prices::BestPrice;
use events::time::Timestamp;

/// A product's best price.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceRow {
    /// The partition it lives in.
    pub partition: i32,
    /// What was stated last; the row with the greater version wins.
    pub best: BestPrice,
}

impl PriceRow {
    /// The product.
    #[must_use]
    pub fn sku(&self) -> &Sku {
        &self.best.sku
    }

    /// The instant from which on nobody may show the row: Redis drops it then by itself. Nothing: it stays until a newer one comes.
    #[must_use]
    pub fn forgotten_at(&self) -> Option<Timestamp> {
        self.best.valid_until
    }
}
