//! Reading what became of things: Redis first, Postgres when Redis does not answer in time, is being rebuilt, or does not hold
//! it. Both read-only; losing Redis costs latency and nothing else.

mod postgres;
mod redis;

use std::time::Duration;

use events::ids::{RequestId, ShopperId};
use events::projections::{CouponRow, RequestRow};

pub(crate) use postgres::Postgres;
pub(crate) use redis::Redis;

use crate::metrics::Metrics;
use crate::problem::{Code, Problem};

/// The projections, as far as they are configured.
#[derive(Default)]
pub(crate) struct Reads {
    pub(crate) redis: Option<Redis>,
    pub(crate) postgres: Option<Postgres>,
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
}

async fn within<T>(deadline: Duration, read: impl Future<Output = Result<T, ReadError>>) -> Result<T, ReadError> {
    tokio::time::timeout(deadline, read).await.unwrap_or(Err(ReadError::Slow))
}

fn failed(source: &'static str, error: &ReadError, metrics: &Metrics) {
    metrics.read(source, "failed");
    tracing::debug!(source, %error, "a projection did not answer");
}

#[cfg(test)]
mod slow_tests;
