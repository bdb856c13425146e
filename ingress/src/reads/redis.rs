//! Redis: read under the epoch that is known, then look at the epoch, in one pipeline (`projections`, "How to read").

use std::collections::{BTreeMap, HashMap};

use arc_swap::ArcSwapOption;
use events::ids::{OrderId, RequestId, ShopperId, Sku};
use projections::{CouponRow, Epoch, OrderRow, ProductRow, RedisKeys, RequestRow};
use redis::aio::ConnectionManager;
use redis::{FromRedisValue, Pipeline};
use tokio::sync::OnceCell;

use super::ReadError;

/// How often a read is repeated when the epoch has changed under it.
const ATTEMPTS: usize = 3;

/// Reads what the sinks have written to Redis.
pub(crate) struct Redis {
    client: redis::Client,
    /// Connected by the first read, so that an ingress process starts without Redis too.
    connection: OnceCell<ConnectionManager>,
    keys: RedisKeys,
    epoch: ArcSwapOption<Epoch>,
}

impl Redis {
    /// # Errors
    /// [`redis::RedisError`] when the address is not one.
    pub(crate) fn new(url: &str) -> Result<Self, redis::RedisError> {
        Ok(Self {
            client: redis::Client::open(url)?,
            connection: OnceCell::new(),
            keys: RedisKeys::default(),
            epoch: ArcSwapOption::empty(),
        })
    }

    /// A decided request that Redis still holds.
    pub(crate) async fn request(&self, request: RequestId) -> Result<Option<RequestRow>, ReadError> {
        let value: Option<String> = self
            .read(|epoch, pipeline| {
                pipeline.get(self.keys.request(epoch, &request));
            })
            .await?;
        value
            .map(|value| RequestRow::from_redis(request, &value))
            .transpose()
            .map_err(|error| ReadError::Unreadable(error.to_string()))
    }

    /// A shopper's coupons.
    pub(crate) async fn coupons(&self, shopper: &ShopperId) -> Result<Vec<CouponRow>, ReadError> {
        let values: HashMap<String, String> = self
            .read(|epoch, pipeline| {
                pipeline.hgetall(self.keys.coupons(epoch, shopper));
            })
            .await?;
        values
            .iter()
            .map(|(coupon, value)| CouponRow::from_redis(shopper.clone(), coupon, value))
            .collect::<Result<_, _>>()
            .map_err(|error| ReadError::Unreadable(error.to_string()))
    }

    /// A product.
    pub(crate) async fn product(&self, sku: &Sku) -> Result<Option<ProductRow>, ReadError> {
        let fields: BTreeMap<String, String> = self
            .read(|epoch, pipeline| {
                pipeline.hgetall(self.keys.product(epoch, sku));
            })
            .await?;
        let row = (!fields.is_empty()).then(|| ProductRow::from_redis(sku.clone(), &fields));
        row.transpose().map_err(|error| ReadError::Unreadable(error.to_string()))
    }

    /// Where an order is, without its details.
    pub(crate) async fn order(&self, order: &OrderId) -> Result<Option<OrderRow>, ReadError> {
        let value: Option<String> = self
            .read(|epoch, pipeline| {
                pipeline.get(self.keys.order(epoch, order));
            })
            .await?;
        let row = value.map(|value| OrderRow::from_redis(order.clone(), &value));
        row.transpose().map_err(|error| ReadError::Unreadable(error.to_string()))
    }

    async fn read<T: FromRedisValue>(&self, ask: impl Fn(&Epoch, &mut Pipeline)) -> Result<T, ReadError> {
        let mut connection = self.connection().await?;
        let mut epoch = match self.epoch.load_full() {
            Some(known) => (*known).clone(),
            None => self.trusted(redis::cmd("GET").arg(self.keys.epoch()).query_async(&mut connection).await?)?,
        };
        for _ in 0..ATTEMPTS {
            let mut pipeline = redis::pipe();
            ask(&epoch, &mut pipeline);
            pipeline.get(self.keys.epoch());
            let (value, found): (T, Option<String>) = pipeline.query_async(&mut connection).await?;
            let found = self.trusted(found)?;
            if found == epoch {
                return Ok(value);
            }
            epoch = found;
        }
        Err(ReadError::NoEpoch)
    }

    /// The epoch that Redis names; remembered, or forgotten.
    fn trusted(&self, found: Option<String>) -> Result<Epoch, ReadError> {
        let epoch = found.and_then(|text| Epoch::new(&text).ok());
        self.epoch.store(epoch.clone().map(std::sync::Arc::new));
        epoch.ok_or(ReadError::NoEpoch)
    }

    async fn connection(&self) -> Result<ConnectionManager, ReadError> {
        Ok(self.connection.get_or_try_init(|| self.client.get_connection_manager()).await?.clone())
    }
}
