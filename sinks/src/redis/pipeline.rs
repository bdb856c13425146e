//! A batch as one pipeline: a function call per row, then the position. Should the connection break in between, the whole batch is
//! sent again: rows that were taken are not newer the second time.

use events::projections::{Epoch, Projection, RedisKeys};
use events::time::Timestamp;
use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, Value};

use crate::batch::Batch;
use crate::destination::Applied;

/// Writes a batch's rows and moves its position. Also answers how moving it went: `OK`, `LOST` or `MOVED`.
pub(super) async fn write(
    connection: &mut MultiplexedConnection,
    keys: &RedisKeys,
    epoch: &Epoch,
    rows: &Projection,
    batch: &Batch,
) -> Result<(Applied, String), RedisError> {
    let mut pipeline = redis::pipe();
    put_rows(&mut pipeline, keys, epoch, rows);
    let from = batch.expected.map_or_else(String::new, |offset| offset.to_string());
    call(&mut pipeline, "timesale_advance", &[keys.writing(), keys.positions(epoch)]);
    pipeline.arg(epoch.as_str()).arg(batch.partition).arg(from).arg(batch.next);
    let mut answers: Vec<Value> = pipeline.query_async(connection).await?;
    let verdict = answers.pop().map(redis::from_redis_value::<String>).transpose()?.unwrap_or_default();
    let taken = answers.iter().filter(|answer| matches!(answer, Value::Int(1))).count();
    let stale = answers.len() - taken;
    let count = |number| u64::try_from(number).unwrap_or(u64::MAX);
    Ok((Applied { rows: count(taken), stale: count(stale), dead: 0 }, verdict))
}

fn put_rows(pipeline: &mut Pipeline, keys: &RedisKeys, epoch: &Epoch, rows: &Projection) {
    for row in rows.campaigns.values() {
        call(pipeline, "timesale_campaign", &[keys.campaign(epoch, &row.campaign)]);
        for (field, value) in row.to_redis() {
            pipeline.arg(field).arg(value);
        }
    }
    for row in rows.coupons.values() {
        call(pipeline, "timesale_coupon", &[keys.coupons(epoch, &row.shopper)]);
        let forgotten_at = row.forgotten_at().map(Timestamp::as_millis).map_or_else(String::new, |at| at.to_string());
        pipeline.arg(row.coupon.to_string()).arg(forgotten_at).arg(row.to_redis());
    }
    for row in rows.requests.values() {
        call(pipeline, "timesale_request", &[keys.request(epoch, &row.request)]);
        pipeline.arg(row.forgotten_at().as_millis()).arg(row.to_redis());
    }
}

fn call(pipeline: &mut Pipeline, function: &str, keys: &[String]) {
    pipeline.cmd("FCALL").arg(function).arg(keys.len()).arg(keys);
}
