//! Redis' copy of the best prices against `prices.best`: every one is there, is one that was stated, is not older than what had been
//! stated before the look, and leaves at its very instant.

use std::time::Instant;

use events::prices::BestPrice;
use events::time::Timestamp;
use projections::{Epoch, PriceRow, RedisKeys};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, RedisError};
use streams::kafka::ClusterConfig;
use tokio::time::sleep;

use super::stated::{CLOCKS_DIFFER_MS, CompareError, POLL, read};
use super::{LEAVES, PriceCheck, SHOWN, Stated};
use crate::redis_client;
use crate::verify::now;
use crate::verify::verdict::Verdict;

/// Keys a pipeline asks for.
const PIPELINE: usize = 500;

/// What Redis answers to `PEXPIRETIME` of a key that stays.
const STAYS: i64 = -1;

/// A key as it was found: its value, and when it leaves.
type Found = (Option<String>, i64);

/// Looks until Redis is no longer late, or the deadline. Answers how many prices it compared.
///
/// # Errors
/// [`CompareError`] when log or Redis cannot be read.
pub(in crate::verify) async fn compare(
    cluster: &ClusterConfig,
    url: &str,
    deadline: Instant,
    verdict: &mut Verdict,
) -> Result<u64, CompareError> {
    let mut connection = redis_client::connect(url).await?;
    let keys = RedisKeys::default();
    loop {
        let before = read(cluster).await?;
        let epoch: Option<String> = connection.get(keys.epoch()).await?;
        let late = match epoch.and_then(|text| Epoch::new(&text).ok()) {
            Some(epoch) => {
                let found = look(&mut connection, &keys, &epoch, &before).await?;
                let (after, now) = (read(cluster).await?, now());
                judge(&before, &found, &after, now, verdict)
            }
            None => Some("Redis holds no epoch: it is empty, or being built".into()),
        };
        if late.is_none() || Instant::now() >= deadline {
            verdict.state(SHOWN, late);
            verdict.state(LEAVES, None);
            return Ok(before.len() as u64);
        }
        sleep(POLL).await;
    }
}

async fn look(
    connection: &mut MultiplexedConnection,
    keys: &RedisKeys,
    epoch: &Epoch,
    stated: &Stated,
) -> Result<Vec<Found>, RedisError> {
    let all: Vec<&BestPrice> = stated.newest().collect();
    let mut found = Vec::with_capacity(all.len());
    for chunk in all.chunks(PIPELINE) {
        // Value and deadline belong together.
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        for best in chunk {
            let key = keys.price(epoch, &best.sku);
            pipeline.get(&key).cmd("PEXPIRETIME").arg(&key);
        }
        let answers: Vec<redis::Value> = pipeline.query_async(connection).await?;
        for pair in answers.chunks_exact(2) {
            if let [value, leaves] = pair {
                found.push((redis::from_redis_value(value.clone())?, redis::from_redis_value(leaves.clone())?));
            }
        }
    }
    Ok(found)
}

/// What is late, in words. What is wrong is stated at once.
fn judge(before: &Stated, found: &[Found], after: &Stated, now: Timestamp, verdict: &mut Verdict) -> Option<String> {
    let mut late = None;
    for (since, (value, leaves)) in before.newest().zip(found) {
        let row = match value.as_deref().map(|value| PriceRow::from_redis(since.sku.clone(), value)).transpose() {
            Ok(row) => row.map(|row| row.best),
            Err(error) => {
                verdict.state(SHOWN, Some(format!("{}: {error}: {value:?}", since.sku)));
                continue;
            }
        };
        if let Some(best) = &row {
            let due = best.valid_until.map_or(STAYS, Timestamp::as_millis);
            let says = || format!("it leaves Redis at {leaves} instead of {due}: {best:?}");
            verdict.state(LEAVES, (*leaves != due).then(says));
        }
        match after.judge(since, row.as_ref(), now, CLOCKS_DIFFER_MS) {
            PriceCheck::Agrees => {}
            PriceCheck::Late(says) => late = late.or(Some(says)),
            PriceCheck::Differs(says) => verdict.state(SHOWN, Some(says)),
        }
    }
    late
}
