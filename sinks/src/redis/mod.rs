//! The projection in Redis: rows that only grow newer, positions that are lost together with what they count, and an epoch that
//! readers trust it last. Nothing is decided by it.
//!
//! Not here: key names and value layouts (`projections`), the functions' text (`library.lua`).
//! Relies on Redis 7 (functions, `PEXPIRETIME`) that does not evict.
//!
//! Whatever loses data loses the epoch that is being written (`FLUSHALL`, an empty restart), or brings positions back with the data
//! they count (a restart from an older snapshot, a fail-over). Every batch ends by moving its position, and that call compares
//! both: so a loss between two batches is seen by the next, and one within a batch by the same.
//!
//! Every topic has a worker and a [`Redis`] of its own; they share the epoch, which readers trust once all of them are up to date.

mod connect;
mod epoch;
mod pipeline;

use std::collections::BTreeMap;

use projections::{Epoch, RedisKeys};
use prometheus::IntGauge;
use redis::RedisError;
use redis::aio::MultiplexedConnection;
use streams::service::Condition;

use crate::batch::{Batch, fold};
use crate::destination::{Applied, Destination, SinkError};
use connect::Server;
use epoch::{Duty, Sweep};

#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod staleness_tests;
#[cfg(test)]
mod bench_tests;

/// A Redis that holds the projection.
pub(crate) struct Redis {
    client: redis::Client,
    keys: RedisKeys,
    duty: Duty,
    library: String,
    connection: Option<MultiplexedConnection>,
    server: Option<Server>,
    epoch: Option<Epoch>,
    /// Positions that Redis has acknowledged in this epoch, to notice when they go back.
    acknowledged: BTreeMap<i32, i64>,
    standing: Standing,
    sweep: Option<Sweep>,
    epoch_gauge: IntGauge,
}

/// Whether readers trust what is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Rebuilding,
    Complete,
}

impl Redis {
    /// A Redis at this address, for one topic; nothing is connected yet. `shares` are all that must be up to date before readers are
    /// up to date, as [`RedisKeys::partition_field`] names them.
    ///
    /// # Errors
    /// Why the address is none.
    pub(crate) fn new(
        url: &str,
        keys: RedisKeys,
        topic: &'static str,
        shares: Vec<String>,
        epoch_gauge: IntGauge,
    ) -> Result<Self, String> {
        Ok(Self {
            client: redis::Client::open(url).map_err(|error| error.to_string())?,
            keys,
            duty: Duty { topic, shares },
            library: connect::LIBRARY.to_owned(),
            connection: None,
            server: None,
            epoch: None,
            acknowledged: BTreeMap::new(),
            standing: Standing::Rebuilding,
            sweep: None,
            epoch_gauge,
        })
    }

    /// The connection, made if there is none. Any error costs the connection: making a new one loads the functions and finds out
    /// whether this is still the server we knew.
    async fn connected(&mut self) -> Result<MultiplexedConnection, SinkError> {
        if let Some(connection) = &self.connection {
            return Ok(connection.clone());
        }
        let (connection, server) = connect::connect(&self.client, &self.library).await.map_err(|error| wait(&error))?;
        let known = self.server.replace(server);
        self.connection = Some(connection.clone());
        let now = self.server.as_ref().map(|server| &server.run_id);
        if known.is_some_and(|known| Some(&known.run_id) != now) {
            return Err(SinkError::Lost("redis was restarted".into()));
        }
        Ok(connection)
    }

    fn failed(&mut self, error: &RedisError) -> SinkError {
        self.connection = None;
        wait(error)
    }

    fn epoch(&self) -> Result<Epoch, SinkError> {
        self.epoch.clone().ok_or_else(|| SinkError::Lost("redis: no epoch is open".into()))
    }
}

fn wait(error: &RedisError) -> SinkError {
    SinkError::Wait(format!("redis: {error}"))
}

