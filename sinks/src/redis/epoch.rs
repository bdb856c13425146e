//! Epochs: one building of everything. A lost one is noticed, a new one is begun, readers trust it when it is whole, and what is
//! left of earlier ones is swept away.

use std::collections::BTreeMap;

use projections::{Epoch, RedisKeys};
use redis::RedisError;
use redis::aio::MultiplexedConnection;
use streams::clock::now_ms;

use super::Standing;

/// How many keys one step of a sweep looks at.
const SWEEP_KEYS: usize = 20_000;

/// The epoch that is written, and whether readers trust it.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) epoch: Epoch,
    pub(super) standing: Standing,
}

/// A new epoch: the clock's milliseconds and a random tail, so that two who begin one at once begin different ones.
fn propose() -> String {
    format!("{}x{:06x}", now_ms(), fastrand::u32(..) & 0x00ff_ffff)
}

/// When an epoch was begun, seconds since 1970.
pub(super) fn begun_at(epoch: &Epoch) -> i64 {
    let millis = epoch.as_str().split_once('x').and_then(|(millis, _)| millis.parse::<i64>().ok());
    millis.unwrap_or(0) / 1_000
}

/// What one worker answers for: a topic among all that Redis holds.
#[derive(Clone, Debug)]
pub(super) struct Duty {
    pub(super) topic: &'static str,
    /// Every partition of every topic, as [`RedisKeys::partition_field`] names it: readers trust the epoch when all are up to date.
    pub(super) shares: Vec<String>,
}

impl Duty {
    pub(super) fn share(&self, partition: i32) -> String {
        RedisKeys::partition_field(self.topic, partition)
    }
}

/// Opens the epoch that is being written, or begins one. `known` is the epoch of the session before, and `acknowledged` the positions
/// it had been promised: if any has gone back, or readers trust what an older version thought whole, they trust nothing
/// until everything is up to date again.
pub(super) async fn open(
    connection: &mut MultiplexedConnection,
    keys: &RedisKeys,
    duty: &Duty,
    acknowledged: &BTreeMap<i32, i64>,
    known: Option<&Epoch>,
) -> Result<Opened, RedisError> {
    let mut call = redis::cmd("FCALL");
    call.arg("timesale_open").arg(1).arg(keys.writing()).arg(propose());
    let text: String = call.query_async(connection).await?;
    let epoch = Epoch::new(&text)
        .map_err(|_| RedisError::from((redis::ErrorKind::UnexpectedReturnType, "the key of the epoch holds none")))?;
    let mut query = redis::pipe();
    query.get(keys.epoch()).hgetall(keys.positions(&epoch));
    let (trusted, found): (Option<String>, BTreeMap<String, String>) = query.query_async(connection).await?;
    let is_trusted = trusted.as_deref() == Some(epoch.as_str());
    let has_gone_back = known == Some(&epoch) && has_gone_back(duty, &found, acknowledged);
    let is_whole = duty.shares.iter().all(|share| found.contains_key(&format!("caught:{share}")));
    if has_gone_back || (is_trusted && !is_whole) {
        tracing::warn!(%epoch, topic = duty.topic, "redis is older than it was: readers do not trust it until it has caught up");
        let mut call = redis::cmd("FCALL");
        call.arg("timesale_distrust").arg(2).arg(keys.epoch()).arg(keys.positions(&epoch));
        call.arg(epoch.as_str()).arg(duty.topic).exec_async(connection).await?;
    }
    let trusted = look(connection, keys).await?.trusted;
    let standing = if trusted.as_deref() == Some(epoch.as_str()) { Standing::Complete } else { Standing::Rebuilding };
    Ok(Opened { epoch, standing })
}

fn has_gone_back(duty: &Duty, found: &BTreeMap<String, String>, acknowledged: &BTreeMap<i32, i64>) -> bool {
    let position = |partition: &i32| found.get(&duty.share(*partition)).and_then(|text| text.parse::<i64>().ok());
    acknowledged.iter().any(|(partition, promised)| position(partition).is_none_or(|position| position < *promised))
}

/// The two epoch keys.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) writing: Option<String>,
    pub(super) trusted: Option<String>,
}

pub(super) async fn look(connection: &mut MultiplexedConnection, keys: &RedisKeys) -> Result<Seen, RedisError> {
    let mut query = redis::pipe();
    query.cmd("GET").arg(keys.writing()).cmd("GET").arg(keys.epoch());
    let (writing, trusted) = query.query_async(connection).await?;
    Ok(Seen { writing, trusted })
}

/// States that a partition is up to date. Answers `COMPLETE` if that was the last one missing.
pub(super) async fn caught_up(
    connection: &mut MultiplexedConnection,
    keys: &RedisKeys,
    epoch: &Epoch,
    duty: &Duty,
    partition: i32,
) -> Result<String, RedisError> {
    let mut call = redis::cmd("FCALL");
    call.arg("timesale_caught_up").arg(3).arg(keys.writing()).arg(keys.positions(epoch)).arg(keys.epoch());
    call.arg(epoch.as_str()).arg(duty.share(partition)).arg(&duty.shares).query_async(connection).await
}

/// Removes what earlier epochs left, in steps, so that no batch waits for long.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sweep {
    cursor: u64,
}

impl Sweep {
    /// One step. Answers the rest of the sweep, if there is one.
    pub(super) async fn step(
        self,
        connection: &mut MultiplexedConnection,
        keys: &RedisKeys,
        kept: &Epoch,
    ) -> Result<Option<Self>, RedisError> {
        let mut scan = redis::cmd("SCAN");
        scan.arg(self.cursor).arg("MATCH").arg(format!("{}:*", keys.prefix())).arg("COUNT").arg(SWEEP_KEYS);
        let (cursor, found): (u64, Vec<String>) = scan.query_async(connection).await?;
        let left: Vec<String> =
            found.into_iter().filter(|key| keys.epoch_of(key).is_some_and(|epoch| epoch < *kept)).collect();
        if !left.is_empty() {
            redis::cmd("UNLINK").arg(&left).exec_async(connection).await?;
        }
        Ok((cursor != 0).then_some(Self { cursor }))
    }
}
