//! Reading what became of things: Redis first, Postgres when Redis does not answer in time, is being rebuilt, or does not hold
//! it. Both read-only; losing Redis costs latency and nothing else.

mod settlement_reader;
mod columns;
mod postgres;
mod postgres_settlements;
mod postgres_orders;
mod redis;
mod order_reader;

use std::sync::Arc;
use std::time::Duration;

use events::ids::{OrderId, RequestId, ShopperId, Sku};
use projections::{CouponRow, OrderRow, ProductRow, RequestRow, TimelineRow};

pub(crate) use order_reader::{LineRead, OrderRead, OrderReader, Reading};
pub(crate) use postgres::Postgres;
pub(crate) use redis::Redis;
#[cfg(test)]
pub(crate) use settlement_reader::{Closing, DayStatus};
pub(crate) use settlement_reader::{Page, Place, SellerDay, SellerLine, SettlementReader};

use crate::metrics::Metrics;
use crate::problem::{Code, Problem};

/// The projections, as far as they are configured.
#[derive(Default)]
pub(crate) struct Reads {
    pub(crate) redis: Option<Redis>,
    pub(crate) postgres: Option<Arc<Postgres>>,
    /// Products and orders: Postgres.
    pub(crate) shop: Option<Arc<dyn OrderReader>>,
    /// What sellers are owed: Postgres.
    pub(crate) accounts: Option<Arc<dyn SettlementReader>>,
    pub(crate) redis_deadline: Duration,
    pub(crate) postgres_deadline: Duration,
}

