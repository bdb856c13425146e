//! Redis against the rows of the log, in both directions and under its rule of forgetting: what has passed its deadline may be
//! gone, what has not must be there, and what is there must be equal.

use std::collections::{BTreeMap, BTreeSet};

use events::ids::{CouponId, ShopperId};
use events::time::Timestamp;
use projections::{
    CampaignRow, CouponRow, Epoch, OrderRow, ProductRow, Projection, RedisKeys, RequestKind, RequestRow,
};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, Pipeline, RedisError};

use crate::redis_client;

/// Keys a pipeline asks for.
const PIPELINE: usize = 1_000;

/// Around its deadline a key may or may not be there.
const CLOCKS_DIFFER_MS: i64 = 5_000;

/// Redis, its keys, and the moment of the comparison.
pub(super) struct Redis {
    connection: MultiplexedConnection,
    keys: RedisKeys,
    now: Timestamp,
}

/// How far something found was compared.
type Compared = Result<(u64, Option<String>), RedisError>;

/// What a row's deadline says about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Due {
    /// It must be there.
    There,
    /// It may be there.
    Perhaps,
}

impl Redis {
    /// Connects.
    ///
    /// # Errors
    /// When there is no Redis.
    pub(super) async fn connect(url: &str) -> Result<Self, RedisError> {
        let connection = redis_client::connect(url).await?;
        Ok(Self { connection, keys: RedisKeys::default(), now: super::now() })
    }

