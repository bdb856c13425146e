//! Values of `prices.best` become rows: each says all of it, so the newest is the row.

use super::{Fact, Projection, Row, put};
use crate::{PriceRow, Source};
use events::prices::BestPrice;

impl Fact for BestPrice {
    fn project(&self, source: Source, rows: &mut Projection) {
        let row = PriceRow { partition: source.partition, best: self.clone() };
        put(&mut rows.prices, self.sku.clone(), row);
    }
}

impl Row for PriceRow {
    fn merge(&mut self, later: Self) {
        if later.best.version > self.best.version {
            *self = later;
        }
    }
}
