//! The row of a product: from `inventory.events`.

use events::ids::Sku;
use events::inventory::{ProductTerms, StockLevel};
use events::time::Timestamp;

/// A product.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductRow {
    /// Its id.
    pub sku: Sku,
    /// The partition it lives in.
    pub partition: i32,
    /// The number of its latest fact; the row with the greater version wins.
    pub version: u64,
    /// Its terms; nothing when no fact at hand says so.
    pub terms: Option<ProductTerms>,
    /// Where its units are.
    pub stock: StockLevel,
    /// Log time of the latest fact.
    pub updated_at: Timestamp,
}