    /// The epoch that readers may trust; nothing while Redis is being built.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub(super) async fn epoch(&mut self) -> Result<Option<Epoch>, RedisError> {
        let text: Option<String> = self.connection.get(self.keys.epoch()).await?;
        Ok(text.and_then(|text| Epoch::new(&text).ok()))
    }

    /// How far the sink has written each partition of a topic.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub(super) async fn positions(&mut self, epoch: &Epoch, topic: &str) -> Result<Vec<(i32, i64)>, RedisError> {
        let fields: BTreeMap<String, String> = self.connection.hgetall(self.keys.positions(epoch)).await?;
        let position = |(share, next): (&String, &String)| {
            let (_, partition) = RedisKeys::share_of(share).filter(|(of, _)| *of == topic)?;
            Some((partition, next.parse().ok()?))
        };
        Ok(fields.iter().filter_map(position).collect())
    }

    /// Compares everything under the epoch with the rows of the log. Returns how many entries were compared, and the first
    /// difference.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub(super) async fn compare(&mut self, rows: &Projection) -> Compared {
        let Some(epoch) = self.epoch().await? else {
            return Ok((0, Some("Redis holds no epoch: it is empty, or being built".into())));
        };
        let mut count = 0;
        let mut difference = None;
        for (compared, found) in [
            self.campaigns(&epoch, rows).await?,
            self.coupons(&epoch, rows).await?,
            self.products(&epoch, rows).await?,
            self.orders(&epoch, rows).await?,
            self.requests(&epoch, rows).await?,
            self.nothing_else(&epoch, rows).await?,
        ] {
            count += compared;
            difference = difference.or(found);
        }
        Ok((count, difference))
    }

    async fn campaigns(&mut self, epoch: &Epoch, rows: &Projection) -> Compared {
        let mut difference = None;
        let all: Vec<&CampaignRow> = rows.campaigns.values().collect();
        for chunk in all.chunks(PIPELINE) {
            let mut pipeline = redis::pipe();
            for row in chunk {
                pipeline.hgetall(self.keys.campaign(epoch, &row.campaign));
            }
            for (expected, fields) in chunk.iter().zip(self.ask::<BTreeMap<String, String>>(&pipeline).await?) {
                let found = CampaignRow::from_redis(expected.campaign.clone(), &fields);
                if found.as_ref() != Ok(*expected) {
                    difference.get_or_insert_with(|| {
                        format!("campaign in Redis differs:\n   the log: {expected:?}\n   found:   {found:?}")
                    });
                }
            }
        }
        Ok((all.len() as u64, difference))
    }

    async fn coupons(&mut self, epoch: &Epoch, rows: &Projection) -> Compared {
        let mut of_shopper: BTreeMap<&ShopperId, BTreeMap<CouponId, &CouponRow>> = BTreeMap::new();
        for row in rows.coupons.values() {
            of_shopper.entry(&row.shopper).or_default().insert(row.coupon, row);
        }
        let mut count = 0;
        let mut difference = None;
        let all: Vec<_> = of_shopper.into_iter().collect();
        for chunk in all.chunks(PIPELINE) {
            let mut pipeline = redis::pipe();
            for (shopper, _) in chunk {
                pipeline.hgetall(self.keys.coupons(epoch, shopper));
            }
            for ((shopper, expected), fields) in
                chunk.iter().zip(self.ask::<BTreeMap<String, String>>(&pipeline).await?)
            {
                count += fields.len() as u64;
                if let Some(found) = self.differs(shopper, expected, &fields) {
                    difference.get_or_insert(found);
                }
            }
        }
        Ok((count, difference))
    }

    /// A shopper's coupons leave together, with the last of them.
    fn differs(
        &self,
        shopper: &ShopperId,
        expected: &BTreeMap<CouponId, &CouponRow>,
        fields: &BTreeMap<String, String>,
    ) -> Option<String> {
        let last = expected.values().filter_map(|row| row.forgotten_at()).max();
        if fields.is_empty() && self.due(last) == Due::Perhaps {
            return None;
        }
        let mut missing: BTreeSet<CouponId> = expected.keys().copied().collect();
        for (coupon, value) in fields {
            let found = match CouponRow::from_redis((*shopper).clone(), coupon, value) {
                Ok(found) => found,
                Err(error) => return Some(format!("coupon {coupon} of {shopper:?} in Redis: {error}: {value:?}")),
            };
            missing.remove(&found.coupon);
            match expected.get(&found.coupon) {
                Some(row) if **row == found => {}
                Some(row) => {
                    return Some(format!("coupon in Redis differs:\n   the log: {row:?}\n   found:   {found:?}"));
                }
                None => return Some(format!("coupon {coupon} of {shopper:?} is in Redis, but not in the log")),
            }
        }
        missing.first().map(|coupon| format!("coupon {coupon:?} of {shopper:?} is missing in Redis"))
    }

    async fn products(&mut self, epoch: &Epoch, rows: &Projection) -> Compared {
        let mut difference = None;
        let all: Vec<&ProductRow> = rows.products.values().collect();
        for chunk in all.chunks(PIPELINE) {
            let mut pipeline = redis::pipe();
            for row in chunk {
                pipeline.hgetall(self.keys.product(epoch, &row.sku));
            }
            for (expected, fields) in chunk.iter().zip(self.ask::<BTreeMap<String, String>>(&pipeline).await?) {
                let found = ProductRow::from_redis(expected.sku.clone(), &fields);
                if found.as_ref() != Ok(*expected) {
                    difference.get_or_insert_with(|| {
                        format!("product in Redis differs:\n   the log: {expected:?}\n   found:   {found:?}")
                    });
                }
            }
        }
        Ok((all.len() as u64, difference))
    }

    async fn orders(&mut self, epoch: &Epoch, rows: &Projection) -> Compared {
        let mut count = 0;
        let mut difference = None;
        let all: Vec<&OrderRow> = rows.orders.values().collect();
        for chunk in all.chunks(PIPELINE) {
            let mut pipeline = redis::pipe();
            for row in chunk {
                pipeline.get(self.keys.order(epoch, &row.order));
            }
            for (expected, value) in chunk.iter().zip(self.ask::<Option<String>>(&pipeline).await?) {
                let found = value.map(|value| OrderRow::from_redis(expected.order.clone(), &value));
                count += u64::from(found.is_some());
                let agrees = match &found {
                    None => self.due(Some(expected.forgotten_at())) == Due::Perhaps,
                    Some(found) => found.as_ref() == Ok(&expected.without_details()),
                };
                if !agrees {
                    difference.get_or_insert_with(|| {
                        format!("order in Redis differs:\n   the log: {expected:?}\n   found:   {found:?}")
                    });
                }
            }
        }
        Ok((count, difference))
    }

    async fn requests(&mut self, epoch: &Epoch, rows: &Projection) -> Compared {
        let mut count = 0;
        let mut difference = None;
        // Statements are not in Redis, and neither is what operators ask about sellers.
        let all: Vec<&RequestRow> = rows.requests.values().filter(|row| row.kind != RequestKind::Seller).collect();
        for chunk in all.chunks(PIPELINE) {
            let mut pipeline = redis::pipe();
            for row in chunk {
                pipeline.get(self.keys.request(epoch, &row.request));
            }
            for (expected, value) in chunk.iter().zip(self.ask::<Option<String>>(&pipeline).await?) {
                let found = value.map(|value| RequestRow::from_redis(expected.request, &value));
                count += u64::from(found.is_some());
                let agrees = match &found {
                    None => self.due(Some(expected.forgotten_at())) == Due::Perhaps,
                    Some(found) => found.as_ref() == Ok(*expected),
                };
                if !agrees {
                    difference.get_or_insert_with(|| {
                        format!("request in Redis differs:\n   the log: {expected:?}\n   found:   {found:?}")
                    });
                }
            }
        }
        Ok((count, difference))
    }

    /// Every key under the epoch is one that the log explains.
    async fn nothing_else(&mut self, epoch: &Epoch, rows: &Projection) -> Compared {
        let prefix = format!("{}:{epoch}:", self.keys.prefix());
        let shoppers: BTreeSet<&ShopperId> = rows.coupons.values().map(|row| &row.shopper).collect();
        let explained = |key: &String| is_explained(key.strip_prefix(&prefix).unwrap_or(key), rows, &shoppers);
        let mut cursor: u64 = 0;
        loop {
            let (next, keys): (u64, Vec<String>) = redis::cmd("SCAN")
                .arg(cursor)
                .arg("MATCH")
                .arg(format!("{prefix}*"))
                .arg("COUNT")
                .arg(PIPELINE)
                .query_async(&mut self.connection)
                .await?;
            if let Some(key) = keys.iter().find(|key| !explained(key)) {
                return Ok((0, Some(format!("{key} is in Redis, but not in the log"))));
            }
            if next == 0 {
                return Ok((0, None));
            }
            cursor = next;
        }
    }

    fn due(&self, forgotten_at: Option<Timestamp>) -> Due {
        let sure = |at: Timestamp| at > self.now.plus_millis(CLOCKS_DIFFER_MS);
        if forgotten_at.is_some_and(sure) { Due::There } else { Due::Perhaps }
    }

    async fn ask<T: redis::FromRedisValue>(&mut self, pipeline: &Pipeline) -> Result<Vec<T>, RedisError> {
        pipeline.query_async(&mut self.connection).await
    }
}

/// Whether the log explains a key, given without its prefix and epoch. That a shopper's hash holds the right coupons was compared
/// before; here it is enough that the shopper has any.
fn is_explained(key: &str, rows: &Projection, shoppers: &BTreeSet<&ShopperId>) -> bool {
    let Some((kind, id)) = key.split_once(":{").and_then(|(kind, id)| Some((kind, id.strip_suffix('}')?))) else {
        return key == "positions";
    };
    match kind {
        "campaign" => id.parse().is_ok_and(|id| rows.campaigns.contains_key(&id)),
        "product" => id.parse().is_ok_and(|id| rows.products.contains_key(&id)),
        "order" => id.parse().is_ok_and(|id| rows.orders.contains_key(&id)),
        // Compared by itself: prices go on meanwhile.
        "price" => id.parse().is_ok_and(|id| rows.prices.contains_key(&id)),
        "request" => id.parse().is_ok_and(|id| rows.requests.contains_key(&id)),
        "coupons" => id.parse().is_ok_and(|id: ShopperId| shoppers.contains(&id)),
        _ => false,
    }
}
