//! The projection in Postgres: rows and positions move in one database transaction, fenced by a generation.
//!
//! Not here: what a row is (`projections`). Relies on: one connection of its own. No pool: a cancelled `BEGIN` on a pooled
//! connection poisons the next borrower (sqlx up to 0.9.0, pull request 4394), and a worker needs exactly one.
//!
//! Two owners of a partition are told apart by `sink_positions.generation`: a claim raises it, and every batch moves the position
//! only under its own generation and only from where it believes it is. The row lock makes the two wait for each other.

mod connect;
mod positions;
mod schema;
mod upsert;
mod verdict;
mod write;

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use streams::service::Condition;
use tokio::time::timeout;

use crate::batch::Batch;
use crate::destination::{Applied, Destination, SinkError};
use positions::Fencing;

#[cfg(test)]
mod service_tests;
#[cfg(test)]
mod bench_tests;

/// How long one call may take before its connection is given up: beyond every limit that the server has been given.
const DEADLINE: Duration = Duration::from_secs(60);

/// A database that holds the projection.
pub(crate) struct Postgres {
    url: String,
    options: PgConnectOptions,
    topic: &'static str,
    connection: Option<PgConnection>,
    generations: BTreeMap<i32, i64>,
    fencing: Fencing,
}

impl Postgres {
    /// A database at this address; nothing is connected yet.
    ///
    /// # Errors
    /// Why the address is none.
    pub(crate) fn new(url: &str, topic: &'static str) -> Result<Self, String> {
        Ok(Self {
            url: url.to_owned(),
            options: connect::options(url)?,
            topic,
            connection: None,
            generations: BTreeMap::new(),
            fencing: Fencing::On,
        })
    }

    /// The connection, made if there is none. It is taken out while it is used: whoever is cut off or fails takes it along, and
    /// with it whatever transaction was open.
    async fn take_connection(&mut self) -> Result<PgConnection, SinkError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => connect::connect(&self.options, &self.url).await.map_err(|error| verdict::error(&error)),
        }
    }

    async fn claim_now(&mut self, partition: i32) -> Result<Option<i64>, SinkError> {
        let mut connection = self.take_connection().await?;
        let claimed = positions::claim(&mut connection, self.topic, partition).await;
        let (generation, next_offset) = claimed.map_err(|error| verdict::error(&error))?;
        self.connection = Some(connection);
        self.generations.insert(partition, generation);
        Ok(next_offset)
    }

    async fn apply_now(&mut self, batch: &Batch) -> Result<Applied, SinkError> {
        let Some(generation) = self.generations.get(&batch.partition).copied() else {
            return Err(SinkError::Lost(format!("partition {} was never claimed", batch.partition)));
        };
        let mut connection = self.take_connection().await?;
        let owner = positions::Owner { topic: self.topic, generation, fencing: self.fencing };
        let outcome = write::write(&mut connection, &owner, batch).await;
        if !matches!(outcome, Err(SinkError::Wait(_))) {
            self.connection = Some(connection);
        }
        outcome
    }

    async fn check_now(&mut self) -> Result<(), SinkError> {
        let mut connection = self.take_connection().await?;
        let standing = positions::generations(&mut connection, self.topic).await;
        let standing = standing.map_err(|error| verdict::error(&error))?;
        self.connection = Some(connection);
        match self.generations.keys().find(|partition| !standing.contains(partition)) {
            None => Ok(()),
            Some(partition) => Err(SinkError::Lost(format!("postgres: the position of partition {partition} is gone"))),
        }
    }
}

/// A call that takes longer than [`DEADLINE`] has lost its connection, and with it whatever was open.
async fn bounded<T>(call: impl Future<Output = Result<T, SinkError>>) -> Result<T, SinkError> {
    match timeout(DEADLINE, call).await {
        Ok(outcome) => outcome,
        Err(_) => Err(SinkError::Wait(format!("postgres: no answer within {} s", DEADLINE.as_secs()))),
    }
}

impl Destination for Postgres {
    async fn open(&mut self) -> Result<(), SinkError> {
        self.generations.clear();
        // A new connection finds or makes database and schema, which may be why a new session was wanted.
        self.connection = None;
        let connection = bounded(self.take_connection()).await?;
        self.connection = Some(connection);
        Ok(())
    }

    async fn claim(&mut self, partition: i32) -> Result<Option<i64>, SinkError> {
        bounded(self.claim_now(partition)).await
    }

    async fn apply(&mut self, batch: &Batch) -> Result<Applied, SinkError> {
        bounded(self.apply_now(batch)).await
    }

    async fn caught_up(&mut self, _partition: i32) -> Result<(), SinkError> {
        Ok(())
    }

    async fn check(&mut self) -> Result<(), SinkError> {
        bounded(self.check_now()).await
    }

    fn condition(&self) -> Condition {
        Condition::Ready
    }
}
