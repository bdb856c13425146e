//! `timesale verify`: the proof. Reads topics, Postgres and Redis (and the clients' journal, when there is one) and nothing else:
//! no counter of the system it judges. Waits, within a bound, until processors and sinks have caught up, then compares once.

pub mod audit;
pub mod compare;
pub mod log;
mod postgres;
mod redis;
pub mod told;
mod verdict;
#[cfg(test)]
mod audit_tests;
#[cfg(test)]
mod compare_tests;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use events::topics::{COUPONS_EVENTS, NAMES};
use streams::kafka::{ClusterConfig, Hanging, TapError, hanging};
use tokio::time::sleep;

use crate::journal::{self, JournalError};
use log::{Ends, Log};
use told::Clients;
pub use verdict::{Counts, Verdict, write_proof};

/// What to prove.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The log.
    pub cluster: ClusterConfig,
    /// The database's URL.
    pub postgres: String,
    /// Redis' URL.
    pub redis: String,
    /// What clients were told.
    pub journal: Option<PathBuf>,
    /// How long processors and sinks may take to catch up.
    pub settle: Duration,
    /// How many dead letters there may be; without it they are only counted.
    pub dead_letters: Option<u64>,
}

/// Why nothing could be proven either way.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The cluster cannot be read.
    #[error(transparent)]
    Tap(#[from] TapError),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The reader was torn down.
    #[error("the reader of the log was torn down: {0}")]
    Reader(#[from] tokio::task::JoinError),
}

/// The database's rows are those of the log.
const POSTGRES: &str = "postgres_equals_the_log";
/// Redis' entries are those of the log.
const REDIS: &str = "redis_equals_the_log";
/// Processors and sinks have caught up within the bound.
const RESTS: &str = "everything_comes_to_rest";
/// Every transaction has reached its end in every partition that it wrote to.
const ENDED: &str = "no_transaction_hangs";
/// No more dead letters than expected.
const LETTERS: &str = "no_unexpected_dead_letters";

const POLL: Duration = Duration::from_millis(250);

/// Proves, or finds counterexamples.
///
/// # Errors
/// [`VerifyError`] when the log or the journal cannot be read. A database or a Redis that cannot be read is a counterexample: it
/// does not show what the log says.
pub async fn run(proof: Proof) -> Result<Verdict, VerifyError> {
    let began = Instant::now();
    let deadline = began + proof.settle;
    let Log { mut audit, events_end } = at_rest(&proof, deadline).await?;
    let behind = sinks_caught_up(&proof, &events_end, deadline).await;
    audit.verdict.state(RESTS, behind);
    if !audit.is_decided() {
        audit.verdict.state(RESTS, Some(format!("commands are undecided after {:?}", proof.settle)));
    }
    audit.verdict.state(ENDED, transactions_ended(&proof, deadline).await?);
    match postgres::compare(&proof.postgres, &audit.rows).await {
        Ok((rows, difference)) => {
            audit.verdict.counts.postgres_rows = rows;
            audit.verdict.state(POSTGRES, difference);
        }
        Err(error) => audit.verdict.state(POSTGRES, Some(error.to_string())),
    }
    let in_redis = async { redis::Redis::connect(&proof.redis).await?.compare(&audit.rows).await };
    match in_redis.await {
        Ok((entries, difference)) => {
            audit.verdict.counts.redis_entries = entries;
            audit.verdict.state(REDIS, difference);
        }
        Err(error) => audit.verdict.state(REDIS, Some(error.to_string())),
    }
    if let Some(path) = &proof.journal {
        let mut clients = Clients::default();
        journal::read(std::fs::File::open(path).map_err(JournalError::File)?, |entry| clients.take(entry))?;
        audit.judge_clients(&clients);
    }
    if let Some(most) = proof.dead_letters {
        let letters = audit.verdict.counts.dead_letters;
        let more = (letters > most).then(|| format!("{letters} dead letters, {most} expected"));
        audit.verdict.state(LETTERS, more);
    }
    audit.verdict.counts.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(audit.verdict)
}

/// The log once every command in it is decided and nothing more comes, or as it is at the deadline.
async fn at_rest(proof: &Proof, deadline: Instant) -> Result<Log, VerifyError> {
    loop {
        let cluster = proof.cluster.clone();
        let (log, end) = tokio::task::spawn_blocking(move || {
            let log = log::read(&cluster)?;
            let end = log::events_end(&cluster)?;
            Ok::<_, TapError>((log, end))
        })
        .await??;
        if (log.audit.is_decided() && end == log.events_end) || Instant::now() >= deadline {
            return Ok(log);
        }
        sleep(POLL).await;
    }
}

/// Waits until both sinks have written everything; who has not, in words.
async fn sinks_caught_up(proof: &Proof, end: &Ends, deadline: Instant) -> Option<String> {
    loop {
        let postgres = match postgres::positions(&proof.postgres, COUPONS_EVENTS.name()).await {
            Ok(positions) => lagging("Postgres", &positions, end),
            Err(error) => Some(error.to_string()),
        };
        let redis = match redis_positions(&proof.redis).await {
            Ok(positions) => lagging("Redis", &positions, end),
            Err(error) => Some(error.to_string()),
        };
        let behind = postgres.or(redis)?;
        if Instant::now() >= deadline {
            return Some(format!("after {:?}: {behind}", proof.settle));
        }
        sleep(POLL).await;
    }
}

/// Waits until no partition has an open transaction; one that hangs, in words.
async fn transactions_ended(proof: &Proof, deadline: Instant) -> Result<Option<String>, VerifyError> {
    loop {
        let cluster = proof.cluster.clone();
        let open = tokio::task::spawn_blocking(move || hanging(&cluster, &NAMES)).await??;
        let Some(Hanging { topic, partition, stable, end }) = open.first() else {
            return Ok(None);
        };
        if Instant::now() >= deadline {
            let more = open.len() - 1;
            return Ok(Some(format!(
                "{topic} [{partition}] is stable up to {stable} of {end}; {more} more partitions"
            )));
        }
        sleep(POLL).await;
    }
}

async fn redis_positions(url: &str) -> Result<Vec<(i32, i64)>, ::redis::RedisError> {
    let mut redis = redis::Redis::connect(url).await?;
    match redis.epoch().await? {
        Some(epoch) => redis.positions(&epoch, COUPONS_EVENTS.name()).await,
        None => Ok(Vec::new()),
    }
}

/// A partition without any record needs no position.
fn lagging(sink: &str, positions: &[(i32, i64)], end: &Ends) -> Option<String> {
    end.iter().filter(|(_, end)| **end > 0).find_map(|(partition, end)| {
        let written = positions.iter().find(|(found, _)| found == partition).map_or(0, |(_, next)| *next);
        (written < *end).then(|| format!("{sink} has written partition {partition} up to {written} of {end}"))
    })
}
