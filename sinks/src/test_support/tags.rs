//! Seeded price tags: best prices of a few products, as the prices processor would state them.

use events::ids::{OfferSource, Sku};
use events::money::Money;
use events::prices::{BestPrice, Winner};
use events::time::Timestamp;
use fastrand::Rng;
use streams::record::Record;

use super::shop::record_of;
use crate::stream::Stream;

const PRODUCTS: usize = 40;
const HOUR: i64 = 3_600_000;

/// Writes one partition's log of best prices.
pub(crate) struct Tags {
    partition: i32,
    random: Rng,
    now: i64,
    offset: i64,
    versions: [u64; PRODUCTS],
}

impl Tags {
    /// Tags whose log time begins an hour ago.
    pub(crate) fn new(seed: u64, partition: i32) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        Self {
            partition,
            random: Rng::with_seed(seed ^ (partition.cast_unsigned() as u64) << 32),
            now: i64::try_from(now).unwrap() - HOUR,
            offset: 0,
            versions: [0; PRODUCTS],
        }
    }

    /// The next `count` records. Often an offset is missing: the topic is compacted.
    pub(crate) fn records(&mut self, count: usize) -> Vec<Record> {
        (0..count).map(|_| self.step()).collect()
    }

    fn step(&mut self) -> Record {
        let at = Timestamp::from_millis(self.now);
        let place = self.random.usize(0..PRODUCTS);
        self.versions[place] += 1;
        let (list_price, own) = (Money::new(10_000), Money::new(self.random.i64(8_000..10_000)));
        let price = Money::new(self.random.i64(7_000..9_000));
        let theirs = (price < own).then(|| OfferSource::new(&format!("shop-{}", self.random.u8(..))).unwrap());
        let best = BestPrice {
            sku: Sku::new(&format!("tag-{}-{place}", self.partition)).unwrap(),
            version: self.versions[place],
            at,
            price: if theirs.is_some() { price } else { own },
            by: theirs.map_or(Winner::Own, |source| Winner::Offer { source }),
            own,
            list_price,
            on_sale: true,
            offers: self.random.u32(1..16),
            // It may be over, hold for long, or for ever.
            valid_until: match self.random.u8(0..6) {
                0 => Some(at.plus_millis(self.random.i64(1..1_000))),
                1..=3 => Some(at.plus_millis(24 * HOUR)),
                _ => None,
            },
        };
        let record = record_of(Stream::Prices, self.partition, self.offset, at, &best);
        self.now += self.random.i64(0..5);
        self.offset += 1 + i64::from(self.random.u8(0..3));
        record
    }
}