impl Destination for Redis {
    async fn open(&mut self) -> Result<(), SinkError> {
        let mut connection = match self.connected().await {
            // Restarted: which is why everything is opened and compared anew, here and now.
            Err(SinkError::Lost(_)) => self.connected().await?,
            outcome => outcome?,
        };
        match epoch::open(&mut connection, &self.keys, &self.duty, &self.acknowledged, self.epoch.as_ref()).await {
            Ok(opened) => {
                if self.epoch.as_ref() != Some(&opened.epoch) {
                    self.acknowledged.clear();
                }
                self.epoch_gauge.set(epoch::begun_at(&opened.epoch));
                self.standing = opened.standing;
                self.epoch = Some(opened.epoch);
                Ok(())
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    async fn claim(&mut self, partition: i32) -> Result<Option<i64>, SinkError> {
        let epoch = self.epoch()?;
        let mut connection = self.connected().await?;
        let mut query = redis::cmd("HGET");
        query.arg(self.keys.positions(&epoch)).arg(self.duty.share(partition));
        query.query_async(&mut connection).await.map_err(|error| self.failed(&error))
    }

    async fn apply(&mut self, batch: &Batch) -> Result<Applied, SinkError> {
        let epoch = self.epoch()?;
        let mut connection = self.connected().await?;
        let rows = fold(&batch.items);
        let written =
            pipeline::write(&mut connection, &self.keys, &epoch, &rows, &self.duty.share(batch.partition), batch).await;
        let (mut applied, verdict) = written.map_err(|error| self.failed(&error))?;
        applied.dead = u64::try_from(batch.unusable().count()).unwrap_or(u64::MAX);
        match verdict.as_str() {
            "OK" => {
                self.acknowledged.insert(batch.partition, batch.next);
                Ok(applied)
            }
            "LOST" => Err(SinkError::Lost("redis has lost its epoch: everything is written again".into())),
            _ => Err(SinkError::Lost(format!("redis: the position of partition {} has moved", batch.partition))),
        }
    }

    async fn caught_up(&mut self, partition: i32) -> Result<(), SinkError> {
        let epoch = self.epoch()?;
        let mut connection = self.connected().await?;
        let trusted = epoch::caught_up(&mut connection, &self.keys, &epoch, &self.duty, partition).await;
        match trusted.map_err(|error| self.failed(&error))?.as_str() {
            "LOST" => Err(SinkError::Lost("redis has lost its epoch: everything is written again".into())),
            "COMPLETE" => {
                tracing::info!(%epoch, "redis is complete: readers may trust it");
                self.standing = Standing::Complete;
                self.sweep = Some(Sweep::default());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn check(&mut self) -> Result<(), SinkError> {
        let Some(epoch) = self.epoch.clone() else { return Ok(()) };
        let mut connection = self.connected().await?;
        let seen = epoch::look(&mut connection, &self.keys).await.map_err(|error| self.failed(&error))?;
        if seen.writing.as_deref() != Some(epoch.as_str()) {
            return Err(SinkError::Lost("redis has lost its epoch: everything is written again".into()));
        }
        let complete = seen.trusted.as_deref() == Some(epoch.as_str());
        if !complete && self.standing == Standing::Complete {
            return Err(SinkError::Lost("redis: readers no longer know the epoch".into()));
        }
        self.standing = if complete { Standing::Complete } else { Standing::Rebuilding };
        if let Some(sweep) = self.sweep.take() {
            let swept = sweep.step(&mut connection, &self.keys, &epoch).await;
            self.sweep = swept.map_err(|error| self.failed(&error))?;
        }
        Ok(())
    }

    fn condition(&self) -> Condition {
        if let Some(warning) = self.server.as_ref().and_then(|server| server.warning.clone()) {
            return Condition::Degraded(warning);
        }
        match self.standing {
            Standing::Complete => Condition::Ready,
            Standing::Rebuilding => Condition::Degraded("redis is being rebuilt from the log".into()),
        }
    }
}
