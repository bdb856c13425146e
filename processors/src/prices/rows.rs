//! How a product's prices are written into the store: compact, versioned, private. One row a product, so that a decision reads one
//! and writes one. Some 50 bytes, and 30 for each offer.

use events::ids::Sku;
use events::prices::{BestPrice, Winner};

use super::offer::Offer;
use super::product::{OwnPrice, Product};
use crate::kit::field::{Field, Form, Id, Key, OrEmpty, fields};
use crate::kit::row::{Reader, RowError, Writer};

/// The newest version of the row.
const VERSION: u8 = 1;

fields!(Product { own, offers, wake, stated });
fields!(OwnPrice { version, list_price, sale });
fields!(Offer { source, price, seen_at, ends });
fields!(BestPrice { sku: Key, version, at, price, by, own, list_price, on_sale, offers, valid_until });

/// A product's prices; its id is the key.
pub(crate) fn write_product(product: &Product) -> Vec<u8> {
    let mut row = Writer::new(VERSION, 80 + 40 * product.offers.len());
    product.write(&mut row);
    row.finish()
}

/// Reads a product's prices.
pub(crate) fn read_product(sku: &Sku, bytes: &[u8]) -> Result<Product, RowError> {
    let mut row = Reader::new(bytes, VERSION)?.with_key(sku.key_bytes());
    let product = Field::read(&mut row)?;
    row.finish()?;
    Ok(product)
}

/// Without a source it is our own price.
impl Field for Winner {
    fn write(&self, row: &mut Writer) {
        OrEmpty::write(&self.source().cloned(), row);
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, RowError> {
        Ok(OrEmpty::read(row)?.map_or(Self::Own, |source| Self::Offer { source }))
    }
}
