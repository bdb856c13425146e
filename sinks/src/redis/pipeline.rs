//! A batch as one pipeline: a function call per run of rows, then the position. Should the connection break in between, the
//! whole batch is sent again: rows that were taken are not newer the second time.

use projections::{Epoch, Projection, RedisKeys};
use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, Value};

use crate::batch::Batch;
use crate::destination::Applied;

/// Most rows of a call: few enough that nobody else waits for a call for longer than about a millisecond.
const RUN: usize = 256;

/// Writes a batch's rows and moves its position. Also answers how moving it went: `OK`, `LOST` or `MOVED`.
pub(super) async fn write(
    connection: &mut MultiplexedConnection,
    keys: &RedisKeys,
    epoch: &Epoch,
    rows: &Projection,
    share: &str,
    batch: &Batch,
) -> Result<(Applied, String), RedisError> {
    let mut pipeline = redis::pipe();
    let given = put_rows(&mut pipeline, keys, epoch, rows);
    let from = batch.expected.map_or_else(String::new, |offset| offset.to_string());
    call(&mut pipeline, "timesale_advance", &[keys.writing(), keys.positions(epoch)]);
    pipeline.arg(epoch.as_str()).arg(share).arg(from).arg(batch.next);
    let mut answers: Vec<Value> = pipeline.query_async(connection).await?;
    let verdict = answers.pop().map(redis::from_redis_value::<String>).transpose()?.unwrap_or_default();
    let taken: u64 = answers.into_iter().map(redis::from_redis_value::<u64>).sum::<Result<u64, _>>()?;
    let stale = u64::try_from(given).unwrap_or(u64::MAX).saturating_sub(taken);
    Ok((Applied { rows: taken, stale, dead: 0 }, verdict))
}

/// Answers how many rows it put.
fn put_rows(pipeline: &mut Pipeline, keys: &RedisKeys, epoch: &Epoch, rows: &Projection) -> usize {
    for row in rows.campaigns.values() {
        call(pipeline, "timesale_campaign", &[keys.campaign(epoch, &row.campaign)]);
        pipeline.arg(row.to_redis());
    }
    for row in rows.products.values() {
        call(pipeline, "timesale_product", &[keys.product(epoch, &row.sku)]);
        pipeline.arg(row.to_redis());
    }
    let coupons: Vec<_> = rows.coupons.values().collect();
    for run in coupons.chunks(RUN) {
        let keys: Vec<String> = run.iter().map(|row| keys.coupons(epoch, &row.shopper)).collect();
        call(pipeline, "timesale_coupons", &keys);
        for row in run {
            let forgotten_at = row.forgotten_at().map_or_else(String::new, |at| at.as_millis().to_string());
            pipeline.arg(row.coupon.to_string()).arg(forgotten_at).arg(row.to_redis());
        }
    }
    let orders: Vec<_> = rows.orders.values().collect();
    for run in orders.chunks(RUN) {
        let keys: Vec<String> = run.iter().map(|row| keys.order(epoch, &row.order)).collect();
        call(pipeline, "timesale_orders", &keys);
        for row in run {
            pipeline.arg(row.forgotten_at().as_millis()).arg(row.to_redis());
        }
    }
    let prices: Vec<_> = rows.prices.values().collect();
    for run in prices.chunks(RUN) {
        let keys: Vec<String> = run.iter().map(|row| keys.price(epoch, row.sku())).collect();
        call(pipeline, "timesale_prices", &keys);
        for row in run {
            let forgotten_at = row.forgotten_at().map_or_else(String::new, |at| at.as_millis().to_string());
            pipeline.arg(forgotten_at).arg(row.to_redis());
        }
    }
    let requests: Vec<_> = rows.requests.values().collect();
    for run in requests.chunks(RUN) {
        let keys: Vec<String> = run.iter().map(|row| keys.request(epoch, &row.request)).collect();
        call(pipeline, "timesale_requests", &keys);
        for row in run {
            pipeline.arg(row.forgotten_at().as_millis()).arg(row.to_redis());
        }
    }
    rows.campaigns.len() + rows.products.len() + coupons.len() + orders.len() + prices.len() + requests.len()
}

fn call(pipeline: &mut Pipeline, function: &str, keys: &[String]) {
    pipeline.cmd("FCALL").arg(function).arg(keys.len()).arg(keys);
}