/// Why a source gave no answer. The next one is asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// Redis.
    #[error("redis: {0}")]
    Redis(#[from] ::redis::RedisError),
    /// It is being rebuilt.
    #[error("redis holds no epoch that can be trusted")]
    NoEpoch,
    /// Postgres.
    #[error("postgres: {0}")]
    Postgres(#[from] sqlx::Error),
    /// What was read is not what this version writes.
    #[error("unreadable: {0}")]
    Unreadable(String),
    /// It took too long.
    #[error("no answer in time")]
    Slow,
}

impl Reads {
    /// A decided request, whoever's it is.
    ///
    /// # Errors
    /// `UNAVAILABLE` when no source answers.
    pub(crate) async fn request(&self, request: RequestId, metrics: &Metrics) -> Result<Option<RequestRow>, Problem> {
        if let Some(redis) = &self.redis {
            // Redis forgets requests; that it holds none proves nothing unless Postgres is not there to be asked.
            match within(self.redis_deadline, redis.request(request)).await {
                Ok(Some(row)) => {
                    metrics.read("redis", "found");
                    return Ok(Some(row));
                }
                Ok(None) if self.postgres.is_none() => return Ok(None),
                Ok(None) => metrics.read("redis", "missing"),
                Err(error) => failed("redis", &error, metrics),
            }
        }
        let Some(postgres) = &self.postgres else { return Err(Problem::new(Code::Unavailable)) };
        match within(self.postgres_deadline, postgres.request(request)).await {
            Ok(row) => {
                metrics.read("postgres", if row.is_some() { "found" } else { "missing" });
                Ok(row)
            }
            Err(error) => {
                failed("postgres", &error, metrics);
                Err(Problem::new(Code::Unavailable))
            }
        }
    }

    /// A shopper's coupons.
    ///
    /// # Errors
    /// `UNAVAILABLE` when no source answers.
    pub(crate) async fn coupons(&self, shopper: &ShopperId, metrics: &Metrics) -> Result<Vec<CouponRow>, Problem> {
        if let Some(redis) = &self.redis {
            match within(self.redis_deadline, redis.coupons(shopper)).await {
                Ok(rows) if !rows.is_empty() || self.postgres.is_none() => {
                    metrics.read("redis", "found");
                    return Ok(rows);
                }
                Ok(_) => metrics.read("redis", "missing"),
                Err(error) => failed("redis", &error, metrics),
            }
        }
        let Some(postgres) = &self.postgres else { return Err(Problem::new(Code::Unavailable)) };
        match within(self.postgres_deadline, postgres.coupons(shopper)).await {
            Ok(rows) => {
                metrics.read("postgres", if rows.is_empty() { "missing" } else { "found" });
                Ok(rows)
            }
            Err(error) => {
                failed("postgres", &error, metrics);
                Err(Problem::new(Code::Unavailable))
            }
        }
    }

    /// A product.
    ///
    /// # Errors
    /// `UNAVAILABLE` when no source answers.
    pub(crate) async fn product(&self, sku: &Sku, metrics: &Metrics) -> Result<Option<ProductRow>, Problem> {
        if let Some(redis) = &self.redis {
            match within(self.redis_deadline, redis.product(sku)).await {
                Ok(Some(row)) => {
                    metrics.read("redis", "found");
                    return Ok(Some(row));
                }
                Ok(None) => metrics.read("redis", "missing"),
                Err(error) => failed("redis", &error, metrics),
            }
        }
        let shop = self.shop()?;
        let read = within(self.postgres_deadline, shop.product(sku)).await;
        answered(read, Option::is_some, metrics)
    }

    /// An order with its lines, whoever's it is: what Postgres has of it, and where it is by whichever of the two is ahead. What
    /// only Redis has, and what is read while Postgres is away, is without details and lines.
    ///
    /// # Errors
    /// `UNAVAILABLE` when no source answers.
    pub(crate) async fn order(&self, order: &OrderId, metrics: &Metrics) -> Result<Option<OrderRead>, Problem> {
        let (fresh, whole) = tokio::join!(self.fresh_order(order, metrics), self.whole_order(order, metrics));
        match (fresh, whole) {
            (Some(fresh), Ok(Some(whole))) => Ok(Some(whole.with(fresh))),
            (None, whole) => whole,
            (Some(fresh), Ok(None) | Err(_)) => Ok(Some(OrderRead { row: fresh, lines: Vec::new() })),
        }
    }

    async fn fresh_order(&self, order: &OrderId, metrics: &Metrics) -> Option<OrderRow> {
        match within(self.redis_deadline, self.redis.as_ref()?.order(order)).await {
            Ok(row) => {
                metrics.read("redis", if row.is_some() { "found" } else { "missing" });
                row
            }
            Err(error) => {
                failed("redis", &error, metrics);
                None
            }
        }
    }

    async fn whole_order(&self, order: &OrderId, metrics: &Metrics) -> Result<Option<OrderRead>, Problem> {
        let shop = self.shop()?;
        let read = within(self.postgres_deadline, shop.order(order)).await;
        answered(read, Option::is_some, metrics)
    }

    /// What has happened to an order after that version, the oldest first, at most so much.
    ///
    /// # Errors
    /// `UNAVAILABLE` when Postgres does not answer.
    pub(crate) async fn order_stream(
        &self,
        order: &OrderId,
        after: u64,
        most: u16,
        metrics: &Metrics,
    ) -> Result<Vec<TimelineRow>, Problem> {
        let shop = self.shop()?;
        let read = within(self.postgres_deadline, shop.order_stream(order, after, most)).await;
        answered(read, |rows| !rows.is_empty(), metrics)
    }

    /// Sellers' days.
    ///
    /// # Errors
    /// `UNAVAILABLE` when Postgres does not answer.
    pub(crate) async fn days(&self, page: &Page, metrics: &Metrics) -> Result<Vec<SellerDay>, Problem> {
        let read = within(self.postgres_deadline, self.accounts()?.days(page)).await;
        answered(read, |rows| !rows.is_empty(), metrics)
    }

    /// The lines of sellers' days.
    ///
    /// # Errors
    /// `UNAVAILABLE` when Postgres does not answer.
    pub(crate) async fn lines(&self, page: &Page, metrics: &Metrics) -> Result<Vec<SellerLine>, Problem> {
        let read = within(self.postgres_deadline, self.accounts()?.lines(page)).await;
        answered(read, |rows| !rows.is_empty(), metrics)
    }

    fn accounts(&self) -> Result<&Arc<dyn SettlementReader>, Problem> {
        self.accounts.as_ref().ok_or_else(|| Problem::new(Code::Unavailable))
    }

    fn shop(&self) -> Result<&Arc<dyn OrderReader>, Problem> {
        self.shop.as_ref().ok_or_else(|| Problem::new(Code::Unavailable))
    }
}

/// Counts what Postgres answered.
fn answered<T>(read: Result<T, ReadError>, is_found: impl Fn(&T) -> bool, metrics: &Metrics) -> Result<T, Problem> {
    match read {
        Ok(found) => {
            metrics.read("postgres", if is_found(&found) { "found" } else { "missing" });
            Ok(found)
        }
        Err(error) => {
            failed("postgres", &error, metrics);
            Err(Problem::new(Code::Unavailable))
        }
    }
}

async fn within<T>(deadline: Duration, read: impl Future<Output = Result<T, ReadError>>) -> Result<T, ReadError> {
    tokio::time::timeout(deadline, read).await.unwrap_or(Err(ReadError::Slow))
}

fn failed(source: &'static str, error: &ReadError, metrics: &Metrics) {
    metrics.read(source, "failed");
    tracing::debug!(source, %error, "a projection did not answer");
}

#[cfg(test)]
mod settlement_reader_tests;
#[cfg(test)]
mod order_reader_tests;
#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod test_database;
