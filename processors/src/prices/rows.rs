//! How a product's prices are written into the store: compact, versioned, private. One row a product, so that a decision reads one
//! and writes one. Some 50 bytes, and 30 for each offer.

use events::prices::{BestPrice, Winner};

use super::offer::Offer;
use super::product::{OwnPrice, Product};
use crate::kit::field::{Field, Form, Key, OrEmpty, fields};
use crate::kit::row::{Corrupt, Reader, Writer};
use crate::kit::table::Row;

fields!(Product { own, offers, wake, stated });
fields!(OwnPrice { version, list_price, sale });
fields!(Offer { source, price, seen_at, ends });
fields!(BestPrice { sku: Key, version, at, price, by, own, list_price, on_sale, offers, valid_until });

impl Row for Product {
    fn size_hint(&self) -> usize {
        80 + 40 * self.offers.len()
    }
}

/// Without a source it is our own price.
impl Field for Winner {
    fn write(&self, row: &mut Writer) {
        OrEmpty::write(&self.source().cloned(), row);
    }
    fn read(row: &mut Reader<'_>) -> Result<Self, Corrupt> {
        Ok(OrEmpty::read(row)?.map_or(Self::Own, |source| Self::Offer { source }))
    }
}
