//! Prices from somewhere else than memory: what memory is measured against (`scripts/bench/price`), by the same route.

use std::pin::Pin;

use events::ids::Sku;
use events::prices::BestPrice;

/// A read that is under way. Nothing: there is no price, or none can be read.
pub type PriceRead<'a> = Pin<Box<dyn Future<Output = Option<BestPrice>> + Send + 'a>>;

/// Reads prices.
pub trait PriceSource: Send + Sync {
    /// The lowest price of a product.
    fn price<'a>(&'a self, sku: &'a Sku) -> PriceRead<'a>;
}
